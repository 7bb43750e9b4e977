import { beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { Allowance } from '#sync/validator/allowance';

let clock: VirtualClock;
let allowance: Allowance;
const taken = (asker: string, times: number) =>
  Array.from({ length: times }, () => allowance.take(asker)).filter(Boolean).length;

beforeEach(() => {
  clock = new VirtualClock();
  allowance = new Allowance(clock, { perSecond: 25, perSecondEach: 10, burstSeconds: 2 });
});

test('an asker may as much a second as is allowed, and save up a little', () => {
  expect(taken('a', 100)).toBe(20);
  clock.advance(500);
  expect(taken('a', 100)).toBe(5);
  clock.advance(60_000);
  expect(taken('a', 100)).toBe(20);
});

test('many askers together are allowed no more than all may', () => {
  expect(['a', 'b', 'c', 'd'].map((asker) => taken(asker, 100))).toEqual([20, 20, 10, 0]);
});

test('what cost more than one has to be made up before the next', () => {
  expect(allowance.take('a')).toBe(true);
  allowance.charge('a', 24);
  expect(allowance.take('a')).toBe(false);
  clock.advance(500);
  expect(allowance.take('a')).toBe(false);
  clock.advance(100);
  expect(allowance.take('a')).toBe(true);
  expect(allowance.take('b')).toBe(true);
});
