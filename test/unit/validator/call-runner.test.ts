import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { systemClock } from '#core/clock';
import { decode, encode } from '#core/format';
import { callInputFormat } from '#ledger/contracts/executor-port';
import { callResultFormat } from '#ledger/contracts/result';
import { CallRunner, type RunOutcome } from '#sync/validator/call-runner';
import { ExecutorModules } from '#sync/validator/executor-modules';

const modules = new ExecutorModules(fileURLToPath(new URL('../../fixtures/executors', import.meta.url)));
let runner: CallRunner;

beforeEach(() => {
  runner = new CallRunner({ clock: systemClock, msMax: 3_000 });
});
afterEach(() => runner.stop());

const input = encode(callInputFormat, {
  number: 0,
  executor: 'generous',
  version: 1,
  function: 'any',
  args: utf8('somebody'),
  caller: 'admin',
  reserved: [{ asset: 'biz', amount: 7n }],
  height: 1,
  timeMs: 1,
  values: [],
});

function run(name: string, version = 1): Promise<RunOutcome> {
  return runner.run(modules.find(name, version) ?? 'file:///nowhere.mjs', input);
}

async function resultOf(name: string, version = 1) {
  const outcome = await run(name, version);
  const decoded = outcome.kind === 'result' ? decode(callResultFormat, outcome.result) : null;
  return decoded?.ok === true ? decoded.value : outcome;
}

const paid = (amount: bigint) => ({
  kind: 'done',
  payments: [{ asset: 'biz', to: 'somebody', amount }],
  nettings: [],
  events: [],
});

test('an executor that throws, or answers nonsense, has failed the call', async () => {
  expect(await resultOf('throw')).toEqual({ kind: 'failed', code: 'THREW' });
  expect(await resultOf('nonsense')).toEqual({ kind: 'failed', code: 'BAD_RESULT' });
});

test('one that hangs, ends its thread or takes all memory gives no result, and the next call has one', async () => {
  const [hung, after] = await Promise.all([run('hang'), resultOf('generous')]);
  expect(hung).toEqual({ kind: 'gave-up', why: 'TIME' });
  expect(after).toEqual(paid(7n));
  expect(await run('exit')).toEqual({ kind: 'gave-up', why: 'DIED' });
  expect(await resultOf('generous')).toEqual(paid(7n));
  const hoarded = await run('hoard');
  expect(hoarded.kind).toBe('gave-up');
  expect(await resultOf('generous')).toEqual(paid(7n));
}, 60_000);

test('versions stand side by side, and one that this machine lacks is no result', async () => {
  expect(await resultOf('generous', 2)).toEqual(paid(3n));
  expect(await resultOf('generous', 1)).toEqual(paid(7n));
  expect(modules.find('generous', 3)).toBeNull();
  expect(await run('unknown')).toEqual({ kind: 'gave-up', why: 'NO_EXECUTOR' });
});

test('what waits when the runner stops has no result', async () => {
  const waiting = [run('hang'), run('generous')];
  await runner.stop();
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ kind: 'gave-up', why: 'STOPPED' })));
  expect(await run('generous')).toEqual({ kind: 'gave-up', why: 'STOPPED' });
});
