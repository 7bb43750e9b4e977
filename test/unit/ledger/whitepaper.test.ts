/** The whitepaper's coupon business as written: A issues 1,000 coupons worth 100, and what becomes of them. Amounts are in cents. */
import { describe, expect, it } from 'vitest';
import { readBalance, totalOf } from '#ledger/assets/balance';
import { itemStatus } from '#ledger/coupons/read';
import { salesPeriodOf } from '#ledger/ids';
import type { Operation } from '#ledger/operation';
import { budgetOf, usualGrant } from '#ledger/rights/usual-grants';
import { ann, bob, merchantC, redeem, ringCoupon, ringWithCoupons, token } from './alliance-world.ts';
import { holderConsent } from './coupon-world.ts';
import { basketOf, day, gcn, issuer, storeA, storeB, type World } from './world.ts';

const atA = `${storeA}/lane-1`;
const atC = `${storeB}/lane-1`;
const has = (world: World, owner: string): bigint => totalOf(readBalance(world.state, { owner, asset: token }));
const perHolder = { consent: 2 } as const;

/** A sells 1,000 coupons to nobody yet; ann has the first one, bob has 200.00 of money. */
function withHolders(): World {
  const world = ringWithCoupons({}, perHolder);
  world.all(issuer, [{ kind: 'coupon.transfer', gcn, serial: 0, to: ann, consent: null }]);
  world.all('bank', [{ kind: 'asset.issue', asset: token, to: bob, amount: 20_000n }]);
  return world;
}

function use(world: World, lane: string, serial: number, holder: string, basket = serial) {
  const reservation = world.next(lane);
  const consent = holderConsent(world, holder, serial, lane, basketOf(basket));
  const reserved = world.do(lane, {
    kind: 'coupon.reserve',
    gcn,
    serial,
    termsVersion: 1,
    basket: basketOf(basket),
    basis: { kind: 'online', fallbackRightId: null },
    purchase: { spend: 100_000n, products: [] },
    holder,
    consent,
  });
  if (reserved.outcome !== 'applied') return reserved;
  const captures = [{ reservation, purchase: null, lines: [] }];
  const basketHash = new Uint8Array(32);
  return world.do(lane, { kind: 'basket.capture', basket: basketOf(basket), captures, basketHash });
}

describe("the whitepaper's coupons: A issues 1,000, each 100 off a purchase of 1,000", () => {
  it('1: a holder uses one at A, and nobody owes anybody', () => {
    const world = ringWithCoupons();
    expect(redeem(world, atA, 0)).toEqual({ outcome: 'applied', reasons: [], value: 10_000n });
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_000_000n, 1_000_000n]);
    expect(redeem(world, atA, 0).reasons).toEqual(['ALREADY_REDEEMED']);
  });

  it('2: a holder uses one at C, and C pays A 50 by the terms of the alliance', () => {
    const world = ringWithCoupons();
    expect(redeem(world, atC, 0)).toEqual({ outcome: 'applied', reasons: [], value: 10_000n });
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_005_000n, 995_000n]);
  });

  it('3: a holder sells one for 80 to another, who uses it for 100', () => {
    const world = withHolders();
    const offer = { price: { num: 8_000n, den: 1n }, whole: true, goodUntilMs: world.timeMs + day, consent: null };
    expect(
      world.do(ann, {
        kind: 'offer.place',
        owner: ann,
        give: { kind: 'items', gcn, serials: [0] },
        want: { kind: 'units', asset: token },
        wantMax: null,
        ...offer,
      }).outcome,
    ).toBe('applied');
    world.commit([]);
    const bid: Operation = {
      kind: 'offer.place',
      owner: bob,
      give: { kind: 'units', asset: token, amount: 8_000n },
      want: { kind: 'items', gcn },
      wantMax: 1n,
      ...offer,
      price: { num: 1n, den: 8_000n },
    };
    expect(world.do(bob, bid).outcome).toBe('applied');
    world.commit([]);
    expect([has(world, ann), has(world, bob)]).toEqual([8_000n, 12_000n]);
    expect(use(world, atC, 0, ann).reasons).toContain('NOT_OWNER');
    expect(use(world, atC, 0, bob)).toEqual({ outcome: 'applied', reasons: [], value: 10_000n });
    expect(has(world, merchantC)).toBe(995_000n);
  });
});

