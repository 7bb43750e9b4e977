/**
 * Formats: the wire as declarations. A format knows its type, its limits and its place in CBOR;
 * `encode` asserts the limits (our own values), `decode` refuses with a reason (other people's bytes).
 */
import { assert } from './assert.ts';
import { CborReader } from './cbor-reader.ts';
import { scanCbor } from './cbor-scan.ts';
import { type CborWriter, cborMajor, cborSimple, sharedWriter } from './cbor-writer.ts';
import { CBOR_ITEMS_MAX, type CodecReason, encodeCbor } from './codec.ts';
import { decodeLimitsOf, type FormatLimits, type FormatShape } from './format-shape.ts';
import { type Fields, type Loose, RecordLayout } from './record-layout.ts';
import { bad, ok, type Result } from './result.ts';
import { TextRule } from './text-rule.ts';
import { type Alternative, alternativesOf } from './variant-cases.ts';

/** Largest `max` of `bytes` and `text`, in bytes. */
export const FIELD_BYTES_MAX = 64 * 1024 * 1024;

/** A type on the wire. `encode` and `decode` are the way to use one; its methods are for formats around it. */
export interface Format<T> {
  readonly shape: FormatShape;
  /** What `decode` accepts at the top level. */
  readonly limits: FormatLimits;
  /** Writes the value; asserts that it fits. */
  write(writer: CborWriter, value: T): void;
  /** Reads one value, or stops the reader and gives `undefined`. */
  read(reader: CborReader): T | undefined;
}

/** The TypeScript type of a format. */
export type Infer<F> = F extends Format<infer T> ? T : never;

// What is asserted of every value stands behind an `if`, so that its text is made only when it is needed.

/** An unsigned integer up to `max`, at most 2^53 - 1, as a number. */
export function uint(options: { readonly max?: number } = {}): Format<number> {
  const max = options.max ?? Number.MAX_SAFE_INTEGER;
  assert(Number.isSafeInteger(max) && max >= 0, `uint max ${max} is out of range`);
  const shape: FormatShape = { type: 'uint', max };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      const fits = Number.isSafeInteger(value) && value >= 0 && value <= max && !Object.is(value, -0);
      if (!fits) assert(false, `${value} is no integer of 0 to ${max}`);
      writer.head(cborMajor.uint, value);
    },
    read: (reader) => reader.uint(max),
  };
}

/**
 * An unsigned integer of up to `bitsMax` bits (1 to 512), always a bigint. Up to 64 bits it is a CBOR
 * integer; beyond, a byte string, big endian without leading zeros, whatever the value.
 */
export function bigUint(options: { readonly bitsMax: number }): Format<bigint> {
  const { bitsMax } = options;
  assert(Number.isSafeInteger(bitsMax) && bitsMax >= 1 && bitsMax <= 512, `bigUint of ${bitsMax} bits`);
  const limit = 1n << BigInt(bitsMax);
  const isWide = bitsMax > 64;
  const shape: FormatShape = { type: 'bigUint', bitsMax };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      const fits = typeof value === 'bigint' && value >= 0n && value < limit;
      if (!fits) assert(false, `${value} is no integer of ${bitsMax} bits`);
      if (isWide) writer.bigBytes(value);
      else writer.bigHead(cborMajor.uint, value);
    },
    read: (reader) => (isWide ? reader.bigBytes(limit, bitsMax) : reader.bigUint(limit, bitsMax)),
  };
}

function assertSizes(min: number, max: number): void {
  assert(
    Number.isSafeInteger(min) && Number.isSafeInteger(max) && min >= 0 && min <= max && max <= FIELD_BYTES_MAX,
    `sizes ${min} to ${max} are out of range`,
  );
}

/**
 * A byte string of `min` (default 0) to `max` bytes. Decoded it is a copy, or with `view` a part of the input: for large content
 * that is looked at and let go, from bytes that nobody changes.
 */
export function bytes(options: {
  readonly min?: number;
  readonly max: number;
  readonly view?: boolean;
}): Format<Uint8Array> {
  const { min = 0, max, view = false } = options;
  assertSizes(min, max);
  const shape: FormatShape = { type: 'bytes', min, max };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      assert(value instanceof Uint8Array, 'a byte string must be a Uint8Array');
      const { length } = value;
      if (length < min || length > max) assert(false, `${length} bytes, not ${min} to ${max}`);
      writer.byteString(value);
    },
    read: (reader) => reader.byteString(min, max, view),
  };
}

/** A byte string of exactly `length` bytes. */
export function bytesOf(length: number): Format<Uint8Array> {
  return bytes({ min: length, max: length });
}

/**
 * Text of `min` (default 0) to `max` bytes of UTF-8. A pattern must hold for the whole text: anchor
 * it yourself; flags g and y are not allowed. Texts are compared and stored as sent, not normalised.
 */
