/**
 * The whole state of the ledger: a dense tree a shard and a top tree over the shard roots, in memory; the objects are with a
 * store of the caller's choice.
 */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import { HASH_BYTES } from '#core/hash';
import type { ShardId } from '../ids.ts';
import type { Leaf, LeafProof, ShardDelta, ShardProof } from './delta.ts';
import { DenseTree, type StagedTree } from './dense-tree.ts';
import { MemoryObjects } from './memory-objects.ts';
import type { LeafSizes, ObjectStore, ShardChange } from './object-store.ts';
import { leafHash, shardRoot, stateRoot } from './roots.ts';
import { type ShardWrites, StateOverlay } from './state-overlay.ts';
import type { LedgerView } from './view.ts';

interface Shard {
  readonly id: ShardId;
  /** Place in the top tree: the order of creation. */
  readonly index: number;
  readonly tree: DenseTree;
  root: Uint8Array;
  sizes: LeafSizes;
}

interface StagedShard {
  readonly shard: Shard;
  readonly tree: StagedTree;
  readonly change: ShardChange;
}

/** What a block does to the state, computed but not done. */
export interface StateChange {
  readonly stateRoot: Uint8Array;
  /** Changed shards in order of first writing. */
  readonly deltas: readonly ShardDelta[];
  /** Shards that the block creates, in the order in which they join the top tree. */
  readonly newShards: readonly ShardId[];
  /** The same changes for the object store, which may have taken them over when `commit` is called. */
  readonly changes: readonly ShardChange[];
  /** For `commit` only. */
  readonly staged: { readonly baseVersion: number; readonly shards: readonly StagedShard[]; readonly top: StagedTree };
}

const noLeaves: LeafSizes = { total: 0, largest: 0 };

function sizesAfter(sizes: LeafSizes, leaves: readonly Leaf[], before: readonly Leaf[]): LeafSizes {
  let { total, largest } = sizes;
  for (const { key, value } of leaves) {
    const bytes = key.length + value.length;
    total += bytes;
    if (bytes > largest) largest = bytes;
  }
  for (const { key, value } of before) total -= key.length + value.length;
  return { total, largest };
}

/** Objects and commitment of every shard. One writer; evaluating never changes it, committing does. */
export class LedgerState implements LedgerView {
  readonly #objects: ObjectStore;
  readonly #shards = new Map<ShardId, Shard>();
  readonly #top = new DenseTree();
  #version = 0;
  #root: Uint8Array;

  private constructor(objects: ObjectStore) {
    this.#objects = objects;
    this.#root = stateRoot(0, this.#top.root);
  }

  /** A state without objects, in memory. */
  static empty(): LedgerState {
    return new LedgerState(new MemoryObjects());
  }

  /** Rebuilds a state in memory from its leaves: shards in order of creation, leaves by ascending slot without gaps. */
  static load(shards: Iterable<{ readonly shard: ShardId; readonly leaves: Iterable<Leaf> }>): LedgerState {
    const state = LedgerState.empty();
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

  /**
   * The state that a store holds. Reads every leaf hash once, and compares each shard's root with the one that the store has
   * for it; whether the roots are certified is the caller's question.
   */
  static open(objects: ObjectStore): LedgerState {
    const state = new LedgerState(objects);
    const facts = objects.shards();
    for (const [index, { shard: id, leafCount, root: known, sizes }] of facts.entries()) {
      const tree = DenseTree.load(leafCount, objects.hashes(index));
      if (tree === null) return objects.damaged(id);
      const root = shardRoot(id, leafCount, tree.root);
      if (!equalBytes(root, known)) return objects.damaged(id);
      state.#shards.set(id, { id, index, tree, root, sizes });
    }
    const top = state.#stageTop(state.#shards.size, [...state.#shards.values()]);
    state.#top.commit(top);
    state.#root = stateRoot(state.#shards.size, top.root);
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
    return found === undefined ? undefined : this.#objects.read(found.index, key)?.value;
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
      const shard = known ?? this.#emptyShard(id, this.#shards.size + newShards.length);
      const change = this.#stageShard(shard, writes, height);
      if (change === null) continue;
      staged.push(change);
      if (known === undefined) newShards.push(id);
    }
    const byIndex = staged.map(({ change }) => change).sort((a, b) => a.index - b.index);
    const shardCount = this.#shards.size + newShards.length;
    const top = this.#stageTop(shardCount, byIndex);
    const changes = staged.map(({ change }) => change);
    return {
      stateRoot: stateRoot(shardCount, top.root),
      deltas: changes.map(({ delta }) => delta),
      newShards,
      changes,
      staged: { baseVersion: this.#version, shards: staged, top },
    };
  }

  #emptyShard(id: ShardId, index: number): Shard {
    const tree = new DenseTree(this.#objects.hashes(index));
    return { id, index, tree, root: shardRoot(id, 0, tree.root), sizes: noLeaves };
  }

  #stageShard(shard: Shard, writes: ShardWrites, height: number): StagedShard | null {
    const leaves: Leaf[] = [];
    const before: Leaf[] = [];
    let { leafCount } = shard.tree;
    for (const [key, value] of writes.objects) {
      const known = leafCount === 0 ? undefined : this.#objects.read(shard.index, key);
      if (known !== undefined) {
        if (equalBytes(known.value, value)) continue;
        before.push(known);
      }
      leaves.push({ slot: known?.slot ?? leafCount++, key, value });
    }
    if (leaves.length === 0) return null;
    leaves.sort((a, b) => a.slot - b.slot);
    before.sort((a, b) => a.slot - b.slot);
    const indices = new Uint32Array(leaves.length);
    const hashes = new Uint8Array(leaves.length * HASH_BYTES);
    leaves.forEach(({ slot, key, value }, at) => {
      indices[at] = slot;
      hashes.set(leafHash(key, value), at * HASH_BYTES);
    });
    const tree = shard.tree.stage(leafCount, indices, hashes);
    const root = shardRoot(shard.id, leafCount, tree.root);
    const delta = { shard: shard.id, baseRoot: shard.root, height, leafCount, leaves };
    const sizes = sizesAfter(shard.sizes, leaves, before);
    return { shard, tree, change: { index: shard.index, delta, root, sizes, hashes, pages: tree.pages, before } };
  }

