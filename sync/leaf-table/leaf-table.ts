/**
 * Leaves of ledger shards as rows of SQLite, in a validator's file and in a till's cache alike: found by shard and key, or by
 * shard and slot, each with its hash. A row's number is its shard's, then its slot: the hashes of one page of the tree lie side
 * by side, and a leaf and its hash are changed in one place.
 */
import type Database from 'better-sqlite3';
import { HASH_BYTES } from '#core/hash';
import type { Leaf } from '#ledger/state/delta';

/** Most shards: their numbers fit beside a slot in a row's number of 63 bits. */
export const leafTableShardsMax = 2 ** 31;

/** The table and its index. */
export const leafTableLayout = `
CREATE TABLE leaves (id INTEGER PRIMARY KEY, shard INTEGER NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL,
  value BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX leaves_by_key ON leaves (shard, key);
`;

/** A row; nothing of it has been checked. */
export interface LeafRow extends Leaf {
  readonly hash: Uint8Array;
}

// In 64-bit integers: a number of JavaScript may be bound as a double.
const idOf = (slot: string): string => `((CAST(:shard AS INTEGER) << 32) + CAST(${slot} AS INTEGER))`;
const range = `id >= ${idOf(':slot')} AND id < ${idOf(':slot')} + :count`;
const columns = 'id & 4294967295 AS slot, key, hash, value';

function prepareAll(database: Database.Database) {
  return {
    read: database.prepare(`SELECT ${columns} FROM leaves WHERE shard = ? AND key = ?`),
    range: database.prepare(`SELECT ${columns} FROM leaves WHERE ${range} ORDER BY id`),
    // One text for the whole range: a buffer a leaf costs more, and is garbage outside of the heap that stays in resident memory.
    hashes: database
      .prepare(`SELECT group_concat(hex(hash), '') FROM (SELECT hash FROM leaves WHERE ${range} ORDER BY id)`)
      .pluck(),
    insert: database.prepare(
      `INSERT OR IGNORE INTO leaves (id, shard, key, hash, value) VALUES (${idOf(':slot')}, :shard, :key, :hash, :value)`,
    ),
    update: database.prepare(
      `UPDATE leaves SET hash = :hash, value = :value WHERE id = ${idOf(':slot')} AND key = :key`,
    ),
    remove: database.prepare(
      `DELETE FROM leaves WHERE id IN (SELECT id FROM leaves WHERE id >= ${idOf('0')} AND id < ${idOf('0')} + 4294967296 LIMIT :count)`,
    ),
  };
}

/** SQLite gives Node buffers; callers get plain byte strings. */
function plain(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function rowOf({ slot, key, hash, value }: LeafRow): LeafRow {
  return { slot, key, hash: plain(hash), value: plain(value) };
}

/** The table in an open database that has `leafTableLayout`. Methods throw what SQLite throws. */
export class LeafTable {
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(database: Database.Database) {
    this.#sql = prepareAll(database);
  }

  read(shard: number, key: string): LeafRow | undefined {
    const row = this.#sql.read.get(shard, key) as LeafRow | undefined;
    return row === undefined ? undefined : rowOf(row);
  }

  /** Rows from a slot on, those of `count` slots that exist, in order. */
  range(shard: number, slot: number, count: number): LeafRow[] {
    return (this.#sql.range.all({ shard, slot, count }) as LeafRow[]).map(rowOf);
  }

  /** Copies the hashes of `count` slots from one on into `into`; false where there are not exactly these. */
  readHashes(shard: number, range: { slot: number; count: number }, into: Uint8Array, place: number): boolean {
    const hex = (this.#sql.hashes.get({ shard, ...range }) as string | null) ?? '';
    if (hex.length !== range.count * HASH_BYTES * 2) return false;
    const target = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
    return target.write(hex, place, 'hex') === range.count * HASH_BYTES;
  }

  /**
   * Writes changed and new leaves with their hashes (32 bytes each, in their order); slots below `known` are there already.
   * Undefined, or the first leaf that is not there under its key, or is new and its key has a slot: the caller undoes its
   * transaction.
   */
  write(shard: number, known: number, leaves: readonly Leaf[], hashes: Uint8Array): Leaf | undefined {
    for (const [at, leaf] of leaves.entries()) {
      const { slot, key, value } = leaf;
      const hash = hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
      const statement = slot < known ? this.#sql.update : this.#sql.insert;
      if (statement.run({ shard, slot, key, hash, value }).changes !== 1) return leaf;
    }
    return undefined;
  }

  /** Deletes at most `count` rows of a shard, and says how many. */
  remove(shard: number, count: number): number {
    return this.#sql.remove.run({ shard, count }).changes;
  }
}
