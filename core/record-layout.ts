/** The fields of a record in wire order, and how to read and write them behind what comes before them in their array. */
import { assert } from './assert.ts';
import type { CborReader } from './cbor-reader.ts';
import type { CborWriter } from './cbor-writer.ts';
import type { Format } from './format.ts';
import type { FieldShape } from './format-shape.ts';

/** Most fields of a record. */
export const FIELDS_MAX = 64;

/** Formats by field name, in wire order. */
export type Fields = Readonly<Record<string, Format<unknown>>>;

/** An object whose fields are known only to the types around it. */
export type Loose = Record<string, unknown>;

/** Fields by place. Built once a format, so that reading and writing are plain loops. */
export class RecordLayout {
  readonly shapes: readonly FieldShape[];
  readonly names: readonly string[];
  readonly #formats: readonly Format<unknown>[];

  constructor(owner: string, fields: Fields) {
    this.names = Object.keys(fields);
    this.#formats = Object.values(fields);
    assert(this.names.length <= FIELDS_MAX, `${owner} has more than ${FIELDS_MAX} fields`);
    // Keys that look like integers are enumerated before all others: their place would be a surprise.
    for (const name of this.names) assert(/^[a-z][A-Za-z0-9]*$/.test(name), `${owner}: field name "${name}"`);
    this.shapes = this.names.map((name, index) => ({ name, shape: (this.#formats[index] as Format<unknown>).shape }));
  }

  /** Writes the fields of `value`. */
  write(writer: CborWriter, value: Loose): void {
    const { names } = this;
    const formats = this.#formats;
    for (let index = 0; index < names.length; index++) {
      (formats[index] as Format<unknown>).write(writer, value[names[index] as string]);
    }
  }

  /** Reads the fields, of an array of `items` whose first `offset` have been read, into `into`. */
  read(reader: CborReader, items: number, offset: number, into: Loose): Loose | undefined {
    const { names } = this;
    const formats = this.#formats;
    const expected = names.length + offset;
    if (items !== expected) return reader.fail('WRONG_LENGTH', `: ${items} items, ${expected} expected`);
    for (let index = 0; index < names.length; index++) {
      const value = (formats[index] as Format<unknown>).read(reader);
      if (value === undefined) return reader.within(`.${names[index]}`);
      into[names[index] as string] = value;
    }
    return into;
  }
}
