/** Receipts into states: each entry ends in one, the used-set and the books follow (ARCHITECTURE D3, D4, D6). */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import type { OperationKind } from '#ledger/operation';
import { outcomes, type Receipt } from '#ledger/receipt';
import type { FaultRecord, JournalFault } from './anchors.ts';
import type { Checkpoints } from './checkpoints.ts';
import type { ClaimTable } from './claim-table.ts';
import { decodeNote, type EntryNote } from './entry-note.ts';
import { type EntryPlace, type SettledState, stateNumber, stateOfNumber } from './entry-state.ts';
import { type EntryRow, type EntryTable, entryId, type OutcomeRow } from './entry-table.ts';
import { type Progress, reservationsIn, type StreamProgress, storedEntry } from './progress.ts';
import type { ShiftBooks } from './shift-books.ts';

/** An entry that has just settled. */
export interface SettledEntry {
  readonly place: EntryPlace;
  readonly kind: OperationKind;
  readonly state: 'final' | 'refused' | 'conflicted';
  /** Reason bits of ledger/reasons.ts. */
  readonly reasons: bigint;
  readonly height: number;
  /** Time of the block, milliseconds since 1970 UTC. */
  readonly timeMs: number;
  /** What the ledger moved, base units. */
  readonly value: bigint;
  readonly note: EntryNote;
}

/** What one call settled and what it found wrong. */
export interface SettlementNews {
  readonly settled: SettledEntry[];
  readonly faults: JournalFault[];
}

const stateOfOutcome = { applied: 'final', refused: 'refused', conflicted: 'conflicted' } as const;

/** Parts that settling works on. */
export interface SettlementParts {
  readonly account: string;
  readonly epoch: number;
  readonly entries: EntryTable;
  readonly claims: ClaimTable;
  readonly faults: FaultRecord;
  readonly shifts: ShiftBooks;
  readonly checkpoints: Checkpoints;
}

/** Applies receipts inside a transaction. Idempotent, in any order. */
export class Settlement {
  readonly #parts: SettlementParts;

  constructor(parts: SettlementParts) {
    this.#parts = parts;
  }

  /** Settles each receipt of this journal; others are passed over. */
  apply(staged: Progress, receipts: readonly Receipt[]): SettlementNews {
    const news: SettlementNews = { settled: [], faults: [] };
    const touched = new Set<StreamProgress>();
    for (const receipt of receipts) {
      const stream = receipt.author === this.#parts.account ? staged.find(receipt.epoch, receipt.stream) : undefined;
      if (stream === undefined) continue;
      this.#settleOne(staged, stream, receipt, news);
      touched.add(stream);
    }
    for (const stream of touched) this.#advance(stream);
    return news;
  }

  /** Declares a pending entry lost. */
  declareLost(staged: Progress, place: EntryPlace, atMs: number): void {
    const stream = staged.find(place.epoch, place.stream);
    assert(stream !== undefined && place.sequence < stream.nextSequence, 'only an entry that exists can be lost');
    const row = this.#row(entryId(stream.id, place.sequence));
    assert(this.#parts.entries.outcome(row.id) === null, 'only a pending entry can be declared lost');
    this.#close(staged, stream, row, { ...this.#outcome(row.id, 'lost'), time_ms: atMs });
    staged.open.delete(row.id);
    this.#advance(stream);
  }

  #row(id: number): EntryRow {
    const row = this.#parts.entries.get(id);
    assert(row !== null, `entry row ${id} exists`);
    return row;
  }

