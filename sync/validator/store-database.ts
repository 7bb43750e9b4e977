/** Opens validator.db so that a commit that returned survives a power cut, and holds the few checked values in it. */

import Database from 'better-sqlite3';
import { equalBytes } from '#core/bytes';
import { BizainError } from '#core/errors';
import { sha256 } from '#core/hash';
import { openDatabase } from '#core/sqlite';
import { leafTableLayout } from '../leaf-table/leaf-table.ts';
import type { ValidatorErrorCode } from './errors.ts';

export type StoreDatabase = Database.Database;

/** How a store works; production takes `storeDefaults`. */
export interface StoreOptions {
  /** `NORMAL` loses votes on a power cut: for the test that shows it. */
  readonly synchronous: 'FULL' | 'NORMAL';
  /** Pages of the write-ahead log, 4 KiB each, after which it moves into the database. */
  readonly checkpointPages: number;
}

/** What a validator runs with. */
export const storeDefaults: StoreOptions = { synchronous: 'FULL', checkpointPages: 4_000 };

/** The version of the tables; another one is refused. */
const schemaVersion = 7;

const schema = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL, hash BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE bodies (digest BLOB NOT NULL UNIQUE, height INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE INDEX bodies_by_height ON bodies (height);
CREATE TABLE proposals (hash BLOB PRIMARY KEY, height INTEGER NOT NULL, block BLOB NOT NULL, fresh BLOB NOT NULL,
  seal BLOB NOT NULL) STRICT;
CREATE TABLE blocks (height INTEGER PRIMARY KEY, header BLOB NOT NULL, certificate BLOB NOT NULL, seal BLOB NOT NULL) STRICT;
CREATE TABLE contents (height INTEGER PRIMARY KEY, digests BLOB NOT NULL, seal BLOB NOT NULL) STRICT;
CREATE TABLE results (height INTEGER PRIMARY KEY, state_root BLOB NOT NULL, receipts_root BLOB NOT NULL, receipts BLOB NOT NULL,
  seal BLOB NOT NULL) STRICT;
CREATE TABLE validator_sets (hash BLOB PRIMARY KEY, members BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE spans (author TEXT NOT NULL, epoch INTEGER NOT NULL, stream INTEGER NOT NULL, last INTEGER NOT NULL,
  first INTEGER NOT NULL, height INTEGER NOT NULL, at INTEGER NOT NULL, seal BLOB NOT NULL,
  PRIMARY KEY (author, epoch, stream, last, height, at)) STRICT, WITHOUT ROWID;
CREATE TABLE shards (id INTEGER PRIMARY KEY, shard TEXT NOT NULL UNIQUE, leaf_count INTEGER NOT NULL, root BLOB NOT NULL,
  bytes INTEGER NOT NULL, largest_leaf INTEGER NOT NULL) STRICT;
CREATE TABLE history (level INTEGER NOT NULL, place INTEGER NOT NULL, hash BLOB NOT NULL, seal BLOB NOT NULL,
  PRIMARY KEY (level, place)) STRICT, WITHOUT ROWID;
CREATE TABLE authored (epoch INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, bytes BLOB NOT NULL, seal BLOB NOT NULL,
  PRIMARY KEY (epoch, first)) STRICT;
CREATE TABLE epochs (epoch INTEGER PRIMARY KEY, certificate BLOB NOT NULL, seal BLOB NOT NULL) STRICT;
CREATE TABLE deltas (height INTEGER NOT NULL, shard INTEGER NOT NULL, delta BLOB NOT NULL, seal BLOB NOT NULL,
  PRIMARY KEY (height, shard)) STRICT;
CREATE TABLE calls (number INTEGER PRIMARY KEY, input BLOB NOT NULL, seal BLOB NOT NULL, result BLOB, result_seal BLOB) STRICT;
CREATE INDEX deltas_by_shard ON deltas (shard, height);
`;

/** A plain view of what SQLite returned. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Throws `STORE_CORRUPT` with what to do. */
export function storeCorrupt(path: string, what: string): never {
  const code: ValidatorErrorCode = 'STORE_CORRUPT';
  const message = `The validator's store ${path} contradicts its own hashes: ${what}. Do not repair it: start the validator again. It sets the file aside as ${path}.damaged, starts with an empty one, fetches the chain from its peers, and follows without voting until that is safe. Check the disk.`;
  throw new BizainError({ code, message, context: { path } });
}

function failed(code: ValidatorErrorCode, message: string, path: string, cause?: unknown): never {
  throw new BizainError({ code, message, context: { path }, cause });
}

function prepare(database: StoreDatabase, path: string, options: StoreOptions): void {
  // One process a store: two would vote twice. EXCLUSIVE holds the lock and needs no shared memory file.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma('journal_mode = WAL');
  // better-sqlite3 is compiled to weaken WAL to NORMAL, which loses acknowledged commits on a power cut.
  database.pragma(`synchronous = ${options.synchronous}`);
  database.pragma(`wal_autocheckpoint = ${options.checkpointPages}`);
  // The upper levels of a table of ten million leaves, and the pages that a block reads before it writes them.
  database.pragma('cache_size = -65536');
  const version = database.pragma('user_version', { simple: true });
  if (version !== 0 && version !== schemaVersion) {
    failed(
      'STORE_FAILED',
      `The store ${path} has version ${String(version)}, this program knows ${schemaVersion}. Start with an empty state directory: it is filled by the peers.`,
      path,
    );
  }
  if (version === 0) {
    database.exec('BEGIN IMMEDIATE');
    database.exec(schema + leafTableLayout);
    database.pragma(`user_version = ${schemaVersion}`);
    database.exec('COMMIT');
  }
  const { synchronous } = options;
  if (database.pragma('synchronous', { simple: true }) !== (synchronous === 'FULL' ? 2 : 1)) {
    failed('STORE_FAILED', `The store ${path} does not commit with synchronous=${synchronous}.`, path);
  }
}

/** Opens the database, makes its tables, and takes its lock. Throws `STORE_BUSY`, `STORE_CORRUPT`, `STORE_FAILED`. */
export function openStoreDatabase(path: string, options: Partial<StoreOptions> = {}): StoreDatabase {
  let database: StoreDatabase | undefined;
  try {
    database = openDatabase(path, { timeout: 200 });
    prepare(database, path, { ...storeDefaults, ...options });
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof BizainError) throw cause;
    const sqlite = cause instanceof Database.SqliteError ? cause.code : '';
    if (sqlite.startsWith('SQLITE_BUSY')) {
      return failed(
        'STORE_BUSY',
        `Another process holds ${path}. Two validators with one key would vote twice: stop the other one.`,
        path,
        cause,
      );
    }
    if (sqlite.startsWith('SQLITE_CORRUPT') || sqlite === 'SQLITE_NOTADB') return storeCorrupt(path, String(cause));
    const reason = cause instanceof Error ? cause.message : String(cause);
    return failed(
      'STORE_FAILED',
      `Opening ${path} failed (${reason}). Check that the state directory is writable and has space.`,
      path,
      cause,
    );
  }
}

