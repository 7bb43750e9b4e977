/** A validator's disk after a power cut at any moment: what it had said binds it, and what it had published is there (SPEC S3, S4). */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CrashLab, type CrashTrial, type CrashVerdict } from './crash-run.ts';
import { StorePromises } from './store-check.ts';

let lab: CrashLab;
let others: string;
beforeEach(() => {
  lab = new CrashLab();
  others = mkdtempSync(join(tmpdir(), 'bizain-others-'));
});
afterEach(() => {
  lab.close();
  rmSync(others, { recursive: true, force: true });
});

/** Thousands of files are written and opened: longer than a test usually may on a busy machine. */
const patient = { timeout: 240_000 };

interface Trial extends Pick<CrashTrial, 'budget' | 'seed' | 'stopAtLoss' | 'cutEvery' | 'ignores'> {
  readonly mode: 'FULL' | 'NORMAL' | 'NO-FLUSH';
  readonly heights: number;
  readonly checkpointPages?: number;
}

function prove(trial: Trial): CrashVerdict & { readonly promises: StorePromises } {
  const { mode, heights, checkpointPages = 4_000, ...rest } = trial;
  const promises = new StorePromises();
  const args = [others, mode, String(heights), String(checkpointPages)];
  const verdict = lab.run({ ...rest, program: 'voting-program.ts', args, database: 'validator.db' }, promises);
  return { ...verdict, promises };
}

test(
  'S3, S4: nothing said or published is lost in any crash state of heights with and without view changes',
  patient,
  () => {
    const { states, broken, promises } = prove({ mode: 'FULL', heights: 9, budget: 2, seed: 1 });
    expect(broken).toEqual([]);
    expect(states).toBeGreaterThan(400);
    expect(promises.committed.map(({ height }) => height)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const views = promises.said.filter(({ kind }) => kind === 'vote').map(({ view }) => view);
    expect(Math.max(...views)).toBeGreaterThan(0);
    expect(promises.said.some(({ kind }) => kind === 'proposal')).toBe(true);
    expect(promises.said.some(({ kind, what }) => kind === 'timeout' && !what.startsWith('-1'))).toBe(true);
  },
);

test('S3, S4: nothing is lost while the write-ahead log moves into the database and starts over', patient, () => {
  const { states, broken, promises } = prove({
    mode: 'FULL',
    heights: 12,
    checkpointPages: 24,
    budget: 1,
    seed: 2,
    cutEvery: 12,
  });
  expect(broken).toEqual([]);
  expect(states).toBeGreaterThan(150);
  expect(promises.committed.length).toBeGreaterThanOrEqual(12);
});

test('the proof bites: a store that says "durable" without a flush forgets votes', patient, () => {
  const { broken } = prove({ mode: 'NO-FLUSH', heights: 3, budget: 2, seed: 3, stopAtLoss: 12 });
  expect(broken.some((what) => /vote of view \d is not recorded/.test(what))).toBe(true);
});

test('the proof bites: with synchronous=NORMAL votes and published blocks are lost', patient, () => {
  const { broken } = prove({ mode: 'NORMAL', heights: 2, budget: 1, seed: 4 });
  expect(broken.some((what) => /a body for a vote|the block of a vote/.test(what))).toBe(true);
  expect(broken.some((what) => /published block \d lost/.test(what))).toBe(true);
});
