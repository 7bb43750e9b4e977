/** What the terms of a series ask and allow. */
import { describe, expect, it } from 'vitest';
import { readHolderUses } from '#ledger/coupons/holder-uses';
import { readUses } from '#ledger/coupons/series-uses';
import type { Terms } from '#ledger/coupons/terms';
import { ann, bob, done, no } from './asset-world.ts';
import { defineSeries, issueItems, spending, voidSale, withCoupons } from './coupon-world.ts';
import {
  basketOf,
  budget,
  capture,
  gcn,
  issuer,
  onBudget,
  release,
  reserve,
  startMs,
  storeA,
  storeB,
  World,
} from './world.ts';

const lane1 = `${storeA}/lane-1`;
const lane2 = `${storeA}/lane-2`;
const laneB = `${storeB}/lane-1`;
const otherGcn = '4012345678918';
const percentage = (numerator: number, denominator: number, cap: bigint): Pick<Terms, 'value'> => ({
  value: { kind: 'percentage', numerator, denominator, cap },
});

describe('terms that contradict themselves (SPEC C1)', () => {
  it.each<[string, Partial<Terms>]>([
    ['a percentage over 100', percentage(11, 10, 5n)],
    ['a percentage of nothing', percentage(0, 10, 5n)],
    ['a percentage of a zeroth', percentage(1, 0, 5n)],
    ['redemption that ends before it begins', { redemption: { fromMs: startMs, untilMs: startMs - 1 } }],
    ['redemption outside the validity', { redemption: { fromMs: startMs, untilMs: startMs + 400 * 86_400_000 } }],
    ['a public code without a total', { open: true }],
    ['a public code with a key', { open: true, totalMax: 5, consent: 1 }],
    ['parts of a percentage', { partial: true, ...percentage(1, 10, 5n) }],
    ['parts and a total', { partial: true, totalMax: 5 }],
    ['a limit a holder that only owned items would have to keep', { perHolderMax: 1, offline: { kind: 'owned-only' } }],
  ])('refuses %s', (_name, terms) => {
    expect(World.open().do(issuer, defineSeries(terms))).toEqual(no('BAD_OPERATION'));
  });

  it('bounds the cap of a percentage like a value', () => {
    expect(World.open().do(issuer, defineSeries(percentage(1, 10, 2n ** 64n)))).toEqual(no('LIMIT_EXCEEDED'));
  });

  it('keeps what issued items rest on: a later version cannot open, split, or begin to count them', () => {
    const world = withCoupons(2);
    for (const terms of [{ open: true, totalMax: 5 }, { partial: true }, { totalMax: 5 }] as const) {
      expect(world.do(issuer, defineSeries({ version: 2, ...terms }))).toEqual(no('BAD_OPERATION'));
    }
    expect(world.do(issuer, defineSeries({ version: 2, perHolderMax: 2 })).outcome).toBe('applied');
  });
});

describe('who takes a coupon (SPEC C5)', () => {
  it('the issuer alone, where the terms say so', () => {
    const world = withCoupons(4, { acceptedBy: { kind: 'issuer' } });
    expect(world.do(laneB, reserve(1))).toEqual(no('NOT_ACCEPTED_HERE'));
    expect(world.do(lane1, reserve(1))).toEqual(done(100n));
  });

  it('an alliance is named by an issuer that is its member only', () => {
    const world = withCoupons(1);
    const terms = { acceptedBy: { kind: 'alliance', id: 'street' } } as const;
    expect(world.do(issuer, defineSeries(terms, otherGcn))).toEqual(no('NOT_A_MEMBER'));
  });
});

