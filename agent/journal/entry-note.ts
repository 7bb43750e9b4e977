/** The note beside an entry: what books and screens show of it without decoding the operation. It never leaves the terminal. */
import { assert } from '#core/assert';

/** Largest stored note, characters. */
export const noteCharactersMax = 1_024;

/** What people see of an entry. Give `value` to exactly one entry of a sale (the capture, for coupons): the books add them up. */
export interface EntryNote {
  /** Verdict that it carries out, 16 hex digits. */
  readonly verdictId: string | null;
  /** Decimal string of base units, up to 30 digits; null exactly when `unit` is. */
  readonly value: string | null;
  readonly unit: string | null;
  /** Key in the used-set: `255/<gcn>/<serial>` or `01/<gtin>/21/<serial>`. */
  readonly unitKey: string | null;
  /** Basis of the reservation: `online`, `owned`, `budget`. */
  readonly basis: string | null;
  readonly rightId: string | null;
  /** 32 hex digits. */
  readonly basket: string | null;
  /** Mode of the terminal at that time, e.g. `online` or `offline`. */
  readonly mode: string | null;
}

/** A note that says nothing; spread it and fill in what is known. */
export const emptyNote: EntryNote = {
  verdictId: null,
  value: null,
  unit: null,
  unitKey: null,
  basis: null,
  rightId: null,
  basket: null,
  mode: null,
};

const fields = ['verdictId', 'value', 'unit', 'unitKey', 'basis', 'rightId', 'basket', 'mode'] as const;

/** The stored form: a JSON array in the order of the fields, trailing nulls left out. */
export function encodeNote(note: EntryNote): string {
  assert((note.value === null) === (note.unit === null), 'a note has both value and unit, or neither');
  assert(note.value === null || /^(0|[1-9][0-9]{0,29})$/.test(note.value), 'a note value is a decimal string');
  const values = fields.map((field) => note[field]);
  while (values.length > 0 && values.at(-1) === null) values.pop();
  const stored = JSON.stringify(values);
  assert(stored.length <= noteCharactersMax, `a note has at most ${noteCharactersMax} characters`);
  return stored;
}

/** The note of a stored form that `encodeNote` made; its row's mark vouches for it. */
export function decodeNote(stored: string): EntryNote {
  const values: unknown = JSON.parse(stored);
  assert(Array.isArray(values) && values.length <= fields.length, 'a stored note is a short array');
  const at = (index: number): string | null => {
    const value: unknown = values[index] ?? null;
    assert(value === null || typeof value === 'string', 'a stored note holds strings');
    return value;
  };
  return {
    verdictId: at(0),
    value: at(1),
    unit: at(2),
    unitKey: at(3),
    basis: at(4),
    rightId: at(5),
    basket: at(6),
    mode: at(7),
  };
}
