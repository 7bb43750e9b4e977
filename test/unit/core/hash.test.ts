import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { concatBytes, toHex, utf8 } from '#core/bytes';
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

it('a tagged hash is the hash of length, tag and parts', () => {
  const wanted = sha256(concatBytes(Uint8Array.of(4), utf8('leaf'), utf8('key')));
  expect(taggedHash('leaf', utf8('k'), utf8('ey'))).toEqual(wanted);
});

it('hashes of different tags do not meet, even when tag and content run together alike', () => {
  expect(taggedHash('ab', utf8('c'))).not.toEqual(taggedHash('a', utf8('bc')));
  expect(() => taggedHash('')).toThrow(AssertionFailure);
  expect(() => taggedHash('x'.repeat(256))).toThrow(AssertionFailure);
});
