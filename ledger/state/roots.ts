/** What a block commits to: leaf, shard, state and result hashes (ARCHITECTURE D1, D2). */
import { utf8 } from '#core/bytes';
import { taggedHash } from '#core/hash';
import type { ShardId } from '../ids.ts';

function u32(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

/** Hash of one leaf: its key and its value. */
export function leafHash(key: string, value: Uint8Array): Uint8Array {
  const keyBytes = utf8(key);
  return taggedHash('bizain/leaf/1', u32(keyBytes.length), keyBytes, value);
}

/** Commitment to a shard: its name, leaf count and the root of its dense tree. */
export function shardRoot(shard: ShardId, leafCount: number, treeRoot: Uint8Array): Uint8Array {
  const name = utf8(shard);
  return taggedHash('bizain/shard/1', u32(name.length), name, u32(leafCount), treeRoot);
}

/** Commitment to the whole state: shard count and the root of the top tree over shard roots in order of creation. */
export function stateRoot(shardCount: number, topTreeRoot: Uint8Array): Uint8Array {
  return taggedHash('bizain/state/1', u32(shardCount), topTreeRoot);
}

/** What a certificate proves beside the order: the state after the block and the receipts of its entries. */
export function resultRoot(state: Uint8Array, receipts: Uint8Array): Uint8Array {
  return taggedHash('bizain/result/1', state, receipts);
}
