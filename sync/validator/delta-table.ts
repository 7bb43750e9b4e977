/** The deltas of recent blocks by shard, kept within a budget of bytes: what is older is fetched as a snapshot. */
import type Database from 'better-sqlite3';
import { decode, encode } from '#core/format';
import { type ShardDelta, shardDeltaFormat } from '#ledger/state/delta';
import { isSealed, sealOf } from './row-seal.ts';
import { type MetaTable, plainBytes, type StoreDatabase } from './store-database.ts';
import { deltaFloorFormat } from './stored-formats.ts';

/** Bytes of deltas that are kept; pruned to three quarters of it. */
export const deltaBytesKept = 128 * 1024 * 1024;

/** Beyond this a snapshot costs less than merging, and a question must not cost a validator more. */
const mergedCountMax = 1_024;
const mergedBytesMax = 8 * 1024 * 1024;

interface DeltaRow {
  readonly height: number;
  readonly delta: Uint8Array;
  readonly seal: Uint8Array;
}

/** The table of deltas; used within the store's transactions. */
export class DeltaTable {
  readonly #database: StoreDatabase;
  readonly #meta: MetaTable;
  readonly #bytesKept: number;
  readonly #put: Database.Statement<[number, number, Uint8Array, Uint8Array]>;
  readonly #get: Database.Statement<[number, number]>;
  readonly #measure: Database.Statement<[number, number]>;
  #bytes: number;
  /** Every delta of a height above it is here. */
  #floor: number;

  constructor(database: StoreDatabase, meta: MetaTable, bytesKept: number = deltaBytesKept) {
    this.#database = database;
    this.#meta = meta;
    this.#bytesKept = bytesKept;
    this.#put = database.prepare('INSERT INTO deltas (height, shard, delta, seal) VALUES (?, ?, ?, ?)');
    this.#get = database.prepare(
      'SELECT height, delta, seal FROM deltas WHERE shard = ? AND height > ? ORDER BY height',
    );
    this.#measure = database.prepare(
      'SELECT count(*) AS count, coalesce(sum(length(delta)), 0) AS bytes FROM deltas WHERE shard = ? AND height > ?',
    );
    const sum = database.prepare('SELECT coalesce(sum(length(delta)), 0) AS bytes FROM deltas').get() as {
      bytes: number;
    };
    this.#bytes = sum.bytes;
    const floor = meta.find('delta-floor');
    const decoded = floor === undefined ? undefined : decode(deltaFloorFormat, floor);
    // Where that has rotted nothing is known to be whole.
    this.#floor = decoded?.ok ? decoded.value.height : meta.has('delta-floor') ? Number.MAX_SAFE_INTEGER : 0;
  }

  add(shard: number, delta: ShardDelta): void {
    const bytes = encode(shardDeltaFormat, delta);
    this.#put.run(delta.height, shard, bytes, sealOf(delta.height, shard, bytes));
    this.#bytes += bytes.length;
  }

  /** Drops the oldest heights when the budget is exceeded; the newest height always stays. */
  prune(newestHeight: number): void {
    if (this.#bytes <= this.#bytesKept) return;
    const oldestFirst = this.#database
      .prepare(
        'SELECT height, sum(length(delta)) AS bytes FROM deltas WHERE height < ? GROUP BY height ORDER BY height',
      )
      .all(newestHeight) as { readonly height: number; readonly bytes: number }[];
    for (const { height, bytes } of oldestFirst) {
      if (this.#bytes <= this.#bytesKept * 0.75) break;
      this.#bytes -= bytes;
      this.#floor = height;
    }
    this.#database.prepare('DELETE FROM deltas WHERE height <= ?').run(this.#floor);
    this.#meta.put('delta-floor', encode(deltaFloorFormat, { height: this.#floor }));
  }

  /** Nothing up to a height is here: for a store that begins with a snapshot. */
  startAfter(height: number): void {
    this.#floor = height;
    this.#meta.put('delta-floor', encode(deltaFloorFormat, { height }));
  }

  /** Deltas of a shard after a height, oldest first; undefined where dropped or rotten ones would be needed, or too many. */
  after(shard: number, height: number): ShardDelta[] | undefined {
    if (height < this.#floor) return undefined;
    const { count, bytes } = this.#measure.get(shard, height) as { readonly count: number; readonly bytes: number };
    if (count > mergedCountMax || bytes > mergedBytesMax) return undefined;
    const deltas: ShardDelta[] = [];
    for (const row of this.#get.all(shard, height) as DeltaRow[]) {
      const decoded = isSealed(row.seal, row.height, shard, row.delta)
        ? decode(shardDeltaFormat, plainBytes(row.delta))
        : null;
      if (decoded?.ok !== true) return undefined;
      deltas.push(decoded.value);
    }
    return deltas;
  }
}
