import { expect, it } from 'vitest';
import type { AllianceTerms } from '#ledger/alliances/terms';
import { reserveRing, ringWithCoupons } from './alliance-world.ts';
import { basketOf, storeB, type World } from './world.ts';

const lane = `${storeB}/lane-1`;
const share = (denominator: number) => ({ kind: 'share', of: { numerator: 1, denominator } }) as const;
const flow = { payer: 0, payee: 1, amount: share(100) } as const;
const flows = (count: number): Pick<AllianceTerms, 'flows'> => ({ flows: Array.from({ length: count }, () => flow) });

const reserve = (world: World, serial: number, basket = 1) => world.do(lane, reserveRing(serial, basket));

it('B7: a basket is full before a coupon whose payments a sale could not hold, and what it took can be captured', () => {
  const world = ringWithCoupons({ ...flows(7), fee: { of: share(50).of, payee: 'clearing-house', bizRate: null } });
  const first = world.next(lane);
  for (let serial = 0; serial < 8; serial++) expect(reserve(world, serial).outcome).toBe('applied');
  expect(reserve(world, 8).reasons).toEqual(['BASKET_FULL']);
  expect(reserve(world, 8, 2).outcome).toBe('applied');
  const captures = Array.from({ length: 8 }, (_, at) => ({ reservation: first + at, purchase: null, lines: [] }));
  const capture = { kind: 'basket.capture', basket: basketOf(1), captures, basketHash: new Uint8Array(32) } as const;
  expect(world.do(lane, capture).outcome).toBe('applied');
});

it('B7: a basket takes 64 coupons that make nothing due, as many as a capture may name', () => {
  const world = ringWithCoupons(flows(0));
  for (let serial = 0; serial < 64; serial++) expect(reserve(world, serial).outcome).toBe('applied');
  expect(reserve(world, 64).reasons).toEqual(['BASKET_FULL']);
});
