/** What a block commits to: leaf, shard, state and result hashes (ARCHITECTURE D1, D2). */
import { uint32Bytes, utf8 } from '#core/bytes';
import { sha256, taggedHash } from '#core/hash';
import type { ShardId } from '../ids.ts';

const leafTag = 'bizain/leaf/1';
const leafHeadBytes = 1 + leafTag.length + 4;
/** What is hashed of a small leaf, put together in one place: a delta has thousands of them. */
const smallLeaf = new Uint8Array(2_048);
smallLeaf.set([leafTag.length, ...utf8(leafTag)]);

/** The same as by `taggedHash`; undefined for a key that is not ASCII, or a large leaf. */
function smallLeafHash(key: string, value: Uint8Array): Uint8Array | undefined {
  const valueAt = leafHeadBytes + key.length;
  const end = valueAt + value.length;
  if (end > smallLeaf.length) return undefined;
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at);
    if (code > 127) return undefined;
    smallLeaf[leafHeadBytes + at] = code;
  }
  smallLeaf[leafHeadBytes - 2] = key.length >>> 8;
  smallLeaf[leafHeadBytes - 1] = key.length;
  smallLeaf.set(value, valueAt);
  return sha256(smallLeaf.subarray(0, end));
}

/** Hash of one leaf: its key and its value. */
export function leafHash(key: string, value: Uint8Array): Uint8Array {
  const small = smallLeafHash(key, value);
  if (small !== undefined) return small;
  const keyBytes = utf8(key);
  return taggedHash(leafTag, uint32Bytes(keyBytes.length), keyBytes, value);
}

/** Commitment to a shard: its name, leaf count and the root of its dense tree. */
export function shardRoot(shard: ShardId, leafCount: number, treeRoot: Uint8Array): Uint8Array {
  const name = utf8(shard);
  return taggedHash('bizain/shard/1', uint32Bytes(name.length), name, uint32Bytes(leafCount), treeRoot);
}

/** Commitment to the whole state: shard count and the root of the top tree over shard roots in order of creation. */
export function stateRoot(shardCount: number, topTreeRoot: Uint8Array): Uint8Array {
  return taggedHash('bizain/state/1', uint32Bytes(shardCount), topTreeRoot);
}

/** What a certificate proves beside the order: the state after the block and the receipts of its entries. */
export function resultRoot(state: Uint8Array, receipts: Uint8Array): Uint8Array {
  return taggedHash('bizain/result/1', state, receipts);
}
