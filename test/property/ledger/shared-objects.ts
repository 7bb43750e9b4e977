/** The objects of a prepared state with changes of one's own on top: many cases begin where one opening ended, for little. */
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';
import { LeafHashArray, type LeafHashes, pageLeaves } from '#ledger/state/leaf-hashes';
import type { ObjectStore, ShardChange, ShardFacts } from '#ledger/state/object-store';

interface OwnShard {
  facts: ShardFacts;
  readonly byKey: Map<string, Leaf>;
  readonly bySlot: Map<number, Leaf>;
  readonly hashes: LeafHashArray;
}

/** See the head of the file. The base must not be written any more. */
export class SharedObjects implements ObjectStore {
  readonly #base: ObjectStore;
  readonly #baseShards: readonly ShardFacts[];
  readonly #own = new Map<number, OwnShard>();

  constructor(base: ObjectStore) {
    this.#base = base;
    this.#baseShards = base.shards();
  }

  shards(): readonly ShardFacts[] {
    const all = [...this.#baseShards];
    for (const [index, { facts }] of this.#own) all[index] = facts;
    return all;
  }

  read(index: number, key: string): Leaf | undefined {
    return this.#own.get(index)?.byKey.get(key) ?? this.#base.read(index, key);
  }

  *leaves(index: number, firstSlot: number, count: number): Iterable<Leaf> {
    const own = this.#own.get(index);
    if (own === undefined) {
      yield* this.#base.leaves(index, firstSlot, count);
      return;
    }
    const before = [...this.#base.leaves(index, 0, own.facts.leafCount)];
    for (let slot = firstSlot; slot < Math.min(firstSlot + count, own.facts.leafCount); slot++)
      yield (own.bySlot.get(slot) ?? before[slot]) as Leaf;
  }

  hashes(index: number): LeafHashes {
    return {
      compared: false,
      read: (firstSlot, count, into, place) =>
        (this.#own.get(index)?.hashes ?? this.#base.hashes(index)).read(firstSlot, count, into, place),
      commit: () => undefined,
      damaged: () => this.damaged(`number ${index}`),
    };
  }

  #copyOf(index: number, facts: ShardFacts): OwnShard {
    const hashes = new LeafHashArray();
    const leafCount = this.#baseShards[index]?.leafCount ?? 0;
    const pages = Math.ceil(leafCount / pageLeaves);
    const all = new Uint8Array(pages * pageLeaves * 32);
    this.#base.hashes(index).read(0, leafCount, all, 0);
    hashes.commit({
      numbers: Uint32Array.from({ length: pages }, (_, n) => n),
      width: pageLeaves,
      hashes: all,
      leafCount,
    });
    const own = { facts, byKey: new Map(), bySlot: new Map(), hashes };
    this.#own.set(index, own);
    return own;
  }

  put(changes: readonly ShardChange[]): void {
    for (const { index, delta, root, sizes, pages } of changes) {
      const facts = { shard: delta.shard, leafCount: delta.leafCount, root, sizes };
      const own = this.#own.get(index) ?? this.#copyOf(index, facts);
      for (const leaf of delta.leaves) {
        own.byKey.set(leaf.key, leaf);
        own.bySlot.set(leaf.slot, leaf);
      }
      own.hashes.commit(pages);
      own.facts = facts;
    }
  }

  damaged(shard: ShardId): never {
    throw new Error(`shard ${shard} is not what its root says`);
  }
}
