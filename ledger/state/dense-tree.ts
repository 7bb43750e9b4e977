/**
 * The dense Merkle tree over slots (ARCHITECTURE D1). In memory it keeps one node for each page of 8 leaves and the levels
 * above, in typed arrays; leaf hashes are with their holder (`LeafHashes`), and a page is hashed again when it changes.
 * Changed nodes are hashed level by level in one batch each. Changes are staged first and committed later, so that a block
 * can be tried and dropped. Roots are those of `#core/merkle`.
 */
import { assert } from '#core/assert';
import { hashPairs } from '#core/batch-hash';
import { equalBytes } from '#core/bytes';
import { HASH_BYTES } from '#core/hash';
import { MERKLE_DEPTH_MAX, merkleDepth, zeroHash } from '#core/merkle';
import { type ChangedPages, LeafHashArray, type LeafHashes, leavesOfPage, pageLeaves, roomFor } from './leaf-hashes.ts';

/** Levels inside a full page. */
const pageDepth = merkleDepth(pageLeaves);
/** Pages that `load` reads at a time. */
const loadedPages = 64;

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
  /** The changed pages as they would be. */
  readonly pages: ChangedPages;
  /** Changed nodes of the pages, then of the levels above. */
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

/** Hashes that a page of a tree has room for: a tree of less than one page is no deeper than it needs. */
function pageWidth(leafCount: number): number {
  return 2 ** Math.min(pageDepth, merkleDepth(leafCount));
}

/** The nodes of `count` pages of `width` hashes each. */
function pageNodes(hashes: Uint8Array, count: number, width: number): Uint8Array {
  let level = hashes;
  for (let nodes = (count * width) / 2; nodes >= count; nodes /= 2) {
    const above = new Uint8Array(nodes * HASH_BYTES);
    hashPairs(level, nodes, above);
    level = above;
  }
  return level;
}

/** The different pages of ascending slots. */
function pagesOf(slots: Uint32Array): Uint32Array {
  const pages = new Uint32Array(slots.length);
  let count = 0;
  for (let at = 0; at < slots.length; at++) {
    const page = (slots[at] as number) >>> pageDepth;
    if (count === 0 || page !== pages[count - 1]) pages[count++] = page;
  }
  return pages.subarray(0, count);
}

/** A Merkle tree over `leafCount` leaf hashes of 32 bytes; at most 2^32 - 1 leaves. */
export class DenseTree {
  readonly #leaves: LeafHashes;
  #leafCount = 0;
  #version = 0;
  #root: Uint8Array = zeroHash(0);
  /** Level 0 holds the nodes of pages. A level's unused room is never read. */
  readonly #levels: Uint8Array[] = [];

  /** The empty tree. */
  constructor(leaves: LeafHashes = new LeafHashArray()) {
    this.#leaves = leaves;
  }

  /** The tree over what the holder has; null where that is not exactly `leafCount` hashes. Reads it once, in order. */
  static load(leafCount: number, leaves: LeafHashes): DenseTree | null {
    const tree = new DenseTree(leaves);
    if (leafCount === 0) return tree;
    const width = pageWidth(leafCount);
    const pageCount = Math.ceil(leafCount / pageLeaves);
    let level = new Uint8Array(pageCount * HASH_BYTES);
    const part = new Uint8Array(Math.min(loadedPages, pageCount) * width * HASH_BYTES);
    for (let page = 0; page < pageCount; page += loadedPages) {
      const pages = Math.min(loadedPages, pageCount - page);
      const count = Math.min(pages * pageLeaves, leafCount - page * pageLeaves);
      part.fill(0, count * HASH_BYTES);
      if (!leaves.read(page * pageLeaves, count, part, 0)) return null;
      level.set(pageNodes(part.subarray(0, pages * width * HASH_BYTES), pages, width), page * HASH_BYTES);
    }
    tree.#levels.push(level);
    for (let height = pageDepth, count = pageCount; count > 1; height++) {
      if (count % 2 === 1) {
        const even = new Uint8Array((count + 1) * HASH_BYTES);
        even.set(level);
        even.set(zeroNodes[height] as Uint8Array, count * HASH_BYTES);
        level = even;
      }
      count = Math.ceil(count / 2);
      const above = new Uint8Array(count * HASH_BYTES);
      hashPairs(level, count, above);
      tree.#levels.push(above);
      level = above;
    }
    tree.#leafCount = leafCount;
    tree.#root = level.slice(0, HASH_BYTES);
    return tree;
  }

  get leafCount(): number {
    return this.#leafCount;
  }

  get root(): Uint8Array {
    return this.#root;
  }

  /** Bytes held in typed arrays, without the leaf hashes. */
  get byteLength(): number {
    return this.#levels.reduce((sum, level) => sum + level.length, 0);
  }

