/** `asset.issue`: the issuer gives new units to an account (SPEC V2). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readAsset, readAssetTerms, writeAsset } from './asset.ts';
import { dayOf } from './day.ts';
import { isOwner } from './owner.ts';
import { mint } from './supply.ts';

/** Rule V2. */
export const issueAsset: Handler<'asset.issue'> = (tx, by, { asset, to, amount }) => {
  const record = readAsset(tx, asset);
  const terms = readAssetTerms(tx, asset);
  if (record === null || terms === null) return refused(reason.NO_SUCH_ASSET);
  if (record.issuer !== by.author) return refused(reason.NOT_AUTHORISED);
  if (amount === 0n) return refused(reason.BAD_OPERATION);
  if (!isOwner(tx, to)) return refused(reason.UNKNOWN_ACCOUNT);
  const day = dayOf(by.blockTimeMs);
  const issuedOnDay = (record.day === day ? record.issuedOnDay : 0n) + amount;
  if (issuedOnDay > terms.mintPerDayMax) return refused(reason.MINT_LIMIT);
  writeAsset(tx, asset, { ...record, day, issuedOnDay });
  const faults = mint(tx, { asset, to, amount, nowMs: by.blockTimeMs });
  if (faults !== 0n) return refused(faults);
  return applied(amount, 0n, { movements: [{ asset, from: null, to, amount }], lines: [] });
};
