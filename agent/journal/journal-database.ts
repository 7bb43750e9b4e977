/** Opens journal.db so that a commit that returned survives a power cut, and makes its tables. */

import { dirname, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { assert } from '#core/assert';
import { fsyncFolder } from '#core/durable-folder';
import { openDatabase } from '#core/sqlite';
import { JournalError } from './errors.ts';

export type JournalDatabase = Database.Database;

/** How hard a commit is pushed to the disk. Only the durability proof asks for less than FULL, to see itself fail. */
export type Synchronous = 'FULL' | 'NORMAL';

const pageBytes = 4_096;
const synchronousLevel = { FULL: 2, NORMAL: 1 } as const;
/** Larger files are not checked structurally at start: it would take longer than a start may. */
const quickCheckPagesMax = 65_536;

/** An entry's row id: the stream's id, then the sequence in the low 40 bits. */
export const sequenceSpan = 2 ** 40;

// Entries and segments are never changed, outcomes never removed, a closed shift never rewritten: the
// database itself says no, whatever the code above it does.
const schema = `
CREATE TABLE identity (one INTEGER PRIMARY KEY CHECK (one = 1), version INTEGER NOT NULL, chain_id BLOB NOT NULL,
  account TEXT NOT NULL, opens INTEGER NOT NULL) STRICT;
CREATE TABLE streams (id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, stream INTEGER NOT NULL, UNIQUE (epoch, stream)) STRICT;
CREATE TABLE entries (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, entry BLOB NOT NULL, chain BLOB NOT NULL,
  note TEXT NOT NULL, mark BLOB NOT NULL) STRICT;
CREATE TABLE outcomes (id INTEGER PRIMARY KEY, state INTEGER NOT NULL, height INTEGER NOT NULL, time_ms INTEGER NOT NULL,
  reasons TEXT NOT NULL, value TEXT NOT NULL, shift INTEGER NOT NULL) STRICT;
CREATE TABLE segments (first_id INTEGER PRIMARY KEY, last_id INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE TABLE claims (unit TEXT PRIMARY KEY, terminal TEXT NOT NULL, captured INTEGER NOT NULL, at_low_ms INTEGER NOT NULL,
  at_high_ms INTEGER NOT NULL, holder INTEGER) STRICT, WITHOUT ROWID;
CREATE INDEX claims_reserved ON claims (terminal, unit) WHERE captured = 0;
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints (next_id INTEGER PRIMARY KEY, chain BLOB NOT NULL, signature BLOB NOT NULL) STRICT;
CREATE TABLE progress (one INTEGER PRIMARY KEY CHECK (one = 1), body TEXT NOT NULL, mark BLOB NOT NULL) STRICT;
CREATE TABLE shifts (id INTEGER PRIMARY KEY, label TEXT, opened_ms INTEGER NOT NULL, opening TEXT NOT NULL,
  closed_ms INTEGER, books TEXT) STRICT;
CREATE TABLE adjustments (serial INTEGER PRIMARY KEY, shift INTEGER NOT NULL, of_shift INTEGER NOT NULL,
  entry_id INTEGER NOT NULL, from_state INTEGER NOT NULL, to_state INTEGER NOT NULL) STRICT;
CREATE TABLE faults (serial INTEGER PRIMARY KEY, code TEXT NOT NULL, epoch INTEGER NOT NULL, stream INTEGER NOT NULL,
  sequence INTEGER NOT NULL, detail TEXT NOT NULL, resolved INTEGER NOT NULL) STRICT;
CREATE TRIGGER entries_fixed BEFORE UPDATE ON entries BEGIN SELECT raise(ABORT, 'an entry is never changed'); END;
CREATE TRIGGER entries_kept BEFORE DELETE ON entries BEGIN SELECT raise(ABORT, 'an entry is never removed'); END;
CREATE TRIGGER segments_fixed BEFORE UPDATE ON segments BEGIN SELECT raise(ABORT, 'a sealed segment is never changed'); END;
CREATE TRIGGER segments_kept BEFORE DELETE ON segments BEGIN SELECT raise(ABORT, 'a sealed segment is never removed'); END;
CREATE TRIGGER outcomes_kept BEFORE DELETE ON outcomes BEGIN SELECT raise(ABORT, 'an outcome is never removed'); END;
CREATE TRIGGER shifts_fixed BEFORE UPDATE ON shifts WHEN old.closed_ms IS NOT NULL
  BEGIN SELECT raise(ABORT, 'a closed shift is never changed'); END;
CREATE TRIGGER shifts_kept BEFORE DELETE ON shifts BEGIN SELECT raise(ABORT, 'a shift is never removed'); END;
`;

/** The version of the tables; another one is refused. */
export const schemaVersion = 2;

/** What `openJournalDatabase` needs. */
export interface JournalDatabaseOptions {
  readonly path: string;
  readonly chainId: Uint8Array;
  readonly account: string;
  /** Most pages of 4,096 bytes. */
  readonly pagesMax: number;
  readonly synchronous: Synchronous;
}

/** SQLite's code of an error thrown by better-sqlite3; '' for other errors. */
export function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : '';
}