/** Small values by name, each with its hash, inside the caller's transaction. */
export class MetaTable {
  readonly #path: string;
  readonly #get: Database.Statement<[string]>;
  readonly #put: Database.Statement<[string, Uint8Array, Uint8Array]>;
  readonly #drop: Database.Statement<[string]>;

  constructor(database: StoreDatabase, path: string) {
    this.#path = path;
    this.#get = database.prepare('SELECT value, hash FROM meta WHERE key = ?');
    this.#put = database.prepare('INSERT OR REPLACE INTO meta (key, value, hash) VALUES (?, ?, ?)');
    this.#drop = database.prepare('DELETE FROM meta WHERE key = ?');
  }

  /** The value, or undefined where there is none. Throws `STORE_CORRUPT` when it is not what was written. */
  get(key: string): Uint8Array | undefined {
    const row = this.#get.get(key) as { readonly value: Uint8Array; readonly hash: Uint8Array } | undefined;
    if (row === undefined) return undefined;
    if (!equalBytes(sha256(row.value), row.hash)) storeCorrupt(this.#path, `the value "${key}" has changed`);
    return plainBytes(row.value);
  }

  /** As `get`, undefined also where the value has rotted. */
  find(key: string): Uint8Array | undefined {
    const row = this.#get.get(key) as { readonly value: Uint8Array; readonly hash: Uint8Array } | undefined;
    return row !== undefined && equalBytes(sha256(row.value), row.hash) ? plainBytes(row.value) : undefined;
  }

  has(key: string): boolean {
    return this.#get.get(key) !== undefined;
  }

  put(key: string, value: Uint8Array): void {
    this.#put.run(key, value, sha256(value));
  }

  drop(key: string): void {
    this.#drop.run(key);
  }
}
