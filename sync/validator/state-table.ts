/**
 * The objects of the ledger in the validator's file: one row a leaf with its hash, found by shard and key or by shard and
 * slot. Written in the transaction of the block that changes them; each row is checked against its hash when it is read.
 */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';
import type { LeafHashes } from '#ledger/state/leaf-hashes';
import type { ObjectStore, ShardChange, ShardFacts } from '#ledger/state/object-store';
import { leafHash } from '#ledger/state/roots';
import { type LeafRow, LeafTable, leafTableShardsMax } from '../leaf-table/leaf-table.ts';
import { HotLeaves } from './hot-leaves.ts';
import { plainBytes, type StoreDatabase, storeCorrupt } from './store-database.ts';

/** Memory for leaves that were lately used, bytes. */
const hotBytesDefault = 64 * 1024 * 1024;
/** Leaves that one query for a range returns, of 64 KiB at most. */
const rangeLeaves = 256;
interface ShardRow extends Omit<ShardFacts, 'sizes'> {
  readonly id: number;
  readonly bytes: number;
  readonly largest: number;
}

function prepareAll(database: StoreDatabase) {
  return {
    shards: database.prepare(
      'SELECT id, shard, leaf_count AS leafCount, root, bytes, largest_leaf AS largest FROM shards ORDER BY id',
    ),
    putShard: database.prepare(`INSERT INTO shards (id, shard, leaf_count, root, bytes, largest_leaf)
      VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET leaf_count = excluded.leaf_count, root = excluded.root,
      bytes = excluded.bytes, largest_leaf = excluded.largest_leaf`),
  };
}

/** See the file's head. Throws what SQLite throws, and `STORE_CORRUPT`. */
export class StateTable implements ObjectStore {
  readonly #database: StoreDatabase;
  readonly #path: string;
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #leaves: LeafTable;
  readonly #hot: HotLeaves;
  readonly #numbers = new Map<ShardId, number>();
  /** What `write` has put into the open or the last transaction and `put` has not been told of. */
  #written: readonly ShardChange[] | null = null;

  constructor(database: StoreDatabase, path: string, hotBytes = hotBytesDefault) {
    this.#database = database;
    this.#path = path;
    this.#sql = prepareAll(database);
    this.#leaves = new LeafTable(database);
    this.#hot = new HotLeaves(hotBytes);
    for (const [index, { shard }] of this.shards().entries()) this.#numbers.set(shard, index);
  }

  shards(): readonly ShardFacts[] {
    const rows = this.#sql.shards.all() as ShardRow[];
    return rows.map(({ id, shard, leafCount, root, bytes, largest }, index) => {
      if (id !== index) storeCorrupt(this.#path, `shard ${index} is missing`);
      return { shard, leafCount, root: plainBytes(root), sizes: { total: bytes, largest } };
    });
  }

  /** The number of a shard; undefined where it does not exist. */
  numberOf(shard: ShardId): number | undefined {
    return this.#numbers.get(shard);
  }

  read(index: number, key: string): Leaf | undefined {
    const hot = this.#hot.get(index, key);
    if (hot !== undefined) return hot;
    const row = this.#leaves.read(index, key);
    if (row === undefined) return undefined;
    const leaf = this.#checked(index, row);
    this.#hot.set(index, leaf);
    return leaf;
  }

  *leaves(index: number, firstSlot: number, count: number): IterableIterator<Leaf> {
    for (let slot = firstSlot; slot < firstSlot + count; slot += rangeLeaves) {
      const wanted = Math.min(rangeLeaves, firstSlot + count - slot);
      const rows = this.#leaves.range(index, slot, wanted);
      for (const row of rows) yield this.#checked(index, row);
      if (rows.length < wanted) return;
    }
  }

  hashes(index: number): LeafHashes {
    return {
      compared: true,
      read: (slot, count, into, place) => this.#leaves.readHashes(index, { slot, count }, into, place),
      commit: () => undefined,
      damaged: (slot) => storeCorrupt(this.#path, `the hashes of shard ${index} have changed at slot ${slot}`),
    };
  }

  /** Reads every leaf and compares it with its hash: what a start can afford and a block cannot. */
  checkAll(): void {
    for (const [index, { shard, leafCount, sizes }] of this.shards().entries()) {
      let [due, total, largest] = [0, 0, 0];
      for (const { slot, key, value } of this.leaves(index, 0, leafCount)) {
        if (slot !== due++) break;
        const bytes = key.length + value.length;
        total += bytes;
        largest = Math.max(largest, bytes);
      }
      if (due !== leafCount) storeCorrupt(this.#path, `shard ${shard} has a leaf missing`);
      if (total !== sizes.total || largest > sizes.largest)
        storeCorrupt(this.#path, `sizes of shard ${shard} are others`);
    }
  }

  /** Writes the rows of a block into the caller's transaction. `put` of the same changes follows when that is durable. */
  write(changes: readonly ShardChange[]): void {
    for (const change of changes) this.#writeShard(change);
    this.#written = changes;
  }

  /** Writes new leaves of a shard that has been fetched, with their hashes (32 bytes each); the shard itself follows by `loadShard`. */
  load(index: number, leaves: readonly Leaf[], hashes: Uint8Array): void {
    const lost = this.#leaves.write(index, 0, leaves, hashes);
    assert(lost === undefined, 'no leaf is loaded twice');
  }

  /** Writes what is to be known of a shard whose leaves have been loaded. */
  loadShard(index: number, { shard, leafCount, root, sizes }: ShardFacts): void {
    assert(index < leafTableShardsMax, `${index} shards`);
    this.#sql.putShard.run(index, shard, leafCount, root, sizes.total, sizes.largest);
    this.#numbers.set(shard, index);
  }

  /** Forgets what `write` was given: its transaction was undone. */
  undone(): void {
    this.#written = null;
  }

  /** Makes a block's changes what is read from now on; in a transaction of its own where `write` has not had them. */
  put(changes: readonly ShardChange[]): void {
    if (this.#written !== changes) this.#database.transaction(() => this.write(changes))();
    this.#written = null;
    for (const { index, delta } of changes) {
      this.#numbers.set(delta.shard, index);
      for (const leaf of delta.leaves) this.#hot.set(index, leaf);
    }
  }

  damaged(shard: ShardId): never {
    return storeCorrupt(this.#path, `the leaves of shard ${shard} are not those of its root`);
  }

  #writeShard({ index, delta, root, sizes, hashes, before }: ShardChange): void {
    assert(index < leafTableShardsMax, `${index} shards`);
    this.#sql.putShard.run(index, delta.shard, delta.leafCount, root, sizes.total, sizes.largest);
    const known = delta.leafCount - (delta.leaves.length - before.length);
    const lost = this.#leaves.write(index, known, delta.leaves, hashes);
    if (lost !== undefined) storeCorrupt(this.#path, `leaf ${lost.slot} of ${delta.shard} is not where its key says`);
  }

  #checked(index: number, { slot, key, hash, value }: LeafRow): Leaf {
    if (!equalBytes(leafHash(key, value), hash)) {
      storeCorrupt(this.#path, `leaf ${slot} of shard ${index} is not what its hash says`);
    }
    return { slot, key, value };
  }
}
