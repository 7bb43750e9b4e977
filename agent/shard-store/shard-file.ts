/** The SQLite file behind the shard store: rows and statements. What a row means and whether it is right is the store's business. */
import { renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { assert } from '#core/assert';
import { openDatabase } from '#core/sqlite';
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';
import { LeafTable, leafTableLayout, leafTableShardsMax } from '#sync/leaf-table/leaf-table';

/** Layout of the file; another one is thrown away, since everything in it can be fetched again. */
const layoutVersion = 2;
const pageBytes = 4_096;
const cacheKiB = 2_048;
/** Rows that one call to `sweep` deletes. */
const sweepRowsMax = 4_096;

/** `live`: serves reads. `incoming`: being installed. `dropped`: waits for `sweep`. */
const shardStates = { live: 1, incoming: 2, dropped: 3 } as const;

/** A live shard as it was stored. */
export interface StoredShard {
  readonly id: number;
  readonly name: ShardId;
  readonly height: number;
  readonly timeMs: number;
  readonly leafCount: number;
  readonly root: Uint8Array;
}

/** Certified facts of a shard, written together with its leaves. */
export type ShardFacts = Pick<StoredShard, 'height' | 'timeMs' | 'leafCount' | 'root'>;

const layout = `
  CREATE TABLE shards (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state INTEGER NOT NULL, height INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, leaf_count INTEGER NOT NULL, root BLOB NOT NULL);
  CREATE UNIQUE INDEX live_shards ON shards (name) WHERE state = ${shardStates.live};
  ${leafTableLayout}
  PRAGMA user_version = ${layoutVersion};
`;

function prepareAll(db: Database.Database) {
  return {
    live: db.prepare(
      'SELECT id, name, height, time_ms AS timeMs, leaf_count AS leafCount, root FROM shards WHERE state = 1 ORDER BY id',
    ),
    facts: db.prepare(
      'UPDATE shards SET height = :height, time_ms = :timeMs, leaf_count = :leafCount, root = :root WHERE id = :id',
    ),
    nextId: db.prepare('SELECT coalesce(max(id), 0) + 1 AS id FROM shards').pluck(),
    create: db.prepare(`INSERT INTO shards (id, name, state, height, time_ms, leaf_count, root)
      VALUES (:id, :name, :state, 0, 0, 0, zeroblob(32))`),
    drop: db.prepare('UPDATE shards SET state = 3 WHERE id = ?'),
    dropLive: db.prepare('UPDATE shards SET state = 3 WHERE name = ? AND state = 1'),
    dropIncoming: db.prepare('UPDATE shards SET state = 3 WHERE state = 2'),
    promote: db.prepare('UPDATE shards SET state = 1 WHERE id = ?'),
    dropped: db.prepare('SELECT id FROM shards WHERE state = 3 LIMIT 1').pluck(),
    forget: db.prepare('DELETE FROM shards WHERE id = ?'),
    pageCount: db.prepare('SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count').pluck(),
  };
}

/** Whether SQLite found the file itself damaged, as opposed to full, busy or misused. */
export function isCorruption(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB|FORMAT|IOERR)/.test(error.code);
}

/** Whether the quota or the disk is used up. */
export function isFull(error: unknown): boolean {
  return error instanceof Database.SqliteError && error.code.startsWith('SQLITE_FULL');
}

/** Moves a damaged file aside, over the one moved aside before: one is kept for inspection, the disk is not filled. */
export function moveAside(path: string): string {
  const aside = `${path}.damaged`;
  rmSync(`${path}-wal`, { force: true });
  rmSync(`${path}-shm`, { force: true });
  renameSync(path, aside);
  return aside;
}

/** Leaves that do not fit those in the file: never those of a certified shard on an undamaged one. */
export class LeafMisfit extends Error {}

/** An open shard file. Every method may throw `SqliteError`: see `isCorruption` and `isFull`. */
export class ShardFile {
  readonly #db: Database.Database;
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #leaves: LeafTable;

