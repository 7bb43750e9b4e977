import { describe, expect, test } from 'vitest';
import { equalBytes, toHex, utf8 } from '#core/bytes';
import { decode, encode } from '#core/format';
import { sha256 } from '#core/hash';
import { advanceChain, type ChainState, chainStateFormat, endsEpoch, failedTurns } from '#sync/pbft/chain';
import { leaderOrder } from '#sync/pbft/schedule';
import type { Header } from '#sync/wire/block';
import type { ValidatorInfo } from '#sync/wire/genesis';
import { testGenesis } from './one-replica.ts';

const config = { epochTurns: 2 };
const { validators } = testGenesis();

function next(
  chain: ChainState,
  options: { view?: number; output?: string; wished?: readonly ValidatorInfo[] } = {},
): ChainState {
  const zeros = new Uint8Array(32);
  const header: Header = {
    chainId: zeros,
    height: chain.height + 1,
    viewOfOrigin: options.view ?? 0,
    parentHash: chain.blockHash,
    operationsRoot: zeros,
    timeMs: chain.timeMs + 1,
    beaconProof: new Uint8Array(80),
    validatorSetHash: zeros,
    parentResultRoot: chain.resultRoot,
    historyRoot: chain.historyRoot,
    chainStateHash: zeros,
  };
  const blockHash = sha256(utf8(`block ${header.height}`));
  const beaconOutput = utf8((options.output ?? 'output').padEnd(64, '.'));
  const wished = options.wished ?? validators;
  return advanceChain(config, chain, {
    header,
    blockHash,
    resultRoot: zeros,
    historyRoot: zeros,
    beaconOutput,
    wished,
  });
}

function run(chain: ChainState, blocks: number, output = 'output'): ChainState {
  let at = chain;
  for (let count = 0; count < blocks; count++) at = next(at, { output });
  return at;
}

describe('R3: the beacon', () => {
  test('takes effect two epochs later: outputs of epoch 0 change the seed of epoch 2 and nothing before', () => {
    const one = run(testGenesis(), 8, 'one');
    const two = run(testGenesis(), 8, 'two');
    expect(equalBytes(one.seed, two.seed)).toBe(true);
    expect(equalBytes(one.seedNext, two.seedNext)).toBe(false);
    expect(equalBytes(run(one, 8).seed, one.seedNext)).toBe(true);
  });

  test('hears every output of the epoch, the last one included, in order', () => {
    const seeds = new Set<string>();
    for (const outputs of [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'c'],
      ['c', 'b'],
    ]) {
      let chain = run(testGenesis(), 6);
      for (const output of outputs) chain = next(chain, { output });
      seeds.add(toHex(chain.seedNext));
    }
    expect(seeds.size).toBe(4);
  });

  test('starts every epoch afresh and gives each its own seed', () => {
    const seeds = new Set<string>();
    let chain = testGenesis();
    for (let epoch = 0; epoch < 6; epoch++) {
      seeds.add(toHex(chain.seed));
      chain = run(chain, 8);
      expect(chain.beaconMix).toEqual(new Uint8Array(32));
    }
    expect(seeds.size).toBe(6);
  });
});

describe('R4: failed primaries', () => {
  test('are those of the views below the view of origin, at most f, the latest first', () => {
    const chain = testGenesis();
    const order = leaderOrder(chain);
    expect(next(chain).failed).toEqual([]);
    expect(next(chain, { view: 1 }).failed).toEqual([{ validator: order[0], height: 1 }]);
    expect(next(chain, { view: 3 }).failed).toEqual([{ validator: order[2], height: 1 }]);
  });

  test('are tried again after a bounded number of blocks', () => {
    const failed = next(testGenesis(), { view: 1 });
    const blocks = failedTurns * validators.length;
    expect(run(failed, blocks - 1).failed).toHaveLength(1);
    expect(run(failed, blocks).failed).toHaveLength(0);
  });

  test('do not include the proposer, however many rounds its views went', () => {
    const chain = testGenesis();
    const order = leaderOrder(chain);
    const after = next(chain, { view: 1_000_000 * 4 + 1 });
    expect(after.failed.map((f) => f.validator)).not.toContain(order[1]);
    expect(after.failed).toHaveLength(1);
  });
});

test('a chain state survives its stored form', () => {
  const chain = next(next(testGenesis()), { view: 2 });
  expect(decode(chainStateFormat, encode(chainStateFormat, chain))).toEqual({ ok: true, value: chain });
});