export function text(options: {
  readonly min?: number;
  readonly max: number;
  readonly pattern?: RegExp;
}): Format<string> {
  const { min = 0, max, pattern } = options;
  assertSizes(min, max);
  const rule = new TextRule(min, max, pattern);
  const shape: FormatShape = { type: 'text', min, max, pattern: pattern?.source ?? null };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      rule.assertFits(value);
      writer.text(value);
    },
    read: (reader) => reader.text(rule),
  };
}

/** True or false. */
export function bool(): Format<boolean> {
  const shape: FormatShape = { type: 'bool' };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      assert(typeof value === 'boolean', 'a boolean is true or false');
      writer.simple(value ? cborSimple.true : cborSimple.false);
    },
    read: (reader) => reader.bool(),
  };
}

/** Exactly this text, number (a safe integer), boolean or null. */
export function literal<const V extends string | number | boolean | null>(expected: V): Format<V> {
  assert(typeof expected !== 'number' || Number.isSafeInteger(expected), `literal ${expected} is not an integer`);
  const shape: FormatShape = { type: 'literal', value: expected };
  const encoded = encodeCbor(expected);
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      if (value !== expected) assert(false, `${value} is not ${expected}`);
      writer.raw(encoded);
    },
    read: (reader) => (reader.skipIf(encoded) ? expected : reader.fail('OUT_OF_RANGE', `: not ${expected}`)),
  };
}

const encodedNull = Uint8Array.of(cborSimple.null);

/** A value or null. The inner format must not itself accept null. */
export function optional<T>(inner: Format<T>): Format<T | null> {
  assert(!decode(inner, encodedNull).ok, 'optional of a format that accepts null is ambiguous');
  const shape: FormatShape = { type: 'optional', inner: inner.shape };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      if (value === null) writer.simple(cborSimple.null);
      else inner.write(writer, value);
    },
    read: (reader) => (reader.skipNull() ? null : inner.read(reader)),
  };
}

/** An array of `min` (default 0) to `max` items of one format. */
export function list<T>(
  item: Format<T>,
  options: { readonly max: number; readonly min?: number },
): Format<readonly T[]> {
  const { min = 0, max } = options;
  assertSizes(min, max);
  const shape: FormatShape = { type: 'list', item: item.shape, min, max };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, values) {
      assert(Array.isArray(values), 'a list must be an array');
      const { length } = values;
      if (length < min || length > max) assert(false, `${length} items, not ${min} to ${max}`);
      writer.head(cborMajor.array, length);
      for (let index = 0; index < length; index++) item.write(writer, values[index] as T);
    },
    read(reader) {
      const length = reader.array('array');
      if (length < 0) return undefined;
      if (length < min || length > max) {
        return reader.fail('OUT_OF_RANGE', `: ${length} items, not ${min} to ${max}`);
      }
      const out: T[] = [];
      for (let index = 0; index < length; index++) {
        const value = item.read(reader);
        if (value === undefined) return reader.within(`[${index}]`);
        out.push(value);
      }
      return out;
    },
  };
}

/** The type of a record with these fields. */
export type RecordOf<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

/** A record: also usable as an alternative of a variant, where its fields stand beside the tag. */
export interface RecordFormat<T> extends Format<T> {
  readonly layout: RecordLayout;
}

/** A record: a CBOR array of the fields in declared order, of exactly that length. */
export function record<const F extends Fields>(name: string, fields: F): RecordFormat<RecordOf<F>> {
  const layout = new RecordLayout(name, fields);
  const shape: FormatShape = { type: 'record', name, fields: layout.shapes };
  return {
    layout,
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      writer.head(cborMajor.array, layout.names.length);
      layout.write(writer, value as Loose);
    },
    read(reader) {
      const items = reader.array(name);
      return items < 0 ? undefined : (layout.read(reader, items, 0, {}) as RecordOf<F> | undefined);
    },
  };
}

/** Alternatives of a variant by kind; tags are 0 to 65,535, unique, and never reused for another meaning. */
export type Cases = Readonly<Record<string, { readonly tag: number; readonly format: Format<unknown> }>>;

/** The discriminated union of a variant: a record's fields beside `kind`, any other value as `value`. */
export type VariantOf<C extends Cases> = {
  [K in keyof C & string]: C[K]['format'] extends RecordFormat<infer T>
    ? { readonly kind: K } & T
    : { readonly kind: K; readonly value: Infer<C[K]['format']> };
}[keyof C & string];

