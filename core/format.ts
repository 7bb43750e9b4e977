/**
 * Formats: the wire as declarations. A format knows its type, its limits and its place in CBOR;
 * `encode` asserts the limits (our own values), `decode` refuses with a reason (other people's bytes).
 */
import { assert } from './assert.ts';
import { bigintFromBytes, bigintToBytes, isWellFormedText } from './bytes.ts';
import { type CborValue, type CodecReason, decodeCbor, encodeTrusted } from './codec.ts';
import { decodeLimitsOf, type FormatLimits, type FormatShape } from './format-shape.ts';
import { type Fields, type Loose, RecordLayout } from './record-layout.ts';
import { bad, ok, type Result } from './result.ts';

/** Largest `max` of `bytes` and `text`, in bytes. */
export const FIELD_BYTES_MAX = 64 * 1024 * 1024;

/**
 * A type on the wire. `toCbor` asserts that the value fits; `fromCbor` returns the value or a reason
 * whose detail begins with `path`. Neither keeps the value; byte strings are passed on, not copied.
 */
export interface Format<T> {
  readonly shape: FormatShape;
  /** What `decode` accepts at the top level. */
  readonly limits: FormatLimits;
  toCbor(value: T): CborValue;
  fromCbor(value: CborValue, path: string): Result<T, CodecReason>;
}

/** The TypeScript type of a format. */
export type Infer<F> = F extends Format<infer T> ? T : never;

type Decoded<T> = Result<T, CodecReason>;

function wrongType(path: string, wanted: string): Decoded<never> {
  return bad('WRONG_TYPE', `${path}: ${wanted} expected`);
}

function outOfRange(path: string, what: string): Decoded<never> {
  return bad('OUT_OF_RANGE', `${path}: ${what}`);
}

/** An unsigned integer up to `max`, at most 2^53 - 1, as a number. */
export function uint(options: { readonly max?: number } = {}): Format<number> {
  const max = options.max ?? Number.MAX_SAFE_INTEGER;
  assert(Number.isSafeInteger(max) && max >= 0, `uint max ${max} is out of range`);
  const shape: FormatShape = { type: 'uint', max };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor(value) {
      assert(Number.isSafeInteger(value) && value >= 0 && value <= max, `${value} is no integer of 0 to ${max}`);
      return value;
    },
    fromCbor(value, path) {
      if (typeof value === 'number') {
        return value >= 0 && value <= max ? ok(value) : outOfRange(path, `${value} is not within 0 to ${max}`);
      }
      return typeof value === 'bigint' ? outOfRange(path, `over ${max}`) : wrongType(path, 'integer');
    },
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
  const wide = bitsMax > 64;
  const shape: FormatShape = { type: 'bigUint', bitsMax };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor(value) {
      assert(typeof value === 'bigint' && value >= 0n && value < limit, `${value} is no integer of ${bitsMax} bits`);
      return wide ? bigintToBytes(value) : value;
    },
    fromCbor(value, path) {
      let number: bigint;
      if (wide) {
        if (!(value instanceof Uint8Array)) return wrongType(path, 'byte string');
        if (value[0] === 0) return bad('NOT_CANONICAL', `${path}: leading zero`);
        number = bigintFromBytes(value);
      } else if (typeof value === 'bigint') number = value;
      else if (typeof value === 'number') number = BigInt(value);
      else return wrongType(path, 'integer');
      return number >= 0n && number < limit ? ok(number) : outOfRange(path, `not within ${bitsMax} bits`);
    },
  };
}

function assertSizes(min: number, max: number): void {
  assert(
    Number.isSafeInteger(min) && Number.isSafeInteger(max) && min >= 0 && min <= max && max <= FIELD_BYTES_MAX,
    `sizes ${min} to ${max} are out of range`,
  );
}

