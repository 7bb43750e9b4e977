import { describe, expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import { readDebt } from '#ledger/alliances/alliance';
import { lockedOf, readBalance, totalOf } from '#ledger/assets/balance';
import { readDispute, readOpenCalls } from '#ledger/contracts/call';
import type { CallResult } from '#ledger/contracts/result';
import type { OperationOf } from '#ledger/effect';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { outcomes, type Receipt } from '#ledger/receipt';
import { possessionDomain, possessionMessage } from '#ledger/validators/voting-key';
import { chainId, day, publicOf, seedOf, World } from './world.ts';

const seats = ['v0', 'v1', 'v2', 'v3'] as const;
const caller = 'admin';
const payees = ['merchant-c', 'merchant-d'] as const;

const enable = (version: number, fromHeight: number): Operation => ({
  kind: 'contract.enable',
  executor: 'settle',
  version,
  fromHeight,
});

/** Four validators and an executor in force. */
function region(): World {
  const world = World.open();
  for (const name of seats) {
    const publicKey = publicOf(name);
    const possession = signMessage(seedOf(name), possessionDomain, possessionMessage(chainId, name, publicKey));
    world.all('admin', [{ kind: 'validator.join', name, publicKey, address: '', possession }]);
  }
  world.all('admin', [enable(1, world.height + 2)]);
  return world;
}

type Call = OperationOf<'contract.call'>;

function callOf(world: World, other: Partial<Call> = {}): Operation {
  return {
    kind: 'contract.call',
    executor: 'settle',
    function: 'pay-if',
    args: new Uint8Array(0),
    reads: [],
    reserved: [{ asset: 'biz', amount: 1_000n }],
    readsAt: 0,
    deadlineMs: world.timeMs + day,
    ...other,
  };
}

const paying = (...amounts: readonly bigint[]): CallResult => ({
  kind: 'done',
  payments: amounts.map((amount, at) => ({ asset: 'biz', to: payees[at % 2] as string, amount })),
  nettings: [],
  events: [],
});

const attest = (number: number, result: CallResult): Operation => ({
  kind: 'contract.attest',
  results: [{ number, result }],
});

const biz = (world: World, owner: string) => readBalance(world.state, { owner, asset: 'biz' });
const locked = (world: World) => lockedOf(biz(world, caller));

/** Orders what each says in one block; receipts of calls that ended in it. */
function inBlock(world: World, ...said: readonly (readonly [string, Operation])[]): Receipt[] {
  const { receipts } = world.commit(said.map(([author, operation]) => world.segment(author, [operation])));
  return receipts.filter(({ author }) => author === 'x/contracts');
}

function refusal(world: World, author: string, operation: Operation): readonly string[] {
  const { outcome, reasons } = world.do(author, operation);
  expect(outcome).toBe('refused');
  return reasons;
}

const told = (receipt: Receipt | undefined) =>
  receipt === undefined ? null : [receipt.sequence, outcomes[receipt.outcome], ...reasonsIn(receipt.reasons)];

describe('K1: executors', () => {
  it('come into force at a height, and open calls stay with their version', () => {
    const world = region();
    expect(world.do(caller, callOf(world)).outcome).toBe('applied');
    const from = world.height + 5;
    expect(world.do('admin', enable(2, from)).outcome).toBe('applied');
    expect(refusal(world, 'admin', enable(2, from + 1))).toEqual(['ALREADY_EXISTS']);
    expect(refusal(world, 'admin', enable(3, world.height))).toEqual(['BAD_OPERATION']);
    // What was announced for the end of time can be taken back.
    expect(world.do('admin', enable(3, Number.MAX_SAFE_INTEGER)).outcome).toBe('applied');
    expect(world.do('admin', enable(2, from + 1)).outcome).toBe('applied');
    expect(world.do(caller, callOf(world)).outcome).toBe('applied');
    expect(readOpenCalls(world.state).map(({ version }) => version)).toEqual([1, 2]);
    expect(world.do('admin', enable(0, world.height + 2)).outcome).toBe('applied');
    expect(refusal(world, caller, callOf(world))).toEqual(['NO_SUCH_EXECUTOR']);
  });
});

describe('K2: a call', () => {
  it('locks its worst case and nothing more', () => {
    const world = region();
    const before = totalOf(biz(world, caller));
    world.do(caller, callOf(world));
    expect(locked(world)).toBe(1_000n);
    expect(totalOf(biz(world, caller))).toBe(before);
  });

  it('is refused without cover, out of bounds, or beyond sixteen', () => {
    const world = region();
    const all = totalOf(biz(world, caller));
    for (const [other, reason] of [
      [{ reserved: [{ asset: 'biz', amount: all + 1n }] }, 'INSUFFICIENT_BALANCE'],
      [{ reserved: [{ asset: 'none', amount: 1n }] }, 'NO_SUCH_ASSET'],
      [{ reserved: [{ asset: 'biz', amount: 0n }] }, 'BAD_OPERATION'],
      [{ reserved: [1n, 1n].map((amount) => ({ asset: 'biz', amount })) }, 'BAD_OPERATION'],
      [{ deadlineMs: 1 }, 'BAD_OPERATION'],
      [{ deadlineMs: world.timeMs + 40 * day }, 'BAD_OPERATION'],
      [{ readsAt: 1 }, 'BAD_OPERATION'],
      [{ executor: 'other' }, 'NO_SUCH_EXECUTOR'],
    ] as const)
      expect(refusal(world, caller, callOf(world, other as Partial<Call>))).toEqual([reason]);
    for (let open = 0; open < 16; open++) expect(world.do(caller, callOf(world)).outcome).toBe('applied');
    expect(refusal(world, caller, callOf(world))).toEqual(['TOO_MANY_OPEN']);
    expect(locked(world)).toBe(16_000n);
  });
});

describe('K3: attestations', () => {
  it('of a quorum settle the call in their block; those of f+1 do not', () => {
    const world = region();
    world.do(caller, callOf(world));
    expect(inBlock(world, ['v0', attest(0, paying(300n, 200n))], ['v1', attest(0, paying(300n, 200n))])).toEqual([]);
    expect(locked(world)).toBe(1_000n);
    const [receipt] = inBlock(world, ['v2', attest(0, paying(300n, 200n))]);
    expect(told(receipt)).toEqual([0, 'applied']);
    expect(receipt).toMatchObject({ value: 500n, movements: [{ from: caller, amount: 300n }, { amount: 200n }] });
    expect([locked(world), totalOf(biz(world, 'merchant-c')), totalOf(biz(world, 'merchant-d'))]).toEqual([
      0n,
      300n,
      200n,
    ]);
    expect(readOpenCalls(world.state)).toEqual([]);
    expect(refusal(world, 'v3', attest(0, paying(300n, 200n)))).toEqual(['NO_SUCH_CALL']);
  });

  it('of one liar change nothing, and are noted against it', () => {
    const world = region();
    world.do(caller, callOf(world));
    inBlock(world, ['v0', attest(0, paying(1_000n))]);
    const [receipt] = inBlock(world, ...seats.slice(1).map((name) => [name, attest(0, paying(10n))] as const));
    expect(told(receipt)).toEqual([0, 'applied']);
    expect(totalOf(biz(world, 'merchant-c'))).toBe(10n);
    expect(readDispute(world.state, 'v0')).toMatchObject({ count: 1, number: 0 });
    expect(readDispute(world.state, 'v1')).toBeNull();
  });

  it('count once: a second word is refused, another one noted', () => {
    const world = region();
    world.do(caller, callOf(world));
    world.do('v0', attest(0, paying(1n)));
    expect(refusal(world, 'v0', attest(0, paying(1n)))).toEqual(['ALREADY_EXISTS']);
    expect(world.do('v0', attest(0, paying(2n)))).toMatchObject({ outcome: 'applied', reasons: ['CONTRADICTED'] });
    expect(readDispute(world.state, 'v0')).toMatchObject({ count: 1 });
    expect(readOpenCalls(world.state)[0]?.attestations).toHaveLength(1);
  });

  it('that can no longer agree fail the call at once', () => {
    const world = region();
    world.do(caller, callOf(world));
    inBlock(world, ['v0', attest(0, paying(1n))], ['v1', attest(0, paying(2n))]);
    const [receipt] = inBlock(world, ['v2', attest(0, paying(3n))]);
    expect(told(receipt)).toEqual([0, 'refused', 'CALL_FAILED']);
    expect(locked(world)).toBe(0n);
  });

  it('are those of who voted when the call was ordered, and not before the block that is read', () => {
    const world = region();
    world.all('admin', [{ kind: 'account.register', id: 'v9', role: 3, publicKey: publicOf('v9'), name: 'v9' }]);
    world.do(caller, callOf(world, { readsAt: world.height + 3 }));
    expect(refusal(world, 'v9', attest(0, paying(1n)))).toEqual(['NOT_A_MEMBER']);
    expect(refusal(world, 'v0', attest(0, paying(1n)))).toEqual(['NOT_YET_VALID']);
    expect(world.do('v0', attest(0, paying(1n))).outcome).toBe('applied');
    expect(refusal(world, 'v0', attest(7, paying(1n)))).toEqual(['NO_SUCH_CALL']);
  });
});

describe('K4: a call ends', () => {
  it('at its deadline, when nobody has settled it, and its reserve is free', () => {
    const world = region();
    world.do(caller, callOf(world, { deadlineMs: world.timeMs + 60_000 }));
    world.timeMs += 120_000;
    expect(told(inBlock(world)[0])).toEqual([0, 'refused', 'TOO_LATE', 'CALL_FAILED']);
    expect(locked(world)).toBe(0n);
  });

  it('at most sixteen times a block, in the order of calls', () => {
    const world = region();
    for (let open = 0; open < 16; open++) world.do(caller, callOf(world, { deadlineMs: world.timeMs + 60_000 }));
    world.do('merchant-c', callOf(world, { reserved: [], deadlineMs: world.timeMs + 60_000 }));
    world.timeMs += 120_000;
    expect(inBlock(world).map(({ sequence }) => sequence)).toEqual(Array.from({ length: 16 }, (_, at) => at));
    expect(inBlock(world).map(({ sequence }) => sequence)).toEqual([16]);
  });
});

describe('K5: a result', () => {
  const settled = (world: World, result: CallResult) =>
    told(inBlock(world, ...seats.map((name) => [name, attest(0, result)] as const))[0]);

  it.each([
    ['more than was reserved', paying(600n, 401n), 'LIMIT_EXCEEDED'],
    ['nothing', paying(0n), 'BAD_OPERATION'],
    ['somebody unknown', { ...paying(), payments: [{ asset: 'biz', to: 'nobody', amount: 1n }] }, 'UNKNOWN_ACCOUNT'],
    ['the caller', { ...paying(), payments: [{ asset: 'biz', to: caller, amount: 1n }] }, 'BAD_OPERATION'],
    [
      'what was not reserved',
      { ...paying(), payments: [{ asset: 'card', to: 'merchant-c', amount: 1n }] },
      'LIMIT_EXCEEDED',
    ],
  ])('that pays %s does nothing at all', (_what, result, reason) => {
    const world = region();
    world.do(caller, callOf(world));
    const answer = settled(world, result as CallResult);
    expect(answer?.slice(0, 2)).toEqual([0, 'refused']);
    expect([...(answer ?? [])].sort()).toEqual([0, 'refused', reason, 'CALL_FAILED'].sort());
    expect([locked(world), totalOf(biz(world, 'merchant-c'))]).toEqual([0n, 0n]);
  });

  it('that nets what is not owed, or favours somebody, does nothing', () => {
    const world = region();
    world.do(caller, callOf(world));
    const one = { alliance: 'ring', debtor: 'merchant-c', creditor: 'merchant-d', amount: 5n };
    expect(settled(world, { ...paying(), nettings: [one] } as CallResult)).toContain('BAD_OPERATION');
    world.do(caller, callOf(world));
    const back = { ...one, debtor: one.creditor, creditor: one.debtor };
    const [receipt] = inBlock(
      world,
      ...seats.map((name) => [name, attest(1, { ...paying(), nettings: [one, back] } as CallResult)] as const),
    );
    expect(told(receipt)).toContain('NOT_A_MEMBER');
    expect(readDebt(world.state, 'ring', 'merchant-c', 'merchant-d')).toBe(0n);
  });
});
