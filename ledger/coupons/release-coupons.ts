/** `coupon.release`: reservations end without a sale, and items go back to what they were (SPEC C5). */
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readRight, rightOpen, writeRight } from '../rights/right-book.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { writeItemStatus } from './item-status.ts';
import { type OpenReservation, readOpen, restsOn, writeOpen } from './open-reservations.ts';

function giveBack(tx: LedgerOverlay, store: string, item: OpenReservation): void {
  const right = item.rightId === null ? null : readRight(tx, store, item.rightId);
  if (item.conflict !== 0) {
    // No sale, no loss: the budget is not charged for it any longer.
    if (right === null) return;
    const conflictedValue = right.conflictedValue - item.value;
    writeRight(tx, store, { ...right, conflictedCount: right.conflictedCount - 1, conflictedValue });
    return;
  }
  const stillLeased = item.basis === restsOn.owned && right?.status === rightOpen;
  writeItemStatus(tx, item.gcn, item.serial, stillLeased ? 'leased' : 'available');
}

/** Ends every open reservation of a lane, whatever its epoch. */
export function releaseAllOf(tx: LedgerOverlay, store: string, lane: string): void {
  const open = readOpen(tx, store, lane);
  if (open.length === 0) return;
  for (const item of open) giveBack(tx, store, item);
  writeOpen(tx, store, lane, []);
}

/** Rule C5. */
export const releaseCoupons: Handler<'coupon.release'> = (tx, by, { reservations }) => {
  const { store, lane } = terminalOf(by);
  const named = new Set(reservations);
  if (named.size !== reservations.length) return refused(reason.BAD_OPERATION);
  const kept: OpenReservation[] = [];
  let value = 0n;
  let released = 0;
  for (const item of readOpen(tx, store, lane)) {
    if (item.epoch !== by.epoch || !named.has(item.sequence)) {
      kept.push(item);
      continue;
    }
    giveBack(tx, store, item);
    if (item.conflict === 0) value += item.value;
    released++;
  }
  if (released > 0) writeOpen(tx, store, lane, kept);
  // A reservation that was refused or has been closed needs no release: to say so is no fault of the lane.
  return applied(value, released === named.size ? 0 : reason.NOT_RESERVED);
};
