import { describe, expect, test } from 'vitest';
import { equalBytes, toHex, utf8 } from '#core/bytes';
import { decode, encode } from '#core/format';
import { sha256 } from '#core/hash';
import { advanceChain, type ChainState, chainStateFormat, failedTurns } from '#sync/pbft/chain';
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
  const v1New = { name: 'v1', publicKey: sha256(utf8('v1 anew')) };

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

  test('R4: a failed primary stays failed under its new key and place, and one that leaves is forgotten', () => {
    const fails = (wished: readonly ValidatorInfo[]): ChainState['failed'] => {
      let chain = run(testGenesis(), 7);
      chain = run(next(chain, { wished }), 7);
      const order = leaderOrder(chain);
      const first = order[0] as number;
      const place = (chain.validators[first] as ValidatorInfo).name;
      chain = next(chain, { view: 1 });
      expect(chain.validators).toEqual(wished);
      expect(chain.failed.map(({ validator }) => chain.validators[validator]?.name)).toEqual(
        wished.some(({ name }) => name === place) ? [place] : [],
      );
      return chain.failed;
    };
    fails([v3, v2, v1New, v0, v4]);
    const leaver = leaderOrder(run(testGenesis(), 15))[0] as number;
    expect(fails([...validators.filter((_, index) => index !== leaver), v4])).toEqual([]);
  });
});
