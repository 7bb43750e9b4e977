/** A till's copy of one shard's hashes; the values live in its store. Deltas are staged, compared, and only then committed. */
import { assert } from '#core/assert';
import { HASH_BYTES } from '#core/hash';
import type { ShardId } from '../ids.ts';
import type { Leaf } from './delta.ts';
import { DenseTree, isDenseChange } from './dense-tree.ts';
import { leafHash, shardRoot } from './roots.ts';

/** What a shard would become. `commit` may be called once, before anything else is committed. */
export interface StagedShardTree {
  readonly root: Uint8Array;
  commit(): void;
}

/** The dense tree of one shard, with the root that certificates prove. */
export class ShardTree {
  readonly shard: ShardId;
  readonly #tree = new DenseTree();
  #root: Uint8Array;

  constructor(shard: ShardId) {
    this.shard = shard;
    this.#root = shardRoot(shard, 0, this.#tree.root);
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

  /** Hash of the leaf at a slot, to check a stored row against. */
  leafHashAt(slot: number): Uint8Array {
    return this.#tree.leaf(slot);
  }

  /**
   * The shard's root after these leaves (ascending slots, every new slot among them); changes nothing. Leaves from outside
   * that are no such list give a root of 32 zero bytes, which no shard has, so that the comparison with the certified root
   * fails; committing them asserts.
   */
  stage(leafCount: number, leaves: readonly Leaf[]): StagedShardTree {
    const indices = Uint32Array.from(leaves, ({ slot }) => slot);
    if (!isDenseChange(indices, this.#tree.leafCount, leafCount)) {
      return { root: new Uint8Array(HASH_BYTES), commit: () => assert(false, 'leaves that are no dense change') };
    }
    const hashes = new Uint8Array(leaves.length * HASH_BYTES);
    for (let at = 0; at < leaves.length; at++) {
      const { key, value } = leaves[at] as Leaf;
      hashes.set(leafHash(key, value), at * HASH_BYTES);
    }
    const staged = this.#tree.stage(leafCount, indices, hashes);
    const root = shardRoot(this.shard, leafCount, staged.root);
    return {
      root,
      commit: () => {
        this.#tree.commit(staged);
        this.#root = root;
      },
    };
  }
}