/** A byte string of `min` (default 0) to `max` bytes. */
export function bytes(options: { readonly min?: number; readonly max: number }): Format<Uint8Array> {
  const { min = 0, max } = options;
  assertSizes(min, max);
  const shape: FormatShape = { type: 'bytes', min, max };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor(value) {
      assert(value instanceof Uint8Array, 'a byte string must be a Uint8Array');
      assert(value.length >= min && value.length <= max, `${value.length} bytes, not ${min} to ${max}`);
      return value;
    },
    fromCbor(value, path) {
      if (!(value instanceof Uint8Array)) return wrongType(path, 'byte string');
      if (value.length >= min && value.length <= max) return ok(value);
      return outOfRange(path, `${value.length} bytes, not ${min} to ${max}`);
    },
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
  assert(pattern === undefined || !/[gy]/.test(pattern.flags), 'a text pattern must have no state');
  const shape: FormatShape = { type: 'text', min, max, pattern: pattern?.source ?? null };

  /** UTF-8 takes 1 to 3 bytes for a UTF-16 unit, so most texts need no counting. */
  function sizeFits(value: string): boolean {
    if (value.length > max) return false;
    if (value.length >= min && value.length * 3 <= max) return true;
    const size = Buffer.byteLength(value, 'utf8');
    return size >= min && size <= max;
  }

  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor(value) {
      assert(typeof value === 'string' && sizeFits(value), `text is not ${min} to ${max} bytes`);
      assert(isWellFormedText(value), 'text with a lone surrogate has no UTF-8 form');
      assert(pattern === undefined || pattern.test(value), `text does not match ${pattern?.source}`);
      return value;
    },
    fromCbor(value, path) {
      if (typeof value !== 'string') return wrongType(path, 'text');
      if (!sizeFits(value)) return outOfRange(path, `text is not ${min} to ${max} bytes`);
      if (pattern !== undefined && !pattern.test(value)) return outOfRange(path, `does not match ${pattern.source}`);
      return ok(value);
    },
  };
}

/** True or false. */
export function bool(): Format<boolean> {
  const shape: FormatShape = { type: 'bool' };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor(value) {
      assert(typeof value === 'boolean', `${value} is not a boolean`);
      return value;
    },
    fromCbor: (value, path) => (typeof value === 'boolean' ? ok(value) : wrongType(path, 'boolean')),
  };
}

/** Exactly this text, number (a safe integer), boolean or null. */
export function literal<const V extends string | number | boolean | null>(expected: V): Format<V> {
  assert(typeof expected !== 'number' || Number.isSafeInteger(expected), `literal ${expected} is not an integer`);
  const shape: FormatShape = { type: 'literal', value: expected };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor(value) {
      assert(value === expected, `${value} is not ${expected}`);
      return value;
    },
    fromCbor: (value, path) => (value === expected ? ok(expected) : outOfRange(path, `not ${expected}`)),
  };
}

/** A value or null. The inner format must not itself accept null. */
export function optional<T>(inner: Format<T>): Format<T | null> {
  assert(!inner.fromCbor(null, '').ok, 'optional of a format that accepts null is ambiguous');
  const shape: FormatShape = { type: 'optional', inner: inner.shape };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor: (value) => (value === null ? null : inner.toCbor(value)),
    fromCbor: (value, path) => (value === null ? ok(null) : inner.fromCbor(value, path)),
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
    toCbor(values) {
      assert(Array.isArray(values), 'a list must be an array');
      assert(values.length >= min && values.length <= max, `${values.length} items, not ${min} to ${max}`);
      const out: CborValue[] = [];
      for (const value of values) out.push(item.toCbor(value));
      return out;
    },
    fromCbor(value, path) {
      if (!Array.isArray(value)) return wrongType(path, 'array');
      const { length } = value;
      if (length < min || length > max) return outOfRange(path, `${length} items, not ${min} to ${max}`);
      const out: T[] = [];
      for (let index = 0; index < length; index++) {
        const decoded = item.fromCbor(value[index], '');
        if (!decoded.ok) return bad(decoded.reason, `${path}[${index}]${decoded.detail ?? ''}`);
        out.push(decoded.value);
      }
      return ok(out);
    },
  };
}

/** The type of a record with these fields. */
export type RecordOf<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> };

/** A record: also usable as an alternative of a variant, where its fields stand beside the tag. */
export interface RecordFormat<T> extends Format<T> {
  readonly layout: RecordLayout;
}

function under(path: string, fault: { readonly reason: CodecReason; readonly detail?: string }): Decoded<never> {
  return path === '' ? (fault as Decoded<never>) : bad(fault.reason, `${path}${fault.detail ?? ''}`);
}

