/** Baskets: what each line was paid with, in parts, together, undone. */
import { describe, expect, it } from 'vitest';
import { itemStatus } from '#ledger/coupons/read';
import { voidWindowMsMax } from '#ledger/coupons/terms';
import { salesPeriodOf } from '#ledger/ids';
import { readRight } from '#ledger/rights/right-book';
import { done, no } from './asset-world.ts';
import { captureLines, defineSeries, saleOf, spending, voidSale, withCoupons } from './coupon-world.ts';
import {
  basketOf,
  budget,
  capture,
  day,
  gcn,
  issuer,
  lease,
  onBudget,
  owned,
  release,
  reserve,
  startMs,
  storeA,
  storeB,
  type World,
} from './world.ts';

const lane1 = `${storeA}/lane-1`;
const lane2 = `${storeA}/lane-2`;
const laneB = `${storeB}/lane-1`;

const receiptOf = (world: World, author: string, operation: Parameters<World['segment']>[1][number]) =>
  world.commit([world.segment(author, [operation])]).receipts[0];

describe('closing a basket (SPEC B1, B4)', () => {
  it('the receipt and the sale say per line what was taken off by what', () => {
    const world = withCoupons(9);
    world.do(lane1, reserve(1));
    world.do(lane1, reserve(2));
    const operation = captureLines(
      {
        reservation: 1,
        lines: [
          [7, 30n],
          [8, 70n],
        ],
      },
      { reservation: 0 },
    );
    const receipt = receiptOf(world, lane1, operation);
    expect(receipt?.lines).toEqual([
      { line: 0, reservation: 0, amount: 100n },
      { line: 7, reservation: 1, amount: 30n },
      { line: 8, reservation: 1, amount: 70n },
    ]);
    const sale = saleOf(world, 2);
    expect(sale?.parts.map((part) => part.kind === 'item' && [part.serial, part.value])).toEqual([
      [1, 100n],
      [2, 100n],
    ]);
    expect(sale?.lines).toEqual([
      { line: 0, part: 0, amount: 100n },
      { line: 7, part: 1, amount: 30n },
      { line: 8, part: 1, amount: 70n },
    ]);
    expect(sale).toMatchObject({ atMs: world.timeMs, isVoided: false, returned: [], postings: [], review: null });
  });

  it('a stack is all or nothing', () => {
    const world = withCoupons(9);
    for (const serial of [1, 2, 3]) world.do(lane1, reserve(serial));
    world.do(lane1, release(1));
    expect(world.do(lane1, capture(0, 1, 2))).toEqual(no('NOT_RESERVED'));
    expect(world.do(lane1, captureLines({ reservation: 0 }, { reservation: 2, lines: [[1, 99n]] }))).toEqual(
      no('BAD_OPERATION'),
    );
    expect(world.do(lane1, captureLines({ reservation: 0 }, { reservation: 2, lines: [[1, 101n]] }))).toEqual(
      no('BAD_OPERATION'),
    );
    expect(world.do(lane1, captureLines({ reservation: 0 }, { reservation: 0 }))).toEqual(no('BAD_OPERATION'));
    expect([1, 3].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['reserved', 'reserved']);
    expect(saleOf(world, 5)).toBeNull();
    expect(world.do(lane1, capture(0, 2))).toEqual(done(200n));
  });

  it('the purchase is told once: at the scan, or when the basket closes', () => {
    const terms = {
      value: { kind: 'percentage', numerator: 1, denominator: 10, cap: 500n },
      minimumSpend: 40n,
    } as const;
    const world = withCoupons(9, terms);
    expect(world.do(lane1, reserve(1))).toEqual(done(500n));
    expect(world.do(lane1, reserve(2, spending(50n)))).toEqual(done(5n));
    const { purchase } = spending(39n);
    expect(world.do(lane1, capture(0))).toEqual(no('MINIMUM_SPEND'));
    expect(world.do(lane1, captureLines({ reservation: 0, purchase }))).toEqual(no('MINIMUM_SPEND'));
    expect(world.do(lane1, captureLines({ reservation: 1, purchase: spending(90n).purchase }))).toEqual(
      no('BAD_OPERATION'),
    );
    const close = captureLines(
      { reservation: 0, purchase: spending(99n).purchase, lines: [[1, 9n]] },
      { reservation: 1 },
    );
    expect(world.do(lane1, close)).toEqual(done(14n));
  });

  it('a till that judges a coupon needs no sales shard: sales never grow what it holds', () => {
    const world = withCoupons(9);
    world.do(lane1, reserve(1));
    const leaves = () => [...world.state.leaves(`s/${storeA}`), ...world.state.leaves(`c/${gcn}`)].length;
    const before = leaves();
    world.do(lane1, capture(0));
    for (let serial = 2; serial < 6; serial++) {
      world.do(lane1, reserve(serial));
      world.do(lane1, capture(world.next(lane1) - 1));
    }
    expect(leaves()).toBe(before);
    expect([...world.state.leaves(`d/${storeA}/${salesPeriodOf(world.timeMs)}`)]).toHaveLength(5);
  });
});

