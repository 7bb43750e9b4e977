/** The rows of entries and outcomes: written once, read by place. Knows no rules about them. */
import { assert } from '#core/assert';
import { equalBytes, utf8 } from '#core/bytes';
import { taggedHash } from '#core/hash';
import type { OperationKind } from '#ledger/operation';
import { type JournalDatabase, sequenceSpan } from './journal-database.ts';

/** Length of a row's mark in bytes: against rot, not against an attacker, who could change the chain as well. */
const markBytes = 8;

/** A row of `entries`. `chain` covers the entry, `mark` covers chain, kind and note. */
export interface EntryRow {
  readonly id: number;
  readonly kind: OperationKind;
  readonly entry: Uint8Array;
  readonly chain: Uint8Array;
  readonly note: string;
  readonly mark: Uint8Array;
}

/** A row of `outcomes`; an entry without one is pending. */
export interface OutcomeRow {
  readonly id: number;
  readonly state: number;
  readonly height: number;
  readonly time_ms: number;
  /** Decimal digits: the set is wider than an integer of SQLite. */
  readonly reasons: string;
  readonly value: string;
  /** Shift in which it settled. */
  readonly shift: number;
}

/** The row id of a place. */
export function entryId(streamId: number, sequence: number): number {
  assert(sequence < sequenceSpan && streamId < 2 ** 13, 'a stream or sequence is too large for a row id');
  return streamId * sequenceSpan + sequence;
}

/** The place of a row id. */
export function placeOfId(id: number): { readonly streamId: number; readonly sequence: number } {
  return { streamId: Math.floor(id / sequenceSpan), sequence: id % sequenceSpan };
}

function markOf(row: Omit<EntryRow, 'mark'>): Uint8Array {
  return taggedHash('bizain/journal-row/1', row.chain, utf8(`${row.id} ${row.kind} ${row.note}`)).subarray(
    0,
    markBytes,
  );
}

/** Whether a row's note, kind and place are as written. The chain is checked by who walks it. */
export function rowIntact(row: EntryRow): boolean {
  return equalBytes(row.mark, markOf(row));
}

/** Prepared access to entries and outcomes. */
export class EntryTable {
  readonly #insert;
  readonly #get;
  readonly #range;
  readonly #last;
  readonly #outcome;
  readonly #addOutcome;
  readonly #changeOutcome;
  readonly #countOutcomes;
  readonly #pending;

  constructor(database: JournalDatabase) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#insert = prepare('INSERT INTO entries (id, kind, entry, chain, note, mark) VALUES (?, ?, ?, ?, ?, ?)');
    this.#get = prepare('SELECT * FROM entries WHERE id = ?');
    this.#range = prepare('SELECT * FROM entries WHERE id >= ? AND id < ? ORDER BY id');
    this.#last = prepare('SELECT max(id) AS id FROM entries WHERE id >= ? AND id < ?');
    this.#outcome = prepare('SELECT * FROM outcomes WHERE id = ?');
    this.#addOutcome = prepare('INSERT INTO outcomes VALUES (?, ?, ?, ?, ?, ?, ?)');
    this.#changeOutcome = prepare(
      'UPDATE outcomes SET state = ?, height = ?, time_ms = ?, reasons = ?, value = ?, shift = ? WHERE id = ?',
    );
    this.#countOutcomes = prepare('SELECT count(*) AS n FROM outcomes WHERE id >= ? AND id < ?');
    this.#pending = prepare(
      'SELECT e.* FROM entries e LEFT JOIN outcomes o ON o.id = e.id WHERE e.id >= ? AND e.id < ? AND o.id IS NULL ORDER BY e.id LIMIT ?',
    );
  }

  /** Adds a row; the id must be new. */
  insert(row: Omit<EntryRow, 'mark'>): void {
    this.#insert.run(row.id, row.kind, row.entry, row.chain, row.note, markOf(row));
  }

  get(id: number): EntryRow | null {
    return (this.#get.get(id) as EntryRow | undefined) ?? null;
  }

  /** Rows of ids `from` to before `to`, in order. The database takes no write while one is being read. */
  range(from: number, to: number): IterableIterator<EntryRow> {
    return this.#range.iterate(from, to) as IterableIterator<EntryRow>;
  }

  /** One past the last sequence of a stream; 0 for an empty one. */
  nextSequence(streamId: number): number {
    const row = this.#last.get(entryId(streamId, 0), entryId(streamId + 1, 0)) as { id: number | null };
    return row.id === null ? 0 : placeOfId(row.id).sequence + 1;
  }

  outcome(id: number): OutcomeRow | null {
    return (this.#outcome.get(id) as OutcomeRow | undefined) ?? null;
  }

  addOutcome(row: OutcomeRow): void {
    this.#addOutcome.run(row.id, row.state, row.height, row.time_ms, row.reasons, row.value, row.shift);
  }

  /** Moves a settled entry into another state. */
  changeOutcome(row: OutcomeRow): void {
    const { state, height, time_ms, reasons, value, shift } = row;
    const { changes } = this.#changeOutcome.run(state, height, time_ms, reasons, value, shift, row.id);
    assert(changes === 1, 'only a settled entry changes its state');
  }

  /** How many entries of ids `from` to before `to` are settled. */
  countOutcomes(from: number, to: number): number {
    return (this.#countOutcomes.get(from, to) as { n: number }).n;
  }

  /** Entries without an outcome, of ids `from` to before `to`, in order, at most `limit`. */
  pending(from: number, to: number, limit: number): EntryRow[] {
    return this.#pending.all(from, to, limit) as EntryRow[];
  }
}
