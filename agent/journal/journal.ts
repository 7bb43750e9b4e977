/** The journal as the rest of the agent sees it: nothing is "yes" before `atomically` has returned (ARCHITECTURE D3, D6). */
import type { Log } from '#core/log';
import type { Entry } from '#ledger/journal/entry';
import type { OperationKind } from '#ledger/operation';
import type { OutboxSource } from '#sync/outbox/outbox-source';
import type { AnchorMatch, JournalFault } from './anchors.ts';
import type { Claim } from './claim-table.ts';
import type { EntryNote } from './entry-note.ts';
import type { EntryPlace, EntryState, StreamHead } from './entry-state.ts';
import type { Synchronous } from './journal-database.ts';
import type { SettledEntry } from './settlement.ts';
import type { Books, ShiftMark } from './shift-books.ts';
import { SqliteJournal } from './sqlite-journal.ts';
import type { BooksLine } from './tally.ts';

/** What `openJournal` needs. */
export interface OpenJournalOptions {
  /** Path of journal.db; its folder is made if missing. */
  readonly path: string;
  readonly chainId: Uint8Array;
  /** This terminal's account, `<gln>/<lane>`. */
  readonly account: string;
  /** The epoch under which the terminal is enrolled; a greater one than before starts new streams. */
  readonly epoch: number;
  /** Secret seed of the terminal's key, 32 bytes. Keep one array. */
  readonly secretSeed: Uint8Array;
  readonly log: Log;
  /** Allows a folder that a power cut empties (tmpfs, overlay): for tests and demonstrations. Default false. */
  readonly allowVolatile?: boolean;
  /** Largest database, bytes; default 4 GiB. */
  readonly bytesMax?: number;
  /** Space kept back for releases, captures, seals and receipts, bytes; default 4 MiB. */
  readonly reserveBytes?: number;
}

/** An entry before it has a sequence. */
export type EntryDraft = Omit<Entry, 'sequence'> & { readonly note: EntryNote };

/** What may be done inside `atomically`. Reads see the transaction's own writes. Not to be used after it ended. */
export interface JournalTransaction {
  /**
   * Adds an entry to the stream of its operation. Throws `JOURNAL_FULL` (not for captures and releases),
   * `JOURNAL_BEHIND` and `FORKED_JOURNAL` when this epoch must not be written to, `JOURNAL_LIMIT`.
   */
  append(draft: EntryDraft): EntryPlace;
  /** Adds or replaces a claim. A claim of this terminal is held by the last entry appended in this transaction, if any. */
  putClaim(claim: Claim): void;
  /** Removes a claim if there is one. */
  dropClaim(unit: string): void;
  claim(unit: string): Claim | null;
  /** Stores a value: key of 1 to 128 characters, at most 64 KiB. */
  putMeta(key: string, value: Uint8Array): void;
  dropMeta(key: string): void;
  meta(key: string): Uint8Array | null;
  /** Declares a pending entry lost; for an operator's decision about an epoch that cannot be ordered any more. */
  declareLost(place: EntryPlace): void;
}

/** A stored entry, decoded. */
export interface StoredEntry {
  readonly place: EntryPlace;
  readonly entry: Entry;
  /** Chain hash. */
  readonly hash: Uint8Array;
  readonly note: EntryNote;
  readonly state: EntryState;
  /** Null while pending. Reasons are bits of ledger/reasons.ts; value is what the ledger moved, base units. */
  readonly outcome: {
    readonly height: number;
    readonly timeMs: number;
    readonly reasons: bigint;
    readonly value: bigint;
  } | null;
}

/** An entry that waits for its receipt. */
export interface QueueItem {
  readonly place: EntryPlace;
  readonly kind: OperationKind;
  readonly state: 'pending';
  /** In a signed segment already. */
  readonly sealed: boolean;
  /** When it happened, as an interval in certificate time: its age is now minus this. */
  readonly timeLowMs: number;
  readonly timeHighMs: number;
  readonly note: EntryNote;
}

/** Counters, all in constant time. */
export interface JournalCounters {
  readonly pending: { readonly value: number; readonly trace: number; readonly earlierEpochs: number };
  readonly openReservations: number;
  readonly claims: number;
  /** Count and value of what is pending, over all streams. */
  readonly pendingLine: BooksLine;
}

