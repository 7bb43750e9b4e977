/** The whole state of the ledger in memory: objects by shard, a dense tree a shard, and a top tree over the shard roots. */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import { HASH_BYTES } from '#core/hash';
import type { ShardId } from '../ids.ts';
import type { Leaf, ShardDelta, ShardProof } from './delta.ts';
import { DenseTree, type StagedTree } from './dense-tree.ts';
import { leafHash, shardRoot, stateRoot } from './roots.ts';
import { type ShardWrites, StateOverlay } from './state-overlay.ts';
import type { LedgerView } from './view.ts';

interface Shard {
  readonly id: ShardId;
  /** Place in the top tree: the order of creation. */
  readonly index: number;
  readonly slots: Map<string, number>;
  readonly keys: string[];
  readonly values: Uint8Array[];
  readonly tree: DenseTree;
  root: Uint8Array;
}

interface StagedShard {
  readonly shard: Shard;
  readonly delta: ShardDelta;
  readonly tree: StagedTree;
  readonly root: Uint8Array;
}

/** What a block does to the state, computed but not done. */
export interface StateChange {
  readonly stateRoot: Uint8Array;
  /** Changed shards in order of first writing. */
  readonly deltas: readonly ShardDelta[];
  /** Shards that the block creates, in the order in which they join the top tree. */
  readonly newShards: readonly ShardId[];
  /** For `commit` only. */
  readonly staged: { readonly baseVersion: number; readonly shards: readonly StagedShard[]; readonly top: StagedTree };
}

function emptyShard(id: ShardId, index: number): Shard {
  const tree = new DenseTree();
  return { id, index, slots: new Map(), keys: [], values: [], tree, root: shardRoot(id, 0, tree.root) };
}

function stageShard(shard: Shard, writes: ShardWrites, height: number): StagedShard | null {
  const leaves: Leaf[] = [];
  let leafCount = shard.keys.length;
  for (const [key, value] of writes.objects) {
    const known = shard.slots.get(key);
    if (known !== undefined && equalBytes(shard.values[known] as Uint8Array, value)) continue;
    leaves.push({ slot: known ?? leafCount++, key, value });
  }
  if (leaves.length === 0) return null;
  leaves.sort((a, b) => a.slot - b.slot);
  const indices = new Uint32Array(leaves.length);
  const hashes = new Uint8Array(leaves.length * HASH_BYTES);
  leaves.forEach(({ slot, key, value }, at) => {
    indices[at] = slot;
    hashes.set(leafHash(key, value), at * HASH_BYTES);
  });
  const tree = shard.tree.stage(leafCount, indices, hashes);
  const root = shardRoot(shard.id, leafCount, tree.root);
  return { shard, tree, root, delta: { shard: shard.id, baseRoot: shard.root, height, leafCount, leaves } };
}

/** Objects and commitment of every shard. One writer; evaluating never changes it, committing does. */
export class LedgerState implements LedgerView {
  readonly #shards = new Map<ShardId, Shard>();
  readonly #top = new DenseTree();
  #version = 0;
  #root: Uint8Array;

  private constructor() {
    this.#root = stateRoot(0, this.#top.root);
  }

  static empty(): LedgerState {
    return new LedgerState();
  }

  /** Rebuilds a state from its leaves: shards in order of creation, leaves by ascending slot without gaps. */
  static load(shards: Iterable<{ readonly shard: ShardId; readonly leaves: Iterable<Leaf> }>): LedgerState {
    const state = new LedgerState();
    const overlay = state.overlay();
    for (const { shard, leaves } of shards) {
      let expected = 0;
      for (const { slot, key, value } of leaves) {
        assert(slot === expected, `shard ${shard}: slot ${slot} where ${expected} is due`);
        assert(overlay.get(shard, key) === undefined, `shard ${shard}: key ${key} has two slots`);
        overlay.put(shard, key, value);
        expected++;
      }
      assert(expected > 0, `shard ${shard} has no leaf`);
    }
    state.commit(state.evaluate(overlay, 0));
    return state;
  }

