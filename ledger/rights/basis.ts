/** On what a reservation rests: the words that `coupon.reserve` and `asset.hold` share (ARCHITECTURE D4). */
import { type Infer, optional, record, variant } from '#core/format';
import { heightFormat, rightIdFormat } from '../ids.ts';
import { allocationFormat } from './allocation.ts';

/** On what a reservation is said to rest. */
export const basisFormat = variant('basis', {
  /** The region is asked. After the entry's `notAfterMs` it counts on the named budget, or is refused without one. */
  online: { tag: 0, format: record('online', { fallbackRightId: optional(rightIdFormat) }) },
  /** A lease of the store; `allocation` is null exactly when the author is itself the hub. */
  owned: { tag: 1, format: record('owned', { rightId: rightIdFormat, allocation: optional(allocationFormat) }) },
  /** A risk budget; `shardHeight` is the certified height of the series shard the lane judged by. */
  budget: { tag: 2, format: record('budget', { rightId: rightIdFormat, shardHeight: heightFormat }) },
});
/** What a reservation rests on. */
export type Basis = Infer<typeof basisFormat>;
