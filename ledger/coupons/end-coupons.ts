/** `coupon.void` and `coupon.expire`: the issuer ends items that nobody has used (SPEC C10, C11). */
import { type Authorship, applied, type Effect, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { moveItems, readItemStatus, takenReason } from './item-status.ts';
import { readSeries, readTermsVersion } from './series.ts';
import { valueMaxOf } from './terms.ts';

/** How long after the end of redemption items may still be named by what was sold in time with the line cut. */
export const lateSalesMs = 90 * 86_400_000;

interface Range {
  readonly gcn: string;
  readonly firstSerial: number;
  readonly count: number;
}

function endItems(tx: LedgerOverlay, by: Authorship, range: Range, to: 'voided' | 'expired'): Effect {
  const { gcn, firstSerial, count } = range;
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  if (series.issuer !== by.author) return refused(reason.NOT_AUTHORISED);
  const terms = readTermsVersion(tx, gcn, series.termsVersion);
  if (terms === null || count === 0) return refused(reason.BAD_OPERATION);
  const last = firstSerial + count - 1;
  if (last >= series.issuedCount) return refused(reason.NO_SUCH_ITEM);
  if (to === 'expired' && by.blockTimeMs <= series.endsAtMs + lateSalesMs) return refused(reason.BAD_OPERATION);
  const ended = moveItems(tx, gcn, { first: firstSerial, last }, { from: 'available', to });
  let others = 0n;
  for (let serial = firstSerial; ended < count && serial <= last; serial++) {
    const status = readItemStatus(tx, gcn, serial);
    if (status !== null && status !== 'available' && status !== to) others |= takenReason[status];
  }
  if (ended === 0) return refused(others === 0n ? reason.ALREADY_EXISTS : others);
  return applied(valueMaxOf(terms) * BigInt(ended), others);
}

/** Rule C10. */
export const voidCoupons: Handler<'coupon.void'> = (tx, by, range) => endItems(tx, by, range, 'voided');

/** Rule C11. */
export const expireCoupons: Handler<'coupon.expire'> = (tx, by, range) => endItems(tx, by, range, 'expired');
