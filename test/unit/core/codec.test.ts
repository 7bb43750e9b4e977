import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { fromHex, toHex } from '#core/bytes';
import { scanCbor } from '#core/cbor-scan';
import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, type CborValue, encodeCbor } from '#core/codec';
import { bytes, decode, encode, list } from '#core/format';
import { treeOf } from '../../fixtures/formats/format-oracle.ts';

/** Why the bytes are refused whatever their format; `undefined` where they are not. */
function faultOf(encoded: Uint8Array, limits: { bytesMax?: number; depthMax?: number; itemsMax?: number } = {}) {
  const { bytesMax = 1_000, depthMax = CBOR_DEPTH_MAX, itemsMax = CBOR_ITEMS_MAX } = limits;
  return scanCbor(encoded, bytesMax, depthMax, itemsMax);
}

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`bad hex in the test: ${text}`);
  return bytes;
}

describe('deterministic CBOR', () => {
  // Encodings from RFC 8949 appendix A.
  const examples: readonly (readonly [CborValue, string])[] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [100, '1864'],
    [1000, '1903e8'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [18_446_744_073_709_551_615n, '1bffffffffffffffff'],
    [-18_446_744_073_709_551_616n, '3bffffffffffffffff'],
    [-1, '20'],
    [-1000, '3903e7'],
    [false, 'f4'],
    [true, 'f5'],
    [null, 'f6'],
    [new Uint8Array(0), '40'],
    [Uint8Array.of(1, 2, 3, 4), '4401020304'],
    ['', '60'],
    ['IETF', '6449455446'],
    ['\u00fc', '62c3bc'],
    ['\u6c34', '63e6b0b4'],
    ['\ud800\udd51', '64f0908591'],
    [[], '80'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
  ];
  it.each(examples.map(([value, encoded]) => ({ value, encoded })))(
    'encodes $value as $encoded, which is accepted and means that to others',
    ({ value, encoded }) => {
      expect(toHex(encodeCbor(value))).toBe(encoded);
      expect(faultOf(hex(encoded))).toBeUndefined();
      expect(treeOf(hex(encoded))).toEqual(value);
    },
  );

  it.each([
    ['an integer with a byte too many', '1817', 'NOT_CANONICAL'],
    ['an integer of two bytes that fits one', '1900ff', 'NOT_CANONICAL'],
    ['an integer of four bytes that fits two', '1a0000ffff', 'NOT_CANONICAL'],
    ['an integer of eight bytes that fits four', '1b00000000ffffffff', 'NOT_CANONICAL'],
    ['a negative integer with a byte too many', '3800', 'NOT_CANONICAL'],
    ['a byte string with a long length', '580101', 'NOT_CANONICAL'],
    ['text with a long length', '780161', 'NOT_CANONICAL'],
    ['an array with a long length', '980100', 'NOT_CANONICAL'],
    ['an indefinite byte string', '5f4100ff', 'NOT_CANONICAL'],
    ['an indefinite array', '9f00ff', 'NOT_CANONICAL'],
    ['a lone break', 'ff', 'WRONG_TYPE'],
    ['a reserved length form', '1c', 'NOT_CANONICAL'],
    ['bytes after the value', '0000', 'NOT_CANONICAL'],
    ['text that is not UTF-8', '61ff', 'NOT_CANONICAL'],
    ['text with an encoded surrogate', '63eda080', 'NOT_CANONICAL'],
    ['a map', 'a10001', 'WRONG_TYPE'],
    ['a tag', 'c249010000000000000000', 'WRONG_TYPE'],
    ['undefined', 'f7', 'WRONG_TYPE'],
    ['a half float', 'f93c00', 'WRONG_TYPE'],
    ['a float', 'fa47c35000', 'WRONG_TYPE'],
    ['a double', 'fb3ff199999999999a', 'WRONG_TYPE'],
    ['a simple value', 'f0', 'WRONG_TYPE'],
    ['a simple value in two bytes', 'f814', 'WRONG_TYPE'],
    ['nothing', '', 'TRUNCATED'],
    ['a cut integer', '19ff', 'TRUNCATED'],
    ['a cut byte string', '4301', 'TRUNCATED'],
    ['a cut array', '8201', 'TRUNCATED'],
    ['a byte string of 2^64 - 1 bytes', '5bffffffffffffffff', 'TRUNCATED'],
  ])('refuses %s', (_, encoded, reason) => {
    expect(faultOf(hex(encoded))).toMatchObject({ ok: false, reason });
  });

  it('refuses bombs of size, depth and items before building anything', () => {
    expect(faultOf(new Uint8Array(1001))).toMatchObject({ reason: 'TOO_LONG' });
    const nested = (depth: number) => new Uint8Array(depth + 1).fill(0x81, 0, depth);
    expect(faultOf(nested(16))).toBeUndefined();
    expect(faultOf(nested(17))).toMatchObject({ reason: 'TOO_DEEP' });
    expect(faultOf(nested(900), { depthMax: 2 })).toMatchObject({ reason: 'TOO_DEEP' });
    expect(faultOf(hex('8400000000'), { bytesMax: 9, itemsMax: 5 })).toBeUndefined();
    expect(faultOf(hex('8400000000'), { bytesMax: 9, itemsMax: 4 })).toMatchObject({ reason: 'TOO_MANY_ITEMS' });
    expect(faultOf(hex('9affffffff'))).toMatchObject({ reason: 'TRUNCATED' });
  });

  it('asserts that only encodable values are encoded', () => {
    const deep = Array.from({ length: 17 }).reduce<CborValue>((inner) => [inner], 0);
    const unencodable: unknown[] = [1.5, Number.NaN, -0, 2 ** 53, 2n ** 64n, '\ud800', undefined, {}, new Map(), deep];
    for (const value of unencodable) expect(() => encodeCbor(value as CborValue)).toThrow(AssertionFailure);
  });

  it('gives plain byte strings that share memory with neither the input nor the next value', () => {
    const format = list(bytes({ max: 200 }), { max: 2 });
    const value = [Uint8Array.of(1, 2, 3, 4), new Uint8Array(150).fill(7)];
    const first = encode(format, value);
    expect(encode(format, [])).toEqual(Uint8Array.of(0x80));
    const encoded = Buffer.from(first);
    const decoded = decode(format, encoded);
    encoded.fill(0);
    expect(decoded).toEqual({ ok: true, value });
    const parts = decoded.ok ? decoded.value : [];
    for (const part of [first, ...parts]) expect(Object.getPrototypeOf(part)).toBe(Uint8Array.prototype);
  });

  it('encodes large values after small ones, and small ones after a failed one', () => {
    const large = [new Uint8Array(3_000_000).fill(1), '商'.repeat(100_000), 'a'.repeat(40_000)];
    expect(isDeepStrictEqual(treeOf(encodeCbor(large)), large)).toBe(true);
    expect(() => encodeCbor(['x', new Uint8Array(100), 1.5])).toThrow(AssertionFailure);
    expect(toHex(encodeCbor('IETF'))).toBe('6449455446');
  });
});
