import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import { decode, encode } from '#core/format';
import { readOpenCalls } from '#ledger/contracts/call';
import { callInputFormat } from '#ledger/contracts/executor-port';
import { type CallResult, callResultFormat } from '#ledger/contracts/result';
import type { Operation } from '#ledger/operation';
import type { LedgerView } from '#ledger/state/view';
import { BlockStore } from '#sync/validator/block-store';
import { CallDesk } from '#sync/validator/call-desk';
import type { CallRunner, RunOutcome } from '#sync/validator/call-runner';
import type { ExecutorModules } from '#sync/validator/executor-modules';
import { OwnJournal } from '#sync/validator/own-journal';
import { TestRegion } from '../../fixtures/region.ts';

const day = 86_400_000;
let folder: string;
let region: TestRegion;
let store: BlockStore;
let runs: { input: Uint8Array; answer: (outcome: RunOutcome) => void }[];
let given: Uint8Array[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-calls-'));
  region = new TestRegion();
  store = new BlockStore(join(folder, 'validator.db'));
  runs = [];
  given = [];
  say({ kind: 'contract.enable', executor: 'any', version: 1, fromHeight: 2 });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The administrator's operation in a block of its own, and whatever the validator has said. */
function say(...operations: readonly Operation[]): void {
  const own = given.splice(0);
  const admin = operations.length === 0 ? [] : [region.admin.seal(...operations.map((operation) => ({ operation })))];
  const { receipts } = region.commit(...admin, ...own).executed;
  expect(receipts.every(({ outcome }) => outcome === 0)).toBe(true);
}

/** The state, with one object that is larger than any that a few operations could make. */
const view: LedgerView = {
  holds: () => true,
  get: (shard, key) => (key === 'large' ? new Uint8Array(4_097) : region.state.get(shard, key)),
};

/** A validator's desk over the store, as the process makes it at its start. */
function deskOn(on: BlockStore): CallDesk {
  const chain = () => ({ height: region.blocks.length, timeMs: region.head.header.timeMs });
  const journal = new OwnJournal({
    chainId: region.chainId,
    name: 'v0',
    secretSeed: region.validatorSeeds[0] as Uint8Array,
    state: region.state,
    clock: new VirtualClock(),
    table: on.authored,
    open: () => on.open(),
    flush: () => on.flush(),
    chain,
    isCurrent: () => true,
    give: (segment) => given.push(segment),
  });
  const runner: Pick<CallRunner, 'run'> = {
    run: (_module, input) => new Promise((answer) => runs.push({ input, answer })),
  };
  const modules: Pick<ExecutorModules, 'find'> = { find: () => 'some module' };
  return new CallDesk({
    name: 'v0',
    state: view,
    table: on.calls,
    journal,
    runner,
    modules,
    open: () => on.open(),
    chain,
    safely: (work) => work(),
  });
}

/** The process ends, and begins again with what was flushed. */
function restarted(): CallDesk {
  store.close();
  store = new BlockStore(join(folder, 'validator.db'));
  return deskOn(store);
}

const call = (more: Partial<Extract<Operation, { kind: 'contract.call' }>> = {}): Operation => ({
  kind: 'contract.call',
  executor: 'any',
  function: 'any',
  args: new Uint8Array(0),
  reads: [{ shard: 'r', key: 'account/v3' }],
  reserved: [],
  readsAt: 0,
  deadlineMs: region.head.header.timeMs + day,
  ...more,
});

const change = (version: number): Operation => ({
  kind: 'account.govern',
  account: 'v3',
  governors: [],
  threshold: 0,
  itemsPerDayMax: version,
  version,
  approvals: [],
});

const done: CallResult = { kind: 'done', payments: [], nettings: [], events: ['done'] };

async function answerAll(): Promise<void> {
  for (const { answer } of runs.splice(0)) answer({ kind: 'result', result: encode(callResultFormat, done) });
  await Promise.resolve();
}

function readsOf(at: number): Uint8Array | null | undefined {
  const decoded = decode(callInputFormat, (runs[at] as { input: Uint8Array }).input);
  return decoded.ok ? decoded.value.values[0]?.value : undefined;
}

test('an executor is given the state as it was at the end of the block, however far it has moved on', () => {
  const desk = deskOn(store);
  const before = region.state.get('r', 'account/v3');
  say(call());
  desk.committed();
  say(change(1));
  desk.committed();
  store.flush();
  restarted();
  expect(runs.map((_, at) => readsOf(at))).toEqual([before, before]);
  expect(region.state.get('r', 'account/v3')).not.toEqual(before);
});

test('a call that is read later is kept at the block it names', () => {
  const desk = deskOn(store);
  say(call({ readsAt: region.blocks.length + 2 }));
  desk.committed();
  expect(runs).toEqual([]);
  say(change(1));
  desk.committed();
  expect(readsOf(0)).toEqual(region.state.get('r', 'account/v3'));
});

test('a process that ended before it could keep a read keeps it at its start; one that is later leaves the call to others', () => {
  say(call());
  deskOn(store);
  expect(runs).toHaveLength(1);
  runs = [];
  say(change(1));
  // What was not flushed is lost.
  const late = restarted();
  late.committed();
  expect([runs, late.status().kept]).toEqual([[], 0]);
});

test('a result survives a restart, is attested once, and is forgotten with its call', async () => {
  const desk = deskOn(store);
  say(call());
  desk.committed();
  await answerAll();
  expect(given).toHaveLength(1);
  store.flush();
  given = [];
  const again = restarted();
  again.committed();
  // The attestation is on its way in the journal, and the call needs no second run.
  expect([runs, given, again.status()]).toEqual([[], [], { kept: 1, executed: 1, gaveUp: 0 }]);
});

test('what was attested is ordered under the validator’s name, and not said twice', async () => {
  const desk = deskOn(store);
  say(call());
  desk.committed();
  await answerAll();
  say();
  expect(readOpenCalls(region.state)[0]?.attestations.map(({ validator }) => validator)).toEqual(['v0']);
  desk.committed();
  desk.tell();
  expect(given).toEqual([]);
});

test('a run without a result is tried once more, and then left to the others', async () => {
  const desk = deskOn(store);
  say(call());
  for (const expected of [1, 1, 0]) {
    desk.committed();
    expect(runs).toHaveLength(expected);
    for (const { answer } of runs.splice(0)) answer({ kind: 'gave-up', why: 'TIME' });
    await Promise.resolve();
  }
  expect([given, desk.status().gaveUp]).toEqual([[], 2]);
});

test('a read of an object that is too large fails the call without a run, on all validators alike', () => {
  const reads = [{ shard: 'r', key: 'large' }];
  const desk = deskOn(store);
  say(call({ reads }), call());
  desk.committed();
  expect(runs).toHaveLength(1);
  say();
  const [failed, open] = readOpenCalls(region.state);
  expect([failed?.attestations.length, open?.attestations.length]).toEqual([1, 0]);
});