describe('using up in parts (SPEC B1, C6)', () => {
  it('what is left stays on the item until nothing is', () => {
    const world = withCoupons(9, { partial: true });
    expect(world.do(lane1, reserve(1, spending(30n)))).toEqual(done(30n));
    expect(world.do(lane1, capture(0))).toEqual(done(30n));
    expect(itemStatus(world.state, gcn, 1)).toBe('available');
    expect(world.do(laneB, reserve(1))).toEqual(done(70n));
    expect(world.do(laneB, captureLines({ reservation: 0, lines: [[1, 71n]] }))).toEqual(no('BAD_OPERATION'));
    expect(world.do(laneB, captureLines({ reservation: 0, lines: [[1, 45n]] }))).toEqual(done(45n));
    expect(world.do(lane1, reserve(1, spending(80n)))).toEqual(done(25n));
    expect(world.do(lane1, capture(2))).toEqual(done(25n));
    expect(itemStatus(world.state, gcn, 1)).toBe('redeemed');
    expect(world.do(lane1, reserve(1))).toEqual(no('ALREADY_REDEEMED'));
  });

  it('an owned item stays the store’s until it is used up, and is one unit spent', () => {
    const world = withCoupons(9, { partial: true });
    world.all(issuer, [lease(1, 1)]);
    world.do(lane1, reserve(1, { ...owned(null), ...spending(30n) }));
    world.do(lane1, capture(0));
    expect(itemStatus(world.state, gcn, 1)).toBe('leased');
    expect(readRight(world.state, storeA, 'lease-1')?.spentCount).toBe(0);
    world.do(lane1, reserve(1, owned(null)));
    expect(world.do(lane1, capture(2))).toEqual(done(70n));
    expect(readRight(world.state, storeA, 'lease-1')?.spentCount).toBe(1);
    // Undoing the first sale brings its part back; the unit was spent by the second.
    expect(world.do(lane1, voidSale(1))).toEqual(done(30n));
    expect(itemStatus(world.state, gcn, 1)).toBe('leased');
    expect(readRight(world.state, storeA, 'lease-1')?.spentCount).toBe(1);
    expect(world.do(lane1, reserve(1, owned(null)))).toEqual(done(30n));
    expect(world.do(lane1, voidSale(3))).toEqual(done(70n));
    expect(itemStatus(world.state, gcn, 1)).toBe('reserved');
    expect(readRight(world.state, storeA, 'lease-1')?.spentCount).toBe(0);
    expect(world.do(lane1, capture(5))).toEqual(done(30n));
    expect(itemStatus(world.state, gcn, 1)).toBe('leased');
    expect(world.do(lane1, reserve(1, owned(null)))).toEqual(done(70n));
  });
});

