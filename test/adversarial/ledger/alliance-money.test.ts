import { describe, expect, it } from 'vitest';
import { readMember } from '#ledger/alliances/alliance';
import { readBalance, totalOf } from '#ledger/assets/balance';
import { bizAsset } from '#ledger/assets/biz';
import type { Operation } from '#ledger/operation';
import {
  merchantC,
  openRing,
  propose,
  ring,
  ringCoupon,
  ringTerms,
  ringWithCoupons,
  sign,
  token,
} from '../../unit/ledger/alliance-world.ts';
import { basketOf, gcn, grant, issuer, storeB, type World } from '../../unit/ledger/world.ts';

const laneB = `${storeB}/lane-1`;
const has = (world: World, owner: string, asset = token): bigint => totalOf(readBalance(world.state, { owner, asset }));
const largest = 2n ** 64n - 1n;
const fixedFlow = (amount: bigint) => ({ payer: 0, payee: 1, amount: { kind: 'fixed', amount } }) as const;

const onlineReserve = (serial: number): Operation => ({
  kind: 'coupon.reserve',
  gcn,
  serial,
  termsVersion: 1,
  basket: basketOf(serial),
  basis: { kind: 'online', fallbackRightId: null },
  purchase: { spend: 100_000n, products: [] },
  holder: null,
  consent: null,
});

/** Takes an item that the store owns, and closes its basket. */
function redeemOwned(world: World, serial: number) {
  const reservation = world.next(laneB);
  world.all(laneB, [
    { ...onlineReserve(serial), basis: { kind: 'owned', rightId: 'lease-b', allocation: null } } as Operation,
  ]);
  const captures = [{ reservation, purchase: null, lines: [] }];
  return world.do(laneB, {
    kind: 'basket.capture',
    basket: basketOf(serial),
    captures,
    basketHash: new Uint8Array(32),
  });
}

describe('members of an alliance who mean harm', () => {
  it('L1, L8: no terms make a member owe more than an amount can be', () => {
    const world = openRing({}, 0n);
    const greedy = { ...ringTerms, version: 2, flows: [fixedFlow(2n ** 96n - 1n), fixedFlow(2n ** 96n - 1n)] };
    const proposed = world.do(issuer, propose(greedy));
    if (proposed.outcome === 'applied') world.all(merchantC, [sign(greedy)]);
    const most = { ...ringTerms, version: 2, bond: 0n, flows: Array.from({ length: 8 }, () => fixedFlow(largest)) };
    if (proposed.outcome !== 'applied') {
      world.all(issuer, [propose(most)]);
      world.all(merchantC, [sign(most)]);
    }
    world.all(issuer, [
      { kind: 'series.define', gcn, terms: ringCoupon },
      { kind: 'coupon.issue', gcn, firstSerial: 0, count: 10, keyCommitments: new Uint8Array(0) },
      grant({ kind: 'lease', gcn, ranges: [{ first: 0, last: 9 }] }, { rightId: 'lease-b', store: storeB }),
    ]);
    for (const serial of [0, 1, 2]) expect(redeemOwned(world, serial).outcome).toBe('applied');
    expect(readMember(world.state, ring, merchantC)?.debt).toBe(3n * 8n * largest);
    expect(proposed.reasons).toEqual(['LIMIT_EXCEEDED']);
  });

  it('L1, L10: BIZ is nothing to settle in: covers, debts and fees would be mixed up, and what was never paid be brought back', () => {
    const world = openRing({}, 0n);
    const inBiz = { ...ringTerms, settlementAsset: bizAsset, unit: 'BIZ' };
    const proposal = { ...propose(inBiz), alliance: 'other' } as Operation;
    expect(world.do(issuer, proposal).reasons).toEqual(['BAD_OPERATION']);
  });

  it('L8: a capture that is dated before the alliance settles all the same', () => {
    const fee = { of: { numerator: 1, denominator: 100 }, payee: 'clearing-house', bizRate: null };
    const world = ringWithCoupons({ fee });
    const reservation = world.next(laneB);
    world.all(laneB, [onlineReserve(1)]);
    const captures = [{ reservation, purchase: null, lines: [] }];
    const close: Operation = { kind: 'basket.capture', basket: basketOf(1), captures, basketHash: new Uint8Array(32) };
    expect(world.do(laneB, close, { timeLowMs: 0, timeHighMs: 0 }).outcome).toBe('applied');
    expect([has(world, issuer), has(world, 'clearing-house')]).toEqual([1_005_000n, 100n]);
  });
});
