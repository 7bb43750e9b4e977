import { describe, expect, it } from 'vitest';
import { salesPeriodOf } from '#ledger/ids';
import type { Operation } from '#ledger/operation';
import { budgetOf } from '#ledger/rights/usual-grants';
import { ann, card, cleo, openAssets } from '../../unit/ledger/asset-world.ts';
import { captureLines, claim, holderConsent, transfer, withCoupons } from '../../unit/ledger/coupon-world.ts';
import { hold, lane as laneB } from '../../unit/ledger/hold-world.ts';
import {
  basketOf,
  budget,
  capture,
  day,
  gcn,
  grant,
  issuer,
  onBudget,
  reserve,
  storeA,
  storeB,
  type World,
} from '../../unit/ledger/world.ts';

const lane = `${storeA}/lane-1`;
const reviewOf = (world: World, sequence: number, more: object = {}): Operation => ({
  kind: 'basket.review',
  store: storeA,
  lane: 'lane-1',
  epoch: 0,
  capture: sequence,
  period: salesPeriodOf(world.timeMs),
  part: 0,
  rating: 1,
  textHash: null,
  consent: null,
  ...more,
});

describe('a word about a purchase (SPEC B6)', () => {
  it('is not that of whoever gets the rest of a coupon afterwards', () => {
    const world = withCoupons(5, { consent: 1, partial: true });
    world.all(lane, [claim(1, ann)]);
    const reserved = world.next(lane);
    const consent = holderConsent(world, ann, 1, lane);
    world.all(lane, [reserve(1, { holder: ann, consent }), captureLines({ reservation: reserved, lines: [[1, 40n]] })]);
    world.all(ann, [transfer(1, cleo)]);
    expect(world.do(cleo, reviewOf(world, reserved + 1)).reasons).toEqual(['NOT_PURCHASED']);
  });

  it('is not that of whoever showed a coupon that somebody else had used', () => {
    const world = withCoupons(5, { perHolderMax: 3 });
    world.all(issuer, [budget(5)]);
    world.all(lane, [reserve(1, { holder: cleo })]);
    const reserved = world.next(lane);
    const again = reserve(1, { holder: ann, basket: basketOf(2), ...onBudget });
    expect(world.do(lane, again).outcome).toBe('conflicted');
    const close = { ...capture(reserved), basket: basketOf(2) } as Operation;
    expect(world.do(lane, close).outcome).toBe('conflicted');
    expect(world.do(ann, reviewOf(world, reserved + 1)).reasons).toEqual(['NOT_PURCHASED']);
  });

  it('is not that of whoever brought back all that it paid with, though the rest of the basket was kept', () => {
    const world = withCoupons(5, { perHolderMax: 3 });
    const first = world.next(lane);
    world.all(lane, [reserve(1, { holder: ann }), reserve(2, { holder: cleo }), capture(first, first + 1)]);
    const back: Operation = {
      kind: 'basket.return',
      store: storeA,
      lane: 'lane-1',
      epoch: 0,
      capture: first + 2,
      period: salesPeriodOf(world.timeMs),
      lines: [{ line: 0, part: 0, amount: 100n }],
    };
    world.all(lane, [back]);
    expect(world.do(ann, reviewOf(world, first + 2)).reasons).toEqual(['NOT_PURCHASED']);
    expect(world.do(cleo, reviewOf(world, first + 2, { part: 1 })).outcome).toBe('applied');
  });
});

describe('a till that invents customers (SPEC A10, V8)', () => {
  it('cannot charge a budget for a hold on itself, which nobody consents to', () => {
    const world = openAssets({ card: { ...card, offline: { kind: 'budget', shardAgeMsMax: day } } });
    const forCards = { ...budgetOf(gcn, 5, 10_000n), of: { kind: 'asset', asset: 'card' } as const };
    world.all('issuer-x', [grant(forCards, { rightId: 'budget-c', store: storeB })]);
    const basis = { kind: 'budget', rightId: 'budget-c', shardHeight: 0 } as const;
    const alone = hold(world, 700n, { owner: laneB, basis, consent: null });
    expect(world.do(laneB, alone)).toMatchObject({
      outcome: 'refused',
      reasons: ['CONSENT_INVALID', 'INSUFFICIENT_BALANCE'],
    });
  });
});