describe('and what can come in between', () => {
  it('void: the sale is undone within its time, the coupon and the 50 come back', () => {
    const world = ringWithCoupons();
    redeem(world, atC, 0);
    const undo: Operation = {
      kind: 'basket.void',
      lane: 'lane-1',
      epoch: 0,
      capture: world.next(atC) - 1,
      reason: 'x',
    };
    expect(world.do(atC, undo).outcome).toBe('applied');
    expect([itemStatus(world.state, gcn, 0), has(world, merchantC)]).toEqual(['available', 1_000_000n]);
  });

  it('return after three months: by line, to the cent', () => {
    const world = ringWithCoupons();
    const period = salesPeriodOf(world.timeMs);
    redeem(world, atC, 0);
    const capture = world.next(atC) - 1;
    world.timeMs += 92 * day;
    const bring = (line: number, amount: bigint): Operation => ({
      kind: 'basket.return',
      store: storeB,
      lane: 'lane-1',
      epoch: 0,
      capture,
      period,
      lines: [{ line, part: 0, amount }],
    });
    expect(world.do(atC, bring(1, 6_000n)).outcome).toBe('applied');
    expect(has(world, merchantC)).toBe(998_000n);
    expect(world.do(atC, bring(2, 4_000n)).outcome).toBe('applied');
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_000_000n, 1_000_000n]);
    expect(world.do(atC, bring(2, 1n)).reasons).toEqual(['RETURN_EXCEEDS_SALE']);
  });

  it('expiry: after its window it is worth nothing, and nothing moves', () => {
    const world = ringWithCoupons();
    world.timeMs = ringCoupon.validUntilMs + 1;
    expect(redeem(world, atC, 0).reasons).toEqual(['EXPIRED']);
    expect(has(world, merchantC)).toBe(1_000_000n);
  });

  it('change of terms during an outage: what was granted under the old terms counts by them', () => {
    const world = ringWithCoupons({}, { lateRule: 1 });
    world.all(issuer, [
      { kind: 'right.grant', rightId: 'budget-1', store: storeB, ...usualGrant, grant: budgetOf(gcn, 1, 10_000n) },
    ]);
    const offline = (termsVersion: number, serial: number, granted: boolean): Operation => ({
      kind: 'coupon.reserve',
      gcn,
      serial,
      termsVersion,
      basket: basketOf(serial),
      basis: granted
        ? { kind: 'budget', rightId: 'budget-1', shardHeight: world.height }
        : { kind: 'online', fallbackRightId: null },
      purchase: { spend: 100_000n, products: [] },
      holder: null,
      consent: null,
    });
    const segment = world.segment(atC, [offline(1, 1, true), offline(1, 2, false)]);
    world.all(issuer, [
      {
        kind: 'series.define',
        gcn,
        terms: { ...ringCoupon, lateRule: 1, version: 2, value: { kind: 'fixed', amount: 1n } },
      },
    ]);
    const [granted, other] = world.commit([segment]).receipts;
    expect([granted?.outcome, granted?.value, other?.outcome]).toEqual([0, 10_000n, 1]);
  });

  it('double spend: a store that was cut off took it too; it is a conflict within the budget that the issuer signed', () => {
    const world = ringWithCoupons();
    world.all(issuer, [
      { kind: 'right.grant', rightId: 'budget-1', store: storeB, ...usualGrant, grant: budgetOf(gcn, 1, 10_000n) },
    ]);
    const reservation = world.next(atC);
    const basket = basketOf(9);
    const segment = world.segment(atC, [
      {
        kind: 'coupon.reserve',
        gcn,
        serial: 7,
        termsVersion: 1,
        basket,
        basis: { kind: 'budget', rightId: 'budget-1', shardHeight: world.height },
        purchase: { spend: 100_000n, products: [] },
        holder: null,
        consent: null,
      },
      {
        kind: 'basket.capture',
        basket,
        captures: [{ reservation, purchase: null, lines: [] }],
        basketHash: new Uint8Array(32),
      },
    ]);
    redeem(world, atA, 7);
    const { receipts } = world.commit([segment]);
    expect(receipts.map(({ outcome }) => outcome)).toEqual([2, 2]);
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_000_000n, 1_000_000n]);
  });
});
