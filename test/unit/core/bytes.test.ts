import { describe, expect, it } from 'vitest';
import {
  bigintFromBytes,
  bigintToBytes,
  compareBytes,
  concatBytes,
  equalBytes,
  fromBase64url,
  fromHex,
  fromUtf8,
  isWellFormedText,
  toBase64url,
  toHex,
  uint32Bytes,
  utf8,
} from '#core/bytes';

describe('hex', () => {
  it('gives back the bytes it was made of, in either case', () => {
    const all = Uint8Array.from({ length: 256 }, (_, index) => index);
    expect(fromHex(toHex(all))).toEqual(all);
    expect(fromHex(toHex(all).toUpperCase())).toEqual(all);
    expect(fromHex('')).toEqual(new Uint8Array(0));
  });

  it.each(['0', 'abc', 'zz', '0x00', ' 00', '00\n'])('refuses %j', (text) => {
    expect(fromHex(text)).toBeUndefined();
  });
});

describe('base64url', () => {
  it('gives back the bytes it was made of', () => {
    for (let size = 0; size < 9; size++) {
      const bytes = Uint8Array.from({ length: size }, (_, index) => 255 - index);
      expect(fromBase64url(toBase64url(bytes))).toEqual(bytes);
    }
  });

  it.each(['AA==', 'A', 'AB', '+A', '/A', 'A A', 'AA\n'])('refuses %j', (text) => {
    expect(fromBase64url(text)).toBeUndefined();
  });
});

describe('UTF-8', () => {
  it('keeps a byte order mark and characters outside the BMP', () => {
    for (const text of ['', 'coupon', '\ufeffx', '商链', '\u{1f6d2}', '\u0000']) {
      expect(fromUtf8(utf8(text))).toBe(text);
    }
  });

  it.each(['ff', 'c080', 'eda080', 'f4908080', 'e28c', '80'])('refuses the malformed bytes %s', (hex) => {
    expect(fromUtf8(fromHex(hex) as Uint8Array)).toBeUndefined();
  });

  it('knows texts that have no UTF-8 form', () => {
    expect(isWellFormedText('a\u{1f6d2}b')).toBe(true);
    expect(isWellFormedText('a\ud800b')).toBe(false);
    expect(isWellFormedText('\udc00')).toBe(false);
  });
});

describe('comparison', () => {
  it('orders by unsigned byte, a prefix first', () => {
    const sorted = ['', '00', '0000', '01', '7f', '80', 'ff', 'ff00'].map((hex) => fromHex(hex) as Uint8Array);
    for (const [left, a] of sorted.entries()) {
      for (const [right, b] of sorted.entries()) {
        expect(Math.sign(compareBytes(a, b))).toBe(Math.sign(left - right));
        expect(equalBytes(a, b)).toBe(left === right);
      }
    }
  });
});

describe('big integers', () => {
  it('take no byte for zero and no leading zero byte', () => {
    expect(bigintToBytes(0n)).toEqual(new Uint8Array(0));
    expect(bigintToBytes(1n)).toEqual(Uint8Array.of(1));
    expect(bigintToBytes(0x0102n)).toEqual(Uint8Array.of(1, 2));
    for (const value of [0n, 1n, 255n, 256n, 2n ** 64n, 2n ** 128n - 1n]) {
      expect(bigintFromBytes(bigintToBytes(value))).toBe(value);
    }
  });
});

it('a 32-bit integer is four bytes in big endian', () => {
  for (const [value, hex] of [
    [0, '00000000'],
    [0x0102_0304, '01020304'],
    [0x8000_0001, '80000001'],
    [0xffff_ffff, 'ffffffff'],
  ] as const) {
    expect(toHex(uint32Bytes(value))).toBe(hex);
  }
});

it('joining copies, so that later changes of a part do not show', () => {
  const part = Uint8Array.of(1, 2);
  const joined = concatBytes(part, new Uint8Array(0), Uint8Array.of(3));
  part[0] = 9;
  expect(joined).toEqual(Uint8Array.of(1, 2, 3));
});
