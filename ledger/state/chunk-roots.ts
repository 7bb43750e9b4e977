/**
 * Chunks of a shard that are checked one by one: a chunk is all leaves below one node of the shard's tree, and the nodes of that
 * level lead to the shard's root. Whoever has these nodes, checked once, knows a wrong chunk without the others.
 */
import { hashPairs } from '#core/batch-hash';
import { HASH_BYTES } from '#core/hash';
import { merkleDepth, zeroHash } from '#core/merkle';
import { snapshotChunkLeavesMax } from './delta.ts';
import { pageLeaves } from './leaf-hashes.ts';

/** Whether chunks may have so many leaves: a power of two, from a page of the tree to the largest chunk. */
export function isChunkSpan(span: number): boolean {
  return span >= pageLeaves && span <= snapshotChunkLeavesMax && Number.isInteger(Math.log2(span));
}

/** The largest span that is not above a number of leaves, and never less than a page. */
export function chunkSpanUpTo(leaves: number): number {
  let span = snapshotChunkLeavesMax;
  while (span > pageLeaves && span > leaves) span /= 2;
  return span;
}

/** The node `depth` levels above `count` nodes of a level, zeros where there are none; `level`: that of the nodes, above the leaves. */
function nodeAbove(nodes: Uint8Array, level: number, depth: number): Uint8Array {
  let row = nodes;
  let count = nodes.length / HASH_BYTES;
  for (let height = level; height < level + depth; height++) {
    if (count % 2 === 1) {
      const even = new Uint8Array((count + 1) * HASH_BYTES);
      even.set(row);
      even.set(zeroHash(height), count * HASH_BYTES);
      row = even;
      count++;
    }
    count /= 2;
    const above = new Uint8Array(count * HASH_BYTES);
    hashPairs(row, count, above);
    row = above;
  }
  return row;
}

/** The node over the leaves of one chunk, whose hashes are given one after the other, in a tree of `leafCount` leaves. */
export function chunkNode(leafHashes: Uint8Array, leafCount: number, span: number): Uint8Array {
  return nodeAbove(leafHashes, 0, Math.min(merkleDepth(leafCount), Math.log2(span)));
}

/** The root of a tree from the nodes over its chunks; undefined where they are not as many as its chunks. */
export function treeRootOfChunks(nodes: Uint8Array, leafCount: number, span: number): Uint8Array | undefined {
  if (leafCount < 1 || nodes.length !== Math.ceil(leafCount / span) * HASH_BYTES) return undefined;
  const level = Math.log2(span);
  return nodeAbove(nodes, level, Math.max(0, merkleDepth(leafCount) - level));
}
