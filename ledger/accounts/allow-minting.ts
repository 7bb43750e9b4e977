/** `mint.allow`: governors raise one day's limit of an account, once (SPEC A9). */
import { applied, type Handler, refused } from '../effect.ts';
import { regionShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { accountKey, accounts, readAccount } from './account.ts';
import { approvalFault } from './approvals.ts';
import { allowancesMax, mintDayOf, readMinted, writeMinted } from './mint-limit.ts';

/** Rule A9. */
export const allowMinting: Handler<'mint.allow'> = (tx, by, { account: id, day, extra, approvals }) => {
  const account = readAccount(tx, id);
  if (account === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (account.itemsPerDayMax === null || extra === 0) return refused(reason.BAD_OPERATION);
  const version = account.version + 1;
  const fault = approvalFault(by, account, { account: id, version, what: ['mint.allow', day, extra] }, approvals);
  if (fault !== 0n) return refused(fault);
  const today = mintDayOf(by.blockTimeMs);
  if (day < today) return refused(reason.WINDOW_OVER);
  const minted = readMinted(tx, id, today);
  if (minted.allowances.some((one) => one.day === day)) return refused(reason.ALREADY_EXISTS);
  if (minted.allowances.length >= allowancesMax) return refused(reason.TOO_MANY_OPEN);
  const allowances = [...minted.allowances, { day, extra }].sort((a, b) => a.day - b.day);
  writeMinted(tx, id, { ...minted, allowances });
  accounts.write(tx, regionShard, accountKey(id), { ...account, version });
  return applied();
};
