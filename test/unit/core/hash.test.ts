import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { concatBytes, toHex, utf8 } from '#core/bytes';
import { encodedHash } from '#core/encoded-hash';
import { bytes, encode, record, text, uint } from '#core/format';
import { sha256, taggedHash } from '#core/hash';

it('sha256 of "abc" is the value of FIPS 180-4', () => {
  expect(toHex(sha256(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

it('sha256 hashes parts as one byte string, short or long', () => {
  for (const size of [0, 1, 63, 64, 4096, 10_000]) {
    const bytes = new Uint8Array(size).fill(7);
    const wanted = new Uint8Array(createHash('sha256').update(bytes).digest());
    expect(sha256(bytes)).toEqual(wanted);
    expect(sha256(bytes.subarray(0, size >> 1), bytes.subarray(size >> 1))).toEqual(wanted);
  }
  expect(sha256()).toEqual(sha256(new Uint8Array(0)));
});

it('sha256 is that of node:crypto for every length up to four blocks, and leaves earlier hashes as they are', () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, at) => at);
  const hashes = Array.from({ length: 257 }, (_, length) => sha256(bytes.subarray(0, length)));
  for (const [length, hash] of hashes.entries()) {
    expect(toHex(hash)).toBe(createHash('sha256').update(bytes.subarray(0, length)).digest('hex'));
    expect(Object.getPrototypeOf(hash)).toBe(Uint8Array.prototype);
  }
});

it('the hash of an encoding is the tagged hash of what is encoded, whatever was hashed or encoded before', () => {
  const format = record('pair', { a: bytes({ max: 100_000 }), b: text({ max: 20 }) });
  for (const size of [0, 1, 40, 2_000, 90_000, 3]) {
    const value = { a: new Uint8Array(size).fill(size), b: 'b' };
    expect(toHex(encodedHash('pair', format, value))).toBe(toHex(taggedHash('pair', encode(format, value))));
  }
  expect(() => encodedHash('pair', format, { a: new Uint8Array(100_001), b: '' })).toThrow(AssertionFailure);
  expect(toHex(encodedHash('n', uint(), 1))).toBe(toHex(taggedHash('n', Uint8Array.of(1))));
});

it('a tagged hash is the hash of length, tag and parts', () => {
  const wanted = sha256(concatBytes(Uint8Array.of(4), utf8('leaf'), utf8('key')));
  expect(taggedHash('leaf', utf8('k'), utf8('ey'))).toEqual(wanted);
});

it('hashes of different tags do not meet, even when tag and content run together alike', () => {
  expect(taggedHash('ab', utf8('c'))).not.toEqual(taggedHash('a', utf8('bc')));
  expect(() => taggedHash('')).toThrow(AssertionFailure);
  expect(() => taggedHash('x'.repeat(256))).toThrow(AssertionFailure);
});
