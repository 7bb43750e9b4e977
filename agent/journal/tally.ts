/** Running totals of a journal since its beginning: how many entries, of which value, went into and out of each state. Pure. */
import type { EntryNote } from './entry-note.ts';
import { JournalError } from './errors.ts';

/** Most units of value that one journal adds up. */
export const unitsMax = 64;

/** What is counted. `refused` entries are parked: kept, with their reason, for a person. */
export const tallyColumns = ['accepted', 'final', 'conflicted', 'refused', 'voided', 'lost'] as const;
export type TallyColumn = (typeof tallyColumns)[number];

/** A count of entries and their value by unit, decimal strings of base units; units that sum to 0 are left out. */
export interface BooksLine {
  readonly count: number;
  readonly value: Readonly<Record<string, string>>;
}

/** A count and values that can be added to. Plain data inside, so that a copy is cheap. */
class Amount {
  count = 0;
  readonly values = new Map<string, bigint>();

  add(count: number, unit: string | null, value: bigint): void {
    this.count += count;
    if (unit === null) return;
    const sum = (this.values.get(unit) ?? 0n) + value;
    if (sum === 0n) this.values.delete(unit);
    else this.values.set(unit, sum);
  }

  addAll(other: Amount, sign: 1n | -1n): void {
    this.count += Number(sign) * other.count;
    for (const [unit, value] of other.values) this.add(0, unit, sign * value);
  }

  line(): BooksLine {
    const sorted = [...this.values].sort(([a], [b]) => (a < b ? -1 : 1));
    return { count: this.count, value: Object.fromEntries(sorted.map(([unit, value]) => [unit, value.toString()])) };
  }

  copy(): Amount {
    const amount = new Amount();
    amount.count = this.count;
    for (const [unit, value] of this.values) amount.values.set(unit, value);
    return amount;
  }

  static of(line: BooksLine): Amount {
    const amount = new Amount();
    amount.count = line.count;
    for (const [unit, value] of Object.entries(line.value)) amount.values.set(unit, BigInt(value));
    return amount;
  }
}

/** The stored form of a tally. */
export type TallyLines = Readonly<Record<TallyColumn, BooksLine>>;

/** Totals by column. Pending is what was accepted and is in no other column. */
export class Tally {
  readonly #columns: Record<TallyColumn, Amount>;
  readonly #units = new Set<string>();

  constructor() {
    this.#columns = {
      accepted: new Amount(),
      final: new Amount(),
      conflicted: new Amount(),
      refused: new Amount(),
      voided: new Amount(),
      lost: new Amount(),
    };
  }

  /** Moves an entry into a column, or out of it. Throws `JOURNAL_LIMIT` for a unit beyond `unitsMax`. */
  add(column: TallyColumn, note: EntryNote, sign: 1 | -1 = 1): void {
    if (note.unit !== null && !this.#units.has(note.unit)) this.#admit(note.unit);
    const value = note.value === null ? 0n : BigInt(note.value);
    this.#columns[column].add(sign, note.unit, sign === 1 ? value : -value);
  }

  #admit(unit: string): void {
    if (this.#units.size >= unitsMax) {
      const message = `An entry in unit ${unit} was not accepted: the journal already adds up ${unitsMax} units of value. Check where the unit comes from.`;
      throw new JournalError({ code: 'JOURNAL_LIMIT', message, context: { unit } });
    }
    this.#units.add(unit);
  }

  line(column: TallyColumn): BooksLine {
    return this.#columns[column].line();
  }

  /** Accepted and in no other column. */
  pending(): BooksLine {
    const pending = new Amount();
    pending.addAll(this.#columns.accepted, 1n);
    for (const column of tallyColumns) if (column !== 'accepted') pending.addAll(this.#columns[column], -1n);
    return pending.line();
  }

  clone(): Tally {
    const tally = new Tally();
    for (const column of tallyColumns) tally.#columns[column] = this.#columns[column].copy();
    for (const unit of this.#units) tally.#units.add(unit);
    return tally;
  }

  lines(): TallyLines {
    const line = (column: TallyColumn): BooksLine => this.#columns[column].line();
    return {
      accepted: line('accepted'),
      final: line('final'),
      conflicted: line('conflicted'),
      refused: line('refused'),
      voided: line('voided'),
      lost: line('lost'),
    };
  }

  static of(lines: TallyLines): Tally {
    const tally = new Tally();
    for (const column of tallyColumns) {
      tally.#columns[column] = Amount.of(lines[column]);
      for (const unit of Object.keys(lines[column].value)) tally.#units.add(unit);
    }
    return tally;
  }
}

/** `a - b`, line by line. */
export function lineDifference(a: BooksLine, b: BooksLine): BooksLine {
  const amount = Amount.of(a);
  amount.addAll(Amount.of(b), -1n);
  return amount.line();
}

/** The sum of lines. */
export function lineSum(...lines: readonly BooksLine[]): BooksLine {
  const amount = new Amount();
  for (const line of lines) amount.addAll(Amount.of(line), 1n);
  return amount.line();
}

/** Whether two lines say the same. */
export function sameLine(a: BooksLine, b: BooksLine): boolean {
  const difference = lineDifference(a, b);
  return difference.count === 0 && Object.keys(difference.value).length === 0;
}