/** One of several kinds: `[tag, ...fields]` for a record, `[tag, value]` for any other format. */
export function variant<const C extends Cases>(name: string, cases: C): Format<VariantOf<C>> {
  const alternatives = alternativesOf(name, cases);
  const byKind = new Map(alternatives.map((alternative) => [alternative.kind, alternative]));
  const byTag = new Map(alternatives.map((alternative) => [alternative.tag, alternative]));
  const shape: FormatShape = {
    type: 'variant',
    name,
    cases: alternatives.map(({ kind, tag, format }) => ({ kind, tag, shape: format.shape })),
  };

  /** The fields or the value of the alternative, behind its tag. */
  function readCase(reader: CborReader, items: number, { kind, layout, format }: Alternative): unknown {
    if (layout !== null) return layout.read(reader, items, 1, { kind });
    if (items !== 2) return reader.fail('WRONG_LENGTH', `: ${items} items, 2 expected`);
    const value = format.read(reader);
    return value === undefined ? undefined : { kind, value };
  }

  return {
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      const loose = value as unknown as Loose & { readonly kind: string; readonly value?: unknown };
      const alternative = byKind.get(loose.kind);
      if (alternative === undefined) assert(false, `${name} has no kind ${loose.kind}`);
      const { tag, layout, format } = alternative;
      writer.head(cborMajor.array, 1 + (layout === null ? 1 : layout.names.length));
      writer.head(cborMajor.uint, tag);
      if (layout === null) format.write(writer, loose.value);
      else layout.write(writer, loose);
    },
    read(reader) {
      const items = reader.array(name);
      if (items < 0) return undefined;
      if (items === 0) return reader.fail('WRONG_TYPE', `: ${name} expected`);
      const alternative = byTag.get(reader.mark());
      if (alternative === undefined) return reader.fail('UNKNOWN_KIND', `: ${name} of unknown kind`);
      const value = readCase(reader, items, alternative);
      return value === undefined ? reader.within(`<${alternative.kind}>`) : (value as VariantOf<C>);
    },
  };
}

/** A top-level record. */
export interface VersionedFormat<T> extends Format<T> {
  readonly version: number;
  readonly bytesMax: number;
}

/**
 * A record that travels or is stored by itself: `[version, ...fields]`, at most `bytesMax` bytes. Another
 * version is refused as `UNKNOWN_VERSION` before its fields are looked at. The value has no version field.
 */
export function versioned<const F extends Fields>(
  name: string,
  version: number,
  options: { readonly bytesMax: number },
  fields: F,
): VersionedFormat<RecordOf<F>> {
  const { bytesMax } = options;
  assert(Number.isSafeInteger(version) && version >= 1, `${name}: version ${version}`);
  assert(Number.isSafeInteger(bytesMax) && bytesMax >= 1, `${name}: bytesMax ${bytesMax}`);
  const layout = new RecordLayout(name, fields);
  const shape: FormatShape = { type: 'versioned', name, version, bytesMax, fields: layout.shapes };
  return {
    version,
    bytesMax,
    shape,
    limits: decodeLimitsOf(shape),
    write(writer, value) {
      writer.head(cborMajor.array, 1 + layout.names.length);
      writer.head(cborMajor.uint, version);
      layout.write(writer, value as Loose);
    },
    read(reader) {
      const items = reader.array(name);
      if (items < 0) return undefined;
      if (items === 0 || reader.mark() !== version) {
        return reader.fail('UNKNOWN_VERSION', `: ${name} of another version than ${version}`);
      }
      return layout.read(reader, items, 1, {}) as RecordOf<F> | undefined;
    },
  };
}

/** Writes the encoding of a value behind what the writer holds. Asserts every limit of the format, its total size included. */
export function writeWithin<T>(writer: CborWriter, format: Format<T>, value: T): void {
  const start = writer.at;
  format.write(writer, value);
  const size = writer.at - start;
  if (size > format.limits.bytesMax) assert(false, `encoding of ${size} bytes, at most ${format.limits.bytesMax}`);
}

/** The one encoding of a value. Asserts every limit of the format, its total size included. */
export function encode<T>(format: Format<T>, value: T): Uint8Array {
  const start = sharedWriter.at;
  try {
    writeWithin(sharedWriter, format, value);
    return sharedWriter.copyFrom(start);
  } finally {
    sharedWriter.dropFrom(start);
  }
}

/** Formats read one after the other: none of them decodes anything on its own. */
const sharedReader = new CborReader();

/** The answer that the bytes as a whole deserve where reading has stopped: their own fault comes before the format's. */
function refusal(format: Format<unknown>, encoded: Uint8Array, reader: CborReader): Result<never, CodecReason> {
  const { bytesMax, depthMax, itemsMax } = format.limits;
  const fault = scanCbor(encoded, bytesMax, depthMax, itemsMax);
  if (fault !== undefined) return fault;
  return bad(reader.reason ?? 'NOT_CANONICAL', reader.detail);
}

/** The value that the bytes encode, or the reason why they are none of this format. Never throws. */
export function decode<T>(format: Format<T>, encoded: Uint8Array): Result<T, CodecReason> {
  const { bytesMax, depthMax, itemsMax } = format.limits;
  // A value of the format is within its depth, and within its items unless the codec's own limit is lower.
  if (encoded.length > bytesMax || itemsMax === CBOR_ITEMS_MAX) {
    const fault = scanCbor(encoded, bytesMax, depthMax, itemsMax);
    if (fault !== undefined) return fault;
  }
  sharedReader.start(encoded);
  const value = format.read(sharedReader);
  const answer = value !== undefined && sharedReader.atEnd ? ok(value) : refusal(format, encoded, sharedReader);
  sharedReader.end();
  return answer;
}
