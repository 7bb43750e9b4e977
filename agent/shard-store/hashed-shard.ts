/**
 * The hashes of one cached shard: the upper levels of its tree in memory, the leaf hashes in the file. Read at the start, they
 * are proved by the root; a page of them that is read later is proved by the tree, and a value by its leaf hash.
 */
import { equalBytes } from '#core/bytes';
import { HASH_BYTES } from '#core/hash';
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';
import { DenseTree, isDenseChange } from '#ledger/state/dense-tree';
import type { LeafHashes } from '#ledger/state/leaf-hashes';
import { leafHash, shardRoot } from '#ledger/state/roots';

/** Copies the hashes of a range of slots into an array; false where the file has not exactly these, or is no longer there. */
export type HashReader = LeafHashes['read'];

/** What a shard would become. `commit` may be called once, before anything else is committed, when the file has the leaves. */
export interface StagedShard {
  readonly root: Uint8Array;
  /** Hashes of the leaves, 32 bytes each, in their order. */
  readonly hashes: Uint8Array;
  commit(): void;
}

/** Hashes in the file are not those that the certified root proved: the shard is of no more use. */
class DamagedHashes extends Error {}

function hashesInFile(read: HashReader): LeafHashes {
  return {
    compared: true,
    read,
    // The file has them: it is written before the tree.
    commit: () => undefined,
    damaged: (firstSlot) => {
      throw new DamagedHashes(`at slot ${firstSlot}`);
    },
  };
}

/** See the file's head. */
export class HashedShard {
  readonly shard: ShardId;
  readonly #tree: DenseTree;
  #root: Uint8Array;
  #sound = true;

  /** A shard over a tree of its own; without one, an empty shard with its hashes in memory. */
  constructor(shard: ShardId, tree = new DenseTree()) {
    this.shard = shard;
    this.#tree = tree;
    this.#root = shardRoot(shard, tree.leafCount, tree.root);
  }

  /** A shard without leaves, whose hashes will be in a file. */
  static empty(shard: ShardId, read: HashReader): HashedShard {
    return new HashedShard(shard, new DenseTree(hashesInFile(read)));
  }

  /** A shard from its hashes; null where they are not exactly those of `leafCount` leaves. */
  static load(shard: ShardId, leafCount: number, read: HashReader): HashedShard | null {
    const tree = DenseTree.load(leafCount, hashesInFile(read));
    return tree === null ? null : new HashedShard(shard, tree);
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

  /** False once hashes of the file were not the tree's. */
  get isSound(): boolean {
    return this.#sound;
  }

  /** Whether the object is the leaf at a slot. */
  has({ slot, key, value }: Leaf): boolean {
    if (slot >= this.#tree.leafCount) return false;
    const known = this.#onFile(() => this.#tree.leaf(slot));
    return known !== null && equalBytes(leafHash(key, value), known);
  }

  /** The shard after these leaves; null where they are not ascending or leave a slot out, or `isSound` is false. Changes nothing. */
  stage(leafCount: number, leaves: readonly Leaf[]): StagedShard | null {
    const indices = Uint32Array.from(leaves, ({ slot }) => slot);
    if (!isDenseChange(indices, this.#tree.leafCount, leafCount)) return null;
    const hashes = new Uint8Array(leaves.length * HASH_BYTES);
    leaves.forEach(({ key, value }, at) => {
      hashes.set(leafHash(key, value), at * HASH_BYTES);
    });
    const staged = this.#onFile(() => this.#tree.stage(leafCount, indices, hashes));
    if (staged === null) return null;
    const root = shardRoot(this.shard, leafCount, staged.root);
    return {
      root,
      hashes,
      commit: () => {
        this.#tree.commit(staged);
        this.#root = root;
      },
    };
  }

  #onFile<T>(work: () => T): T | null {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DamagedHashes)) throw error;
      this.#sound = false;
      return null;
    }
  }
}
