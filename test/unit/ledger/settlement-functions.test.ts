import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encode } from '#core/format';
import { allianceDebtFormat } from '#ledger/alliances/alliance';
import { balanceFormat } from '#ledger/assets/balance';
import type { CallInput } from '#ledger/contracts/executor-port';
import { netDebtsArgsFormat } from '#ledger/contracts/native/net-debts';
import { payIfArgsFormat } from '#ledger/contracts/native/pay-if';
import { payProRataArgsFormat } from '#ledger/contracts/native/pay-pro-rata';
import { execute, settlementFunctions } from '#ledger/contracts/native/settle';
import type { CallResult } from '#ledger/contracts/result';
import { streamHeadFormat } from '#ledger/journal/stream-head';

type Value = Uint8Array | null;

/** A call that reads just what its function asks for, from these objects by key. */
function inputOf(name: string, args: Uint8Array, objects: Readonly<Record<string, Value>>): CallInput {
  const reads = settlementFunctions.get(name)?.reads(args) ?? [];
  return {
    number: 0,
    executor: 'settle',
    version: 1,
    function: name,
    args,
    caller: 'admin',
    reserved: [],
    height: 1,
    timeMs: 1,
    values: reads.map((read) => ({ read, value: objects[read.key] ?? null })),
  };
}

const debt = (amount: bigint) => encode(allianceDebtFormat, { amount });
const members = ['a', 'b', 'c', 'd'] as const;

/** Nettings of debts given as `a/b: amount`. */
async function netted(debts: Readonly<Record<string, bigint>>): Promise<Readonly<Record<string, bigint>>> {
  const args = encode(netDebtsArgsFormat, { alliance: 'ring', members: [...members] });
  const objects = Object.fromEntries(Object.entries(debts).map(([pair, amount]) => [`debt/${pair}`, debt(amount)]));
  const result = await execute(inputOf('net-debts', args, objects));
  if (result.kind !== 'done') throw new Error(result.code);
  return Object.fromEntries(result.nettings.map((one) => [`${one.debtor}/${one.creditor}`, one.amount]));
}

describe('net-debts', () => {
  it('takes a ring off all round by its least debt', async () => {
    expect(await netted({ 'a/b': 100n, 'b/c': 100n, 'c/a': 80n })).toEqual({ 'a/b': 80n, 'b/c': 80n, 'c/a': 80n });
    expect(await netted({ 'a/b': 5n, 'b/a': 7n })).toEqual({ 'a/b': 5n, 'b/a': 5n });
    expect(await netted({ 'a/b': 5n, 'b/c': 5n, 'a/c': 5n })).toEqual({});
  });

  it('leaves every member with what it owes on balance, no debt below nothing, and no ring', async () => {
    const pairs = members.flatMap((from) => members.flatMap((to) => (from === to ? [] : [`${from}/${to}`])));
    const amounts = fc.array(fc.bigInt({ min: 0n, max: 9n }), { minLength: pairs.length, maxLength: pairs.length });
    await fc.assert(
      fc.asyncProperty(amounts, async (all) => {
        const debts = Object.fromEntries(pairs.map((pair, at) => [pair, all[at] ?? 0n]));
        const off = await netted(debts);
        const left = Object.fromEntries(pairs.map((pair) => [pair, (debts[pair] ?? 0n) - (off[pair] ?? 0n)]));
        for (const pair of pairs) expect(left[pair]).toBeGreaterThanOrEqual(0n);
        for (const member of members) {
          const sum = pairs.reduce((total, pair) => {
            const [from, to] = pair.split('/');
            const amount = off[pair] ?? 0n;
            return total + (from === member ? amount : 0n) - (to === member ? amount : 0n);
          }, 0n);
          expect(sum).toBe(0n);
        }
        expect(await netted(left)).toEqual({});
      }),
      { numRuns: 200 },
    );
  });
});

const pile = (free: bigint) => ({ free, lots: [] });
const balance = (open: bigint, locked = 0n) =>
  encode(balanceFormat, { open: pile(open), locked: pile(locked), expired: 0n, frozen: false });

describe('pay-pro-rata', () => {
  const args = (total: bigint, holders: readonly string[]) =>
    encode(payProRataArgsFormat, { asset: 'token', total, by: 'points', holders: [...holders] });
  const has = { 'balance/a/points': balance(30n), 'balance/b/points': balance(50n, 10n) };
  const run = (total: bigint, holders: readonly string[]) =>
    execute(inputOf('pay-pro-rata', args(total, holders), has)) as CallResult;

  it('pays in proportion to what each has, locked units too, and keeps what does not divide', () => {
    const result = run(100n, ['a', 'b', 'c']);
    expect(result).toMatchObject({ kind: 'done' });
    expect(result.kind === 'done' && result.payments).toEqual([
      { asset: 'token', to: 'a', amount: 33n },
      { asset: 'token', to: 'b', amount: 66n },
    ]);
  });

  it('fails where nobody holds any, or one is named twice', () => {
    expect(run(100n, ['c'])).toEqual({ kind: 'failed', code: 'NOBODY_HOLDS' });
    expect(run(100n, ['a', 'a'])).toEqual({ kind: 'failed', code: 'HOLDER_TWICE' });
  });
});

describe('pay-if', () => {
  const entry = { author: 'shop', epoch: 0, stream: 0, sequence: 4 };
  const args = encode(payIfArgsFormat, { asset: 'token', payee: 'shop', amount: 9n, entry });
  const head = (nextSequence: number) =>
    encode(streamHeadFormat, { nextSequence, headHash: new Uint8Array(32), hold: null });

  it('pays when the entry has been executed, and nothing before', () => {
    const run = (next: Value) => execute(inputOf('pay-if', args, { 'stream/shop/0/0': next }));
    expect(run(head(5))).toMatchObject({ payments: [{ asset: 'token', to: 'shop', amount: 9n }] });
    expect(run(head(4))).toMatchObject({ payments: [] });
    expect(run(null)).toMatchObject({ payments: [] });
  });
});

it('a call of no function, with no arguments of it, or that reads too little, fails', () => {
  expect(execute(inputOf('none', new Uint8Array(0), {}))).toEqual({ kind: 'failed', code: 'NO_SUCH_FUNCTION' });
  expect(execute(inputOf('pay-if', Uint8Array.of(1), {}))).toEqual({ kind: 'failed', code: 'BAD_ARGUMENTS' });
  const entry = { author: 'shop', epoch: 0, stream: 0, sequence: 4 };
  const args = encode(payIfArgsFormat, { asset: 'token', payee: 'shop', amount: 9n, entry });
  expect(execute({ ...inputOf('pay-if', args, {}), values: [] })).toEqual({ kind: 'failed', code: 'NOT_READ' });
});