/** The journal of one terminal. What the head of this file promises holds for every method. */
export interface Journal extends OutboxSource {
  readonly account: string;
  readonly epoch: number;
  /**
   * Runs `work` as one transaction and one fsync: when it returns, everything written survives a power cut;
   * when anything throws, nothing was written. Never nested, never asynchronous. Throws `JOURNAL_FULL`
   * (retryable when the reserve was opened by it), `JOURNAL_FAILED`, and what `work` throws.
   */
  atomically<T>(work: (tx: JournalTransaction) => T): T;

  /** Where a stream of this epoch stands (0 value, 1 trace). */
  head(stream: number): StreamHead;
  entry(place: EntryPlace): StoredEntry | null;
  stateOf(place: EntryPlace): EntryState | null;
  /** Chain hash of an entry of this epoch; the stream's seed for sequence -1; null where there is none. */
  hashAt(stream: number, sequence: number): Uint8Array | null;
  /** Pending entries, this epoch's value stream first, oldest first, at most `limit` (up to 10,000), after a place. */
  queue(page: { readonly limit: number; readonly after?: EntryPlace }): readonly QueueItem[];
  /** Reservations neither captured nor released, oldest first. */
  openReservations(): readonly EntryPlace[];
  counters(): JournalCounters;

  claim(unit: string): Claim | null;
  claims(page: { readonly limit: number; readonly afterUnit?: string }): readonly Claim[];
  /** Units that a terminal has reserved and not captured, in order, at most `limit`. */
  reservedBy(terminal: string, limit: number): readonly string[];
  meta(key: string): Uint8Array | null;
  /** Keys that begin with a prefix, in order. */
  metaKeys(prefix: string, limit: number): readonly string[];

  /** Begins a shift; entries before it belong to an unattended one. Throws an assertion when an attended shift is open. */
  openShift(mark: ShiftMark): number;
  /** Ends the shift and returns its books, which never change again. An unattended one follows at once. */
  closeShift(mark: ShiftMark): Books;
  /** The books of the running shift, or of a closed one by its number; null for an unknown number. */
  books(shift?: number): Books | null;

  /**
   * Compares a stream of this epoch with what the region (or the hub) has of it; `null`: it has nothing.
   * `behind` and `forked` are recorded, raise a fault and stop all writing until a new epoch is enrolled
   * or the missing entries are adopted.
   */
  compareWithAnchor(stream: number, anchor: Omit<StreamHead, 'stream'> | null): AnchorMatch;
  /**
   * Takes back entries that were lost here from a segment this terminal had signed. Returns how many were added.
   * Bad segments add none and are named in the log.
   */
  adopt(segmentBytes: Uint8Array): number;
  /** Whether both streams were compared with an anchor since the start, and neither was behind or forked. */
  readonly anchored: boolean;
  /** The fault that stops writing; null when entries may be written. */
  readonly blockedBy: JournalFault | null;
  /** Whether new reservations are refused for want of space. */
  readonly full: boolean;
  /** Everything that was found wrong, oldest first, at most the last 1,000. */
  faults(): readonly JournalFault[];
  /** Called after the commit that settled them, in order of the receipts. Returns how to stop listening. */
  onSettled(listener: (settled: readonly SettledEntry[]) => void): () => void;
  /** Called when a fault is found. */
  onFault(listener: (fault: JournalFault) => void): () => void;
  /** Recomputes every chain, row mark and total from the beginning. Throws `JOURNAL_CORRUPT`. */
  scrub(): void;
  close(): void;
}

/**
 * Opens a terminal's journal, or makes it. Start verifies both chains from the last signed checkpoint. Throws
 * `JOURNAL_FOLDER_UNFIT`, `JOURNAL_LOCKED`, `JOURNAL_FOREIGN`, `JOURNAL_EPOCH_BEHIND`, `JOURNAL_NOT_DURABLE`,
 * `JOURNAL_CORRUPT`. `synchronous` is FULL; the durability proof alone asks for less, to see itself fail.
 */
export function openJournal(options: OpenJournalOptions, synchronous: Synchronous = 'FULL'): Journal {
  return SqliteJournal.open(options, synchronous);
}
