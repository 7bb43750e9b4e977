/** Checking a shard root against a certified result root. */
import { equalBytes } from '#core/bytes';
import { merkleDepth, rootFromPath, zeroHash } from '#core/merkle';
import type { ShardId } from '../ids.ts';
import type { ShardProof } from './delta.ts';
import { resultRoot, shardRoot, stateRoot } from './roots.ts';

/** Whether the proof leads from this shard root to the certified result root. Never throws. */
export function verifyShardProof(proof: ShardProof, root: Uint8Array, certifiedResultRoot: Uint8Array): boolean {
  const { shardIndex, shardCount, path } = proof;
  if (shardCount < 1 || shardIndex >= shardCount || path.length !== merkleDepth(shardCount)) return false;
  const top = rootFromPath(root, shardIndex, path);
  if (top === undefined) return false;
  return equalBytes(resultRoot(stateRoot(shardCount, top), proof.receiptsRoot), certifiedResultRoot);
}

/** Root of a shard without leaves: the base of a new shard's first delta. */
export function emptyShardRoot(shard: ShardId): Uint8Array {
  return shardRoot(shard, 0, zeroHash(0));
}
