/** What the test files of seeded schedules share: each takes every second seed, so that two workers share them. */
import { expect } from 'vitest';
import { runSeed, ScheduleSum } from './seeded-schedules.ts';

/** Schedules of every second seed from `first` on hold, and are worth their time. */
export function holdEverySecond(first: number, count: number): void {
  const sum = new ScheduleSum();
  for (let seed = first; seed < first + 2 * count; seed += 2) sum.add(runSeed(seed));
  // Views change, machines crash, disks are lost.
  expect(sum.changed).toBeGreaterThan(1_000);
  expect(sum.crashes).toBeGreaterThan(1_000);
  expect(sum.rots).toBeGreaterThan(100);
}
