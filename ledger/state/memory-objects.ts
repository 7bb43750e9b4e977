/**
 * Objects in memory: for tests, tools and small ledgers. An object costs some 250 bytes beside its value, and a shard holds at
 * most 2^24 of them, the most that a `Map` of V8 takes.
 */
import { AssertionFailure, assert } from '#core/assert';
import type { ShardId } from '../ids.ts';
import type { Leaf } from './delta.ts';
import { LeafHashArray, type LeafHashes } from './leaf-hashes.ts';
import type { ObjectStore, ShardChange, ShardFacts } from './object-store.ts';

interface MemoryShard {
  facts: ShardFacts;
  readonly byKey: Map<string, Leaf>;
  readonly leaves: Leaf[];
  readonly hashes: LeafHashArray;
}

/** See the file's head. */
export class MemoryObjects implements ObjectStore {
  readonly #shards: MemoryShard[] = [];

  shards(): readonly ShardFacts[] {
    return this.#shards.map(({ facts }) => facts);
  }

  read(index: number, key: string): Leaf | undefined {
    return this.#shards[index]?.byKey.get(key);
  }

  leaves(index: number, firstSlot: number, count: number): Iterable<Leaf> {
    return this.#shards[index]?.leaves.slice(firstSlot, firstSlot + count) ?? [];
  }

  hashes(index: number): LeafHashes {
    return {
      compared: false,
      read: (firstSlot, count, into, place) =>
        this.#shards[index]?.hashes.read(firstSlot, count, into, place) ?? count === 0,
      commit: () => undefined,
      damaged: () => this.damaged(`number ${index}`),
    };
  }

  put(changes: readonly ShardChange[]): void {
    for (const { index, delta, root, sizes, pages } of changes) {
      const facts = { shard: delta.shard, leafCount: delta.leafCount, root, sizes };
      let shard = this.#shards[index];
      if (shard === undefined) {
        assert(index === this.#shards.length, `shard ${index} after ${this.#shards.length}`);
        shard = { facts, byKey: new Map(), leaves: [], hashes: new LeafHashArray() };
        this.#shards.push(shard);
      }
      for (const leaf of delta.leaves) {
        shard.byKey.set(leaf.key, leaf);
        shard.leaves[leaf.slot] = leaf;
      }
      shard.hashes.commit(pages);
      shard.facts = facts;
    }
  }

  damaged(shard: ShardId): never {
    throw new AssertionFailure(`shard ${shard} in memory is not what its root says`);
  }
}
