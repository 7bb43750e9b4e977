/** Shifts and their books: what was pending, came in, and went where. A closed shift never changes (ARCHITECTURE D6). */
import { assert } from '#core/assert';
import { type SettledState, settledStates, stateNumber, stateOfNumber } from './entry-state.ts';
import { JournalError } from './errors.ts';
import type { JournalDatabase } from './journal-database.ts';
import { type BooksLine, lineDifference, lineSum, sameLine, Tally, type TallyLines } from './tally.ts';

/** Most adjustment lines listed. */
export const adjustmentsListedMax = 1_000;

/** When a shift begins or ends, and what people call it. */
export interface ShiftMark {
  /** Certificate time, milliseconds since 1970 UTC. */
  readonly atMs: number;
  readonly label?: string;
}

/** A change to an entry that had settled in a shift closed before. It moves nothing in the running shift's columns. */
export interface Adjustment {
  readonly ofShift: number;
  readonly entryRow: number;
  readonly from: SettledState;
  readonly to: SettledState;
}

/**
 * The books of a shift: `opening + accepted = final + conflicted + refused + voided + lost + closing`, in count
 * and in value of each unit. `balanced` says that it holds and that the pending entries were counted to the same.
 */
export interface Books {
  readonly shift: number;
  /** Null for the unattended time between shifts. */
  readonly label: string | null;
  readonly openedMs: number;
  /** Null while it runs. */
  readonly closedMs: number | null;
  readonly opening: BooksLine;
  readonly accepted: BooksLine;
  readonly final: BooksLine;
  readonly conflicted: BooksLine;
  /** Refused by the ledger and parked with the reason. */
  readonly refused: BooksLine;
  readonly voided: BooksLine;
  readonly lost: BooksLine;
  readonly closing: BooksLine;
  readonly adjustments: readonly Adjustment[];
  readonly balanced: boolean;
}

interface ShiftRow {
  readonly id: number;
  readonly label: string | null;
  readonly opened_ms: number;
  readonly opening: string;
  readonly closed_ms: number | null;
  readonly books: string | null;
}

interface AdjustmentRow {
  readonly of_shift: number;
  readonly entry_id: number;
  readonly from_state: number;
  readonly to_state: number;
}

/** Shifts of a journal; one is always running. Writes belong inside a transaction. */
export class ShiftBooks {
  readonly #insert;
  readonly #close;
  readonly #get;
  readonly #current;
  readonly #adjust;
  readonly #adjustments;
  #running: ShiftRow | undefined;

  constructor(database: JournalDatabase) {
    this.#insert = database.prepare('INSERT INTO shifts (label, opened_ms, opening) VALUES (?, ?, ?)');
    this.#close = database.prepare('UPDATE shifts SET closed_ms = ?, books = ? WHERE id = ?');
    this.#get = database.prepare('SELECT * FROM shifts WHERE id = ?');
    this.#current = database.prepare('SELECT * FROM shifts ORDER BY id DESC LIMIT 1');
    this.#adjust = database.prepare(
      'INSERT INTO adjustments (shift, of_shift, entry_id, from_state, to_state) VALUES (?, ?, ?, ?, ?)',
    );
    this.#adjustments = database.prepare(
      `SELECT * FROM adjustments WHERE shift = ? ORDER BY serial LIMIT ${adjustmentsListedMax}`,
    );
  }

  /** Number of the running shift. */
  get running(): number {
    return this.#runningRow().id;
  }

  get attended(): boolean {
    return this.#runningRow().label !== null;
  }

  /** Inside a transaction: begins a shift whose opening totals are these; the one before must be closed. */
  begin(label: string | null, atMs: number, tally: Tally): number {
    this.#insert.run(label, atMs, JSON.stringify(tally.lines()));
    this.reload();
    return this.running;
  }

  /** Inside a transaction: ends the running shift. `counted` is an independent count of what is pending. */
  end(atMs: number, tally: Tally, counted: BooksLine): Books {
    const books: Books = { ...this.#booksOf(this.#runningRow(), tally, counted), closedMs: atMs };
    if (!books.balanced) {
      const message = `Shift ${books.shift} cannot be closed: ${counted.count} entries are pending, the totals say ${books.closing.count}. Restart the agent, which recounts; if it persists, hand the journal to the operator.`;
      throw new JournalError({ code: 'JOURNAL_CORRUPT', message, context: { shift: books.shift } });
    }
    this.#close.run(atMs, JSON.stringify(books), books.shift);
    return books;
  }

  /** Inside a transaction: notes a change to an entry that settled in a closed shift. */
  adjust(ofShift: number, entryRow: number, from: SettledState, to: SettledState): void {
    this.#adjust.run(this.running, ofShift, entryRow, stateNumber(from), stateNumber(to));
  }

  /** Books of the running shift by the totals now, or of a closed one as they were closed. */
  books(shift: number | undefined, tally: Tally, count: () => BooksLine): Books | null {
    const row = shift === undefined ? this.#runningRow() : (this.#get.get(shift) as ShiftRow | undefined);
    if (row === undefined) return null;
    if (row.books !== null) return JSON.parse(row.books) as Books;
    return this.#booksOf(row, tally, count());
  }

  /** After a rollback or a change: what the table says. */
  reload(): void {
    this.#running = this.#current.get() as ShiftRow | undefined;
  }

  #runningRow(): ShiftRow {
    if (this.#running === undefined) this.reload();
    assert(this.#running !== undefined, 'a shift is always running');
    return this.#running;
  }

  #booksOf(row: ShiftRow, tally: Tally, counted: BooksLine): Books {
    const opened = Tally.of(JSON.parse(row.opening) as TallyLines);
    const moved = (column: SettledState | 'accepted') => lineDifference(tally.line(column), opened.line(column));
    const lines = {
      opening: opened.pending(),
      accepted: moved('accepted'),
      final: moved('final'),
      conflicted: moved('conflicted'),
      refused: moved('refused'),
      voided: moved('voided'),
      lost: moved('lost'),
      closing: tally.pending(),
    };
    const left = lineSum(lines.opening, lines.accepted);
    const right = lineSum(...settledStates.map((state) => lines[state]), lines.closing);
    return {
      shift: row.id,
      label: row.label,
      openedMs: row.opened_ms,
      closedMs: row.closed_ms,
      ...lines,
      adjustments: (this.#adjustments.all(row.id) as AdjustmentRow[]).map(adjustmentOf),
      balanced: sameLine(left, right) && sameLine(lines.closing, counted),
    };
  }
}

function adjustmentOf(row: AdjustmentRow): Adjustment {
  const from = stateOfNumber(row.from_state);
  const to = stateOfNumber(row.to_state);
  assert(from !== undefined && to !== undefined, 'an adjustment names two states');
  return { ofShift: row.of_shift, entryRow: row.entry_id, from, to };
}
