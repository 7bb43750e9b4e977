/** `validator.leave`: a validator goes, by its own word or the admin's (SPEC W4). */
import { adminAccount } from '../accounts/account.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readWishedValidators, validatorsMin, writeWishedValidators } from './validator-set.ts';

/** Rule W4. */
export const leaveValidator: Handler<'validator.leave'> = (tx, by, { name }) => {
  if (by.author !== adminAccount && by.author !== name) return refused(reason.NOT_AUTHORISED);
  const wished = readWishedValidators(tx);
  const staying = wished.filter((validator) => validator.name !== name);
  if (staying.length === wished.length) return refused(reason.NOT_A_MEMBER);
  if (staying.length < validatorsMin) return refused(reason.LIMIT_EXCEEDED);
  writeWishedValidators(tx, staying);
  return applied();
};
