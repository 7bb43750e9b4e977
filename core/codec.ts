/**
 * Deterministic CBOR (RFC 8949 section 4.2.1): one value, one byte string. Only null, booleans,
 * integers of 64 bits, text, byte strings and arrays of definite length exist; no maps, tags, floats.
 * `cborg` writes and reads; `cbor-scan.ts` decides beforehand what it may read.
 */
import * as cborg from 'cborg';
import { assert } from './assert.ts';
import { isWellFormedText } from './bytes.ts';
import { scanCbor } from './cbor-scan.ts';
import { ok, type Result } from './result.ts';

/** Deepest nesting of arrays in any format. */
export const CBOR_DEPTH_MAX = 16;
/** Most data items of any encoded value, arrays counted too. */
export const CBOR_ITEMS_MAX = 1 << 20;

/** What can be encoded. Integers in safe range decode as number, others (up to 64 bits) as bigint. */
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

// RFC 8949 section 4.2.1 with everything that decodes to something else switched off. The scan has
// refused all of it already; these options only keep cborg from ever being more lenient.
const DECODE_OPTIONS: cborg.DecodeOptions = { strict: true, allowIndefinite: false, allowUndefined: false };

const UINT64_MAX = 2n ** 64n - 1n;

function assertEncodable(value: CborValue, depth: number): void {
  if (value === null || typeof value === 'boolean' || value instanceof Uint8Array) return;
  switch (typeof value) {
    case 'number':
      assert(Number.isSafeInteger(value) && !Object.is(value, -0), `${value} is not an encodable integer`);
      return;
    case 'bigint':
      assert(value <= UINT64_MAX && value >= -UINT64_MAX - 1n, `${value} does not fit 64 bits`);
      return;
    case 'string':
      assert(isWellFormedText(value), 'text with a lone surrogate has no UTF-8 form');
      return;
    default:
      assert(Array.isArray(value), `a ${typeof value} cannot be encoded`);
      assert(depth < CBOR_DEPTH_MAX, `arrays nested deeper than ${CBOR_DEPTH_MAX}`);
      for (const item of value) assertEncodable(item as CborValue, depth + 1);
  }
}

/** Encodes a value that is known to be encodable; `encodeCbor` is the checking form. */
export function encodeTrusted(value: CborValue): Uint8Array {
  return cborg.encode(value);
}

/** The one deterministic encoding of a value. Asserts that it is encodable (a programmer error if not). */
export function encodeCbor(value: CborValue): Uint8Array {
  assertEncodable(value, 0);
  return encodeTrusted(value);
}

/**
 * Decodes bytes from outside. Never throws. The size is checked first, then the structure in one pass
 * without allocation, and only then is a value built; what is accepted encodes to the same bytes again.
 * Byte strings in the value are copies.
 */
export function decodeCbor(bytes: Uint8Array, limits: DecodeLimits): Result<CborValue, CodecReason> {
  const fault = scanCbor(bytes, limits.bytesMax, limits.depthMax ?? CBOR_DEPTH_MAX, limits.itemsMax ?? CBOR_ITEMS_MAX);
  if (fault !== undefined) return fault;
  return ok(cborg.decode(bytes, DECODE_OPTIONS) as CborValue);
}
