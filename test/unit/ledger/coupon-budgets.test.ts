import { describe, expect, it } from 'vitest';
import { itemStatus } from '#ledger/coupons/read';
import type { Operation } from '#ledger/operation';
import { readRight } from '#ledger/rights/right-book';
import {
  baseTerms,
  basketOf,
  budget,
  capture,
  gcn,
  issuer,
  lease,
  onBudget,
  owned,
  release,
  reserve,
  storeA,
  storeB,
  World,
} from './world.ts';

const lane1 = `${storeA}/lane-1`;
const lane2 = `${storeA}/lane-2`;
const laneB = `${storeB}/lane-1`;
describe('budget spends (SPEC C3)', () => {
  const budgeted = (countMax = 1, valueMax = 10_000n): World => {
    const world = World.withSeries();
    world.all(issuer, [budget(countMax, valueMax)]);
    return world;
  };

  it('take an available item, and call one conflicted that somebody else had first', () => {
    const world = budgeted();
    world.do(laneB, reserve(1));
    world.do(laneB, capture(0));
    expect(world.do(lane1, reserve(2, onBudget)).outcome).toBe('applied');
    expect(world.do(lane1, reserve(1, onBudget))).toEqual({
      outcome: 'conflicted',
      reasons: ['ALREADY_REDEEMED'],
      value: 100n,
    });
    expect(readRight(world.state, storeA, 'budget-1')).toMatchObject({ conflictedCount: 1, conflictedValue: 100n });
    expect(world.do(lane1, capture(0, 1))).toEqual({
      outcome: 'conflicted',
      reasons: ['ALREADY_REDEEMED'],
      value: 100n,
    });
    expect(itemStatus(world.state, gcn, 2)).toBe('redeemed');
    expect(readRight(world.state, storeA, 'budget-1')).toMatchObject({ conflictedCount: 1, spentCount: 1 });
  });

  it('flag what goes beyond the budget in count or in value', () => {
    for (const [countMax, valueMax] of [
      [1, 10_000n],
      [10, 100n],
    ] as const) {
      const world = budgeted(countMax, valueMax);
      world.all(laneB, [reserve(1), reserve(2)]);
      expect(world.do(lane1, reserve(1, onBudget)).reasons).toEqual(['RESERVED_ELSEWHERE']);
      expect(world.do(lane1, reserve(2, onBudget)).reasons).toEqual(['RESERVED_ELSEWHERE', 'BUDGET_EXHAUSTED']);
    }
  });

  it('are no longer charged for a conflict that was released without a sale', () => {
    const world = budgeted();
    world.do(laneB, reserve(1));
    world.do(lane1, reserve(1, onBudget));
    expect(world.do(lane1, release(0))).toEqual({ outcome: 'applied', reasons: [], value: 0n });
    expect(readRight(world.state, storeA, 'budget-1')).toMatchObject({ conflictedCount: 0, conflictedValue: 0n });
    expect(itemStatus(world.state, gcn, 1)).toBe('reserved');
  });

  it('need an open budget of this series and store', () => {
    const world = budgeted();
    world.all(issuer, [lease(50, 51)]);
    const on = (rightId: string) => reserve(3, { basis: { kind: 'budget', rightId, shardHeight: 0 } });
    expect(world.do(lane1, on('lease-1')).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(laneB, on('budget-1')).reasons).toEqual(['NO_SUCH_RIGHT']);
    world.all(lane1, [{ kind: 'right.release', rightId: 'budget-1', part: null }]);
    expect(world.do(lane1, on('budget-1')).reasons).toEqual(['RIGHT_CLOSED']);
  });
});

describe('capture and release (SPEC B1, B2)', () => {
  it('a basket closes with all that it names, or with nothing', () => {
    const world = World.withSeries();
    world.all(lane1, [reserve(1), reserve(2), reserve(3, { basket: basketOf(2) })]);
    for (const wrong of [capture(0, 2), capture(0, 9)])
      expect(world.do(lane1, wrong).reasons).toEqual(['NOT_RESERVED']);
    expect(world.do(lane1, capture(0, 0)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(lane2, capture(0, 1)).reasons).toEqual(['NOT_RESERVED']);
    expect(itemStatus(world.state, gcn, 1)).toBe('reserved');
    expect(world.do(lane1, capture(0, 1))).toEqual({ outcome: 'applied', reasons: [], value: 200n });
    expect(world.do(lane1, capture(0)).reasons).toEqual(['NOT_RESERVED']);
    expect(itemStatus(world.state, gcn, 3)).toBe('reserved');
  });

  it('release gives items back, and says so when there was nothing to give back', () => {
    const world = World.withSeries();
    world.all(lane1, [reserve(1)]);
    expect(world.do(lane1, release(0, 5))).toEqual({ outcome: 'applied', reasons: ['NOT_RESERVED'], value: 100n });
    expect(itemStatus(world.state, gcn, 1)).toBe('available');
    expect(world.do(lane1, release(0))).toEqual({ outcome: 'applied', reasons: ['NOT_RESERVED'], value: 0n });
    expect(world.do(lane1, release(0, 0)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(lane2, reserve(1)).outcome).toBe('applied');
  });
});

describe('change of terms (SPEC C4)', () => {
  const next = (amount: bigint): Operation => ({
    kind: 'series.define',
    gcn,
    terms: { ...baseTerms, version: 2, value: { kind: 'fixed', amount }, lateRule: 1 },
  });

  it('late rule 0 honours the version that the entry names, late rule 1 does not', () => {
    const kind = World.withSeries(10);
    kind.all(issuer, [next(70n)]);
    expect(kind.do(lane1, reserve(1)).value).toBe(100n);
    const strict = World.withSeries(10, { lateRule: 1 });
    strict.all(issuer, [next(70n)]);
    expect(strict.do(lane1, reserve(1)).reasons).toEqual(['TERMS_SUPERSEDED']);
    expect(strict.do(lane1, reserve(1, { termsVersion: 2 })).value).toBe(70n);
  });

  it('a right holds on to the terms that it was granted under, until it closes', () => {
    const world = World.withSeries(100, { lateRule: 1 });
    world.all(issuer, [lease(10, 19), budget(1), next(70n)]);
    expect(world.do(lane1, reserve(10, owned(null))).value).toBe(100n);
    expect(world.do(lane1, reserve(1, onBudget)).value).toBe(100n);
    expect(world.do(lane1, reserve(2)).reasons).toEqual(['TERMS_SUPERSEDED']);
  });
});
