/**
 * The journal of this validator: what it observes it says like any other author, in segments of its own stream. A segment is on
 * disk, fsynced, before it leaves, and is sent again as it is until the ledger has it: whatever happens to the process, no
 * second segment is ever signed for a sequence. Who is behind, or has no word on the ledger, says nothing.
 */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import type { Clock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { decode, encode } from '#core/format';
import { authorKey } from '#ledger/journal/author-key';
import { chainHash, entryFormat } from '#ledger/journal/entry';
import { sealSegment, segmentFormat } from '#ledger/journal/segment';
import { streamOf, valueStream } from '#ledger/journal/stream';
import { headOf, type StreamHead } from '#ledger/journal/stream-head';
import type { Operation } from '#ledger/operation';
import { outcomes, type Receipt } from '#ledger/receipt';
import type { LedgerView } from '#ledger/state/view';
import type { AuthoredTable } from './authored-table.ts';

/** Most segments that wait for the ledger. */
const inFlightMax = 8;
/** Most operations of one segment. */
export const operationsMaxSegment = 16;
/** A segment that the ledger has not taken within this time is given out again. */
const resendMs = 2_000;

/** What the journal is of, and whom it speaks through. */
export interface OwnJournalOptions {
  readonly chainId: Uint8Array;
  /** Account of this validator: its name. */
  readonly name: string;
  readonly secretSeed: Uint8Array;
  /** Secret of the key that is to take its place: it signs from when the account has it, while the old one still votes. */
  readonly nextSeed?: Uint8Array | null;
  readonly state: LedgerView;
  readonly clock: Clock;
  readonly table: AuthoredTable;
  /** Makes durable what was put into the table. */
  flush(): void;
  /** Opens a transaction, where none is open, for what is written next. */
  open(): void;
  /** The last committed block. */
  chain(): { readonly height: number; readonly timeMs: number };
  /** Whether this validator votes now and knows of no block that it lacks. */
  isCurrent(): boolean;
  /** Into the own pool, and to the peers. */
  give(segment: Uint8Array): void;
}

/** Numbers of the journal since the start. */
export interface OwnJournalStatus {
  readonly inFlight: number;
  readonly applied: number;
  readonly refused: number;
  /** Operations whose place the ledger has given to another segment of ours: of a store that was lost. */
  readonly lost: number;
}

interface Written {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly previousHash: Uint8Array;
  /** Chain hash of each entry. */
  readonly hashes: readonly Uint8Array[];
  readonly operations: readonly Operation[];
  readonly bytes: Uint8Array;
  givenMs: number;
}

/** Reads back a segment that was sealed here. */
function writtenOf(bytes: Uint8Array): Written {
  const decoded = decode(segmentFormat, bytes);
  assert(decoded.ok, 'an own segment is a segment');
  const { epoch, firstSequence: first, previousHash, entries } = decoded.value;
  let hash = previousHash;
  const hashes = entries.map((entry) => {
    hash = chainHash(hash, entry);
    return hash;
  });
  const operations = entries.map((entry) => {
    const read = decode(entryFormat, entry);
    assert(read.ok, 'an own entry is an entry');
    return read.value.operation;
  });
  return { epoch, first, last: first + entries.length - 1, previousHash, hashes, operations, bytes, givenMs: 0 };
}

/** Whether the ledger's head lies at or in the segment, with the hash that the segment has there. */
function agrees({ first, last, previousHash, hashes }: Written, head: StreamHead): boolean {
  const at = head.nextSequence - first;
  if (at < 0 || head.nextSequence > last + 1) return false;
  return equalBytes(at === 0 ? previousHash : (hashes[at - 1] as Uint8Array), head.headHash);
}

/** See the file's head. */
export class OwnJournal {
  readonly #options: OwnJournalOptions;
  readonly #keys: readonly { readonly seed: Uint8Array; readonly publicKey: Uint8Array }[];
  #inFlight: Written[];
  #applied = 0;
  #refused = 0;
  #lost = 0;

  /** Takes up what was signed in an earlier life. Throws `STORE_CORRUPT`. */
  constructor(options: OwnJournalOptions) {
    this.#options = options;
    const { secretSeed, nextSeed = null } = options;
    const seeds = nextSeed === null ? [secretSeed] : [secretSeed, nextSeed];
    this.#keys = seeds.map((seed) => ({ seed, publicKey: publicKeyOf(seed) }));
    this.#inFlight = options.table.all().map(({ bytes }) => writtenOf(bytes));
    this.#reconcile();
  }

  status(): OwnJournalStatus {
    return { inFlight: this.#inFlight.length, applied: this.#applied, refused: this.#refused, lost: this.#lost };
  }

  /** Whether `author` would write now. */
  get mayAuthor(): boolean {
    const { isCurrent } = this.#options;
    return this.#inFlight.length < inFlightMax && this.#word() !== null && isCurrent();
  }

  /** Whether an operation that is on its way to the ledger is such a one. */
  waits(isSuch: (operation: Operation) => boolean): boolean {
    return this.#inFlight.some(({ operations }) => operations.some(isSuch));
  }

  /**
   * Signs the operations, in order, in one segment, which is on disk when this returns, and gives it out. False, and nothing is
   * done, where this validator may not speak now or has said as much as it may: to be tried again after a commit.
   */
  author(operations: readonly Operation[]): boolean {
    assert(operations.length > 0 && operations.length <= operationsMaxSegment, 'a segment of a few operations');
    assert(
      operations.every(({ kind }) => streamOf(kind) === valueStream),
      'validators write one stream',
    );
    const word = this.#word();
    if (word === null || !this.mayAuthor) return false;
    const { epoch, seed } = word;
    const { chainId, name: author, table } = this.#options;
    const { first: firstSequence, hash: previousHash } = this.#next(epoch);
    const { height: seenHeight, timeMs } = this.#options.chain();
    const entries = operations.map((operation, at) => {
      const times = { timeLowMs: timeMs, timeHighMs: timeMs, notAfterMs: null, dependsOn: null };
      return encode(entryFormat, { sequence: firstSequence + at, seenHeight, ...times, operation });
    });
    const unsigned = { author, epoch, stream: valueStream, firstSequence, previousHash, entries };
    const bytes = sealSegment(chainId, unsigned, seed);
    this.#options.open();
    table.put({ epoch, first: firstSequence, last: firstSequence + entries.length - 1, bytes });
    this.#options.flush();
    const written = writtenOf(bytes);
    this.#inFlight.push(written);
    this.#give(written);
    return true;
  }

  /** After a commit, with the receipts of its block. */
  committed(receipts: readonly Receipt[]): void {
    for (const { author, outcome } of receipts) {
      if (author !== this.#options.name) continue;
      if (outcomes[outcome] === 'applied') this.#applied++;
      else this.#refused++;
    }
    if (this.#inFlight.length > 0) this.#reconcile();
  }

  /** Now and then: what the ledger has not taken is given out again. */
  resend(): void {
    if (!this.#options.isCurrent()) return;
    const beforeMs = this.#options.clock.monotonicMs() - resendMs;
    for (const written of this.#inFlight) if (written.givenMs <= beforeMs) this.#give(written);
  }

  /** The epoch of the own account and the secret that it speaks by, where that is here. */
  #word(): { readonly epoch: number; readonly seed: Uint8Array } | null {
    const { state, name } = this.#options;
    const key = authorKey(state, name);
    if (key === null || key.standing !== 'good') return null;
    const own = this.#keys.find(({ publicKey }) => equalBytes(key.publicKey, publicKey));
    return own === undefined ? null : { epoch: key.epoch, seed: own.seed };
  }

  /** Place of the next entry: behind what is on its way, else behind what the ledger has. */
  #next(epoch: number): { readonly first: number; readonly hash: Uint8Array } {
    const last = this.#inFlight.at(-1);
    if (last !== undefined) return { first: last.last + 1, hash: last.hashes.at(-1) as Uint8Array };
    const head = this.#head(epoch);
    return { first: head.nextSequence, hash: head.headHash };
  }

  #head(epoch: number): StreamHead {
    const { state, chainId, name: author } = this.#options;
    return headOf(state, chainId, { author, epoch, stream: valueStream });
  }

  #give(written: Written): void {
    written.givenMs = this.#options.clock.monotonicMs();
    this.#options.give(written.bytes);
  }

  /** Drops what the ledger has, and everything where it has something else instead. */
  #reconcile(): void {
    const epoch = this.#word()?.epoch ?? null;
    const kept: Written[] = [];
    let lost = false;
    for (const written of this.#inFlight) {
      const head = written.epoch === epoch ? this.#head(epoch) : null;
      const isTaken = head !== null && head.nextSequence > written.last;
      const isNext = kept.length > 0 || (head !== null && agrees(written, head));
      if (isTaken && (head.nextSequence > written.last + 1 || agrees(written, head))) this.#drop(written);
      else if (!lost && !isTaken && isNext) kept.push(written);
      else {
        lost = true;
        this.#lost += written.operations.length;
        this.#drop(written);
      }
    }
    this.#inFlight = kept;
  }

  #drop({ epoch, first }: Written): void {
    this.#options.open();
    this.#options.table.drop(epoch, first);
  }
}
