import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { concatBytes, toHex, utf8 } from '#core/bytes';
import { type Entropy, SeededEntropy, systemEntropy, uniformInt } from '#core/entropy';

describe('SeededEntropy', () => {
  it('is the SHA-256 counter stream that its comment states', () => {
    const blocks = [0, 1].map((index) => {
      const counter = new Uint8Array(8);
      counter[7] = index;
      return new Uint8Array(createHash('sha256').update(utf8('seed')).update(counter).digest());
    });
    expect(new SeededEntropy('seed').bytes(64)).toEqual(concatBytes(...blocks));
  });

  it('gives the same stream however it is cut', () => {
    const whole = new SeededEntropy(42).bytes(100);
    const cut = new SeededEntropy(42);
    const parts = [0, 1, 31, 33, 35].map((count) => cut.bytes(count));
    expect(concatBytes(...parts)).toEqual(whole);
    expect(new SeededEntropy('42').bytes(100)).toEqual(whole);
    expect(new SeededEntropy(43).bytes(100)).not.toEqual(whole);
  });
});

it('the system generator does not repeat itself', () => {
  const draws = new Set(Array.from({ length: 100 }, () => toHex(systemEntropy.bytes(16))));
  expect(draws.size).toBe(100);
  expect(() => systemEntropy.bytes(-1)).toThrow(AssertionFailure);
});

describe('uniformInt', () => {
  it('reaches every value about equally often', () => {
    const entropy = new SeededEntropy('fair');
    const counts = new Array<number>(7).fill(0);
    for (let draw = 0; draw < 7000; draw++) {
      const value = uniformInt(entropy, 7);
      counts[value] = (counts[value] ?? 0) + 1;
    }
    // Chi-square with 6 degrees of freedom: 22.5 is exceeded once in 1,000 streams, and this one is fixed.
    const chiSquare = counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(chiSquare).toBeLessThan(22.5);
  });

  it('throws away draws behind the last whole multiple of the bound', () => {
    const draws = ['ffffffffffff', '000000000007'].map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
    const scripted: Entropy = { bytes: () => draws.shift() ?? new Uint8Array(6) };
    // 2^48 = 3 x 93824992236885 + 1: the largest draw alone is rejected.
    expect(uniformInt(scripted, 3)).toBe(1);
    expect(draws).toHaveLength(0);
  });

  it('refuses bounds without a uniform answer', () => {
    for (const bound of [0, -1, 1.5, 2 ** 48 + 1]) {
      expect(() => uniformInt(systemEntropy, bound)).toThrow(AssertionFailure);
    }
    expect(uniformInt(systemEntropy, 1)).toBe(0);
  });
});
