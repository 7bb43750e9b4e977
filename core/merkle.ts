/**
 * Binary Merkle trees over 32-byte leaf hashes, padded to a power of two with zero leaves. An inner node
 * is SHA-256(left || right). The tree does not know how many leaves are real and does not tell a leaf
 * from a node: whoever commits to a root commits to the leaf count too and hashes leaves with a tag.
 */
import { assert } from './assert.ts';
import { hashPairs } from './batch-hash.ts';
import { HASH_BYTES, sha256 } from './hash.ts';

/** Deepest tree: 2^32 leaves. */
export const MERKLE_DEPTH_MAX = 32;

function zeroLadder(): readonly Uint8Array[] {
  const ladder: Uint8Array[] = [new Uint8Array(HASH_BYTES)];
  for (let level = 1; level <= MERKLE_DEPTH_MAX; level++) {
    const below = ladder[level - 1] as Uint8Array;
    ladder.push(sha256(below, below));
  }
  return ladder;
}

const ladder = zeroLadder();

/** Root of a tree of 2^level zero leaves (level 0: 32 zero bytes). */
export function zeroHash(level: number): Uint8Array {
  const hash = ladder[level];
  assert(hash !== undefined, `no zero hash of level ${level}`);
  return hash.slice();
}

/** Levels above the leaves: the least d with 2^d >= count; 0 for no leaf and for one. */
export function merkleDepth(count: number): number {
  assert(Number.isSafeInteger(count) && count >= 0 && count <= 2 ** MERKLE_DEPTH_MAX, `${count} leaves`);
  let depth = 0;
  while (2 ** depth < count) depth++;
  return depth;
}

/** The leaf level as one byte string, an odd last node completed by the zero hash of its level. */
function firstLevel(leaves: readonly Uint8Array[]): Uint8Array {
  const level = new Uint8Array((leaves.length + (leaves.length & 1)) * HASH_BYTES);
  for (let index = 0; index < leaves.length; index++) {
    const leaf = leaves[index] as Uint8Array;
    if (leaf.length !== HASH_BYTES) assert(false, `leaf ${index} is ${leaf.length} bytes`);
    level.set(leaf, index * HASH_BYTES);
  }
  return level;
}

/** The level above: `count` nodes in, half as many out, again completed to an even number. */
function nextLevel(level: Uint8Array, count: number, height: number): Uint8Array {
  const parents = Math.ceil(count / 2);
  const next = new Uint8Array((parents + (parents & 1)) * HASH_BYTES);
  hashPairs(level, parents, next);
  if (parents & 1) next.set(ladder[height] as Uint8Array, parents * HASH_BYTES);
  return next;
}

function nodeAt(level: Uint8Array, index: number): Uint8Array {
  return level.slice(index * HASH_BYTES, (index + 1) * HASH_BYTES);
}

/** Root over the leaf hashes; 32 zero bytes for none, the leaf itself for one. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const depth = merkleDepth(leaves.length);
  let level = firstLevel(leaves);
  let count = leaves.length;
  for (let height = 1; height <= depth; height++) {
    level = nextLevel(level, count, height);
    count = Math.ceil(count / 2);
  }
  return count === 0 ? zeroHash(0) : nodeAt(level, 0);
}

/** The siblings from the leaf at `index` up to below the root: `merkleDepth(leaves.length)` hashes. */
export function merklePath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(Number.isSafeInteger(index) && index >= 0 && index < leaves.length, `no leaf ${index}`);
  const depth = merkleDepth(leaves.length);
  const path: Uint8Array[] = [];
  let level = firstLevel(leaves);
  let count = leaves.length;
  let at = index;
  for (let height = 1; height <= depth; height++) {
    path.push(nodeAt(level, at % 2 === 0 ? at + 1 : at - 1));
    level = nextLevel(level, count, height);
    count = Math.ceil(count / 2);
    at = Math.floor(at / 2);
  }
  return path;
}

/**
 * The root that the leaf hash, its index and the path lead to; `undefined` when the path has a hash of
 * another size or does not reach the index. The caller compares the root, and the path's length with
 * the committed leaf count.
 */
export function rootFromPath(leafHash: Uint8Array, index: number, path: readonly Uint8Array[]): Uint8Array | undefined {
  if (leafHash.length !== HASH_BYTES || path.length > MERKLE_DEPTH_MAX) return undefined;
  if (!Number.isSafeInteger(index) || index < 0 || index >= 2 ** path.length) return undefined;
  let node = leafHash;
  let at = index;
  for (const sibling of path) {
    if (sibling.length !== HASH_BYTES) return undefined;
    node = at % 2 === 0 ? sha256(node, sibling) : sha256(sibling, node);
    at = Math.floor(at / 2);
  }
  return node;
}
