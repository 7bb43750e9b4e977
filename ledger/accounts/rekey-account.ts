/** `account.rekey`: a new key and epoch for an account, with new streams; what is revoked comes back by it (SPEC A7). */
import { applied, type Handler, refused } from '../effect.ts';
import { regionShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { accountKey, accounts, adminAccount, formerAccountKey, readAccount } from './account.ts';
import { approvalFault } from './approvals.ts';

/** Rule A7. */
export const rekeyAccount: Handler<'account.rekey'> = (tx, by, { account: id, publicKey, approvals }) => {
  const account = readAccount(tx, id);
  if (account === null) return refused(reason.UNKNOWN_ACCOUNT);
  // Governors alone must not bring back what the admin took off.
  if (account.revoked && by.author !== adminAccount) return refused(reason.NOT_AUTHORISED);
  const version = account.version + 1;
  const what = ['account.rekey', publicKey];
  const fault = approvalFault(by, account, { account: id, version, what }, approvals);
  if (fault !== 0n) return refused(fault);
  accounts.write(tx, regionShard, formerAccountKey(id, account.epoch), account);
  const renewed = { ...account, publicKey, epoch: account.epoch + 1, revoked: false, version };
  accounts.write(tx, regionShard, accountKey(id), renewed);
  return applied();
};
