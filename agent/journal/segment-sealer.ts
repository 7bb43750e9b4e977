/** Cuts unsealed entries into segments and signs each once; hands out what is not settled, both streams in turn. */
import { assert } from '#core/assert';
import { type Segment, sealSegment, segmentBytesMax } from '#ledger/journal/segment';
import type { OutgoingSegment } from '#sync/outbox/outbox-source';
import type { JournalIdentity } from './checkpoints.ts';
import { type EntryTable, entryId, placeOfId } from './entry-table.ts';
import type { JournalDatabase } from './journal-database.ts';
import type { Progress, StreamProgress } from './progress.ts';

/** Most entries in one segment; less than the format allows, so that a receipt message covers it. */
export const entriesPerSegmentMax = 256;
/** Room for everything in a segment but its entries, and for the length of each entry, bytes. */
const envelopeBytes = 512;
const lengthBytes = 5;
/** Most segments in one answer. */
export const segmentsPerCallMax = 1_024;

interface SegmentRow {
  readonly first_id: number;
  readonly last_id: number;
  readonly bytes: Uint8Array;
}

/** Sealed segments of a journal. */
export class SegmentSealer {
  readonly #identity: JournalIdentity;
  readonly #entries: EntryTable;
  readonly #insert;
  readonly #from;
  readonly #after;
  readonly #holding;
  #turn = 0;

  constructor(database: JournalDatabase, identity: JournalIdentity, entries: EntryTable) {
    this.#identity = identity;
    this.#entries = entries;
    this.#insert = database.prepare('INSERT INTO segments VALUES (?, ?, ?)');
    this.#from = database.prepare(
      'SELECT * FROM segments WHERE first_id >= ? AND first_id < ? ORDER BY first_id LIMIT 1',
    );
    this.#after = database.prepare('SELECT max(last_id) FROM segments WHERE first_id >= ? AND first_id < ?').pluck();
    this.#holding = database.prepare(
      'SELECT * FROM segments WHERE first_id <= ? AND first_id >= ? ORDER BY first_id DESC LIMIT 1',
    );
  }

  /** One past the last sealed sequence of a stream. */
  sealedNext(streamId: number): number {
    const last = this.#after.get(entryId(streamId, 0), entryId(streamId + 1, 0)) as number | null;
    return last === null ? 0 : placeOfId(last).sequence + 1;
  }

  /** Inside a transaction: keeps a segment whose bytes exist already. */
  keep(streamId: number, firstSequence: number, lastSequence: number, bytes: Uint8Array): void {
    this.#insert.run(entryId(streamId, firstSequence), entryId(streamId, lastSequence), bytes);
  }

  /** The sealed segments of a stream from the one that holds a sequence, in order. */
  *sealedFrom(streamId: number, sequence: number): IterableIterator<OutgoingSegment & { readonly streamId: number }> {
    let from = (this.#holding.get(entryId(streamId, sequence), entryId(streamId, 0)) as SegmentRow | undefined)
      ?.first_id;
    from ??= entryId(streamId, sequence);
    for (;;) {
      const row = this.#from.get(from, entryId(streamId + 1, 0)) as SegmentRow | undefined;
      if (row === undefined) return;
      const first = placeOfId(row.first_id);
      const lastSequence = placeOfId(row.last_id).sequence;
      yield { streamId, stream: -1, firstSequence: first.sequence, lastSequence, bytes: row.bytes };
      from = row.last_id + 1;
    }
  }

  /**
   * Inside a transaction: the oldest unsettled segments of these streams, taken from them in turn, sealing as
   * needed. At most `count` and `bytes`, but always one if there is any.
   */
  next(staged: Progress, streamIds: readonly number[], limit: { count: number; bytes: number }): OutgoingSegment[] {
    const count = Math.min(limit.count, segmentsPerCallMax);
    const sources = streamIds.map((id) => this.#unsettled(staged.stream(id)));
    // With room for one segment only, both streams still get their turn.
    if (this.#turn++ % 2 === 1) sources.reverse();
    const out: OutgoingSegment[] = [];
    let bytes = 0;
    while (out.length < count && sources.length > 0) {
      const source = sources.shift();
      const segment = source?.next().value as OutgoingSegment | undefined;
      if (source === undefined || segment === undefined) continue;
      bytes += segment.bytes.length;
      if (out.length > 0 && bytes > limit.bytes) break;
      out.push(segment);
      sources.push(source);
    }
    return out;
  }

  *#unsettled(stream: StreamProgress): IterableIterator<OutgoingSegment> {
    for (const segment of this.sealedFrom(stream.id, stream.settledNext)) {
      const { firstSequence, lastSequence, bytes } = segment;
      const settled = this.#entries.countOutcomes(
        entryId(stream.id, firstSequence),
        entryId(stream.id, lastSequence) + 1,
      );
      if (settled === lastSequence - firstSequence + 1) continue;
      yield { stream: stream.stream, firstSequence, lastSequence, bytes };
    }
    while (stream.sealedNext < stream.nextSequence) yield this.#seal(stream);
  }

  #seal(stream: StreamProgress): OutgoingSegment {
    const firstSequence = stream.sealedNext;
    const entries: Uint8Array[] = [];
    let size = envelopeBytes;
    for (const row of this.#entries.range(
      entryId(stream.id, firstSequence),
      entryId(stream.id, firstSequence + entriesPerSegmentMax),
    )) {
      size += row.entry.length + lengthBytes;
      if (entries.length > 0 && size > segmentBytesMax) break;
      entries.push(row.entry);
    }
    const previousHash = this.#hashBefore(stream, firstSequence);
    const segment: Omit<Segment, 'signature'> = {
      author: this.#identity.account,
      epoch: stream.epoch,
      stream: stream.stream,
      firstSequence,
      previousHash,
      entries,
    };
    const bytes = sealSegment(this.#identity.chainId, segment, this.#identity.secretSeed);
    assert(bytes.length <= segmentBytesMax, 'a sealed segment fits the format');
    const lastSequence = firstSequence + entries.length - 1;
    this.keep(stream.id, firstSequence, lastSequence, bytes);
    stream.sealedNext = lastSequence + 1;
    return { stream: stream.stream, firstSequence, lastSequence, bytes };
  }

  #hashBefore(stream: StreamProgress, sequence: number): Uint8Array {
    if (sequence === 0) return stream.seed;
    const row = this.#entries.get(entryId(stream.id, sequence - 1));
    assert(row !== null, 'a sealed stream has no hole');
    return row.chain;
  }
}
