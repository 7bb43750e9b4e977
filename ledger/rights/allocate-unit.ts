/** `right.allocate`: the hub's own record of an allocation; it uses the number up and moves nothing (SPEC R2). */
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import { hubWordFault } from './allocation-fault.ts';
import { isNumberUsed, useNumber } from './allocation-numbers.ts';
import { coverFaults } from './footing.ts';
import { rightOpen } from './right.ts';
import { readRight } from './right-book.ts';

/** Rule R2. */
export const allocateUnit: Handler<'right.allocate'> = (tx, by, { allocation }) => {
  const { store } = terminalOf(by);
  const { rightId, hubEpoch, number, unit } = allocation;
  const right = readRight(tx, store, rightId);
  let faults = hubWordFault(tx, by.chainId, { store, right: null }, allocation);
  if (right === null) return refused(faults, reason.NO_SUCH_RIGHT);
  if (right.status !== rightOpen) faults |= reason.RIGHT_CLOSED;
  // How much of an escrow is left is for the spend to find: others may have been ordered before this record.
  if (right.lane !== null || coverFaults(right, unit, true) !== 0n) faults |= reason.RIGHT_DOES_NOT_COVER;
  if (isNumberUsed(tx, { store, hubEpoch, number }, 'recorded')) faults |= reason.ALLOCATION_INVALID;
  if (faults !== 0n) return refused(faults);
  useNumber(tx, { store, hubEpoch, number }, 'recorded');
  return applied();
};
