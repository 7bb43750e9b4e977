/** The SQLite file behind the shard store: rows and statements. What a row means and whether it is right is the store's business. */
import { renameSync, rmSync } from 'node:fs';
import Database from 'better-sqlite3';
import { assert } from '#core/assert';
import type { ShardId } from '#ledger/ids';
import type { Leaf } from '#ledger/state/delta';

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

// Leaf rows are named by one integer (shard, then slot), so that a shard is one range in slot order and large values
// stay out of the index of keys.
const layout = `
  CREATE TABLE shards (id INTEGER PRIMARY KEY, name TEXT NOT NULL, state INTEGER NOT NULL, height INTEGER NOT NULL,
    time_ms INTEGER NOT NULL, leaf_count INTEGER NOT NULL, root BLOB NOT NULL);
  CREATE UNIQUE INDEX live_shards ON shards (name) WHERE state = ${shardStates.live};
  CREATE TABLE leaves (id INTEGER PRIMARY KEY, key TEXT NOT NULL, value BLOB NOT NULL);
  CREATE TABLE keys (shard INTEGER NOT NULL, key TEXT NOT NULL, slot INTEGER NOT NULL, PRIMARY KEY (shard, key)) WITHOUT ROWID;
  PRAGMA user_version = ${layoutVersion};
`;

const leafId = '(:shard * 4294967296 + :slot)';

function prepareAll(db: Database.Database) {
  return {
    live: db.prepare(
      'SELECT id, name, height, time_ms AS timeMs, leaf_count AS leafCount, root FROM shards WHERE state = 1 ORDER BY id',
    ),
    leaves: db.prepare(`SELECT id - :shard * 4294967296 AS slot, key, value FROM leaves
      WHERE id >= :shard * 4294967296 AND id < (:shard + 1) * 4294967296 ORDER BY id`),
    read: db.prepare(`SELECT k.slot AS slot, l.value AS value FROM keys k JOIN leaves l ON l.id = k.shard * 4294967296 + k.slot
      WHERE k.shard = :shard AND k.key = :key`),
    update: db.prepare(`UPDATE leaves SET value = :value WHERE id = ${leafId} AND key = :key`),
    insert: db.prepare(`INSERT OR REPLACE INTO leaves (id, key, value) VALUES (${leafId}, :key, :value)`),
    insertKey: db.prepare('INSERT OR REPLACE INTO keys (shard, key, slot) VALUES (:shard, :key, :slot)'),
    dropKey: db.prepare('DELETE FROM keys WHERE shard = :shard AND slot = :slot'),
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
    sweepLeaves: db.prepare(`DELETE FROM leaves WHERE id IN (SELECT id FROM leaves
      WHERE id >= :shard * 4294967296 AND id < (:shard + 1) * 4294967296 LIMIT ${sweepRowsMax})`),
    sweepKeys: db.prepare(
      `DELETE FROM keys WHERE shard = :shard AND key IN (SELECT key FROM keys WHERE shard = :shard LIMIT ${sweepRowsMax})`,
    ),
    forget: db.prepare('DELETE FROM shards WHERE id = ?'),
    pages: db.prepare('SELECT page_count - freelist_count FROM pragma_page_count, pragma_freelist_count').pluck(),
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
    this.#db = new Database(path);
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

  /** A shard's leaves by ascending slot. The file must not be written while the iterator is open. */
  leaves(shard: number): IterableIterator<Leaf> {
    return this.#sql.leaves.iterate({ shard }) as IterableIterator<Leaf>;
  }

  read(shard: number, key: string): { readonly slot: number; readonly value: Uint8Array } | undefined {
    return this.#sql.read.get({ shard, key }) as { slot: number; value: Uint8Array } | undefined;
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

  /** Writes leaves; those at or above `leafCountBefore` are new. Call inside `atomically`. */
  write(shard: number, leafCountBefore: number, leaves: readonly Leaf[]): void {
    for (const { slot, key, value } of leaves) {
      if (slot < leafCountBefore) {
        if (this.#sql.update.run({ shard, slot, key, value }).changes === 1) continue;
        this.#sql.dropKey.run({ shard, slot });
      }
      this.#sql.insert.run({ shard, slot, key, value });
      this.#sql.insertKey.run({ shard, slot, key });
    }
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
      const swept = this.#sql.sweepLeaves.run({ shard }).changes + this.#sql.sweepKeys.run({ shard }).changes;
      if (swept === 0) this.#sql.forget.run(shard);
    });
    return true;
  }

  /** Bytes of the file's pages in use. */
  bytesUsed(): number {
    return (this.#sql.pages.get() as number) * pageBytes;
  }

  close(): void {
    this.#db.close();
  }
}