function corrupt(path: string, what: string, cause?: unknown): never {
  const message = `The journal ${path} cannot be read: ${what}. Keep the file: copy journal.db and journal.db-wal away, enrol this terminal under a new epoch, and hand the copy to the operator for salvage.`;
  throw new JournalError({ code: 'JOURNAL_CORRUPT', message, context: { path }, cause });
}

interface IdentityRow {
  readonly version: number;
  readonly chain_id: Uint8Array;
  readonly account: string;
}

function assertIdentity(options: JournalDatabaseOptions, row: IdentityRow): void {
  const sameChain = Buffer.compare(row.chain_id, options.chainId) === 0;
  if (row.version === schemaVersion && sameChain && row.account === options.account) return;
  const found = `version ${row.version}, account ${row.account}${sameChain ? '' : ', of another chain'}`;
  const message = `The journal ${options.path} is not the one of ${options.account} on this chain (${found}). Point stateDir to this terminal's own folder.`;
  throw new JournalError({ code: 'JOURNAL_FOREIGN', message, context: { path: options.path, found } });
}

function firstTransaction(database: JournalDatabase, options: JournalDatabaseOptions): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    const made = database.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'identity'").get() as {
      n: number;
    };
    if (made.n === 0) {
      database.exec(schema);
      database
        .prepare('INSERT INTO identity VALUES (1, ?, ?, ?, 0)')
        .run(schemaVersion, options.chainId, options.account);
    }
    const row = database.prepare('SELECT version, chain_id, account FROM identity').get() as IdentityRow | undefined;
    if (row === undefined) corrupt(options.path, 'it does not say whose it is');
    assertIdentity(options, row);
    database.exec('UPDATE identity SET opens = opens + 1');
    database.exec('COMMIT');
  } finally {
    if (database.inTransaction) database.exec('ROLLBACK');
  }
}

/** better-sqlite3 is compiled to run WAL at NORMAL, and a fresh connection answers the wrong level until its first commit. */
function assertDurable(database: JournalDatabase, options: JournalDatabaseOptions): void {
  const level = database.pragma('synchronous', { simple: true });
  const mode = database.pragma('journal_mode', { simple: true });
  if (level === synchronousLevel[options.synchronous] && mode === 'wal') return;
  const message = `The journal ${options.path} runs at journal_mode ${String(mode)}, synchronous ${String(level)} instead of wal, FULL: a power cut would lose entries. Check the SQLite build.`;
  throw new JournalError({ code: 'JOURNAL_NOT_DURABLE', message, context: { path: options.path, level, mode } });
}

function assertSound(database: JournalDatabase, path: string): void {
  const pages = database.pragma('page_count', { simple: true }) as number;
  if (pages > quickCheckPagesMax) return;
  const answer = database.pragma('quick_check(1)', { simple: true });
  if (answer !== 'ok') corrupt(path, `SQLite's check says "${String(answer)}"`);
}

function settings(database: JournalDatabase, options: JournalDatabaseOptions): void {
  // Held for the life of the connection: two agents never share a journal, and WAL needs no shared memory.
  database.pragma('locking_mode = EXCLUSIVE');
  database.pragma(`page_size = ${pageBytes}`);
  database.pragma('journal_mode = WAL');
  database.pragma(`synchronous = ${options.synchronous}`);
  database.pragma(`max_page_count = ${options.pagesMax}`);
  database.pragma('cell_size_check = ON');
  database.pragma('trusted_schema = OFF');
  database.pragma('temp_store = MEMORY');
}

/** What an error of SQLite means for the journal; other errors as they are. */
export function translated(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    const message = `The journal ${path} is open in another process. Stop the other agent; each terminal has a journal of its own.`;
    return new JournalError({ code: 'JOURNAL_LOCKED', message, retryable: true, context: { path }, cause: error });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    try {
      corrupt(path, (error as Error).message, error);
    } catch (wrapped) {
      return wrapped;
    }
  }
  return error;
}

/**
 * Opens the database of a journal for this process alone. On return a first transaction has been committed
 * and fsynced at the level asked, and the names of its files are durable. Throws `JOURNAL_LOCKED`,
 * `JOURNAL_FOREIGN`, `JOURNAL_NOT_DURABLE`, `JOURNAL_CORRUPT`.
 */
export function openJournalDatabase(options: JournalDatabaseOptions): JournalDatabase {
  assert(options.pagesMax >= 64, 'a journal has at least 64 pages');
  const database = openDatabase(options.path, { timeout: 0 });
  try {
    settings(database, options);
    firstTransaction(database, options);
    assertDurable(database, options);
    assertSound(database, options.path);
    fsyncFolder(dirname(resolve(options.path)));
    return database;
  } catch (error) {
    database.close();
    throw translated(error, options.path);
  }
}
