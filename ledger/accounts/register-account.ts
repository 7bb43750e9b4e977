/** `account.register`: the admin lets an issuer, brand or merchant in (SPEC A1). */
import { applied, type Handler, refused } from '../effect.ts';
import { isHolder, regionShard, terminalParts } from '../ids.ts';
import { reason } from '../reasons.ts';
import { accountKey, accounts, newAccount, readAccount } from './account.ts';

/** Rule A1. */
export const registerAccount: Handler<'account.register'> = (tx, _by, { id, role, publicKey, name }) => {
  // Terminals are enrolled, holders registered by their issuers.
  if (terminalParts(id) !== null || isHolder(id)) return refused(reason.BAD_OPERATION);
  if (readAccount(tx, id) !== null) return refused(reason.ALREADY_EXISTS);
  accounts.write(tx, regionShard, accountKey(id), newAccount({ role, publicKey, name }));
  return applied();
};
