/** `right.recall`: the grantor asks a store for a right, or for some items of a lease, back by a time (SPEC R5). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { rightOfGrantor } from './granted-right.ts';
import { writeRight } from './right-book.ts';
import { hasRange, isSerialSet } from './serial-ranges.ts';

/** Rule R5. */
export const recallRight: Handler<'right.recall'> = (tx, by, { store, rightId, deadlineMs, ranges }) => {
  const right = rightOfGrantor(tx, by.author, { store, rightId });
  if (typeof right === 'bigint') return refused(right);
  const { grant } = right;
  if (ranges.length > 0) {
    if (grant.kind !== 'lease' || !isSerialSet(ranges)) return refused(reason.BAD_OPERATION);
    if (!ranges.every((range) => hasRange(grant.ranges, range))) return refused(reason.RIGHT_DOES_NOT_COVER);
  }
  // It only asks: what the store promised or promises until it answers stays good.
  writeRight(tx, store, { ...right, recall: { deadlineMs, ranges } });
  return applied();
};