  /** Opens or creates the file; throws `SqliteError` where it is none or of another layout. */
  constructor(path: string, quotaBytes: number) {
    this.#db = openDatabase(path);
    try {
      this.#db.pragma(`page_size = ${pageBytes}`);
      this.#db.pragma('journal_mode = WAL');
      // Pages of the file are in the system's cache anyway; what is read often is in the store's.
      this.#db.pragma(`cache_size = -${cacheKiB}`);
      // A cache: after a power cut an older state is as good, since its root was certified with it. FULL would cost a
      // stall of an SD card at every block.
      this.#db.pragma('synchronous = NORMAL');
      // Seldom: pages that several blocks change are then copied into the file once, and synced once.
      this.#db.pragma('wal_autocheckpoint = 4000');
      this.#db.pragma(`max_page_count = ${Math.floor(quotaBytes / pageBytes)}`);
      const version = this.#db.pragma('user_version', { simple: true });
      if (version === 0) this.#db.transaction(() => this.#db.exec(layout))();
      else if (version !== layoutVersion) throw new Database.SqliteError(`layout ${String(version)}`, 'SQLITE_FORMAT');
      this.#sql = prepareAll(this.#db);
      this.#leaves = new LeafTable(this.#db);
      this.#sql.dropIncoming.run();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Live shards in the order in which they were installed. */
  shards(): StoredShard[] {
    return this.#sql.live.all() as StoredShard[];
  }

  /** Copies leaf hashes of a shard: see `LeafTable`. */
  readHashes(shard: number, range: { slot: number; count: number }, into: Uint8Array, place: number): boolean {
    return this.#leaves.readHashes(shard, range, into, place);
  }

  read(shard: number, key: string): Leaf | undefined {
    return this.#leaves.read(shard, key);
  }

  /** Creates a shard without leaves and gives its number. */
  create(name: ShardId, state: 'live' | 'incoming'): number {
    const id = this.#sql.nextId.get() as number;
    assert(id < leafTableShardsMax, 'shard numbers are used up: delete the shard file');
    this.#sql.create.run({ id, name, state: shardStates[state] });
    return id;
  }

  /** Runs `work` in one transaction: all of it or nothing. */
  atomically<T>(work: () => T): T {
    return this.#db.transaction(work)();
  }

  /**
   * Writes leaves with their hashes; slots below `known` are there already. Call inside `atomically`. Throws `LeafMisfit`
   * where one of those is not there, or a key has two slots.
   */
  write(shard: number, known: number, leaves: readonly Leaf[], hashes: Uint8Array): void {
    const misfit = this.#leaves.write(shard, known, leaves, hashes);
    if (misfit !== undefined) throw new LeafMisfit(`leaf ${misfit.slot}`);
  }

  /** Writes what is certified of a shard. Call inside `atomically` with the leaves that belong to it. */
  writeFacts(id: number, facts: ShardFacts): void {
    this.#sql.facts.run({
      id,
      height: facts.height,
      timeMs: facts.timeMs,
      leafCount: facts.leafCount,
      root: facts.root,
    });
  }

  /** Makes an incoming shard the live one of its name. Call inside `atomically`. */
  promote(id: number, name: ShardId): void {
    this.#sql.dropLive.run(name);
    this.#sql.promote.run(id);
  }

  /** Takes a shard out of service at once; `sweep` frees its rows later. */
  drop(id: number): void {
    this.#sql.drop.run(id);
  }

  /** Deletes a bounded number of rows of dropped shards; false when there is none left. */
  sweep(): boolean {
    const shard = this.#sql.dropped.get() as number | undefined;
    if (shard === undefined) return false;
    this.atomically(() => {
      if (this.#leaves.remove(shard, sweepRowsMax) === 0) this.#sql.forget.run(shard);
    });
    return true;
  }

  /** Bytes of the file's pages in use. */
  bytesUsed(): number {
    return (this.#sql.pageCount.get() as number) * pageBytes;
  }

  close(): void {
    this.#db.close();
  }
}