  get stateRoot(): Uint8Array {
    return this.#root;
  }

  /** Always true: a shard that is not there is an empty one. */
  holds(_shard: ShardId): boolean {
    return true;
  }

  get(shard: ShardId, key: string): Uint8Array | undefined {
    const found = this.#shards.get(shard);
    const slot = found?.slots.get(key);
    return slot === undefined ? undefined : found?.values[slot];
  }

  overlay(): StateOverlay {
    return new StateOverlay(this);
  }

  /** Roots and deltas that the overlay's writes lead to at `height`; changes nothing. */
  evaluate(overlay: StateOverlay, height: number): StateChange {
    assert(overlay.base === this, 'the overlay stands on another state');
    const staged: StagedShard[] = [];
    const newShards: ShardId[] = [];
    for (const [id, writes] of overlay.writes()) {
      const known = this.#shards.get(id);
      const shard = known ?? emptyShard(id, this.#shards.size + newShards.length);
      const change = stageShard(shard, writes, height);
      if (change === null) continue;
      staged.push(change);
      if (known === undefined) newShards.push(id);
    }
    const byIndex = [...staged].sort((a, b) => a.shard.index - b.shard.index);
    const indices = Uint32Array.from(byIndex, ({ shard }) => shard.index);
    const hashes = new Uint8Array(byIndex.length * HASH_BYTES);
    byIndex.forEach(({ root }, at) => {
      hashes.set(root, at * HASH_BYTES);
    });
    const shardCount = this.#shards.size + newShards.length;
    const top = this.#top.stage(shardCount, indices, hashes);
    return {
      stateRoot: stateRoot(shardCount, top.root),
      deltas: staged.map(({ delta }) => delta),
      newShards,
      staged: { baseVersion: this.#version, shards: staged, top },
    };
  }

  /** Does what `evaluate` computed. Asserts that nothing was committed in between. */
  commit(change: StateChange): void {
    assert(change.staged.baseVersion === this.#version, 'the state has changed since this was evaluated');
    for (const { shard, delta, tree, root } of change.staged.shards) {
      for (const { slot, key, value } of delta.leaves) {
        if (slot === shard.keys.length) {
          shard.keys.push(key);
          shard.slots.set(key, slot);
        }
        shard.values[slot] = value;
      }
      shard.tree.commit(tree);
      shard.root = root;
      this.#shards.set(shard.id, shard);
    }
    this.#top.commit(change.staged.top);
    this.#root = change.stateRoot;
    this.#version++;
  }

  /** Every shard in order of creation. */
  shardIds(): readonly ShardId[] {
    return [...this.#shards.keys()];
  }

  /** Leaves of a shard by ascending slot; none where it does not exist. */
  *leaves(shard: ShardId): IterableIterator<Leaf> {
    const found = this.#shards.get(shard);
    if (found === undefined) return;
    for (const [slot, key] of found.keys.entries()) yield { slot, key, value: found.values[slot] as Uint8Array };
  }

  /** Number of leaves of a shard; 0 where it does not exist. */
  leafCount(shard: ShardId): number {
    return this.#shards.get(shard)?.keys.length ?? 0;
  }

  /** Root of a shard; undefined where it does not exist. */
  shardRootOf(shard: ShardId): Uint8Array | undefined {
    return this.#shards.get(shard)?.root;
  }

  /** Path from a shard's root to the result root that was certified with these receipts. Asserts that the shard exists. */
  shardProof(shard: ShardId, receiptsRoot: Uint8Array): ShardProof {
    const found = this.#shards.get(shard);
    assert(found !== undefined, `no shard ${shard}`);
    return {
      shardIndex: found.index,
      shardCount: this.#shards.size,
      path: this.#top.path(found.index),
      receiptsRoot,
    };
  }
}
