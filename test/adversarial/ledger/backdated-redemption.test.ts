import { expect, it } from 'vitest';
import { reserve, storeA, World } from '../../unit/ledger/world.ts';

const lane = `${storeA}/lane-1`;
const dayMs = 86_400_000;

it('C3: an expired coupon is not redeemed online by a till that dates it back', () => {
  const world = World.withSeries(10);
  world.timeMs += 60 * dayMs;
  const backMs = world.timeMs - 59 * dayMs;
  expect(world.do(lane, reserve(1), { timeLowMs: backMs, timeHighMs: backMs }).reasons).toEqual(['EXPIRED']);
});
