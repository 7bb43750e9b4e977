/** Space kept back so that releases, captures, seals and receipts can still be written when the disk is full. */
import {
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  openSync,
  statfsSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fsyncFolder } from '#core/durable-folder';
import { JournalError } from './errors.ts';
import type { JournalDatabase } from './journal-database.ts';

/** Free space of the disk is asked once in so many entries. */
const askEvery = 64;
const pageBytes = 4_096;

/** What `DiskReserve` needs. */
export interface DiskReserveOptions {
  readonly path: string;
  /** Size limit of the database, pages; the reserve is part of it. */
  readonly pagesMax: number;
  /** Pages kept back, in the limit and as a file of real blocks. */
  readonly reservePages: number;
}

/**
 * Two guards for the same promise: pages under the size limit that only privileged entries may use, and a file
 * of written blocks beside the journal that is removed when the disk itself runs full.
 */
export class DiskReserve {
  readonly #options: DiskReserveOptions;
  readonly #file: string;
  readonly #pageCount;
  #untilAsked = 0;
  #released = false;

  constructor(database: JournalDatabase, options: DiskReserveOptions) {
    this.#options = options;
    this.#file = `${resolve(options.path)}-reserve`;
    this.#pageCount = database.prepare('PRAGMA page_count').pluck();
  }

  /** Whether ordinary entries are refused for want of space. */
  get full(): boolean {
    return this.#released || (this.#pageCount.get() as number) >= this.#options.pagesMax - this.#options.reservePages;
  }

  /** Lays the file of blocks down, if the disk has room for it; without room the journal starts in its reserve. */
  fill(): void {
    const bytes = this.#options.reservePages * pageBytes;
    if (existsSync(this.#file) && statSync(this.#file).size === bytes) return;
    if (this.#freeBytes() < 3 * bytes) {
      this.release();
      return;
    }
    const file = openSync(this.#file, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
    try {
      const block = new Uint8Array(Math.min(bytes, 1 << 20)).fill(0xa5);
      for (let at = 0; at < bytes; ) at += writeSync(file, block, 0, Math.min(block.length, bytes - at));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    fsyncFolder(dirname(this.#file));
  }

  /** Gives the blocks back to the disk for privileged entries; ordinary ones are refused until a restart finds room. */
  release(): void {
    this.#released = true;
    if (existsSync(this.#file)) unlinkSync(this.#file);
  }

  /** Throws `JOURNAL_FULL` when only the reserve is left. For entries that are not privileged. */
  assertRoom(): void {
    if (this.#untilAsked-- <= 0) {
      this.#untilAsked = askEvery;
      if (this.#freeBytes() < this.#options.reservePages * pageBytes) this.release();
    }
    if (!this.full) return;
    const message = `The journal ${this.#options.path} has no room for new reservations: the disk is full or its size limit is reached. Free space or raise the limit, then restart the agent; releases and captures still work.`;
    throw new JournalError({ code: 'JOURNAL_FULL', message, context: { path: this.#options.path } });
  }

  #freeBytes(): number {
    const stats = statfsSync(dirname(this.#file));
    return Number(stats.bavail) * Number(stats.bsize);
  }
}
