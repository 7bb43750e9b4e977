import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, equalBytes } from '#core/bytes';
import { type CborValue, decodeCbor, encodeCbor } from '#core/codec';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { bigUint, bytes, decode, encode, list, optional, record, text, uint, variant, versioned } from '#core/format';

const LIMITS = { bytesMax: 1 << 16 };

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: -(2n ** 64n), max: -(2n ** 53n) }),
  fc.string({ unit: 'grapheme' }),
  fc.string({ unit: 'binary' }),
  fc.uint8Array({ maxLength: 300 }),
);
const value = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof({ maxDepth: 5, depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 30 })),
})).value;

const entry = versioned(
  'entry',
  1,
  { bytesMax: 4096 },
  {
    id: bytes({ min: 4, max: 32 }),
    amount: bigUint({ bitsMax: 80 }),
    memo: optional(text({ max: 40 })),
    parts: list(
      variant('part', {
        line: { tag: 1, format: record('line', { quantity: uint(), label: text({ max: 12 }) }) },
        total: { tag: 2, format: uint() },
      }),
      { max: 20 },
    ),
  },
);
const entryValue = fc.record({
  id: fc.uint8Array({ minLength: 4, maxLength: 32 }),
  amount: fc.bigInt({ min: 0n, max: 2n ** 80n - 1n }),
  memo: fc.option(fc.string({ unit: 'grapheme', maxLength: 4 }).filter((memo) => Buffer.byteLength(memo) <= 40)),
  parts: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('line' as const), quantity: fc.maxSafeNat(), label: fc.string({ maxLength: 12 }) }),
      fc.record({ kind: fc.constant('total' as const), value: fc.maxSafeNat() }),
    ),
    { maxLength: 20 },
  ),
});

/** A seeded change of the bytes: flip, overwrite, cut, insert, repeat, or swap in a fresh head byte. */
function mutate(original: Uint8Array, entropy: SeededEntropy): Uint8Array {
  const at = uniformInt(entropy, original.length);
  const byte = entropy.bytes(1);
  const copy = original.slice();
  switch (uniformInt(entropy, 5)) {
    case 0:
      copy[at] = (copy[at] ?? 0) ^ (1 << uniformInt(entropy, 8));
      return copy;
    case 1:
      copy[at] = byte[0] ?? 0;
      return copy;
    case 2:
      return copy.subarray(0, at);
    case 3:
      return concatBytes(copy.subarray(0, at), byte, copy.subarray(at));
    default:
      return concatBytes(copy.subarray(0, at), copy.subarray(at >> 1));
  }
}

describe('the codec', () => {
  it('decodes what it encoded, and encodes that to the same bytes', () => {
    fc.assert(
      fc.property(value, (original) => {
        const encoded = encodeCbor(original);
        const decoded = decodeCbor(encoded, LIMITS);
        expect(decoded).toEqual({ ok: true, value: original });
        if (decoded.ok) expect(encodeCbor(decoded.value)).toEqual(encoded);
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws, and accepts nothing that it would write differently', () => {
    const seed = 'codec mutations 1';
    const entropy = new SeededEntropy(seed);
    let accepted = 0;
    for (const original of fc.sample(value, { numRuns: 500, seed: 1 })) {
      let bytes = encodeCbor(original);
      for (let round = 0; round < 100; round++) {
        bytes = mutate(round % 4 === 0 ? encodeCbor(original) : bytes, entropy);
        if (bytes.length === 0) bytes = encodeCbor(original);
        const decoded = decodeCbor(bytes, LIMITS);
        if (!decoded.ok) continue;
        accepted++;
        if (!equalBytes(encodeCbor(decoded.value), bytes))
          expect.fail(`seed ${seed}: ${Buffer.from(bytes).toString('hex')}`);
      }
    }
    // The mutations must also reach the accepting side, or the comparison above proves nothing.
    expect(accepted).toBeGreaterThan(1000);
  });
});

describe('formats', () => {
  it('decode what they encoded', () => {
    fc.assert(
      fc.property(entryValue, (original) => {
        expect(decode(entry, encode(entry, original))).toEqual({ ok: true, value: original });
      }),
      { numRuns: 500 },
    );
  });

  it('never throw on mutated bytes, and accept nothing that they would write differently', () => {
    const seed = 'format mutations 1';
    const entropy = new SeededEntropy(seed);
    let accepted = 0;
    for (const original of fc.sample(entryValue, { numRuns: 500, seed: 2 })) {
      const encoded = encode(entry, original);
      for (let round = 0; round < 100; round++) {
        const bytes = mutate(encoded, entropy);
        const decoded = decode(entry, bytes);
        if (!decoded.ok) continue;
        accepted++;
        if (!equalBytes(encode(entry, decoded.value), bytes)) {
          expect.fail(`seed ${seed}: ${Buffer.from(bytes).toString('hex')}`);
        }
      }
    }
    expect(accepted).toBeGreaterThan(1000);
  });
});
