/** Whom an item is bound to: `owners/<n>` in the series' shard holds 128 holders of 16 bytes, zeros where there is none. */

import { assert } from '#core/assert';
import { fromHex, toHex } from '#core/bytes';
import { isHolder, seriesShard } from '../ids.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { readSeries, readTermsVersion, writeSeries } from './series.ts';
import { consentRule } from './terms.ts';

/** Items of one page: small enough that a change of one owner is a small change of the shard. */
export const ownersPageItems = 128;
const ownerBytes = 16;

const pageKey = (serial: number): string => `owners/${Math.floor(serial / ownersPageItems)}`;
const placeOf = (serial: number): number => (serial % ownersPageItems) * ownerBytes;

/** The holder that an item is bound to, or null. */
export function readOwner(view: LedgerView, gcn: string, serial: number): string | null {
  const page = view.get(seriesShard(gcn), pageKey(serial));
  if (page === undefined) return null;
  const id = page.subarray(placeOf(serial), placeOf(serial) + ownerBytes);
  return id.some((byte) => byte !== 0) ? `@${toHex(id)}` : null;
}

/** Binds an item to a holder. */
export function writeOwner(tx: LedgerOverlay, gcn: string, serial: number, holder: string): void {
  const id = isHolder(holder) ? fromHex(holder.slice(1)) : null;
  assert(id?.length === ownerBytes, `${holder} is no holder`);
  const shard = seriesShard(gcn);
  const page = tx.get(shard, pageKey(serial))?.slice() ?? new Uint8Array(ownersPageItems * ownerBytes);
  page.set(id, placeOf(serial));
  tx.put(shard, pageKey(serial), page);
  const series = readSeries(tx, gcn);
  if (series !== null && !series.hasOwners) writeSeries(tx, gcn, { ...series, hasOwners: true });
}

/**
 * Who may pass an item on: the holder that it is bound to; the issuer, for an item of a series for holders that is bound to none;
 * null where whoever has the code has the coupon, and for an item that was never issued.
 */
export function ownerOf(view: LedgerView, gcn: string, serial: number): string | null {
  const series = readSeries(view, gcn);
  if (series === null || serial >= series.issuedCount) return null;
  const holder = series.hasOwners ? readOwner(view, gcn, serial) : null;
  if (holder !== null) return holder;
  // What consent is asked for is the same in every version.
  const terms = readTermsVersion(view, gcn, series.termsVersion);
  return terms?.consent === consentRule.holder ? series.issuer : null;
}
