/** Several blocks' deltas of one shard as one: the newest value of each slot. */
import { bad, ok, type Result } from '#core/result';
import type { Leaf, ShardDelta } from './delta.ts';
import { shardDeltaBytesMax, shardDeltaLeavesMax } from './delta.ts';

/** Why deltas cannot be merged. */
export type MergeFault = 'NOT_CONSECUTIVE' | 'TOO_LARGE';

/**
 * Merges deltas of one shard, oldest first, none left out: what they do one after the other, from the first one's base root
 * to the last one's height. `TOO_LARGE`: a snapshot is the better answer.
 */
export function mergeDeltas(deltas: readonly ShardDelta[]): Result<ShardDelta, MergeFault> {
  const first = deltas[0];
  const last = deltas.at(-1);
  if (first === undefined || last === undefined) return bad('NOT_CONSECUTIVE', 'no delta');
  const bySlot = new Map<number, Leaf>();
  let before: ShardDelta | undefined;
  for (const delta of deltas) {
    if (delta.shard !== first.shard) return bad('NOT_CONSECUTIVE', `${delta.shard} is not ${first.shard}`);
    if (before !== undefined && (delta.height <= before.height || delta.leafCount < before.leafCount)) {
      return bad('NOT_CONSECUTIVE', `height ${delta.height} after ${before.height}`);
    }
    for (const leaf of delta.leaves) bySlot.set(leaf.slot, leaf);
    before = delta;
  }
  const leaves = [...bySlot.values()].sort((a, b) => a.slot - b.slot);
  let bytes = 0;
  for (const { key, value } of leaves) bytes += key.length + value.length + 20;
  if (leaves.length > shardDeltaLeavesMax || bytes > shardDeltaBytesMax) return bad('TOO_LARGE', `${bytes} bytes`);
  const { shard, baseRoot } = first;
  return ok({ shard, baseRoot, height: last.height, leafCount: last.leafCount, leaves });
}
