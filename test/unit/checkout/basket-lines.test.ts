import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BasketLine, settleCoupons } from '#agent/checkout/basket-lines';
import type { BasketItem } from '#agent/checkout/baskets';
import { plainTerms, type Terms } from '#ledger/coupons/terms';

const tea = '04012345123456';
const rice = '04012345000771';

const terms = (more: Partial<Terms>): Terms => ({
  ...plainTerms,
  version: 1,
  title: 't',
  value: { kind: 'fixed', amount: 100n },
  unit: 'EUR',
  validFromMs: 0,
  validUntilMs: 1,
  ...more,
});
const percent = (numerator: number, cap = 10_000n) =>
  ({ value: { kind: 'percentage', numerator, denominator: 100, cap } }) as const;
const item = (value: bigint, of: Terms | null, isPriced = false): BasketItem => ({
  sequence: 1,
  unitKey: 'u',
  value,
  unit: 'EUR',
  terms: of,
  isPriced,
});
const line = (number: number, amount: bigint, product: string | null = null): BasketLine => ({
  line: number,
  amount,
  product,
});

describe('coupons over the lines of a basket', () => {
  it('share their value by what each line costs, to the base unit', () => {
    const settled = settleCoupons([item(100n, terms({}))], [line(1, 100n), line(2, 200n)]);
    expect(settled).toEqual({
      ok: true,
      value: [
        {
          purchase: { spend: 300n, products: [] },
          lines: [
            { line: 2, amount: 67n },
            { line: 1, amount: 33n },
          ],
          value: 100n,
        },
      ],
    });
  });

  it('count only their own products, and name those', () => {
    const only = terms({ products: [tea], ...percent(50) });
    const settled = settleCoupons([item(10_000n, only)], [line(1, 80n, tea), line(2, 500n, rice), line(3, 900n)]);
    const purchase = { spend: 80n, products: [tea] };
    expect(settled).toEqual({ ok: true, value: [{ purchase, lines: [{ line: 1, amount: 40n }], value: 40n }] });
  });

  it('are each used on what the ones before have left to pay', () => {
    const settled = settleCoupons([item(100n, terms({})), item(10_000n, terms(percent(50)))], [line(1, 300n)]);
    expect(settled.ok && settled.value.map(({ value }) => value)).toEqual([100n, 100n]);
  });

  it('are told apart where one cannot be used on this basket: nothing is closed then', () => {
    const lines = [line(1, 300n, rice)];
    const dear = item(100n, terms({ minimumSpend: 301n }));
    const elsewhere = item(100n, terms({ products: [tea] }));
    expect(settleCoupons([item(100n, terms({})), dear], lines)).toMatchObject({ ok: false, reason: 'MINIMUM_SPEND' });
    expect(settleCoupons([elsewhere], lines)).toMatchObject({ ok: false, reason: 'PRODUCT_NOT_COVERED' });
    expect(settleCoupons([item(10_000n, terms(percent(5)))], undefined)).toMatchObject({ reason: 'MINIMUM_SPEND' });
    expect(settleCoupons([item(100n, terms({}))], undefined)).toMatchObject({ ok: true });
  });

  it('that were priced with their scan keep that value', () => {
    const settled = settleCoupons([item(70n, terms(percent(5)), true)], [line(1, 20n), line(2, 30n)]);
    expect(settled.ok && settled.value[0]).toMatchObject({ purchase: null, value: 70n });
    expect(settled.ok && settled.value[0]?.lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(70n);
  });

  it('add up on any basket, and take no more off a line than it costs', () => {
    const amount = fc.bigInt({ min: 0n, max: 10n ** 9n });
    const lines = fc.array(fc.record({ amount, product: fc.constantFrom(tea, rice, null) }), {
      minLength: 1,
      maxLength: 80,
    });
    const coupons = fc.array(fc.record({ amount, percent: fc.nat({ max: 100 }), covers: fc.constantFrom([], [tea]) }), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(lines, coupons, (drawn, list) => {
        const basket = drawn.map((one, at) => ({ line: at, ...one }));
        const items = list.map(({ amount, percent: part, covers }) =>
          item(
            amount,
            terms({ products: covers, ...(part > 0 ? percent(part, amount) : { value: { kind: 'fixed', amount } }) }),
          ),
        );
        const settled = settleCoupons(items, basket);
        if (!settled.ok) return;
        const taken = new Map<number, bigint>();
        let entries = 0;
        for (const { purchase, lines: parts, value } of settled.value) {
          expect(parts.reduce((sum, { amount }) => sum + amount, 0n)).toBe(value);
          expect(value <= (purchase?.spend ?? 0n)).toBe(true);
          expect(parts.length).toBeLessThanOrEqual(32);
          entries += Math.max(1, parts.length);
          for (const { line: number, amount } of parts) taken.set(number, (taken.get(number) ?? 0n) + amount);
        }
        expect(entries).toBeLessThanOrEqual(128);
        for (const [number, amount] of taken) expect(amount <= (basket[number]?.amount ?? -1n)).toBe(true);
      }),
    );
  });
});
