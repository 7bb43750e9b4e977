/** Seeded schedules over the production replica, those of odd seeds. Replay one: npm run simulate -- --seed <seed>. */
import { expect, test } from 'vitest';
import { runEverySecond } from './seeded-schedules.ts';

test('SPEC S1 to S4 and L1 hold in 10,100 schedules of loss, partition, crash, disk faults and up to f liars (odd seeds)', {
  timeout: 900_000,
}, () => {
  const sum = runEverySecond(1, 10_100);
  // The schedules are worth their time: views change, machines crash, disks are lost.
  expect(sum.changed).toBeGreaterThan(1_000);
  expect(sum.crashes).toBeGreaterThan(1_000);
  expect(sum.rots).toBeGreaterThan(100);
});
