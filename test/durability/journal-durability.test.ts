import { afterEach, beforeEach, expect, test } from 'vitest';
import { Promises } from './crash-check.ts';
import { CrashLab, type CrashVerdict } from './crash-run.ts';

let lab: CrashLab;
beforeEach(() => {
  lab = new CrashLab();
});
afterEach(() => lab.close());

/** Thousands of files are written and opened: longer than a test usually may on a busy machine. */
const patient = { timeout: 120_000 };

interface Trial {
  readonly mode: 'FULL' | 'NORMAL';
  readonly transactions: number;
  readonly large: boolean;
  readonly budget: number;
  readonly seed: number;
  readonly stopAtLoss?: number;
  readonly cutEvery?: number;
}

function prove({ mode, transactions, large, ...trial }: Trial): CrashVerdict & { readonly acknowledged: number } {
  const promises = new Promises();
  const args = [mode, String(transactions), large ? '1' : '0'];
  const verdict = lab.run({ ...trial, program: 'append-program.ts', args, database: 'journal.db' }, promises);
  return { ...verdict, acknowledged: promises.entryCount };
}

test('no acknowledged entry is lost in any crash state of appends, seals, settlements and a restart', patient, () => {
  const verdict = prove({ mode: 'FULL', transactions: 40, large: false, budget: 3, seed: 1 });
  expect(verdict.broken).toEqual([]);
  expect(verdict.acknowledged).toBe(70);
  expect(verdict.states).toBeGreaterThan(600);
});

test('no acknowledged entry is lost while the write-ahead log moves into the database and starts over', patient, () => {
  const verdict = prove({ mode: 'FULL', transactions: 50, large: true, budget: 1, seed: 2, cutEvery: 20 });
  expect(verdict.broken).toEqual([]);
  expect(verdict.acknowledged).toBe(50);
  expect(verdict.states).toBeGreaterThan(100);
});

test('the proof bites: with synchronous=NORMAL acknowledged entries are lost', patient, () => {
  const verdict = prove({ mode: 'NORMAL', transactions: 20, large: false, budget: 4, seed: 3, stopAtLoss: 50 });
  expect(verdict.broken.some((what) => /acknowledged entry \d\/\d+ lost/.test(what))).toBe(true);
  expect(verdict.withLoss).toBeGreaterThanOrEqual(50);
});
