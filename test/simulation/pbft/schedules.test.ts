/**
 * Seeded schedules over the production replica. Replay one: BIZAIN_SEED=<seed> npx vitest run test/simulation/pbft.
 * More of them: BIZAIN_SCHEDULES=<times as many>.
 */
import { describe, expect, test } from 'vitest';
import { runSchedule } from './random-schedule.ts';
import { SafetyViolation } from './safety-checks.ts';
import { cheapKeys, realKeys, type TestKeys } from './test-keys.ts';

const given = process.env['BIZAIN_SEED'];
const times = Number(process.env['BIZAIN_SCHEDULES'] ?? 1);
const first = given === undefined ? 1 : Number(given);

function runSchedules(
  count: number,
  keys: TestKeys,
  liars: number,
): { heights: number; changed: number; crashes: number } {
  const sum = { heights: 0, changed: 0, crashes: 0 };
  for (let seed = first; seed < first + (given === undefined ? count * times : 1); seed++) {
    try {
      const outcome = runSchedule(seed, keys, liars);
      sum.heights += outcome.heights;
      sum.changed += outcome.highestView > 0 ? 1 : 0;
      sum.crashes += outcome.crashes;
    } catch (error) {
      throw new Error(`n=${keys.validators.length}, ${liars} liars: BIZAIN_SEED=${seed}: ${String(error)}`, {
        cause: error,
      });
    }
  }
  return sum;
}

describe('SPEC S1 to S4 and L1 hold under loss, partition, crash and up to f liars', () => {
  test.each([
    [4, 1, 1_400],
    [5, 1, 350],
    [7, 2, 150],
    [4, 0, 300],
  ])('%i validators, %i of them lying: %i schedules', { timeout: 120_000 * times }, (count, liars, schedules) => {
    const sum = runSchedules(schedules, cheapKeys(count), liars);
    expect(sum.heights).toBeGreaterThan(0);
  });

  test('the same holds with real signatures and real beacon proofs', { timeout: 60_000 }, () => {
    expect(runSchedules(2, realKeys(4), 1).heights).toBeGreaterThan(0);
  });
});

test('two liars of four break agreement, and the checks find it', () => {
  const keys = cheapKeys(4);
  let broken = 0;
  for (let seed = 1; seed <= 150 && broken === 0; seed++) {
    try {
      runSchedule(seed, keys, 2);
    } catch (error) {
      if (error instanceof SafetyViolation && error.message.startsWith('S1')) broken++;
    }
  }
  expect(broken).toBeGreaterThan(0);
});
