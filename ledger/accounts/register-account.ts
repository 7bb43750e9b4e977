/** `account.register`: the admin lets an issuer, brand or merchant in (SPEC A1). */
import { applied, type Handler, refused } from '../effect.ts';
import { regionShard, terminalParts } from '../ids.ts';
import { reason } from '../reasons.ts';
import { accountKey, accounts, readAccount } from './account.ts';

/** Rule A1. */
export const registerAccount: Handler<'account.register'> = (tx, _by, { id, role, publicKey, name }) => {
  // Names with a slash are terminals, which are enrolled.
  if (terminalParts(id) !== null) return refused(reason.BAD_OPERATION);
  if (readAccount(tx, id) !== null) return refused(reason.ALREADY_EXISTS);
  accounts.write(tx, regionShard, accountKey(id), { role, publicKey, name });
  return applied();
};
