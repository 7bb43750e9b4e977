/** `validator.join`: the admin wishes for one more validator (SPEC W3). */
import { readAccount } from '../accounts/account.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { registerValidatorAccount } from './validator-account.ts';
import { readWishedValidators, validatorsMax, writeWishedValidators } from './validator-set.ts';
import { keepVotingKey, provesPossession } from './voting-key.ts';

/** Rule W3. */
export const joinValidator: Handler<'validator.join'> = (tx, by, { name, publicKey, address, possession }) => {
  const wished = readWishedValidators(tx);
  if (wished.some((validator) => validator.name === name)) return refused(reason.ALREADY_EXISTS);
  if (wished.length >= validatorsMax) return refused(reason.LIMIT_EXCEEDED);
  if (!provesPossession(by, { name, publicKey }, possession)) return refused(reason.CONSENT_INVALID);
  if (readAccount(tx, name)?.revoked === true) return refused(reason.NOT_AUTHORISED);
  if (!registerValidatorAccount(tx, { name, publicKey })) return refused(reason.ALREADY_EXISTS);
  if (!keepVotingKey(tx, { name, publicKey })) return refused(reason.ALREADY_EXISTS);
  writeWishedValidators(tx, [...wished, { name, publicKey, address, sinceMs: by.blockTimeMs }]);
  return applied();
};
