import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SeededEntropy } from '#core/entropy';
import { Promises } from './crash-check.ts';
import { DiskModel } from './disk-model.ts';
import { eventsOf, traceProgram } from './syscall-trace.ts';

let folder: string;
let crashed: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-durability-'));
  // Crash states are written and opened by the thousand; nothing in them needs to survive a real cut.
  crashed = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bizain-crashed-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(crashed, { recursive: true, force: true });
});

interface Verdict {
  readonly states: number;
  readonly acknowledged: number;
  readonly broken: string[];
  readonly withLoss: number;
}

/** Thousands of files are written and opened: longer than a test usually may on a busy machine. */
const patient = { timeout: 120_000 };

interface Trial {
  readonly mode: 'FULL' | 'NORMAL';
  readonly transactions: number;
  readonly large: boolean;
  /** Most writes that are singled out at one moment. */
  readonly budget: number;
  readonly seed: number;
  readonly stopAtLoss?: number;
  /** Cut before one sync in so many, and before all that are near a write into the database itself. Default 1. */
  readonly cutEvery?: number;
}

/** Syncs after a write into the database that are all looked at. */
const nearSyncs = 2;

function prove(trial: Trial): Verdict {
  const root = join(folder, 'disk');
  mkdirSync(root);
  const program = join(import.meta.dirname, 'append-program.ts');
  const args = [join(root, 'state', 'journal.db'), trial.mode, String(trial.transactions), trial.large ? '1' : '0'];
  const node = [process.execPath, '--conditions=bizain-source', '--import', 'tsx', program, ...args];
  const events = eventsOf(traceProgram(node, join(folder, 'trace')), root, (path) => path.endsWith('-reserve'));
  const entropy = new SeededEntropy(trial.seed);
  const model = new DiskModel();
  model.apply({ kind: 'mkdir', path: root });
  model.apply({ kind: 'sync', path: folder });
  const promises = new Promises();
  const broken: string[] = [];
  let states = 0;
  let withLoss = 0;
  const cut = (moment: number): void => {
    for (const state of model.states(entropy, trial.budget)) {
      states++;
      const found = promises.broken(state, crashed, root);
      if (found.length > 0) withLoss++;
      for (const what of found.slice(0, 3)) broken.push(`event ${moment}, ${state.how}: ${what} (seed ${trial.seed})`);
    }
  };
  let syncs = 0;
  let nearUntil = 0;
  for (const [moment, event] of events.entries()) {
    if (event.kind === 'write' && event.path.endsWith('journal.db')) nearUntil = syncs + nearSyncs;
    if (withLoss >= (trial.stopAtLoss ?? Number.POSITIVE_INFINITY)) break;
    // Before a sync every subset of what is unsynced is possible: that covers the moments since the last one.
    if (event.kind === 'sync' && (syncs++ < nearUntil || syncs % (trial.cutEvery ?? 1) === 0)) cut(moment);
    model.apply(event);
    if (event.kind === 'say') {
      promises.hear(event.line);
      if (model.pendingCount > 0) cut(moment);
    }
  }
  cut(events.length);
  return { states, acknowledged: promises.entryCount, broken, withLoss };
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
