/** Coupon facts for terminals and screens. Null where the series is unknown or its shard is not held. */
import type { LedgerView } from '../state/view.ts';
import { type ItemStatus, readItemStatus } from './item-status.ts';
import { readKeyCommitment, readSeries, readTermsVersion } from './series.ts';
import type { Terms } from './terms.ts';

/** Where an issued item stands. */
export type { ItemStatus } from './item-status.ts';

/** A version of the series' terms, the newest where none is named. */
export function readTerms(view: LedgerView, gcn: string, version?: number): Terms | null {
  const wanted = version ?? readSeries(view, gcn)?.termsVersion;
  return wanted === undefined ? null : readTermsVersion(view, gcn, wanted);
}

/** Status of an item; null where no such item was issued. */
export function itemStatus(view: LedgerView, gcn: string, serial: number): ItemStatus | null {
  return readItemStatus(view, gcn, serial);
}

/** The item's key commitment, 16 bytes; null in series without consent. */
export function keyCommitmentOf(view: LedgerView, gcn: string, serial: number): Uint8Array | null {
  return readKeyCommitment(view, gcn, serial);
}

/** Items issued so far: serials 0 up to one below it. 0 for an unknown series. */
export function seriesIssuedCount(view: LedgerView, gcn: string): number {
  return readSeries(view, gcn)?.issuedCount ?? 0;
}
