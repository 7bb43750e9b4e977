/**
 * The dense Merkle tree over slots (ARCHITECTURE D1): hashes in typed arrays a level, changed nodes hashed level by level in
 * one batch each. Changes are staged first and committed later, so that a block can be tried and dropped. Roots are those of
 * `#core/merkle`.
 */
import { assert } from '#core/assert';
import { hashPairs } from '#core/batch-hash';
import { HASH_BYTES } from '#core/hash';
import { MERKLE_DEPTH_MAX, merkleDepth, zeroHash } from '#core/merkle';

const zeroNodes: readonly Uint8Array[] = Array.from({ length: MERKLE_DEPTH_MAX + 1 }, (_, level) => zeroHash(level));

/** Changed nodes of one level: ascending indices and their hashes, one after the other. */
interface LevelChange {
  readonly indices: Uint32Array;
  readonly hashes: Uint8Array;
}

/** What a tree would become. Valid until the tree is next committed to. */
export interface StagedTree {
  readonly root: Uint8Array;
  readonly leafCount: number;
  readonly baseVersion: number;
  readonly levels: readonly LevelChange[];
}

/** Whether the indices ascend strictly, end below `leafCount`, and name every slot from `oldCount` on. */
export function isDenseChange(indices: Uint32Array, oldCount: number, leafCount: number): boolean {
  if (leafCount < oldCount || leafCount - oldCount > indices.length) return false;
  const newFrom = indices.length - (leafCount - oldCount);
  for (let at = 0; at < indices.length; at++) {
    const index = indices[at] as number;
    if (at > 0 && index <= (indices[at - 1] as number)) return false;
    if (at >= newFrom ? index !== oldCount + at - newFrom : index >= oldCount) return false;
  }
  return true;
}

/** A Merkle tree over `leafCount` leaf hashes of 32 bytes; at most 2^32 - 1 leaves. */
export class DenseTree {
  #leafCount = 0;
  #version = 0;
  #root: Uint8Array = zeroHash(0);
  /** Level 0 holds leaf hashes. A level's unused room is never read. */
  readonly #levels: Uint8Array[] = [new Uint8Array(HASH_BYTES)];

  get leafCount(): number {
    return this.#leafCount;
  }

  get root(): Uint8Array {
    return this.#root;
  }

  /** Bytes held in typed arrays. */
  get byteLength(): number {
    return this.#levels.reduce((sum, level) => sum + level.length, 0);
  }

  /** The hash at a slot. */
  leaf(slot: number): Uint8Array {
    assert(slot < this.#leafCount, `no leaf ${slot}`);
    return (this.#levels[0] as Uint8Array).slice(slot * HASH_BYTES, (slot + 1) * HASH_BYTES);
  }

  /**
   * The tree after writing `hashes` (32 bytes each) at ascending `indices`; changes nothing. New slots must all be written:
   * see `isDenseChange`.
   */
  stage(leafCount: number, indices: Uint32Array, hashes: Uint8Array): StagedTree {
    assert(isDenseChange(indices, this.#leafCount, leafCount), 'a change must be ascending and leave no slot out');
    assert(hashes.length === indices.length * HASH_BYTES, `${hashes.length} bytes for ${indices.length} hashes`);
    const levels: LevelChange[] = [{ indices, hashes }];
    const depth = merkleDepth(leafCount);
    let nodeCount = leafCount;
    for (let level = 0; level < depth; level++) {
      levels.push(this.#parents(level, nodeCount, levels[level] as LevelChange));
      nodeCount = Math.ceil(nodeCount / 2);
    }
    const top = levels[depth] as LevelChange;
    const root = indices.length === 0 ? this.#root : top.hashes.slice(0, HASH_BYTES);
    return { root, leafCount, baseVersion: this.#version, levels };
  }

  #parents(level: number, nodeCount: number, change: LevelChange): LevelChange {
    const { indices, hashes } = change;
    const parents = new Uint32Array(indices.length);
    const pairs = new Uint8Array(indices.length * 2 * HASH_BYTES);
    let count = 0;
    for (let at = 0; at < indices.length; at++) {
      const parent = (indices[at] as number) >>> 1;
      const left = parent * 2;
      const own = hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
      const place = count * 2 * HASH_BYTES;
      if (indices[at] === left) {
        pairs.set(own, place);
        if (indices[at + 1] === left + 1) {
          pairs.set(hashes.subarray((at + 1) * HASH_BYTES, (at + 2) * HASH_BYTES), place + HASH_BYTES);
          at++;
        } else this.#copyNode(level, left + 1 < nodeCount ? left + 1 : -1, pairs, place + HASH_BYTES);
      } else {
        this.#copyNode(level, left, pairs, place);
        pairs.set(own, place + HASH_BYTES);
      }
      parents[count++] = parent;
    }
    const out = new Uint8Array(count * HASH_BYTES);
    hashPairs(pairs, count, out);
    return { indices: parents.subarray(0, count), hashes: out };
  }

  /** Copies a committed node, or the level's zero node for index -1. */
  #copyNode(level: number, index: number, into: Uint8Array, place: number): void {
    if (index < 0) {
      into.set(zeroNodes[level] as Uint8Array, place);
      return;
    }
    const nodes = this.#levels[level] as Uint8Array;
    into.set(nodes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES), place);
  }

  /** Makes a staged change the tree. Asserts that nothing else was committed since it was staged. */
  commit(staged: StagedTree): void {
    assert(staged.baseVersion === this.#version, 'the tree has changed since this was staged');
    this.#version++;
    this.#leafCount = staged.leafCount;
    this.#root = staged.root;
    let nodeCount = staged.leafCount;
    for (let level = 0; level < staged.levels.length; level++) {
      const { indices, hashes } = staged.levels[level] as LevelChange;
      const nodes = this.#room(level, nodeCount);
      for (let at = 0; at < indices.length; at++) {
        const from = at * HASH_BYTES;
        nodes.set(hashes.subarray(from, from + HASH_BYTES), (indices[at] as number) * HASH_BYTES);
      }
      nodeCount = Math.ceil(nodeCount / 2);
    }
  }

  #room(level: number, nodeCount: number): Uint8Array {
    const nodes = this.#levels[level];
    const bytes = nodeCount * HASH_BYTES;
    if (nodes !== undefined && nodes.length >= bytes) return nodes;
    let length = Math.max(nodes?.length ?? 0, HASH_BYTES);
    while (length < bytes) length *= 2;
    const grown = new Uint8Array(length);
    if (nodes !== undefined) grown.set(nodes);
    this.#levels[level] = grown;
    return grown;
  }

  /** The siblings of a slot from its leaf up to below the root. */
  path(slot: number): Uint8Array[] {
    assert(slot < this.#leafCount, `no leaf ${slot}`);
    const path: Uint8Array[] = [];
    let nodeCount = this.#leafCount;
    let index = slot;
    for (let level = 0; level < merkleDepth(this.#leafCount); level++) {
      const sibling = (index ^ 1) >>> 0;
      const node = new Uint8Array(HASH_BYTES);
      this.#copyNode(level, sibling < nodeCount ? sibling : -1, node, 0);
      path.push(node);
      index >>>= 1;
      nodeCount = Math.ceil(nodeCount / 2);
    }
    return path;
  }
}
