import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { decode, encode } from '#core/format';
import { payIfArgsFormat, payIfReads } from '#ledger/contracts/native/pay-if';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { receiptsMessageFormat } from '#sync/wire/gateway-message';
import { seedOf } from '../../fixtures/region.ts';
import { LiveRegion, until } from './live-region.ts';

const executors = fileURLToPath(new URL('../../fixtures/executors', import.meta.url));
let region: LiveRegion;

afterEach(() => region.close());

/** Gives each validator a folder of executors: those of the names, as files of its own. */
async function open(programs: (validator: number) => Readonly<Record<string, string>>): Promise<void> {
  region = await LiveRegion.open({ heartbeatMs: 200 });
  for (const [index, path] of region.configs.entries()) {
    const folder = join(dirname(path), `executors-${index}`);
    mkdirSync(folder);
    for (const [name, program] of Object.entries(programs(index)))
      cpSync(join(executors, `${program}.mjs`), join(folder, `${name}.mjs`));
    const config = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...config, executorFolder: folder }));
  }
  await region.start();
  await followCalls();
  await region.submit(registration);
}

const registration = {
  kind: 'account.register',
  id: 'shop',
  role: 2,
  publicKey: publicKeyOf(seedOf('shop')),
  name: 'shop',
} as const;

/** Collects the receipts of calls, which are nobody's own. */
async function followCalls(): Promise<void> {
  region.raw.on('message', (_topic, payload) => {
    const decoded = decode(receiptsMessageFormat, Uint8Array.from(payload));
    const checked = decoded.ok ? region.light.checkReceipts(decoded.value) : null;
    if (checked?.ok !== true) return;
    for (const receipt of checked.value) region.receipts.set(`${receipt.author}/${receipt.sequence}`, receipt);
  });
  await region.raw.subscribeAsync(region.topics.receipts('x/contracts'));
}

async function enable(executor: string, version: number): Promise<void> {
  const fromHeight = Math.max(...region.validators.map((v) => v.status().height)) + 3;
  const [receipt] = await region.submit({ kind: 'contract.enable', executor, version, fromHeight });
  expect(receipt?.outcome).toBe(0);
  await until(() => region.validators.every((v) => v.status().height >= fromHeight), 'the executor to be in force');
}

function call(
  executor: string,
  more: Partial<Extract<Operation, { kind: 'contract.call' }>>,
  msMax = 60_000,
): Operation {
  const deadlineMs = Date.now() + msMax;
  const reserved = [{ asset: 'biz', amount: 1_000n }];
  const base = { kind: 'contract.call', executor, function: 'any', args: utf8('shop'), reads: [], readsAt: 0 } as const;
  return { ...base, reserved, deadlineMs, ...more };
}

/** What the call of this number came to. */
async function receiptOf(number: number): Promise<Receipt> {
  const name = `x/contracts/${number}`;
  // Threads of four validators start here on one machine.
  await until(() => region.receipts.has(name), `the receipt of call ${number}`, 60_000);
  const receipt = region.receipts.get(name);
  if (receipt === undefined) throw new Error('no receipt');
  return receipt;
}

const told = ({ outcome, reasons, value }: Receipt) => [outcomes[outcome], value, ...reasonsIn(reasons)];

test('D10: a call is ordered, executed beside the voting, and settled by what a quorum attests', async () => {
  await open(() => ({}));
  await enable('settle', 1);
  const entry = { author: 'admin', epoch: 0, stream: 0, sequence: 0 };
  const args = { asset: 'biz', payee: 'shop', amount: 400n, entry };
  const [ordered] = await region.submit(
    call('settle', { function: 'pay-if', args: encode(payIfArgsFormat, args), reads: payIfReads(args) }),
  );
  expect(ordered?.outcome).toBe(0);
  const receipt = await receiptOf(0);
  expect(told(receipt)).toEqual(['applied', 400n]);
  expect(receipt.height).toBeGreaterThan(ordered?.height ?? 0);
  await region.settled();
}, 120_000);

/** What validator 3 has under a name, and what the others have. */
const programs = {
  'lies-1': ['generous-2', 'generous-1'],
  'dies-1': ['exit-1', 'generous-1'],
  'hoards-1': ['hoard-1', 'generous-1'],
  'hangs-1': ['hang-1', 'generous-1'],
  'throws-1': ['throw-1', 'throw-1'],
  'lacks-1': ['generous-1', 'generous-1'],
} as const;

test('one executor that lies, dies, hoards or hangs delays nothing; a failing call leaves its caller with its money', async () => {
  await open((validator) =>
    Object.fromEntries(Object.entries(programs).map(([name, [last, rest]]) => [name, validator === 3 ? last : rest])),
  );
  const names = Object.keys(programs).map((name) => name.slice(0, -2));
  for (const name of names) await enable(name, 1);
  for (const name of names) await region.submit(call(name, {}));
  const answers = await Promise.all(names.map(async (name, at) => [name, ...told(await receiptOf(at))]));
  expect(answers).toEqual([
    ['lies', 'applied', 1_000n],
    ['dies', 'applied', 1_000n],
    ['hoards', 'applied', 1_000n],
    ['hangs', 'applied', 1_000n],
    ['throws', 'refused', 0n, 'CALL_FAILED'],
    ['lacks', 'applied', 1_000n],
  ]);
  await region.settled();
}, 120_000);

test('blocks go on while every executor hangs, and the call ends at its deadline', async () => {
  await open(() => ({ 'stuck-1': 'hang-1' }));
  await enable('stuck', 1);
  const [ordered] = await region.submit(call('stuck', {}, 4_000));
  const [other] = await region.submit({ ...registration, id: 'other', name: 'other' });
  expect([ordered?.outcome, other?.outcome]).toEqual([0, 0]);
  expect(told(await receiptOf(0))).toEqual(['refused', 0n, 'TOO_LATE', 'CALL_FAILED']);
}, 120_000);

test('a new version is put there and into force while the region runs', async () => {
  await open(() => ({ 'generous-1': 'generous-1' }));
  await enable('generous', 1);
  await region.submit(call('generous', {}));
  expect(told(await receiptOf(0))).toEqual(['applied', 1_000n]);
  for (const [index, path] of region.configs.entries())
    cpSync(join(executors, 'generous-2.mjs'), join(dirname(path), `executors-${index}`, 'generous-2.mjs'));
  await enable('generous', 2);
  await region.submit(call('generous', {}));
  expect(told(await receiptOf(1))).toEqual(['applied', 500n]);
}, 120_000);
