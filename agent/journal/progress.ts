/**
 * What is known about the journal without reading it: heads, watermarks, totals, open reservations. Kept in
 * memory, stored with every settlement, folded forward from there at start.
 */
import { assert } from '#core/assert';
import { decode } from '#core/format';
import { type Entry, entryFormat } from '#ledger/journal/entry';
import type { EntryNote } from './entry-note.ts';
import { entryId } from './entry-table.ts';
import { JournalError } from './errors.ts';
import { Tally, type TallyLines } from './tally.ts';

/** Most reservations that may be open at once. */
export const openReservationsMax = 4_096;

/** One stream of one epoch. Sequences are those of the next entry to be written, settled in order, sealed. */
export interface StreamProgress {
  readonly id: number;
  readonly epoch: number;
  readonly stream: number;
  /** The hash its first entry builds on. */
  readonly seed: Uint8Array;
  nextSequence: number;
  headHash: Uint8Array;
  /** Everything before it is settled. */
  settledNext: number;
  /** Everything before it is in a sealed segment. */
  sealedNext: number;
  /** Entries without an outcome. */
  pending: number;
}

/** The stored form. */
interface StoredProgress {
  readonly tally: TallyLines;
  readonly streams: Readonly<Record<string, { readonly next: number; readonly settled: number }>>;
  readonly open: readonly number[];
}

/** The sequences of the reservations that an operation captures or releases; none for other kinds. */
export function reservationsIn(operation: Entry['operation']): readonly number[] {
  if (operation.kind === 'basket.release') return operation.reservations;
  return operation.kind === 'basket.capture' ? operation.captures.map(({ reservation }) => reservation) : [];
}

/** The entry of stored bytes, which were checked by their chain. */
export function storedEntry(bytes: Uint8Array): Entry {
  const entry = decode(entryFormat, bytes);
  assert(entry.ok, 'a stored entry decodes');
  return entry.value;
}

/** The state that a transaction changes a copy of. */
export class Progress {
  readonly streams = new Map<number, StreamProgress>();
  /** Row ids of reservations neither captured nor released, oldest first. */
  readonly open = new Set<number>();
  tally = new Tally();
  /** Watermarks as last stored: where folding at start begins. */
  #storedNext = new Map<number, number>();

  clone(): Progress {
    const copy = new Progress();
    for (const [id, stream] of this.streams) copy.streams.set(id, { ...stream });
    for (const id of this.open) copy.open.add(id);
    copy.tally = this.tally.clone();
    copy.#storedNext = this.#storedNext;
    return copy;
  }

  /** The stream of a row id; asserts that it exists. */
  stream(streamId: number): StreamProgress {
    const stream = this.streams.get(streamId);
    assert(stream !== undefined, `stream ${streamId} exists`);
    return stream;
  }

  find(epoch: number, stream: number): StreamProgress | undefined {
    for (const known of this.streams.values()) if (known.epoch === epoch && known.stream === stream) return known;
    return undefined;
  }

  /** Counts an entry in. Throws `JOURNAL_LIMIT` past the limits of open reservations and of units. */
  accept(streamId: number, entry: Entry, note: EntryNote): void {
    this.tally.add('accepted', note);
    this.stream(streamId).pending++;
    if (entry.operation.kind === 'coupon.reserve') this.#openReservation(entryId(streamId, entry.sequence));
    for (const sequence of reservationsIn(entry.operation)) this.open.delete(entryId(streamId, sequence));
  }

  #openReservation(id: number): void {
    if (this.open.size >= openReservationsMax) {
      const message = `A reservation was not accepted: ${openReservationsMax} are open already. Close or release baskets first.`;
      throw new JournalError({ code: 'JOURNAL_LIMIT', message });
    }
    this.open.add(id);
  }

  /** The first sequence of a stream that the stored form does not cover. */
  storedNext(streamId: number): number {
    return this.#storedNext.get(streamId) ?? 0;
  }

  /** The stored form; from here on folding begins after it. */
  toJson(): string {
    const streams: Record<string, { next: number; settled: number }> = {};
    this.#storedNext = new Map();
    for (const [id, stream] of this.streams) {
      streams[id] = { next: stream.nextSequence, settled: stream.settledNext };
      this.#storedNext.set(id, stream.nextSequence);
    }
    const stored: StoredProgress = { tally: this.tally.lines(), streams, open: [...this.open] };
    return JSON.stringify(stored);
  }

  /** Takes over a stored form; `streams` must be known already. */
  restore(json: string): void {
    const stored = JSON.parse(json) as StoredProgress;
    this.tally = Tally.of(stored.tally);
    for (const id of stored.open) this.open.add(id);
    for (const [id, { next, settled }] of Object.entries(stored.streams)) {
      this.stream(Number(id)).settledNext = settled;
      this.#storedNext.set(Number(id), next);
    }
  }
}
