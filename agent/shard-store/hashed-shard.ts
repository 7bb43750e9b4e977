/**
 * The hashes of one cached shard: its dense tree in memory, and the leaf hashes cut into pages as the file keeps them. Read
 * back, the pages are proved by the root; a value is then proved by its leaf hash whenever it is read.
 */
import { HASH_BYTES } from '#core/hash';
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';
import { DenseTree, isDenseChange } from '#ledger/state/dense-tree';
import { leafHash, shardRoot } from '#ledger/state/roots';

/** Leaf hashes in a page: few, so that a small change writes little. */
const pageHashes = 16;

/** The leaf hashes of slots `page * 16` and on, 32 bytes each; the last page of a shard is shorter. */
export interface HashPage {
  readonly page: number;
  readonly hashes: Uint8Array;
}

/** What a shard would become. `commit` may be called once, before anything else is committed. */
export interface StagedShard {
  readonly root: Uint8Array;
  /** The pages that change. */
  pages(): HashPage[];
  commit(): void;
}

/** See the file's head. */
export class HashedShard {
  readonly shard: ShardId;
  readonly #tree = new DenseTree();
  #root: Uint8Array;

  constructor(shard: ShardId) {
    this.shard = shard;
    this.#root = shardRoot(shard, 0, this.#tree.root);
  }

  /** A shard from its pages by ascending number; null where they are not exactly those of `leafCount` leaves. */
  static load(shard: ShardId, leafCount: number, pages: Iterable<HashPage>): HashedShard | null {
    const loaded = new HashedShard(shard);
    const hashes = new Uint8Array(leafCount * HASH_BYTES);
    let filled = 0;
    for (const { page, hashes: part } of pages) {
      if (filled !== page * pageHashes * HASH_BYTES || filled + part.length > hashes.length) return null;
      hashes.set(part, filled);
      filled += part.length;
    }
    if (filled !== hashes.length) return null;
    const indices = new Uint32Array(leafCount);
    for (let slot = 0; slot < leafCount; slot++) indices[slot] = slot;
    loaded.#tree.commit(loaded.#tree.stage(leafCount, indices, hashes));
    loaded.#root = shardRoot(shard, leafCount, loaded.#tree.root);
    return loaded;
  }

  get leafCount(): number {
    return this.#tree.leafCount;
  }

  get root(): Uint8Array {
    return this.#root;
  }

  /** Bytes held in typed arrays. */
  get byteLength(): number {
    return this.#tree.byteLength;
  }

  leafHashAt(slot: number): Uint8Array {
    return this.#tree.leaf(slot);
  }

  /** The shard after these leaves; null where they are not ascending or leave a slot out. Changes nothing. */
  stage(leafCount: number, leaves: readonly Leaf[]): StagedShard | null {
    const indices = Uint32Array.from(leaves, ({ slot }) => slot);
    if (!isDenseChange(indices, this.#tree.leafCount, leafCount)) return null;
    const hashes = new Uint8Array(leaves.length * HASH_BYTES);
    leaves.forEach(({ key, value }, at) => {
      hashes.set(leafHash(key, value), at * HASH_BYTES);
    });
    const staged = this.#tree.stage(leafCount, indices, hashes);
    const root = shardRoot(this.shard, leafCount, staged.root);
    return {
      root,
      pages: () => this.#pages(leafCount, indices, hashes),
      commit: () => {
        this.#tree.commit(staged);
        this.#root = root;
      },
    };
  }

  #pages(leafCount: number, indices: Uint32Array, hashes: Uint8Array): HashPage[] {
    const pages: HashPage[] = [];
    let current: HashPage | undefined;
    for (let at = 0; at < indices.length; at++) {
      const slot = indices[at] as number;
      const page = Math.floor(slot / pageHashes);
      if (current?.page !== page) {
        current = { page, hashes: this.#page(page, leafCount) };
        pages.push(current);
      }
      const place = (slot - page * pageHashes) * HASH_BYTES;
      current.hashes.set(hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES), place);
    }
    return pages;
  }

  /** A page as it is, with room for the slots that are new. */
  #page(page: number, leafCount: number): Uint8Array {
    const first = page * pageHashes;
    const bytes = new Uint8Array((Math.min(first + pageHashes, leafCount) - first) * HASH_BYTES);
    const known = Math.min(first + pageHashes, this.#tree.leafCount);
    for (let slot = first; slot < known; slot++) bytes.set(this.#tree.leaf(slot), (slot - first) * HASH_BYTES);
    return bytes;
  }
}