describe('what a coupon takes off (SPEC C6)', () => {
  it('a percentage drops the fraction of a base unit and stops at its cap', () => {
    const world = withCoupons(9, percentage(15, 100, 1_000n));
    expect(world.do(lane1, reserve(0, spending(199n)))).toEqual(done(29n));
    expect(world.do(lane1, reserve(1, spending(6n)))).toEqual(done(0n));
    expect(world.do(lane1, reserve(2, spending(6_666n)))).toEqual(done(999n));
    expect(world.do(lane1, reserve(3, spending(6_667n)))).toEqual(done(1_000n));
    expect(world.do(lane1, reserve(4, spending(10n ** 20n)))).toEqual(done(1_000n));
  });

  it('thirds are exact whatever the amount', () => {
    const world = withCoupons(3, percentage(1, 3, 2n ** 64n - 1n));
    expect(world.do(lane1, reserve(0, spending(3n * 10n ** 18n + 2n)))).toEqual(done(10n ** 18n));
  });

  it('a fixed value is never more than the purchase', () => {
    const world = withCoupons(3);
    expect(world.do(lane1, reserve(0, spending(80n)))).toEqual(done(80n));
    expect(world.do(lane1, reserve(1, spending(100n)))).toEqual(done(100n));
    expect(world.do(lane1, reserve(2))).toEqual(done(100n));
  });

  it('asks for the least spend, and for one of its products and no other', () => {
    const tea = '04012345123456';
    const drug = 'cn.drug.1234567';
    const world = withCoupons(9, { minimumSpend: 500n, products: [tea, drug] });
    expect(world.do(lane1, reserve(0, spending(499n, tea)))).toEqual(no('MINIMUM_SPEND'));
    expect(world.do(lane1, reserve(0, spending(500n)))).toEqual(no('PRODUCT_NOT_COVERED'));
    expect(world.do(lane1, reserve(0, spending(500n, tea, '04012345000771')))).toEqual(no('PRODUCT_NOT_COVERED'));
    expect(world.do(lane1, reserve(0, spending(10n, 'own.brand.x')))).toEqual(
      no('MINIMUM_SPEND', 'PRODUCT_NOT_COVERED'),
    );
    expect(world.do(lane1, reserve(0, spending(500n, drug, tea)))).toEqual(done(100n));
  });
});

describe('when a coupon is redeemed (SPEC C3.2)', () => {
  it('within the span of redemption, which may be narrower than the validity', () => {
    const world = withCoupons(4, { redemption: { fromMs: startMs + 1_000, untilMs: startMs + 2_000 } });
    const at = (ms: number) => {
      world.timeMs = startMs + ms;
      return world.do(lane1, reserve(1)).reasons;
    };
    expect(at(999)).toEqual(['NOT_YET_VALID']);
    expect(at(2_001)).toEqual(['EXPIRED']);
    expect(at(2_000)).toEqual([]);
  });
});

describe('stacking (SPEC C3.10)', () => {
  const pair = (first: Terms['stacking'], second: Terms['stacking']): World => {
    const world = withCoupons(5, { stacking: first });
    world.all(issuer, [defineSeries({ stacking: second }, otherGcn), issueItems(5, new Uint8Array(0), otherGcn)]);
    return world;
  };
  const other = (serial: number, basket = basketOf(1)) => reserve(serial, { gcn: otherGcn, basket });

  it('a coupon that stands alone suffers no other in its basket, before it or after it', () => {
    const world = pair({ kind: 'alone' }, { kind: 'with-others' });
    world.do(lane1, other(0));
    expect(world.do(lane1, reserve(0))).toEqual(no('NOT_STACKABLE'));
    expect(world.do(lane1, reserve(0, { basket: basketOf(2) }))).toEqual(done(100n));
    expect(world.do(lane1, other(1, basketOf(2)))).toEqual(no('NOT_STACKABLE'));
    expect(world.do(lane1, reserve(1, { basket: basketOf(2) }))).toEqual(no('NOT_STACKABLE'));
    expect(world.do(lane2, reserve(1, { basket: basketOf(2) }))).toEqual(done(100n));
  });

  it('a group stacks within itself only', () => {
    const group = (name: string) => ({ kind: 'group', name }) as const;
    const same = pair(group('tea'), group('tea'));
    same.do(lane1, reserve(0));
    expect(same.do(lane1, other(0))).toEqual(done(100n));
    const differ = pair(group('tea'), group('rice'));
    differ.do(lane1, reserve(0));
    expect(differ.do(lane1, other(0))).toEqual(no('NOT_STACKABLE'));
    const mixed = pair(group('tea'), { kind: 'with-others' });
    mixed.do(lane1, reserve(0));
    expect(mixed.do(lane1, other(0))).toEqual(no('NOT_STACKABLE'));
  });

  it('what was given back is no longer in the way', () => {
    const world = pair({ kind: 'alone' }, { kind: 'with-others' });
    world.do(lane1, reserve(0));
    world.do(lane1, release(0));
    expect(world.do(lane1, other(0))).toEqual(done(100n));
  });
});

