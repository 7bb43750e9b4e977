/** Who passed a coupon on: `path/<serial>` in the series' shard, and `referral.add` (SPEC L9). */
import { encodeCbor } from '#core/codec';
import { type Infer, list, versioned } from '#core/format';
import { readHolder } from '../accounts/holder.ts';
import { readItemStatus, takenReason } from '../coupons/item-status.ts';
import { keyConsents } from '../coupons/key-consent.ts';
import { readOwner } from '../coupons/owners.ts';
import { readSeries, readTermsVersion } from '../coupons/series.ts';
import { type Authorship, applied, type Handler, type OperationOf, refused } from '../effect.ts';
import { holderIdFormat, seriesShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { termsInForce } from './alliance.ts';
import { referralDepthMax } from './terms.ts';

/** `path/<serial>` in the series' shard: holders in the order in which they passed it on. */
export const referralPathFormat = versioned(
  'referral-path',
  1,
  { bytesMax: 512 },
  { holders: list(holderIdFormat, { max: referralDepthMax }) },
);
/** A decoded path. */
export type ReferralPath = Infer<typeof referralPathFormat>;

const paths = storedObject(referralPathFormat);
const pathKey = (serial: number): string => `path/${serial}`;

/** Who passed an item on, the first one first. */
export function readReferrals(view: LedgerView, gcn: string, serial: number): readonly string[] {
  return paths.read(view, seriesShard(gcn), pathKey(serial))?.holders ?? [];
}

/** The bytes that the item key signs for the person who passes the code on. */
export function referralMessage(
  chainId: Uint8Array,
  item: { readonly gcn: string; readonly serial: number },
  referrer: string,
): Uint8Array {
  return encodeCbor([chainId, 'referral', item.gcn, item.serial, referrer]);
}

/** Whether the item is the referrer's to pass on: bound to it and in its own words, or by the key in the code. */
function isTheirs(tx: LedgerOverlay, by: Authorship, op: OperationOf<'referral.add'>): boolean {
  const { gcn, serial, referrer, consent } = op;
  const owner = readOwner(tx, gcn, serial);
  if (owner !== null) return owner === referrer && by.author === referrer;
  return consent !== null && keyConsents(tx, op, consent, referralMessage(by.chainId, { gcn, serial }, referrer));
}

/** Rule L9. */
export const addReferral: Handler<'referral.add'> = (tx, by, op) => {
  const { gcn, serial, referrer } = op;
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  const terms = readTermsVersion(tx, gcn, series.termsVersion);
  const status = readItemStatus(tx, gcn, serial);
  if (terms === null || status === null) return refused(reason.NO_SUCH_ITEM);
  if (terms.acceptedBy.kind !== 'alliance') return refused(reason.NO_SUCH_ALLIANCE);
  const depth = termsInForce(tx, terms.acceptedBy.id, by.blockTimeMs)?.referralDepth ?? 0;
  const path = readReferrals(tx, gcn, serial);
  let faults = status === 'available' || status === 'leased' ? 0n : takenReason[status];
  if (readHolder(tx, referrer) === null) faults |= reason.UNKNOWN_ACCOUNT;
  if (path.includes(referrer)) faults |= reason.ALREADY_EXISTS;
  if (path.length >= depth) faults |= reason.REFERRAL_TOO_DEEP;
  if (!isTheirs(tx, by, op)) faults |= reason.CONSENT_INVALID;
  if (faults !== 0n) return refused(faults);
  paths.write(tx, seriesShard(gcn), pathKey(serial), { holders: [...path, referrer] });
  return applied();
};
