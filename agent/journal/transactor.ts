/** Runs one transaction at a time over the database and the progress in memory: both change together or not at all. */
import { assert } from '#core/assert';
import type { DiskReserve } from './disk-reserve.ts';
import { JournalError } from './errors.ts';
import { type JournalDatabase, sqliteCode } from './journal-database.ts';
import type { Progress } from './progress.ts';

function isThenable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'then' in value;
}

/** One writer. After a failed write to the disk it refuses everything: what the disk holds is then unknown until a restart. */
export class Transactor {
  readonly #database: JournalDatabase;
  readonly #reserve: DiskReserve;
  readonly #begin;
  readonly #commit;
  readonly #rollback;
  #progress: Progress;
  #running = false;
  #failed: unknown;

  constructor(database: JournalDatabase, reserve: DiskReserve, progress: Progress) {
    this.#database = database;
    this.#reserve = reserve;
    this.#progress = progress;
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
  }

  /** The committed state. Not to be changed. */
  get progress(): Progress {
    return this.#progress;
  }

  get running(): boolean {
    return this.#running;
  }

  /**
   * Runs `work` on a copy of the progress, then commits: one fsync, and what it wrote survives a power cut
   * once this returns. Anything thrown rolls everything back. Never nested. Throws `JOURNAL_FULL` (retryable:
   * the reserve is open by then) and `JOURNAL_FAILED`.
   */
  run<T>(work: (staged: Progress) => T): T {
    assert(!this.#running, 'transactions of a journal are not nested');
    if (this.#failed !== undefined) throw this.#failedError();
    this.#running = true;
    try {
      this.#begin.run();
      const staged = this.#progress.clone();
      const result = work(staged);
      assert(!isThenable(result), 'a transaction does not wait');
      this.#commit.run();
      this.#progress = staged;
      return result;
    } catch (error) {
      throw this.#translated(error);
    } finally {
      if (this.#database.inTransaction) this.#rollback.run();
      this.#running = false;
    }
  }

  /** As `run`, for what must go on when the disk is full: the failure that opens the reserve is followed by a second try. */
  runFromReserve<T>(work: (staged: Progress) => T): T {
    try {
      return this.run(work);
    } catch (error) {
      if (error instanceof JournalError && error.code === 'JOURNAL_FULL' && error.retryable) return this.run(work);
      throw error;
    }
  }

  #translated(error: unknown): unknown {
    const code = sqliteCode(error);
    if (code === 'SQLITE_FULL') {
      this.#reserve.release();
      const message =
        'Writing to the journal failed: the disk is full or the journal has reached its size limit. Nothing was written. Releases and captures go on from the reserve; free space, then restart the agent.';
      return new JournalError({ code: 'JOURNAL_FULL', message, retryable: true, cause: error });
    }
    if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_READONLY') {
      this.#failed = error;
      return this.#failedError();
    }
    return error;
  }

  #failedError(): JournalError {
    const reason = this.#failed instanceof Error ? this.#failed.message : String(this.#failed);
    const message = `The journal refuses to go on after a failed write (${reason}): what the disk holds is not known. Check the disk, then restart the agent.`;
    return new JournalError({ code: 'JOURNAL_FAILED', message, cause: this.#failed });
  }
}
