/** What the simulator itself promises: a seed is a run, real signatures change nothing, too many liars are found out. */
import { describe, expect, test } from 'vitest';
import { runSchedule } from './random-schedule.ts';
import { SafetyViolation } from './safety-checks.ts';
import { optionsOf, runSeed } from './seeded-schedules.ts';
import { realKeys } from './test-keys.ts';

/** Seeds until agreement breaks among so many liars; null if it never does. */
function firstBroken(validators: number, faulty: number, seedMax: number): number | null {
  for (let seed = 1; seed <= seedMax; seed++) {
    try {
      runSchedule(seed, { ...optionsOf({ validators, faulty }), healMsMax: 3_000 });
    } catch (error) {
      if (error instanceof SafetyViolation && error.message.startsWith('S1')) return seed;
    }
  }
  return null;
}

describe('a seed', () => {
  test('replays exactly: the same seed gives the same trace', () => {
    for (let seed = 1; seed <= 40; seed++) expect(runSeed(seed)).toEqual(runSeed(seed));
  });

  test('gives another trace than its neighbour', () => {
    const traces = Array.from({ length: 60 }, (_, at) => runSeed(at + 1).trace);
    expect(new Set(traces).size).toBe(60);
  });
});

test('the promises hold with real signatures and real beacon proofs', { timeout: 120_000 }, () => {
  for (let seed = 1; seed <= 2; seed++)
    expect(runSchedule(seed, { keys: realKeys(4), faultyCount: 1 }).heights).toBeGreaterThan(0);
});

describe('more than f liars break agreement, and the checks find it', () => {
  test.each([
    [4, 2, 400],
    [7, 3, 400],
  ])('among %i validators %i of them', { timeout: 300_000 }, (validators, faulty, seedMax) => {
    expect(firstBroken(validators, faulty, seedMax)).not.toBeNull();
  });
});
