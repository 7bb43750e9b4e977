/** Where the objects of a ledger's state are kept: in memory (`MemoryObjects`), or in a validator's SQLite file. */
import type { ShardId } from '../ids.ts';
import type { Leaf, ShardDelta } from './delta.ts';
import type { ChangedPages, LeafHashes } from './leaf-hashes.ts';

/** How large the leaves of a shard are, for whoever cuts it into chunks. Keys and values, bytes. */
export interface LeafSizes {
  /** Of all leaves together. */
  readonly total: number;
  /** Of the largest leaf that the shard has ever had. */
  readonly largest: number;
}

/** What is kept of a shard beside its leaves. */
export interface ShardFacts {
  readonly shard: ShardId;
  readonly leafCount: number;
  readonly root: Uint8Array;
  readonly sizes: LeafSizes;
}

/** What a block makes of one shard. */
export interface ShardChange {
  /** The shard's number: its place in the top tree, in the order of creation. */
  readonly index: number;
  /** The changed and new leaves by ascending slot, and the leaf count after them. */
  readonly delta: ShardDelta;
  /** Root after the change. */
  readonly root: Uint8Array;
  readonly sizes: LeafSizes;
  /** Hashes of the delta's leaves, 32 bytes each, in their order. */
  readonly hashes: Uint8Array;
  /** The same hashes in whole pages of the tree. */
  readonly pages: ChangedPages;
  /** The leaves that are replaced, as they were, by ascending slot. */
  readonly before: readonly Leaf[];
}

/**
 * The objects of all shards. One writer. What it hands out must not be changed, and is the same array each time for as long as
 * the holder remembers the object: decoded values are remembered by it (`stored-object.ts`).
 */
export interface ObjectStore {
  /** Every shard in the order of its number. */
  shards(): readonly ShardFacts[];
  /** The leaf of a key; undefined where the shard, or the key in it, does not exist. */
  read(index: number, key: string): Leaf | undefined;
  /** Leaves from a slot on, at most `count`, by ascending slot. The store must not be written while they are read. */
  leaves(index: number, firstSlot: number, count: number): Iterable<Leaf>;
  /** The leaf hashes of a shard, of none for a number that is not taken; written by `put`, before the tree. */
  hashes(index: number): LeafHashes;
  /** Takes over a block's changes, all of them or none, in the order in which new shards get their numbers. */
  put(changes: readonly ShardChange[]): void;
  /** Called when a shard's hashes do not lead to its root: throws what the store's users understand. */
  damaged(shard: ShardId): never;
}