  /** The top tree with these shards' roots, given by ascending index. */
  #stageTop(shardCount: number, changed: readonly { readonly index: number; readonly root: Uint8Array }[]): StagedTree {
    const hashes = new Uint8Array(changed.length * HASH_BYTES);
    for (const [at, { root }] of changed.entries()) hashes.set(root, at * HASH_BYTES);
    return this.#top.stage(
      shardCount,
      Uint32Array.from(changed, ({ index }) => index),
      hashes,
    );
  }

  /** Does what `evaluate` computed: first in the store, then in memory. Asserts that nothing was committed in between. */
  commit(change: StateChange): void {
    assert(change.staged.baseVersion === this.#version, 'the state has changed since this was evaluated');
    this.#objects.put(change.changes);
    for (const { shard, tree, change: made } of change.staged.shards) {
      shard.tree.commit(tree);
      shard.root = made.root;
      shard.sizes = made.sizes;
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

  /** Leaves of a shard by ascending slot, from `firstSlot` on, at most `count`; none where it does not exist. */
  *leaves(shard: ShardId, firstSlot = 0, count = 2 ** 32): IterableIterator<Leaf> {
    const found = this.#shards.get(shard);
    if (found !== undefined) yield* this.#objects.leaves(found.index, firstSlot, count);
  }

  /** Number of leaves of a shard; 0 where it does not exist. */
  leafCount(shard: ShardId): number {
    return this.#shards.get(shard)?.tree.leafCount ?? 0;
  }

  /** Sizes of a shard's leaves; zeros where it does not exist. */
  leafSizes(shard: ShardId): LeafSizes {
    return this.#shards.get(shard)?.sizes ?? noLeaves;
  }

  /** Root of a shard; undefined where it does not exist. */
  shardRootOf(shard: ShardId): Uint8Array | undefined {
    return this.#shards.get(shard)?.root;
  }

  /** The nodes over a shard's chunks of `span` leaves (`chunk-roots.ts`); none where it does not exist. */
  chunkNodes(shard: ShardId, span: number): Uint8Array {
    return this.#shards.get(shard)?.tree.nodesOver(span) ?? new Uint8Array(0);
  }

  /** Bytes of the trees in memory, without leaf hashes and objects. */
  get treeBytes(): number {
    let bytes = this.#top.byteLength;
    for (const { tree } of this.#shards.values()) bytes += tree.byteLength;
    return bytes;
  }

  /**
   * Path from an object to the result root that was certified with these receipts, for `verifyLeafProof`; undefined where the
   * shard has no such object.
   */
  leafProof(shard: ShardId, key: string, receiptsRoot: Uint8Array): LeafProof | undefined {
    const found = this.#shards.get(shard);
    const leaf = found === undefined ? undefined : this.#objects.read(found.index, key);
    if (found === undefined || leaf === undefined) return undefined;
    const { tree } = found;
    const path = tree.path(leaf.slot);
    return { slot: leaf.slot, leafCount: tree.leafCount, path, shard: this.shardProof(shard, receiptsRoot) };
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