describe('voiding a sale (SPEC B3)', () => {
  it('brings every item back, once, from any lane of the store and of no other', () => {
    const world = withCoupons(9);
    world.do(lane1, reserve(1));
    world.do(lane1, reserve(2));
    world.do(lane1, capture(0, 1));
    expect(world.do(laneB, voidSale(2))).toEqual(no('NO_SUCH_SALE'));
    expect(world.do(lane2, voidSale(1))).toEqual(no('NO_SUCH_SALE'));
    expect(world.do(lane2, voidSale(2))).toEqual(done(200n));
    expect([1, 2].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['available', 'available']);
    expect(world.do(lane2, voidSale(2))).toEqual(no('VOIDED'));
    expect(world.do(laneB, reserve(1))).toEqual(done(100n));
    expect(saleOf(world, 2)?.isVoided).toBe(true);
  });

  it('ends with the window of the terms that the sale was made under, also into the next span of sales', () => {
    const world = withCoupons(9, { voidWindowMs: voidWindowMsMax, validUntilMs: startMs + 400 * day });
    const sell = (serial: number) => {
      world.do(lane1, reserve(serial));
      world.do(lane1, capture(world.next(lane1) - 1));
      return world.next(lane1) - 1;
    };
    const sold = sell(1);
    world.all(issuer, [defineSeries({ version: 2, voidWindowMs: 0 })]);
    world.timeMs += voidWindowMsMax;
    expect(world.do(lane1, voidSale(sold))).toEqual(done(100n));
    const again = sell(2);
    const soldAtMs = world.timeMs;
    world.timeMs += voidWindowMsMax + 1;
    expect(world.do(lane1, voidSale(again))).toEqual(no('WINDOW_OVER'));
    // It happened in time, with the line cut.
    expect(world.do(lane1, voidSale(again), { timeLowMs: soldAtMs })).toEqual(done(100n));
  });

  it('a window of nothing lets nothing be voided later', () => {
    const world = withCoupons(9, { voidWindowMs: 0 });
    world.do(lane1, reserve(1));
    world.do(lane1, capture(0));
    world.timeMs += 1;
    expect(world.do(lane1, voidSale(1))).toEqual(no('WINDOW_OVER'));
    expect(itemStatus(world.state, gcn, 1)).toBe('redeemed');
  });

  it('an owned item is the store’s again while its right is open', () => {
    const world = withCoupons(9);
    world.all(issuer, [lease(1, 2)]);
    for (const serial of [1, 2]) {
      world.do(lane1, reserve(serial, owned(null)));
      world.do(lane1, capture(world.next(lane1) - 1));
    }
    expect(world.do(lane1, voidSale(1))).toEqual(done(100n));
    expect(itemStatus(world.state, gcn, 1)).toBe('leased');
    expect(readRight(world.state, storeA, 'lease-1')?.spentCount).toBe(1);
    world.do(lane1, { kind: 'right.release', rightId: 'lease-1', part: null });
    expect(world.do(lane1, voidSale(3))).toEqual(done(100n));
    expect([1, 2].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['available', 'available']);
  });

  it('a double spend that never was takes its loss off the budget', () => {
    const world = withCoupons(9);
    world.all(issuer, [budget(3)]);
    world.do(laneB, reserve(1));
    world.do(laneB, capture(0));
    expect(world.do(lane1, reserve(1, onBudget)).reasons).toEqual(['ALREADY_REDEEMED']);
    expect(world.do(lane1, capture(0))).toEqual({ outcome: 'conflicted', reasons: ['ALREADY_REDEEMED'], value: 0n });
    expect(readRight(world.state, storeA, 'budget-1')).toMatchObject({ conflictedCount: 1, conflictedValue: 100n });
    expect(world.do(lane1, voidSale(1))).toEqual(done(0n));
    expect(readRight(world.state, storeA, 'budget-1')).toMatchObject({ conflictedCount: 0, conflictedValue: 0n });
    expect(itemStatus(world.state, gcn, 1)).toBe('redeemed');
  });

  it('the budget gets back what it was charged, also where less was taken off in the end', () => {
    const value = { kind: 'percentage', numerator: 1, denominator: 10, cap: 500n } as const;
    const world = withCoupons(9, { value });
    world.all(issuer, [budget(3)]);
    world.do(laneB, reserve(1));
    world.do(lane1, reserve(1, onBudget));
    world.do(lane1, captureLines({ reservation: 0, purchase: spending(70n).purchase }));
    expect(readRight(world.state, storeA, 'budget-1')?.conflictedValue).toBe(500n);
    world.do(lane1, voidSale(1));
    expect(readRight(world.state, storeA, 'budget-1')?.conflictedValue).toBe(0n);
  });

  it('a change of terms during the outage leaves a sale under the old ones as it was', () => {
    const world = withCoupons(9);
    world.all(issuer, [lease(1, 3)]);
    world.all(issuer, [defineSeries({ version: 2, value: { kind: 'fixed', amount: 50n }, lateRule: 1 })]);
    world.do(lane1, reserve(1, owned(null)));
    expect(world.do(lane1, capture(0))).toEqual(done(100n));
    expect(world.do(laneB, reserve(5, { termsVersion: 2, basket: basketOf(1) }))).toEqual(done(50n));
    expect(world.do(lane1, voidSale(1))).toEqual(done(100n));
    expect(itemStatus(world.state, gcn, 1)).toBe('leased');
  });
});
