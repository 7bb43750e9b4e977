/** `points.earn`: a purchase earns its points; the member number alone is enough, for nothing is taken (SPEC V7). */
import { readHolder } from '../accounts/holder.ts';
import { readStore } from '../accounts/store.ts';
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readAsset, readAssetTerms, readEarned, writeEarned } from './asset.ts';
import { dayOf } from './day.ts';
import { supersededFault } from './superseded.ts';
import { mint } from './supply.ts';
import { share } from './terms.ts';

/** Rule V7. */
export const earnPoints: Handler<'points.earn'> = (tx, by, { asset, member, termsVersion, spend }) => {
  if (readAsset(tx, asset) === null) return refused(reason.NO_SUCH_ASSET);
  const earn = readAssetTerms(tx, asset, termsVersion)?.earn ?? null;
  const merchant = readStore(tx, terminalOf(by).store)?.merchant;
  if (earn === null || spend === 0n || merchant === undefined) return refused(reason.BAD_OPERATION);
  let faults = supersededFault(tx, by, asset, termsVersion);
  if (!earn.merchants.includes(merchant)) faults |= reason.NOT_ACCEPTED_HERE;
  if (readHolder(tx, member) === null) faults |= reason.UNKNOWN_ACCOUNT;
  const amount = share(spend, earn);
  const day = dayOf(by.blockTimeMs);
  const earned = readEarned(tx, asset, merchant);
  const onDay = (earned?.day === day ? earned.amount : 0n) + amount;
  if (onDay > earn.perDayMax) faults |= reason.MINT_LIMIT;
  if (faults !== 0n) return refused(faults);
  if (amount === 0n) return applied();
  writeEarned(tx, asset, merchant, { day, amount: onDay });
  faults = mint(tx, { asset, to: member, amount, nowMs: by.blockTimeMs });
  if (faults !== 0n) return refused(faults);
  return applied(amount, 0n, { movements: [{ asset, from: null, to: member, amount }], lines: [] });
};