  /** A copy of the nodes over each `span` leaves, a power of two and at least a page; the root where one covers all. */
  nodesOver(span: number): Uint8Array {
    if (this.#leafCount <= span) return this.#root.slice();
    const level = this.#levels[Math.log2(span) - pageDepth] as Uint8Array;
    return level.slice(0, Math.ceil(this.#leafCount / span) * HASH_BYTES);
  }

  /** The hash at a slot. */
  leaf(slot: number): Uint8Array {
    const at = (slot % pageLeaves) * HASH_BYTES;
    return this.#pageWith(slot).slice(at, at + HASH_BYTES);
  }

  /** The page that a slot is in, with room for `pageWidth` hashes. */
  #pageWith(slot: number): Uint8Array {
    assert(slot < this.#leafCount, `no leaf ${slot}`);
    const pages = Uint32Array.of(slot >>> pageDepth);
    return this.#readPages(pages, pageWidth(this.#leafCount));
  }

  /** Pages as they are, one after the other; zeros for leaves that are not there. */
  #readPages(numbers: Uint32Array, width: number): Uint8Array {
    const pageBytes = width * HASH_BYTES;
    const hashes = new Uint8Array(numbers.length * pageBytes);
    let known = 0;
    for (; known < numbers.length; known++) {
      const page = numbers[known] as number;
      const count = leavesOfPage(page, this.#leafCount);
      if (count === 0) break;
      const first = page * pageLeaves;
      if (!this.#leaves.read(first, count, hashes, known * pageBytes)) this.#leaves.damaged(first);
    }
    if (this.#leaves.compared) this.#comparePages(numbers.subarray(0, known), hashes, width);
    return hashes;
  }

  #comparePages(numbers: Uint32Array, hashes: Uint8Array, width: number): void {
    if (numbers.length === 0) return;
    // A tree of one small page that grows is read with more room than it had.
    const ownWidth = pageWidth(this.#leafCount);
    const own = ownWidth === width ? hashes : hashes.subarray(0, ownWidth * HASH_BYTES);
    const nodes = pageNodes(own, numbers.length, ownWidth);
    const known = this.#levels[0] as Uint8Array;
    for (let at = 0; at < numbers.length; at++) {
      const page = numbers[at] as number;
      const node = nodes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
      const same = equalBytes(node, known.subarray(page * HASH_BYTES, (page + 1) * HASH_BYTES));
      if (!same) this.#leaves.damaged(page * pageLeaves);
    }
  }

  /**
   * The tree after writing `hashes` (32 bytes each) at ascending `indices`; changes nothing. New slots must all be written:
   * see `isDenseChange`.
   */
  stage(leafCount: number, indices: Uint32Array, hashes: Uint8Array): StagedTree {
    assert(isDenseChange(indices, this.#leafCount, leafCount), 'a change must be ascending and leave no slot out');
    assert(hashes.length === indices.length * HASH_BYTES, `${hashes.length} bytes for ${indices.length} hashes`);
    const pages = this.#changedPages(leafCount, indices, hashes);
    const { numbers, width } = pages;
    const baseVersion = this.#version;
    if (numbers.length === 0) return { root: this.#root, leafCount, baseVersion, pages, levels: [] };
    let change: LevelChange = { indices: numbers, hashes: pageNodes(pages.hashes, numbers.length, width) };
    const levels = [change];
    let nodeCount = Math.ceil(leafCount / pageLeaves);
    for (let level = 0; nodeCount > 1; level++) {
      change = this.#parents(level, nodeCount, change);
      levels.push(change);
      nodeCount = Math.ceil(nodeCount / 2);
    }
    return { root: change.hashes.slice(0, HASH_BYTES), leafCount, baseVersion, pages, levels };
  }

  #changedPages(leafCount: number, indices: Uint32Array, hashes: Uint8Array): ChangedPages {
    const numbers = pagesOf(indices);
    const width = pageWidth(leafCount);
    const pages = this.#readPages(numbers, width);
    let page = 0;
    for (let at = 0; at < indices.length; at++) {
      const slot = indices[at] as number;
      while (numbers[page] !== slot >>> pageDepth) page++;
      const place = (page * width + (slot % pageLeaves)) * HASH_BYTES;
      pages.set(hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES), place);
    }
    return { numbers, width, hashes: pages, leafCount };
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
      into.set(zeroNodes[pageDepth + level] as Uint8Array, place);
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
    this.#leaves.commit(staged.pages);
    let nodeCount = Math.ceil(staged.leafCount / pageLeaves);
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
    const grown = new Uint8Array(roomFor(bytes, nodes?.length ?? 0));
    if (nodes !== undefined) grown.set(nodes);
    this.#levels[level] = grown;
    return grown;
  }

  /** The siblings of a slot from its leaf up to below the root. */
  path(slot: number): Uint8Array[] {
    const path: Uint8Array[] = [];
    let level = this.#pageWith(slot);
    let index = slot % pageLeaves;
    for (let nodes = level.length / HASH_BYTES; nodes > 1; nodes /= 2) {
      const sibling = (index ^ 1) * HASH_BYTES;
      path.push(level.slice(sibling, sibling + HASH_BYTES));
      index >>>= 1;
      level = pageNodes(level, nodes / 2, 2);
    }
    let nodeCount = Math.ceil(this.#leafCount / pageLeaves);
    let place = slot >>> pageDepth;
    for (let height = 0; nodeCount > 1; height++) {
      const sibling = (place ^ 1) >>> 0;
      const node = new Uint8Array(HASH_BYTES);
      this.#copyNode(height, sibling < nodeCount ? sibling : -1, node, 0);
      path.push(node);
      place >>>= 1;
      nodeCount = Math.ceil(nodeCount / 2);
    }
    return path;
  }
}
