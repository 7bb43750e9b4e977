/** Seeded schedules over the production replica, those of odd seeds. Replay one: npm run simulate -- --seed <seed>. */
import { test } from 'vitest';
import { holdEverySecond } from './every-second.ts';

test(
  'SPEC S1 to S4 and L1 hold in 10,100 schedules of loss, partition, crash, disk faults and up to f liars (odd seeds)',
  {
    timeout: 900_000,
  },
  () => holdEverySecond(1, 10_100),
);
