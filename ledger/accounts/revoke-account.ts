/** `account.revoke`: an account's key speaks no more, by the admin's word or that of the account's governors (SPEC A8). */
import { applied, type Handler, refused } from '../effect.ts';
import { regionShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { accountKey, accounts, adminAccount, readAccount } from './account.ts';
import { approvalFault } from './approvals.ts';

/** Rule A8. */
export const revokeAccount: Handler<'account.revoke'> = (tx, by, { account: id, approvals }) => {
  const account = readAccount(tx, id);
  if (account === null) return refused(reason.UNKNOWN_ACCOUNT);
  // A region without its admin could never have one again.
  if (id === adminAccount) return refused(reason.BAD_OPERATION);
  if (account.revoked) return refused(reason.ALREADY_EXISTS);
  const version = account.version + 1;
  const fault =
    by.author === adminAccount
      ? 0n
      : approvalFault(by, account, { account: id, version, what: ['account.revoke'] }, approvals);
  if (fault !== 0n) return refused(fault);
  accounts.write(tx, regionShard, accountKey(id), { ...account, revoked: true, version });
  return applied();
};
