import { expect, it } from 'vitest';
import { salesPeriodOf } from '#ledger/ids';
import { captureLines, withCoupons } from '../../unit/ledger/coupon-world.ts';
import { reserve, storeA, type World } from '../../unit/ledger/world.ts';

const lane = `${storeA}/lane-1`;

function bringBack(world: World, capture: number, amount: bigint) {
  const of = { store: storeA, lane: 'lane-1', epoch: 0, capture, period: salesPeriodOf(world.timeMs) };
  return world.do(lane, { kind: 'basket.return', ...of, lines: [{ line: 1, part: 0, amount }] });
}

it('B5: a line that a capture names twice is brought back whole, and no more than whole', () => {
  const world = withCoupons(5);
  const reservation = world.next(lane);
  const lines = [
    [1, 50n],
    [1, 50n],
  ] as const;
  world.all(lane, [reserve(1), captureLines({ reservation, lines })]);
  expect(bringBack(world, reservation + 1, 101n).reasons).toEqual(['RETURN_EXCEEDS_SALE']);
  expect(bringBack(world, reservation + 1, 60n).outcome).toBe('applied');
  expect(bringBack(world, reservation + 1, 41n).reasons).toEqual(['RETURN_EXCEEDS_SALE']);
  expect(bringBack(world, reservation + 1, 40n).outcome).toBe('applied');
});
