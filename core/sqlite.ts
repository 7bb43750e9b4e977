/**
 * Opens SQLite files through better-sqlite3 so that none of its objects is ever left to the garbage collector.
 *
 * From Node.js 24.19 on, collecting a `Statement` or `Database` of better-sqlite3 12 outside of running JavaScript aborts the
 * process (`RemoveEnvironmentCleanupHook`: no environment is entered), and version 13 does not load on Node.js 20. So every
 * statement is kept, one a text, and every database with it. Iterators are kept too: use `iterate` where it is rare (a start, the
 * close of a shift), `all` with a limit everywhere else.
 */
import Database from 'better-sqlite3';
import { assert } from './assert.ts';

/** Distinct SQL texts of one database; more would mean that values are written into them. */
const statementsMax = 512;

const kept: unknown[] = [];

/** A database whose statements live as long as the process: `prepare` with the same text gives the same statement. */
class KeptDatabase extends Database {
  readonly #statements = new Map<string, Database.Statement>();

  constructor(path: string, options?: Database.Options) {
    super(path, options);
    kept.push(this);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of better-sqlite3's type declarations
  override prepare(sql: string): any {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    assert(this.#statements.size < statementsMax, 'SQL texts are constants');
    const statement = super.prepare(sql);
    const iterate = statement.iterate.bind(statement);
    statement.iterate = (...values: unknown[]) => {
      const rows = iterate(...values);
      kept.push(rows);
      return rows;
    };
    this.#statements.set(sql, statement);
    return statement;
  }

  override pragma(source: string, options?: Database.PragmaOptions): unknown {
    const statement: Database.Statement = this.prepare(`PRAGMA ${source}`);
    if (!statement.reader) return statement.run();
    return options?.simple === true ? statement.pluck(true).get() : statement.pluck(false).all();
  }
}

/**
 * Opens or creates a database file. A statement's mode (`pluck`, `raw`) belongs to its text: set it where it is prepared.
 * @throws Database.SqliteError as better-sqlite3 does.
 */
export function openDatabase(path: string, options?: Database.Options): Database.Database {
  return new KeptDatabase(path, options);
}
