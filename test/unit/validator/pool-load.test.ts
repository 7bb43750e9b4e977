import { beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { PoolLoad, workOf } from '#sync/validator/pool-load';
import { poolLimits } from '#sync/validator/segment-pool';

const tens = (author: string) => ({ author, bytes: 2_000, entries: 10 });
let clock: VirtualClock;
let load: PoolLoad;

beforeEach(() => {
  clock = new VirtualClock();
  load = new PoolLoad(clock, poolLimits);
});

/** Adds segments of an author until there is no room; how many there was room for. */
function fillBy(author: string): number {
  let count = 0;
  for (; !load.isFull(tens(author)); count++) load.add(tens(author));
  return count;
}

/** The region orders `perSecond` operations, segments of ten, for some seconds, while more waits. */
function orders(perSecond: number, seconds: number): void {
  load.add(tens('always waiting'));
  for (let at = 0; at < seconds * 10; at++) {
    clock.advance(100);
    load.ordered((workOf(10) * perSecond) / 100);
  }
  load.remove(tens('always waiting'));
}

test('one author alone gets half of what may wait, and whoever brings nothing yet is still let in', () => {
  const alone = fillBy('greedy');
  expect(alone).toBeGreaterThan(100);
  expect(load.isFull(tens('greedy'))).toBe(true);
  expect(load.isFull(tens('modest'))).toBe(false);
});

test('many authors get equal shares, whoever came first', () => {
  const authors = Array.from({ length: 20 }, (_, at) => `author ${at}`);
  const held = new Map(authors.map((author) => [author, 0]));
  // All of them want as much as they can get, in turn.
  for (let turn = 0; turn < 2_000; turn++) {
    for (const author of authors) {
      if (load.isFull(tens(author))) continue;
      load.add(tens(author));
      held.set(author, (held.get(author) ?? 0) + 1);
    }
  }
  const counts = [...held.values()];
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

test('what may wait follows what the region has lately ordered', () => {
  const before = fillBy('a');
  for (let at = 0; at < before; at++) load.remove(tens('a'));
  orders(40_000, 20);
  expect(fillBy('a')).toBeGreaterThan(2 * before);
});

test('an idle region does not take its idleness for slowness', () => {
  orders(40_000, 20);
  const busy = fillBy('a');
  for (let at = 0; at < busy; at++) load.remove(tens('a'));
  load.ordered(0);
  clock.advance(3_600_000);
  load.ordered(0);
  expect(fillBy('a')).toBe(busy);
});

test('who is turned away is told a time that grows with what waits and falls with what the region orders, within bounds', () => {
  expect(load.retryAfterMs).toBe(100);
  orders(1_000, 10);
  fillBy('a');
  const slow = load.retryAfterMs;
  orders(20_000, 30);
  expect(load.retryAfterMs).toBeLessThan(slow);
  expect(slow).toBeLessThanOrEqual(5_000);
});

test('memory is bounded by segments and bytes, of each author and in all', () => {
  for (const limits of [{ segmentsMax: 3 }, { bytesMax: 6_500 }, { segmentsMaxAuthor: 3 }, { bytesMaxAuthor: 6_500 }]) {
    load = new PoolLoad(clock, { ...poolLimits, ...limits });
    expect(fillBy('a')).toBe(3);
    expect(load.isFull(tens('b'))).toBe('segmentsMax' in limits || 'bytesMax' in limits);
  }
});
