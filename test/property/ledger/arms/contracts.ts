/** Contract calls: ordered, attested by those who vote, settled or out of time. Executors say what they like, within bounds and beyond. */
import { readDebt } from '#ledger/alliances/alliance';
import { readAsset } from '#ledger/assets/asset';
import { readBalance, spendable } from '#ledger/assets/balance';
import { type OpenCall, readOpenCalls } from '#ledger/contracts/call';
import { readExecutors } from '#ledger/contracts/executor-registry';
import type { contractOperations } from '#ledger/contracts/operations';
import type { CallNetting, CallResult } from '#ledger/contracts/result';
import type { Operation } from '#ledger/operation';
import { issuer } from '../../../unit/ledger/world.ts';
import { assets, issuers, merchants, owners, ring } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { act, type Moves, type Stage } from '../stage.ts';

/** Enables the executor that calls go to, from the block after the next. */
export const firstExecutor = (height: number): Operation => ({
  kind: 'contract.enable',
  executor: 'settle',
  version: 1,
  fromHeight: height + 2,
});

/** What two members owe each other taken off on both sides. */
function nettings({ state }: Stage, dice: Dice): readonly CallNetting[] {
  if (!dice.oneIn(4)) return [];
  const [debtor, creditor] = [issuer, 'merchant-c'];
  const there = readDebt(state, ring, debtor, creditor);
  const back = readDebt(state, ring, creditor, debtor);
  const amount = (there < back ? there : back) + (dice.oneIn(8) ? 1n : 0n);
  const one = { alliance: ring, debtor, creditor, amount };
  return amount === 0n ? [] : [one, { ...one, debtor: creditor, creditor: debtor }];
}

function resultOf(stage: Stage, dice: Dice, { reserved }: OpenCall): CallResult {
  if (dice.oneIn(8)) return { kind: 'failed', code: 'THREW' };
  const payments = reserved.flatMap(({ asset, amount }) => {
    const share = amount / BigInt(1 + dice.below(3)) + (dice.oneIn(10) ? 1n : 0n);
    return share === 0n ? [] : [{ asset, to: dice.pick(owners), amount: share }];
  });
  return { kind: 'done', payments, nettings: nettings(stage, dice), events: [] };
}

function reservedBy({ state, timeMs }: Stage, dice: Dice, owner: string): { asset: string; amount: bigint }[] {
  const chosen = [...new Set([dice.pick(assets), dice.pick(assets)])].sort();
  return chosen.flatMap((asset) => {
    if (readAsset(state, asset) === null) return [];
    const has = spendable(readBalance(state, { owner, asset }), timeMs);
    const amount = has / BigInt(2 + dice.below(6)) + (dice.oneIn(15) ? has : 0n);
    return amount === 0n ? [] : [{ asset, amount }];
  });
}

/** See the head of the file. */
export const contractMoves: Moves<keyof typeof contractOperations> = {
  'contract.enable': ({ state, height }, dice) => {
    const last = readExecutors(state).findLast(({ executor }) => executor === 'settle');
    const known = last?.version ?? 0;
    const version = dice.oneIn(5) ? known : (known % 1_000) + 1;
    const fromHeight = dice.oneIn(8) ? height : height + 2 + dice.below(3);
    return act('admin', { kind: 'contract.enable', executor: 'settle', version, fromHeight });
  },
  'contract.call': (stage, dice) => {
    const author = dice.pick([...issuers, ...merchants]);
    const executor = dice.oneIn(12) ? 'other' : 'settle';
    const reserved = reservedBy(stage, dice, author);
    const deadlineMs = stage.timeMs + dice.pick([0, 60_000, 3_600_000, 86_400_000, 9 * 86_400_000]);
    const args = new Uint8Array(0);
    return act(author, {
      kind: 'contract.call',
      executor,
      function: 'any',
      args,
      reads: [],
      reserved,
      readsAt: 0,
      deadlineMs,
    });
  },
  'contract.attest': (stage, dice) => {
    const call = dice.some(readOpenCalls(stage.state));
    if (call === null || call === undefined) return contractMoves['contract.call'](stage, dice);
    const agreed = resultOf(stage, dice, call);
    return call.voters.map((validator) => {
      const result = dice.oneIn(9) ? resultOf(stage, dice, call) : agreed;
      const number = call.number + (dice.oneIn(20) ? 1 : 0);
      return act(validator, { kind: 'contract.attest', results: [{ number, result }] });
    });
  },
};
