/**
 * Deterministic CBOR (RFC 8949 section 4.2.1): one value, one byte string. Only null, booleans,
 * integers of 64 bits, text, byte strings and arrays of definite length exist; no maps, tags, floats.
 * What is read is read by formats (`format.ts`); here is what they share, and values that are only signed.
 */
import { assert } from './assert.ts';
import { isWellFormedText } from './bytes.ts';
import { type CborWriter, cborMajor, cborSimple, sharedWriter } from './cbor-writer.ts';

/** Deepest nesting of arrays in any format. */
export const CBOR_DEPTH_MAX = 16;
/** Most data items of any encoded value, arrays counted too. */
export const CBOR_ITEMS_MAX = 1 << 20;

/** What can be encoded. Integers are of up to 64 bits, numbers of the safe range. */
export type CborValue = null | boolean | number | bigint | string | Uint8Array | readonly CborValue[];

/** Why bytes are not an acceptable encoding, or not of the format asked for. */
export type CodecReason =
  | 'TOO_LONG'
  | 'TOO_DEEP'
  | 'TOO_MANY_ITEMS'
  | 'NOT_CANONICAL'
  | 'WRONG_TYPE'
  | 'OUT_OF_RANGE'
  | 'UNKNOWN_VERSION'
  | 'UNKNOWN_KIND'
  | 'WRONG_LENGTH'
  | 'TRUNCATED';

/** What a decoder accepts. Depth counts nested arrays, items count every data item. */
export interface DecodeLimits {
  readonly bytesMax: number;
  readonly depthMax?: number;
  readonly itemsMax?: number;
}

const UINT64_MAX = 2n ** 64n - 1n;

function writeInteger(writer: CborWriter, value: number | bigint): void {
  const fits = typeof value === 'bigint' || (Number.isSafeInteger(value) && !Object.is(value, -0));
  assert(fits, `${value} is not an encodable integer`);
  const integer = BigInt(value);
  assert(integer <= UINT64_MAX && integer >= -UINT64_MAX - 1n, `${value} does not fit 64 bits`);
  if (integer >= 0n) writer.bigHead(cborMajor.uint, integer);
  else writer.bigHead(cborMajor.negative, -1n - integer);
}

function writeValue(writer: CborWriter, value: CborValue, depth: number): void {
  if (value === null) writer.simple(cborSimple.null);
  else if (typeof value === 'boolean') writer.simple(value ? cborSimple.true : cborSimple.false);
  else if (typeof value === 'number' || typeof value === 'bigint') writeInteger(writer, value);
  else if (value instanceof Uint8Array) writer.byteString(value);
  else if (typeof value === 'string') {
    assert(isWellFormedText(value), 'text with a lone surrogate has no UTF-8 form');
    writer.text(value);
  } else {
    assert(Array.isArray(value), `a ${typeof value} cannot be encoded`);
    assert(depth < CBOR_DEPTH_MAX, `arrays nested deeper than ${CBOR_DEPTH_MAX}`);
    writer.head(cborMajor.array, value.length);
    for (const item of value) writeValue(writer, item as CborValue, depth + 1);
  }
}

/** The one deterministic encoding of a value. Asserts that it is encodable (a programmer error if not). */
export function encodeCbor(value: CborValue): Uint8Array {
  const start = sharedWriter.at;
  try {
    writeValue(sharedWriter, value, 0);
    return sharedWriter.copyFrom(start);
  } finally {
    sharedWriter.dropFrom(start);
  }
}