  #outcome(id: number, state: SettledState): OutcomeRow {
    const shift = this.#parts.shifts.running;
    return { id, state: stateNumber(state), height: 0, time_ms: 0, reasons: '0', value: '0', shift };
  }

  #settleOne(staged: Progress, stream: StreamProgress, receipt: Receipt, news: SettlementNews): void {
    const place = { epoch: receipt.epoch, stream: receipt.stream, sequence: receipt.sequence };
    if (receipt.sequence >= stream.nextSequence) {
      this.#fault(
        news,
        'JOURNAL_BEHIND',
        place,
        `The region has receipted entry ${place.sequence}, the journal ends before ${stream.nextSequence}.`,
      );
      return;
    }
    const row = this.#row(entryId(stream.id, receipt.sequence));
    if (!equalBytes(row.chain, receipt.entryHash)) {
      this.#fault(
        news,
        'FORKED_JOURNAL',
        place,
        `The region has receipted another entry ${place.sequence} than the journal holds.`,
      );
      return;
    }
    const outcome = outcomes[receipt.outcome];
    assert(outcome !== undefined, 'a decoded receipt has an outcome');
    const state = stateOfOutcome[outcome];
    const known = this.#parts.entries.outcome(row.id);
    if (known !== null && known.state !== stateNumber('lost')) {
      if (known.state !== stateNumber('voided') && known.state !== stateNumber(state)) {
        this.#fault(
          news,
          'RECEIPT_CONTRADICTED',
          place,
          `Entry ${place.sequence} is receipted as ${outcome}, and was receipted otherwise before.`,
        );
      }
      return;
    }
    const { height, timeMs, reasons, value } = receipt;
    const settled = {
      ...this.#outcome(row.id, state),
      height,
      time_ms: timeMs,
      reasons: reasons.toString(),
      value: value.toString(),
    };
    if (known === null) this.#close(staged, stream, row, settled);
    else this.#move(staged, row, known, settled);
    this.#follow(staged, stream, row, settled, state);
    news.settled.push({ place, kind: row.kind, state, reasons, height, timeMs, value, note: decodeNote(row.note) });
  }

  #fault(news: SettlementNews, code: JournalFault['code'], place: EntryPlace, detail: string): void {
    const fault = this.#parts.faults.add(code, place, detail);
    if (fault !== null) news.faults.push(fault);
  }

  /** From pending into a state. */
  #close(staged: Progress, stream: StreamProgress, row: EntryRow, outcome: OutcomeRow): void {
    const state = stateOfNumber(outcome.state);
    assert(state !== undefined && stream.pending > 0, 'a pending entry is closed into a state');
    this.#parts.entries.addOutcome(outcome);
    stream.pending--;
    staged.tally.add(state, decodeNote(row.note));
  }

  /** From one state into another: in the books of the running shift, or as an adjustment to a closed one. */
  #move(staged: Progress, row: EntryRow, from: OutcomeRow, to: OutcomeRow): void {
    const before = stateOfNumber(from.state);
    const after = stateOfNumber(to.state);
    assert(before !== undefined && after !== undefined, 'stored states are known');
    this.#parts.entries.changeOutcome({ ...to, shift: from.shift });
    if (from.shift !== this.#parts.shifts.running) {
      this.#parts.shifts.adjust(from.shift, row.id, before, after);
      return;
    }
    staged.tally.add(before, decodeNote(row.note), -1);
    staged.tally.add(after, decodeNote(row.note));
  }

  /** What hangs on an entry: its claim, and for captures and releases their reservations. */
  #follow(staged: Progress, stream: StreamProgress, row: EntryRow, outcome: OutcomeRow, state: SettledState): void {
    if (state === 'refused') staged.open.delete(row.id);
    const closes = row.kind === 'basket.capture' || row.kind === 'basket.release';
    if (!closes) {
      if (state === 'refused') this.#dropClaim(decodeNote(row.note), [row.id]);
      return;
    }
    const released = row.kind === 'basket.release' && state === 'final';
    for (const sequence of reservationsIn(storedEntry(row.entry).operation)) {
      const reservation = this.#parts.entries.get(entryId(stream.id, sequence));
      if (reservation === null) continue;
      const holders = released ? [row.id, reservation.id] : [row.id];
      if (released || state === 'refused') this.#dropClaim(decodeNote(reservation.note), holders);
      if (released) this.#void(staged, stream, reservation, outcome);
      if (state === 'refused' && row.kind === 'basket.capture') this.#reopen(staged, reservation);
    }
    if (state === 'refused') this.#dropClaim(decodeNote(row.note), [row.id]);
  }

  /** A reservation whose capture was refused still holds its unit on the ledger until it is released. */
  #reopen(staged: Progress, reservation: EntryRow): void {
    const known = this.#parts.entries.outcome(reservation.id);
    if (known === null || known.state === stateNumber('final')) staged.open.add(reservation.id);
  }

  #void(staged: Progress, stream: StreamProgress, reservation: EntryRow, release: OutcomeRow): void {
    const known = this.#parts.entries.outcome(reservation.id);
    const voided = { ...release, id: reservation.id, state: stateNumber('voided') };
    if (known === null) this.#close(staged, stream, reservation, voided);
    else if (known.state === stateNumber('final')) this.#move(staged, reservation, known, voided);
  }

  /** Only a claim that one of these entries holds: a later scan, or another lane, may have claimed the unit since. */
  #dropClaim(note: EntryNote, holders: readonly number[]): void {
    if (note.unitKey === null) return;
    const holder = this.#parts.claims.holderOf(note.unitKey);
    if (holder !== null && holders.includes(holder)) this.#parts.claims.drop(note.unitKey);
  }

  /** Moves the watermark of what is settled without a gap, and signs a checkpoint where it is due. */
  #advance(stream: StreamProgress): void {
    const before = stream.settledNext;
    while (stream.settledNext < stream.nextSequence) {
      if (this.#parts.entries.outcome(entryId(stream.id, stream.settledNext)) === null) break;
      stream.settledNext++;
    }
    this.#parts.checkpoints.writeIfDue(stream, before);
  }
}
