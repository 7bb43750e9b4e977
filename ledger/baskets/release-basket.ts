/** `basket.release`: reservations end without a sale, and units go back to what they were (SPEC B2). */
import { releaseHold } from '../assets/hold.ts';
import { giveItemBack } from '../coupons/item-life.ts';
import { storedTerms } from '../coupons/series.ts';
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { heldUnit, type OpenReservation, readOpen, writeOpen } from './open-reservations.ts';

interface Place {
  readonly store: string;
  /** Time of the block. */
  readonly nowMs: number;
}

function giveBack(tx: LedgerOverlay, place: Place, open: OpenReservation): void {
  if (open.kind === 'hold') {
    releaseHold(tx, place, open);
    return;
  }
  const { gcn, serial, termsVersion, holder } = open;
  const terms = storedTerms(tx, gcn, termsVersion);
  giveItemBack(tx, { store: place.store, gcn, serial, terms, held: heldUnit(open), holder });
}

/** Ends every open reservation of a lane, whatever its epoch. */
export function releaseAllOf(tx: LedgerOverlay, place: Place, lane: string): void {
  const open = readOpen(tx, place.store, lane);
  if (open.length === 0) return;
  for (const item of open) giveBack(tx, place, item);
  writeOpen(tx, place.store, lane, []);
}

/** Rule B2. */
export const releaseBasket: Handler<'basket.release'> = (tx, by, { reservations }) => {
  const { store, lane } = terminalOf(by);
  const named = new Set(reservations);
  if (named.size !== reservations.length) return refused(reason.BAD_OPERATION);
  const kept: OpenReservation[] = [];
  let value = 0n;
  let released = 0;
  for (const open of readOpen(tx, store, lane)) {
    if (open.epoch !== by.epoch || !named.has(open.sequence)) {
      kept.push(open);
      continue;
    }
    giveBack(tx, { store, nowMs: by.blockTimeMs }, open);
    if (open.conflict === 0n) value += open.value;
    released++;
  }
  if (released > 0) writeOpen(tx, store, lane, kept);
  // A reservation that was refused or has been closed needs no release: to say so is no fault of the lane.
  return applied(value, released === named.size ? 0n : reason.NOT_RESERVED);
};
