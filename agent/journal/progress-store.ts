/** Stores the progress of a journal, rebuilds and verifies it at start, and recounts it on demand. */
import { equalBytes, utf8 } from '#core/bytes';
import { taggedHash } from '#core/hash';
import { streamSeed } from '#ledger/journal/entry';
import { traceStream, valueStream } from '#ledger/journal/stream';
import type { Checkpoints, JournalIdentity } from './checkpoints.ts';
import { decodeNote } from './entry-note.ts';
import { type EntryTable, entryId } from './entry-table.ts';
import { JournalError } from './errors.ts';
import type { JournalDatabase } from './journal-database.ts';
import { Progress, type StreamProgress, storedEntry } from './progress.ts';
import type { SegmentSealer } from './segment-sealer.ts';
import type { ShiftBooks } from './shift-books.ts';
import { type CheckParts, checkChain, checkSegments } from './start-check.ts';
import { type BooksLine, sameLine, Tally } from './tally.ts';

const pendingPage = 10_000;

function markOf(body: string): Uint8Array {
  return taggedHash('bizain/journal-totals/1', utf8(body));
}

/** What the store works on. */
export interface ProgressStoreParts extends CheckParts {
  readonly path: string;
  readonly identity: JournalIdentity;
  readonly entries: EntryTable;
  readonly sealer: SegmentSealer;
  readonly checkpoints: Checkpoints;
  readonly shifts: ShiftBooks;
}

interface StreamRow {
  readonly id: number;
  readonly epoch: number;
  readonly stream: number;
}

/** Durable side of `Progress`. */
export class ProgressStore {
  readonly #parts: ProgressStoreParts;
  readonly #database: JournalDatabase;
  readonly #put;
  readonly #get;

  constructor(database: JournalDatabase, parts: ProgressStoreParts) {
    this.#database = database;
    this.#parts = parts;
    this.#put = database.prepare('INSERT OR REPLACE INTO progress VALUES (1, ?, ?)');
    this.#get = database.prepare('SELECT body, mark FROM progress');
  }

  /** Inside a transaction: stores the totals and watermarks. */
  save(progress: Progress): void {
    const body = progress.toJson();
    this.#put.run(body, markOf(body));
  }

  /**
   * Everything known at start: chains verified from the last checkpoint, what came after the stored totals
   * counted in. Makes the streams of a new epoch. Throws `JOURNAL_CORRUPT`, `JOURNAL_EPOCH_BEHIND`.
   */
  load(epoch: number): Progress {
    const rows = this.#streams(epoch);
    const progress = new Progress();
    for (const row of rows) progress.streams.set(row.id, this.#emptyStream(row));
    const stored = this.#get.get() as { readonly body: string; readonly mark: Uint8Array } | undefined;
    if (stored !== undefined) {
      if (!equalBytes(stored.mark, markOf(stored.body))) this.#wrong('its totals are not as they were written');
      progress.restore(stored.body);
    }
    for (const stream of progress.streams.values()) this.#verify(progress, stream);
    if (stored === undefined) {
      this.#database.transaction(() => {
        this.#parts.shifts.begin(null, 0, progress.tally);
        this.save(progress);
      })();
    }
    return progress;
  }

  #streams(epoch: number): StreamRow[] {
    const list = this.#database.prepare('SELECT * FROM streams ORDER BY id');
    const known = list.all() as StreamRow[];
    const last = known.at(-1);
    if (last !== undefined && last.epoch > epoch) {
      const message = `The journal ${this.#parts.path} is at epoch ${last.epoch}, the configuration says ${epoch}. Take the epoch of the last enrolment; an epoch never goes back.`;
      throw new JournalError({
        code: 'JOURNAL_EPOCH_BEHIND',
        message,
        context: { journal: last.epoch, configured: epoch },
      });
    }
    if (last?.epoch === epoch) return known;
    const add = this.#database.prepare('INSERT INTO streams (epoch, stream) VALUES (?, ?)');
    this.#database.transaction(() => {
      add.run(epoch, valueStream);
      add.run(epoch, traceStream);
    })();
    return list.all() as StreamRow[];
  }

  #emptyStream(row: StreamRow): StreamProgress {
    const { chainId, account } = this.#parts.identity;
    const seed = streamSeed(chainId, account, row.epoch, row.stream);
    return { ...row, seed, nextSequence: 0, headHash: seed, settledNext: 0, sealedNext: 0, pending: 0 };
  }

  #verify(progress: Progress, stream: StreamProgress): void {
    const { entries, sealer, checkpoints } = this.#parts;
    const start = checkpoints.newest(stream) ?? { nextSequence: 0, headHash: stream.seed };
    const head = checkChain(this.#parts, stream, start);
    stream.nextSequence = head.nextSequence;
    stream.headHash = head.headHash;
    stream.sealedNext = sealer.sealedNext(stream.id);
    const stored = progress.storedNext(stream.id);
    if (stored > stream.nextSequence || stream.sealedNext > stream.nextSequence) {
      const message = `The journal ${this.#parts.path} ends at entry ${stream.nextSequence} of stream ${stream.stream}, but had entries up to ${Math.max(stored, stream.sealedNext)}: its end was cut off. Keep the file, enrol this terminal under a new epoch, and hand a copy to the operator for salvage.`;
      throw new JournalError({ code: 'JOURNAL_CORRUPT', message, context: { path: this.#parts.path } });
    }
    checkSegments(this.#parts, stream, stream.settledNext);
    const end = entryId(stream.id + 1, 0);
    const settledBeyond = entries.countOutcomes(entryId(stream.id, stream.settledNext), end);
    const isNew = stream.nextSequence - stored;
    stream.pending = stream.nextSequence - stream.settledNext - settledBeyond - isNew;
    for (const row of entries.range(entryId(stream.id, stored), end)) {
      progress.accept(stream.id, storedEntry(row.entry), decodeNote(row.note));
    }
  }

  /** Counts what is pending entry by entry, apart from the totals. */
  countPending(progress: Progress): BooksLine {
    const counted = new Tally();
    for (const stream of progress.streams.values()) {
      let from = entryId(stream.id, stream.settledNext);
      for (;;) {
        const rows = this.#parts.entries.pending(from, entryId(stream.id + 1, 0), pendingPage);
        for (const row of rows) counted.add('accepted', decodeNote(row.note));
        const last = rows.at(-1);
        if (last === undefined || rows.length < pendingPage) break;
        from = last.id + 1;
      }
    }
    return counted.line('accepted');
  }

  /** Verifies every chain from its beginning, every segment, and the totals. Throws `JOURNAL_CORRUPT`. */
  scrub(progress: Progress): void {
    for (const stream of progress.streams.values()) {
      const head = checkChain(this.#parts, stream, { nextSequence: 0, headHash: stream.seed });
      checkSegments(this.#parts, stream, 0);
      const same = head.nextSequence === stream.nextSequence && equalBytes(head.headHash, stream.headHash);
      if (!same) this.#wrong(`stream ${stream.stream} of epoch ${stream.epoch} ends elsewhere than the agent wrote it`);
    }
    if (!sameLine(this.countPending(progress), progress.tally.pending())) {
      this.#wrong('its totals do not match its entries');
    }
  }

  #wrong(what: string): never {
    const message = `The journal ${this.#parts.path} is damaged: ${what}. Keep the file, restart the agent, and hand a copy to the operator if it persists.`;
    throw new JournalError({ code: 'JOURNAL_CORRUPT', message, context: { path: this.#parts.path } });
  }
}
