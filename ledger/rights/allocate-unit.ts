/** `right.allocate`: the hub's own record of an allocation; receipted, it moves nothing by itself (SPEC R2). */
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { joinReasons, reason } from '../reasons.ts';
import { hubWordFault } from './allocation-fault.ts';
import { leaseCovers, readRight, rightOpen } from './right-book.ts';

/** Rule R2. */
export const allocateUnit: Handler<'right.allocate'> = (tx, by, { allocation }) => {
  const { store } = terminalOf(by);
  let faults = hubWordFault(tx, by.chainId, store, allocation);
  const right = readRight(tx, store, allocation.rightId);
  if (right === null) return refused(faults, reason.NO_SUCH_RIGHT);
  if (right.status !== rightOpen) faults = joinReasons(faults, reason.RIGHT_CLOSED);
  if (right.gcn !== allocation.gcn || !leaseCovers(right, allocation.serial)) {
    faults = joinReasons(faults, reason.RIGHT_DOES_NOT_COVER);
  }
  return faults === 0 ? applied() : refused(faults);
};