describe('R1: the validators', () => {
  const [v0, v1, v2, v3] = validators as [ValidatorInfo, ValidatorInfo, ValidatorInfo, ValidatorInfo];
  const v4 = { name: 'v4', publicKey: sha256(utf8('v4')) };

  /** The chain with an epoch begun, the wish being the same all the way. */
  function runTo(chain: ChainState, epoch: number, wished: readonly ValidatorInfo[]): ChainState {
    let at = chain;
    while (at.epoch < epoch) at = next(at, { wished });
    return at;
  }

  test('wished at the end of epoch 0 vote from epoch 2 on, in an epoch as long as they are many', () => {
    const wished = [v0, v1, v2, v3, v4];
    let chain = run(testGenesis(), 7);
    chain = next(chain, { wished });
    expect([chain.epoch, chain.epochStart]).toEqual([1, 9]);
    expect(chain.validators).toEqual(validators);
    expect(chain.validatorsNext).toEqual(wished);
    chain = run(chain, 8);
    expect([chain.epoch, chain.epochStart]).toEqual([2, 17]);
    expect(chain.validators).toEqual(wished);
    expect(run(chain, 9).epoch).toBe(2);
    expect(run(chain, 10).epoch).toBe(3);
  });

  test('what is wished before the end of an epoch and taken back changes nothing', () => {
    let chain = next(testGenesis(), { wished: [v0, v1, v2, v4] });
    chain = run(chain, 15);
    expect(chain.validators).toEqual(validators);
  });

  test('go towards the wish by at most f changes an epoch', () => {
    const wished = [v1, v2, v3, v4];
    const sets: string[] = [];
    let chain = testGenesis();
    for (let epoch = 0; epoch < 5; epoch++) {
      chain = runTo(chain, epoch + 1, wished);
      sets.push(chain.validators.map(({ name }) => name).join(' '));
    }
    expect(sets).toEqual(['v0 v1 v2 v3', 'v0 v1 v2 v3 v4', 'v1 v2 v3 v4', 'v1 v2 v3 v4', 'v1 v2 v3 v4']);
  });

  /** The chain before the last height of an epoch, and who is due there. */
  function lastTurn(epoch: number, wishedAt: (epoch: number) => readonly ValidatorInfo[]): [ChainState, string] {
    let chain = testGenesis();
    for (let at = 0; at < epoch; at++) chain = runTo(chain, at + 1, wishedAt(at));
    while (!endsEpoch(config, chain, chain.height + 1)) chain = next(chain, { wished: wishedAt(epoch) });
    return [chain, (chain.validators[leaderOrder(chain)[0] as number] as ValidatorInfo).name];
  }
  const failedNames = (chain: ChainState): (string | undefined)[] =>
    chain.failed.map(({ validator }) => chain.validators[validator]?.name);

  test('R4: a failed primary stays failed under its new key and in its new place', () => {
    const [, due] = lastTurn(1, () => validators);
    const wished = validators.map((one) => (one.name === due ? { name: due, publicKey: sha256(utf8('anew')) } : one));
    const [chain, again] = lastTurn(1, () => wished);
    expect(again).toBe(due);
    const after = next(chain, { view: 1, wished });
    expect(after.validators).toEqual(wished);
    expect(failedNames(after)).toEqual([due]);
    // One before it in the set has left: its index is another, its name is not.
    const more = [...validators, v4];
    const [, dueLater] = lastTurn(2, () => more);
    const other = more.find(({ name }) => name !== dueLater) as ValidatorInfo;
    const [before] = lastTurn(2, (epoch) => (epoch === 0 ? more : more.filter((one) => one !== other)));
    const moved = next(before, { view: 1, wished: more.filter((one) => one !== other) });
    expect(moved.validators).not.toContainEqual(other);
    expect(failedNames(moved)).toEqual([dueLater]);
  });

  test('R4: one that leaves is forgotten', () => {
    const more = [...validators, v4];
    const [, due] = lastTurn(2, () => more);
    const without = more.filter(({ name }) => name !== due);
    const [chain, again] = lastTurn(2, (epoch) => (epoch === 0 ? more : without));
    expect(again).toBe(due);
    const after = next(chain, { view: 1, wished: without });
    expect(after.validators).toEqual(without);
    expect(after.failed).toEqual([]);
  });
});