describe('limits (SPEC C12)', () => {
  it('an open series has one code, which is good until the total is used', () => {
    const world = withCoupons(0, { open: true, totalMax: 2 });
    expect(world.do(lane1, reserve(1))).toEqual(no('NO_SUCH_ITEM'));
    expect(world.do(issuer, issueItems(1))).toEqual(no('BAD_OPERATION'));
    expect(world.do(lane1, reserve(0))).toEqual(done(100n));
    expect(world.do(laneB, reserve(0))).toEqual(done(100n));
    expect(world.do(lane2, reserve(0))).toEqual(no('TOTAL_LIMIT'));
    expect(world.do(laneB, release(0))).toEqual(done(100n));
    expect(world.do(lane2, reserve(0))).toEqual(done(100n));
    expect(world.do(lane2, capture(1))).toEqual(done(100n));
    expect(world.do(lane1, capture(1))).toEqual(done(100n));
    expect(readUses(world.state, gcn)).toBe(2);
    expect(world.do(lane1, voidSale(2))).toEqual(done(100n));
    expect(readUses(world.state, gcn)).toBe(1);
  });

  it('the newest total counts for items, whatever version is named', () => {
    const world = withCoupons(9, { totalMax: 3 });
    world.do(lane1, reserve(0));
    world.all(issuer, [defineSeries({ version: 2, totalMax: 1 })]);
    expect(world.do(lane1, reserve(1))).toEqual(no('TOTAL_LIMIT'));
    expect(world.do(lane1, reserve(1, { termsVersion: 2 }))).toEqual(no('TOTAL_LIMIT'));
  });

  it('a holder uses a series so often and no more, over all items, until one is given back', () => {
    const world = withCoupons(9, { perHolderMax: 2 });
    const by = (holder: string | null, serial: number) => world.do(lane1, reserve(serial, { holder }));
    expect(by(null, 0)).toEqual(no('HOLDER_LIMIT'));
    expect(by(`@${'99'.repeat(16)}`, 0)).toEqual(no('UNKNOWN_ACCOUNT'));
    expect(by(ann, 0)).toEqual(done(100n));
    expect(by(ann, 1)).toEqual(done(100n));
    expect(by(ann, 2)).toEqual(no('HOLDER_LIMIT'));
    expect(by(bob, 2)).toEqual(done(100n));
    world.do(lane1, capture(2));
    expect(by(ann, 3)).toEqual(no('HOLDER_LIMIT'));
    world.do(lane1, release(3));
    expect(by(ann, 3)).toEqual(done(100n));
    expect(world.do(lane1, voidSale(6))).toEqual(done(100n));
    expect(readHolderUses(world.state, gcn, ann)).toBe(1);
  });

  it('a limit that somebody else used up first is a conflict that a budget bears, and counts nothing', () => {
    const world = withCoupons(9, { perHolderMax: 1, totalMax: 2 });
    world.all(issuer, [budget(5)]);
    expect(world.do(lane1, reserve(0, { holder: ann }))).toEqual(done(100n));
    const late = world.do(lane2, reserve(1, { holder: ann, ...onBudget }));
    expect(late).toEqual({ outcome: 'conflicted', reasons: ['HOLDER_LIMIT'], value: 100n });
    expect(readUses(world.state, gcn)).toBe(1);
    world.do(lane1, reserve(2, { holder: bob }));
    const over = world.do(lane2, reserve(3, { holder: bob, ...onBudget }));
    expect(over.reasons).toEqual(['HOLDER_LIMIT', 'TOTAL_LIMIT']);
    expect(world.do(lane2, release(0, 1)).outcome).toBe('applied');
    expect(readHolderUses(world.state, gcn, ann)).toBe(1);
  });
});
