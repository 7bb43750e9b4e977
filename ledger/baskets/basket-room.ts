/**
 * Whether a basket has room for one more reservation: what its capture settles must fit into one sale and one receipt, or a scan
 * that was a yes could not be captured (SPEC B7).
 */
import { equalBytes } from '#core/bytes';
import { postingsMaxOf } from '../alliances/alliance.ts';
import { postingsMax } from '../alliances/postings.ts';
import { readTermsVersion } from '../coupons/series.ts';
import type { Terms } from '../coupons/terms.ts';
import type { Authorship } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import type { OpenReservation } from './open-reservations.ts';

/** One place a reservation; a coupon of an alliance has one for each payment that its use can make due. */
function placesOf(view: LedgerView, by: Authorship, terms: Terms | null): number {
  const { acceptedBy } = terms ?? { acceptedBy: null };
  return acceptedBy?.kind === 'alliance' ? Math.max(1, postingsMaxOf(view, acceptedBy.id, by.timeHighMs)) : 1;
}

/** BASKET_FULL if what the lane has `open` leaves the basket no room for a coupon of these terms; null: for a hold. */
export function basketRoomFault(
  view: LedgerView,
  by: Authorship,
  open: readonly OpenReservation[],
  { basket, terms }: { readonly basket: Uint8Array; readonly terms: Terms | null },
): bigint {
  const others = open.filter((other) => equalBytes(other.basket, basket));
  if (others.length === 0) return 0n;
  let places = placesOf(view, by, terms);
  for (const other of others) {
    const { kind } = other;
    places += placesOf(view, by, kind === 'item' ? readTermsVersion(view, other.gcn, other.termsVersion) : null);
  }
  return places <= postingsMax ? 0n : reason.BASKET_FULL;
}
