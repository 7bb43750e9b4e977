/** The fields of a record in wire order, and how to read and write them at an offset of a CBOR array. */
import { assert } from './assert.ts';
import type { CborValue, CodecReason } from './codec.ts';
import type { Format } from './format.ts';
import type { FieldShape } from './format-shape.ts';
import { bad, ok, type Result } from './result.ts';

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
    this.shapes = this.names.map((name, index) => ({ name, shape: this.#format(index).shape }));
  }

  #format(index: number): Format<unknown> {
    const format = this.#formats[index];
    assert(format !== undefined, `no field ${index}`);
    return format;
  }

  /** Appends the fields of `value` to `into`. */
  write(value: Loose, into: CborValue[]): CborValue[] {
    const { names } = this;
    for (let index = 0; index < names.length; index++) {
      into.push(this.#format(index).toCbor(value[names[index] as string]));
    }
    return into;
  }

  /** Reads the fields from `items` behind the first `offset`, into `into`. */
  read(items: readonly CborValue[], offset: number, into: Loose): Result<Loose, CodecReason> {
    const { names } = this;
    if (items.length !== names.length + offset) {
      return bad('WRONG_LENGTH', `: ${items.length} items, ${names.length + offset} expected`);
    }
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      const decoded = this.#format(index).fromCbor(items[index + offset] as CborValue, '');
      if (!decoded.ok) return bad(decoded.reason, `.${name}${decoded.detail ?? ''}`);
      into[name] = decoded.value;
    }
    return ok(into);
  }
}