/** A record: a CBOR array of the fields in declared order, of exactly that length. */
export function record<const F extends Fields>(name: string, fields: F): RecordFormat<RecordOf<F>> {
  const layout = new RecordLayout(name, fields);
  const shape: FormatShape = { type: 'record', name, fields: layout.shapes };
  return {
    layout,
    shape,
    limits: decodeLimitsOf(shape),
    toCbor: (value) => layout.write(value as Loose, []),
    fromCbor(value, path) {
      if (!Array.isArray(value)) return bad('WRONG_TYPE', `${path}: ${name} expected`);
      const decoded = layout.read(value, 0, {});
      return decoded.ok ? (decoded as Decoded<RecordOf<F>>) : under(path, decoded);
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

interface Alternative {
  readonly kind: string;
  readonly tag: number;
  readonly format: Format<unknown>;
  readonly layout: RecordLayout | null;
}

function alternativesOf(name: string, cases: Cases): readonly Alternative[] {
  const alternatives = Object.entries(cases).map(([kind, { tag, format }]) => {
    assert(Number.isSafeInteger(tag) && tag >= 0 && tag <= 0xffff, `${name}: tag ${tag} of ${kind}`);
    const layout = 'layout' in format ? (format as RecordFormat<unknown>).layout : null;
    assert(layout === null || !layout.names.includes('kind'), `${name}.${kind} has a field called kind`);
    return { kind, tag, format, layout };
  });
  const tags = new Set(alternatives.map(({ tag }) => tag));
  assert(tags.size === alternatives.length && tags.size > 0, `${name}: tags must be unique and at least one`);
  return alternatives;
}

/** One of several kinds: `[tag, ...fields]` for a record, `[tag, value]` for any other format. */
export function variant<const C extends Cases>(name: string, cases: C): Format<VariantOf<C>> {
  const alternatives = alternativesOf(name, cases);
  const byKind = new Map(alternatives.map((alternative) => [alternative.kind, alternative]));
  const byTag = new Map<CborValue, Alternative>(alternatives.map((alternative) => [alternative.tag, alternative]));
  const shape: FormatShape = {
    type: 'variant',
    name,
    cases: alternatives.map(({ kind, tag, format }) => ({ kind, tag, shape: format.shape })),
  };
  return {
    shape,
    limits: decodeLimitsOf(shape),
    toCbor(value) {
      const loose = value as unknown as Loose & { readonly kind: string; readonly value?: unknown };
      const alternative = byKind.get(loose.kind);
      assert(alternative !== undefined, `${name} has no kind ${loose.kind}`);
      if (alternative.layout !== null) return alternative.layout.write(loose, [alternative.tag]);
      return [alternative.tag, alternative.format.toCbor(loose.value)];
    },
    fromCbor(value, path): Decoded<VariantOf<C>> {
      if (!Array.isArray(value) || value.length === 0) return bad('WRONG_TYPE', `${path}: ${name} expected`);
      const alternative = byTag.get(value[0]);
      if (alternative === undefined) return bad('UNKNOWN_KIND', `${path}: ${name} of unknown kind`);
      const { kind, layout, format } = alternative;
      if (layout !== null) {
        const decoded = layout.read(value, 1, { kind });
        return decoded.ok ? (decoded as unknown as Decoded<VariantOf<C>>) : under(`${path}<${kind}>`, decoded);
      }
      if (value.length !== 2) return bad('WRONG_LENGTH', `${path}<${kind}>: ${value.length} items, 2 expected`);
      const inner = format.fromCbor(value[1], '');
      if (!inner.ok) return under(`${path}<${kind}>`, inner);
      return ok({ kind, value: inner.value } as unknown as VariantOf<C>);
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
    toCbor: (value) => layout.write(value as Loose, [version]),
    fromCbor(value, path) {
      if (!Array.isArray(value)) return bad('WRONG_TYPE', `${path}: ${name} expected`);
      if (value[0] !== version) return bad('UNKNOWN_VERSION', `${path}: ${name} of another version than ${version}`);
      const decoded = layout.read(value, 1, {});
      return decoded.ok ? (decoded as Decoded<RecordOf<F>>) : under(path, decoded);
    },
  };
}

/** The one encoding of a value. Asserts every limit of the format, its total size included. */
export function encode<T>(format: Format<T>, value: T): Uint8Array {
  const encoded = encodeTrusted(format.toCbor(value));
  assert(
    encoded.length <= format.limits.bytesMax,
    `encoding of ${encoded.length} bytes, at most ${format.limits.bytesMax}`,
  );
  return encoded;
}

/** The value that the bytes encode, or the reason why they are none of this format. Never throws. */
export function decode<T>(format: Format<T>, encoded: Uint8Array): Result<T, CodecReason> {
  const value = decodeCbor(encoded, format.limits);
  return value.ok ? format.fromCbor(value.value, '') : value;
}
