import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { equalBytes, toHex } from '#core/bytes';
import { scanCbor } from '#core/cbor-scan';
import { CBOR_DEPTH_MAX, CBOR_ITEMS_MAX, type CborValue, encodeCbor } from '#core/codec';
import { bigUint, bytes, decode, encode, list, optional, record, text, uint, variant, versioned } from '#core/format';
import { Dice } from '../../fixtures/formats/dice.ts';
import { treeOf } from '../../fixtures/formats/format-oracle.ts';
import { mutateBytes } from '../../fixtures/formats/mutate-bytes.ts';

const bytesMax = 1 << 16;

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

describe('the codec', () => {
  it('writes what the scan accepts and others read as the same value', () => {
    fc.assert(
      fc.property(value, (original) => {
        const encoded = encodeCbor(original);
        expect(scanCbor(encoded, bytesMax, CBOR_DEPTH_MAX, CBOR_ITEMS_MAX)).toBeUndefined();
        expect(treeOf(encoded)).toEqual(original);
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws at mutated bytes, and its scan accepts nothing that would be written differently', () => {
    const seed = 'codec mutations 1';
    const dice = new Dice(seed);
    let accepted = 0;
    for (const original of fc.sample(value, { numRuns: 500, seed: 1 })) {
      let bytes = encodeCbor(original);
      for (let round = 0; round < 100; round++) {
        bytes = mutateBytes(round % 4 === 0 ? encodeCbor(original) : bytes, dice);
        if (scanCbor(bytes, bytesMax, CBOR_DEPTH_MAX, CBOR_ITEMS_MAX) !== undefined) continue;
        accepted++;
        if (!equalBytes(encodeCbor(treeOf(bytes)), bytes)) expect.fail(`seed ${seed}: ${toHex(bytes)}`);
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
});
