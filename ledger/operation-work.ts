/** Operations of a few bytes that go through many items: what they cost is bounded by author and block (SPEC J9, ARCHITECTURE D10). */
import type { Operation } from './operation.ts';
import { leaseItemsMax } from './rights/grant-right.ts';
import { countSerials, type SerialRange } from './rights/serial-ranges.ts';

/** Items that the operations of one author go through in one block, about 0.2 microseconds each: what is over waits. */
export const blockWorkMax = 1_000_000;

// Sets that are larger than any lease are refused unseen.
const leased = (ranges: readonly SerialRange[]): number => Math.min(leaseItemsMax, Math.abs(countSerials(ranges)));

/** Items that the operation may go through, beyond those that it names one by one: at most 100,000. */
export function workOf(operation: Operation): number {
  switch (operation.kind) {
    case 'coupon.issue':
    case 'coupon.void':
    case 'coupon.expire':
      return operation.count;
    case 'right.grant':
      return operation.grant.kind === 'lease' ? leased(operation.grant.ranges) : 0;
    case 'right.release':
    case 'right.sublease':
      return operation.part?.kind === 'items' ? leased(operation.part.ranges) : 0;
    default:
      return 0;
  }
}
