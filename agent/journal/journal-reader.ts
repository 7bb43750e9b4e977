/** Reads entries of a journal for queues, screens and settlements; changes nothing. */
import { assert } from '#core/assert';
import { valueStream } from '#ledger/journal/stream';
import { decodeNote } from './entry-note.ts';
import { type EntryPlace, type EntryState, stateOfNumber } from './entry-state.ts';
import { type EntryTable, entryId, placeOfId } from './entry-table.ts';
import type { JournalCounters, QueueItem, StoredEntry } from './journal.ts';
import { type Progress, storedEntry } from './progress.ts';

const queuePageMax = 10_000;

function rowId(progress: Progress, place: EntryPlace): number | null {
  const stream = progress.find(place.epoch, place.stream);
  const exists = stream !== undefined && place.sequence >= 0 && place.sequence < stream.nextSequence;
  return exists ? entryId(stream.id, place.sequence) : null;
}

/** The places of reservations neither captured nor released, oldest first. */
export function openPlaces(progress: Progress): EntryPlace[] {
  return [...progress.open].map((id) => {
    const { streamId, sequence } = placeOfId(id);
    const { epoch, stream } = progress.stream(streamId);
    return { epoch, stream, sequence };
  });
}

/** The counters of a journal at an epoch. */
export function countersOf(progress: Progress, epoch: number, claims: number): JournalCounters {
  const pending = { value: 0, trace: 0, earlierEpochs: 0 };
  for (const stream of progress.streams.values()) {
    if (stream.epoch !== epoch) pending.earlierEpochs += stream.pending;
    else if (stream.stream === valueStream) pending.value = stream.pending;
    else pending.trace = stream.pending;
  }
  return { pending, openReservations: progress.open.size, claims, pendingLine: progress.tally.pending() };
}

/** Lookups by place and the list of what is pending. */
export class JournalReader {
  readonly #entries: EntryTable;

  constructor(entries: EntryTable) {
    this.#entries = entries;
  }

  /** The state of an entry; null where there is none. */
  stateOf(progress: Progress, place: EntryPlace): EntryState | null {
    const id = rowId(progress, place);
    if (id === null) return null;
    const outcome = this.#entries.outcome(id);
    return outcome === null ? 'pending' : (stateOfNumber(outcome.state) ?? null);
  }

  /** An entry with its state; null where there is none. */
  entry(progress: Progress, place: EntryPlace): StoredEntry | null {
    const id = rowId(progress, place);
    const row = id === null ? null : this.#entries.get(id);
    if (row === null) return null;
    const found = this.#entries.outcome(row.id);
    const base = { place, entry: storedEntry(row.entry), hash: row.chain, note: decodeNote(row.note) };
    if (found === null) return { ...base, state: 'pending', outcome: null };
    const state = stateOfNumber(found.state);
    assert(state !== undefined, 'a stored state is known');
    const { height, time_ms: timeMs, reasons } = found;
    return { ...base, state, outcome: { height, timeMs, reasons: BigInt(reasons), value: BigInt(found.value) } };
  }

  /** Pending entries: newest epoch first, then value before trace, then oldest first. */
  queue(progress: Progress, page: { readonly limit: number; readonly after?: EntryPlace }): QueueItem[] {
    const limit = Math.min(page.limit, queuePageMax);
    const { after } = page;
    const order = [...progress.streams.values()].sort((a, b) => b.epoch - a.epoch || a.stream - b.stream);
    const start =
      after === undefined ? 0 : order.findIndex((s) => s.epoch === after.epoch && s.stream === after.stream);
    const items: QueueItem[] = [];
    for (const [index, stream] of order.slice(Math.max(start, 0)).entries()) {
      const first = after !== undefined && index === 0 ? after.sequence + 1 : 0;
      const from = entryId(stream.id, Math.max(first, stream.settledNext));
      for (const row of this.#entries.pending(from, entryId(stream.id + 1, 0), limit - items.length)) {
        const { sequence, timeLowMs, timeHighMs } = storedEntry(row.entry);
        const place = { epoch: stream.epoch, stream: stream.stream, sequence };
        const sealed = sequence < stream.sealedNext;
        const note = decodeNote(row.note);
        items.push({ place, kind: row.kind, state: 'pending', sealed, timeLowMs, timeHighMs, note });
      }
    }
    return items;
  }
}
