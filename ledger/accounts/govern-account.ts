/** `account.govern`: who governs an account from now on, and how much it may create a day (SPEC A6). */
import { toHex } from '#core/bytes';
import { applied, type Handler, refused } from '../effect.ts';
import { regionShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { accountKey, accounts, readAccount } from './account.ts';
import { approvalFault } from './approvals.ts';

/** Rule A6. */
export const governAccount: Handler<'account.govern'> = (tx, by, operation) => {
  const { account: id, governors, threshold, itemsPerDayMax, version, approvals } = operation;
  const account = readAccount(tx, id);
  if (account === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (version !== account.version + 1 || threshold > governors.length) return refused(reason.BAD_OPERATION);
  if ((threshold === 0) !== (governors.length === 0)) return refused(reason.BAD_OPERATION);
  // One key at two places would be one person with two votes.
  if (new Set(governors.map(toHex)).size !== governors.length) return refused(reason.BAD_OPERATION);
  const what = ['account.govern', governors, threshold, itemsPerDayMax];
  const fault = approvalFault(by, account, { account: id, version, what }, approvals);
  if (fault !== 0n) return refused(fault);
  const governed = { ...account, governors, threshold, itemsPerDayMax, version };
  accounts.write(tx, regionShard, accountKey(id), governed);
  return applied();
};
