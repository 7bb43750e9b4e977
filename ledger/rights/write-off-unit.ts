/** Units that went down with a lost journal: nobody can tell whether they were promised (SPEC R12, ARCHITECTURE D3). */
import { readItemStatus, writeItemStatus } from '../coupons/item-status.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { coverFaults } from './footing.ts';
import { rightOpen } from './right.ts';
import { readRight, writeRight } from './right-book.ts';
import type { Spend } from './spend.ts';

/**
 * Takes a unit of an open right out of the world: an item is voided, a use stays charged to its series' total. Amounts go back to
 * their owner when the right ends. Reason bits, and nothing written, where there is no such unit.
 */
export function writeOffUnit(tx: LedgerOverlay, store: string, rightId: string, unit: Spend): bigint {
  const right = readRight(tx, store, rightId);
  if (right === null) return reason.NO_SUCH_RIGHT;
  if (right.status !== rightOpen) return reason.RIGHT_CLOSED;
  const fault = unit.kind === 'amount' ? reason.RIGHT_DOES_NOT_COVER : coverFaults(right, unit, false);
  if (fault !== 0n) return fault;
  if (unit.kind === 'item') {
    // Reserved or redeemed: the ledger knows what became of it.
    if (readItemStatus(tx, unit.gcn, unit.serial) !== 'leased') return reason.OUT_OF_GAP;
    writeItemStatus(tx, unit.gcn, unit.serial, 'voided');
  }
  writeRight(tx, store, { ...right, lostCount: right.lostCount + 1 });
  return 0n;
}
