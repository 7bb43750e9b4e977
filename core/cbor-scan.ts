/**
 * One pass over encoded bytes that accepts exactly the deterministic subset of `codec.ts`, before
 * anything is allocated for it: a hostile length costs nothing. Structure only, no values.
 */
import { isUtf8 } from 'node:buffer';
import { assert } from './assert.ts';
import type { CodecReason } from './codec.ts';
import { bad, type Result } from './result.ts';

type ScanFault = Extract<Result<never, CodecReason>, { ok: false }>;

const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
const MAJOR_ARRAY = 4;
const MAJOR_SIMPLE = 7;
// Simple values of RFC 8949 section 3.3: 20 false, 21 true, 22 null. 23 is undefined, 25 to 27 are floats.
const SIMPLE_FIRST = 20;
const SIMPLE_LAST = 22;
const UINT32 = 2 ** 32;

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] ?? 0) > 0x7f) return false;
  return true;
}

function readUint(bytes: Uint8Array, at: number, size: number): number {
  let value = 0;
  for (let index = at; index < at + size; index++) value = value * 256 + (bytes[index] ?? 0);
  return value;
}

/** Smallest argument that needs an encoding of `size` bytes (RFC 8949 section 4.2.1: shortest form). */
function leastOf(size: number): number {
  return size === 1 ? 24 : size === 2 ? 256 : size === 4 ? 65_536 : UINT32;
}

/**
 * The fault of the bytes, or `undefined` for one well-formed item in deterministic form that ends
 * where the bytes end. An argument over 2^53 is compared after rounding, which changes no answer.
 */
export function scanCbor(
  bytes: Uint8Array,
  bytesMax: number,
  depthMax: number,
  itemsMax: number,
): ScanFault | undefined {
  assert(depthMax >= 0 && itemsMax >= 1, 'decode limits must admit one item');
  const length = bytes.length;
  if (length > bytesMax) return bad('TOO_LONG', `${length} bytes, at most ${bytesMax}`);
  const outer: number[] = [];
  let remaining = 1;
  let items = 0;
  let at = 0;
  for (;;) {
    while (remaining === 0) {
      const parent = outer.pop();
      if (parent === undefined)
        return at === length ? undefined : bad('NOT_CANONICAL', `bytes after the value at ${at}`);
      remaining = parent;
    }
    remaining--;
    if (++items > itemsMax) return bad('TOO_MANY_ITEMS', `more than ${itemsMax} items`);
    if (at >= length) return bad('TRUNCATED', `item missing at ${at}`);
    const head = bytes[at++] ?? 0;
    const major = head >> 5;
    const minor = head & 0x1f;
    if (major === MAJOR_SIMPLE) {
      if (minor < SIMPLE_FIRST || minor > SIMPLE_LAST) return bad('WRONG_TYPE', `simple value or float at ${at - 1}`);
      continue;
    }
    if (major > MAJOR_ARRAY) return bad('WRONG_TYPE', `map or tag at ${at - 1}`);
    let argument = minor;
    if (minor >= 24) {
      // 28 to 30 are reserved, 31 is an indefinite length: neither is deterministic.
      if (minor > 27) return bad('NOT_CANONICAL', `length form ${minor} at ${at - 1}`);
      const size = 1 << (minor - 24);
      if (at + size > length) return bad('TRUNCATED', `length cut at ${at}`);
      argument = readUint(bytes, at, size);
      if (argument < leastOf(size)) return bad('NOT_CANONICAL', `longer integer than needed at ${at - 1}`);
      at += size;
    }
    if (major < MAJOR_BYTES) continue;
    if (argument > length - at) return bad('TRUNCATED', `${argument} announced at ${at}, ${length - at} bytes left`);
    if (major === MAJOR_ARRAY) {
      if (items + argument > itemsMax) return bad('TOO_MANY_ITEMS', `more than ${itemsMax} items`);
      if (outer.length >= depthMax) return bad('TOO_DEEP', `arrays nested deeper than ${depthMax}`);
      outer.push(remaining);
      remaining = argument;
      continue;
    }
    const end = at + argument;
    if (major === MAJOR_TEXT && !isAscii(bytes, at, end) && !isUtf8(bytes.subarray(at, end))) {
      return bad('NOT_CANONICAL', `text at ${at} is not UTF-8`);
    }
    at = end;
  }
}
