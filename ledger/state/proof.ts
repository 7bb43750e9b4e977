/** Checking a shard root, or a single object, against a certified result root. */
import { equalBytes } from '#core/bytes';
import { MERKLE_DEPTH_MAX, merkleDepth, rootFromPath, zeroHash } from '#core/merkle';
import type { ShardId } from '../ids.ts';
import type { LeafProof, ShardProof } from './delta.ts';
import { leafHash, resultRoot, shardRoot, stateRoot } from './roots.ts';

/** What a leaf proof is said to prove: that the shard holds this value under this key. */
export interface ClaimedLeaf {
  readonly shard: ShardId;
  readonly key: string;
  readonly value: Uint8Array;
}

/** The root that a leaf of a tree of `count` leads to; undefined where it cannot be one. */
function treeRoot(leaf: Uint8Array, index: number, count: number, path: readonly Uint8Array[]): Uint8Array | undefined {
  if (!Number.isSafeInteger(count) || count < 1 || count >= 2 ** MERKLE_DEPTH_MAX || index >= count) return undefined;
  return path.length === merkleDepth(count) ? rootFromPath(leaf, index, path) : undefined;
}

/** Whether the proof leads from this shard root to the certified result root. Never throws. */
export function verifyShardProof(proof: ShardProof, root: Uint8Array, certifiedResultRoot: Uint8Array): boolean {
  const { shardIndex, shardCount, path } = proof;
  const top = treeRoot(root, shardIndex, shardCount, path);
  if (top === undefined) return false;
  return equalBytes(resultRoot(stateRoot(shardCount, top), proof.receiptsRoot), certifiedResultRoot);
}

/**
 * Whether the object is a leaf of its shard under the certified result root, at the proof's slot. Never throws. An object that
 * is not there cannot be proved so: that takes the whole shard.
 */
export function verifyLeafProof(proof: LeafProof, leaf: ClaimedLeaf, certifiedResultRoot: Uint8Array): boolean {
  const { slot, leafCount, path } = proof;
  const root = treeRoot(leafHash(leaf.key, leaf.value), slot, leafCount, path);
  if (root === undefined) return false;
  return verifyShardProof(proof.shard, shardRoot(leaf.shard, leafCount, root), certifiedResultRoot);
}

/** Root of a shard without leaves: the base of a new shard's first delta. */
export function emptyShardRoot(shard: ShardId): Uint8Array {
  return shardRoot(shard, 0, zeroHash(0));
}
