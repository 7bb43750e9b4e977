/** The SQLite file behind the shard store: rows and statements. What a row means and whether it is right is the store's business. */
import { renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { assert } from '#core/assert';
import { openDatabase } from '#core/sqlite';
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';
import type { HashPage } from './hashed-shard.ts';

/** Layout of the file; another one is thrown away, since everything in it can be fetched again. */
const layoutVersion = 1;
const pageBytes = 4_096;
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

// Hash pages are named by one integer (shard, then page), so that a shard's are one range in order.
const layout = `
  CREATE TABLE shards (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state INTEGER NOT NULL, height INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, leaf_count INTEGER NOT NULL, root BLOB NOT NULL);
  CREATE UNIQUE INDEX live_shards ON shards (name) WHERE state = ${shardStates.live};
  CREATE TABLE leaves (shard INTEGER NOT NULL, key TEXT NOT NULL, slot INTEGER NOT NULL, value BLOB NOT NULL,
    PRIMARY KEY (shard, key)) WITHOUT ROWID;
  CREATE TABLE pages (id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);
  PRAGMA user_version = ${layoutVersion};
`;

function prepareAll(db: Database.Database) {
  return {
    live: db.prepare(
      'SELECT id, name, height, time_ms AS timeMs, leaf_count AS leafCount, root FROM shards WHERE state = 1 ORDER BY id',
    ),
    pages: db.prepare(`SELECT id - :shard * 4294967296 AS page, hashes FROM pages
      WHERE id >= :shard * 4294967296 AND id < (:shard + 1) * 4294967296 ORDER BY id`),
    read: db.prepare('SELECT slot, value FROM leaves WHERE shard = ? AND key = ?'),
    write: db.prepare(`INSERT INTO leaves (shard, key, slot, value) VALUES (?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET slot = excluded.slot, value = excluded.value`),
    writePage: db.prepare('INSERT OR REPLACE INTO pages (id, hashes) VALUES (? * 4294967296 + ?, ?)'),
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
    sweepLeaves: db.prepare(`DELETE FROM leaves WHERE shard = :shard
      AND key IN (SELECT key FROM leaves WHERE shard = :shard LIMIT ${sweepRowsMax})`),
    sweepPages: db.prepare(`DELETE FROM pages WHERE id IN (SELECT id FROM pages
      WHERE id >= :shard * 4294967296 AND id < (:shard + 1) * 4294967296 LIMIT ${sweepRowsMax})`),
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

/** An open shard file. Every method may throw `SqliteError`: see `isCorruption` and `isFull`. */
export class ShardFile {
  readonly #db: Database.Database;
  readonly #sql: ReturnType<typeof prepareAll>;

  /** Opens or creates the file; throws `SqliteError` where it is none or of another layout. */
  constructor(path: string, quotaBytes: number) {
    this.#db = openDatabase(path);
    try {
      this.#db.pragma(`page_size = ${pageBytes}`);
      this.#db.pragma('journal_mode = WAL');
      // A cache: after a power cut an older state is as good, since its root was certified with it. FULL would cost a
      // stall of an SD card at every block.
      this.#db.pragma('synchronous = NORMAL');
      this.#db.pragma(`max_page_count = ${Math.floor(quotaBytes / pageBytes)}`);
      this.#db.pragma('cache_size = -8000');
      const version = this.#db.pragma('user_version', { simple: true });
      if (version === 0) this.#db.transaction(() => this.#db.exec(layout))();
      else if (version !== layoutVersion) throw new Database.SqliteError(`layout ${String(version)}`, 'SQLITE_FORMAT');
      this.#sql = prepareAll(this.#db);
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

  /** A shard's hash pages in order. The file must not be written while the iterator is open. */
  pages(shard: number): IterableIterator<HashPage> {
    return this.#sql.pages.iterate({ shard }) as IterableIterator<HashPage>;
  }

  read(shard: number, key: string): { readonly slot: number; readonly value: Uint8Array } | undefined {
    return this.#sql.read.get(shard, key) as { slot: number; value: Uint8Array } | undefined;
  }

  /** Creates a shard without leaves and gives its number. */
  create(name: ShardId, state: 'live' | 'incoming'): number {
    const id = this.#sql.nextId.get() as number;
    assert(id < 2 ** 21, 'shard numbers are used up: delete the shard file');
    this.#sql.create.run({ id, name, state: shardStates[state] });
    return id;
  }

  /** Runs `work` in one transaction: all of it or nothing. */
  atomically<T>(work: () => T): T {
    return this.#db.transaction(work)();
  }

  /** Writes leaves and the hash pages that change with them. Call inside `atomically`. */
  write(shard: number, leaves: readonly Leaf[], pages: readonly HashPage[]): void {
    for (const { slot, key, value } of leaves) this.#sql.write.run(shard, key, slot, value);
    for (const { page, hashes } of pages) this.#sql.writePage.run(shard, page, hashes);
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
      const swept = this.#sql.sweepLeaves.run({ shard }).changes + this.#sql.sweepPages.run({ shard }).changes;
      if (swept === 0) this.#sql.forget.run(shard);
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
