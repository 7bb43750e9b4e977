import { expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { advanceChain, type ChainState, genesisChain } from '#sync/pbft/chain';
import { fixedSchedule, heightsDue } from '#sync/pbft/fixed-schedule';
import { primaryOf } from '#sync/pbft/schedule';
import { cheapKeys } from '../../simulation/pbft/test-keys.ts';

const config = { epochTurns: 3 };
const { validators } = cheapKeys(4);
const five = cheapKeys(5).validators;
const hash = (text: string): Uint8Array => sha256(utf8(text));

const begin = (): ChainState =>
  genesisChain({ seed: hash('seed'), timeMs: 0, validators, resultRoot: hash('r'), historyRoot: hash('h') });

function next(chain: ChainState, viewOfOrigin = 0, wished = validators): ChainState {
  const height = chain.height + 1;
  const header = {
    chainId: hash('chain'),
    height,
    viewOfOrigin,
    parentHash: chain.blockHash,
    operationsRoot: hash(''),
    timeMs: height,
    beaconProof: new Uint8Array(80),
    validatorSetHash: hash('set'),
    chainStateHash: hash('state'),
    parentResultRoot: chain.resultRoot,
    historyRoot: chain.historyRoot,
  };
  const beaconOutput = new Uint8Array(64).fill(height);
  return advanceChain(config, chain, {
    header,
    blockHash: hash(`b${height}`),
    resultRoot: hash(`r${height}`),
    historyRoot: hash(`h${height}`),
    beaconOutput,
    wished,
  });
}

const primaryName = (chain: ChainState): string | undefined => chain.validators[primaryOf(chain, 0)]?.name;

test('R2, R4: what is said of the heights of two epochs comes true block by block, a failed primary included', () => {
  let chain = next(next(begin()), 1);
  const failed = chain.failed[0];
  expect(failed).toMatchObject({ height: 2 });
  const schedule = fixedSchedule(config, chain);
  expect(schedule.passedOver).toEqual([
    { name: validators[failed?.validator ?? 0]?.name, failedAt: 2, untilHeight: 34 },
  ]);
  const due = heightsDue(schedule, chain.height + 1, 100);
  // Two epochs of 12 heights; the third one's seed is not fixed.
  expect(due.map(({ height }) => height)).toEqual(Array.from({ length: 22 }, (_, at) => at + 3));
  expect(due.filter((one) => one.due !== one.primary).length).toBeGreaterThan(0);
  for (const { height, primary, epoch } of due) {
    expect([height, primary, epoch]).toEqual([chain.height + 1, primaryName(chain), chain.epoch]);
    chain = next(chain);
  }
});

test.each([
  ['a set that stays', validators, 2],
  ['one that grows to five', five, 14],
])('R4: a primary that failed leads again right after the height that was named, in %s', (_, wished, failsAt) => {
  let chain = begin();
  while (chain.height < failsAt - 1) chain = next(chain, 0, wished);
  chain = next(chain, 1, wished);
  const until = fixedSchedule(config, chain).passedOver[0]?.untilHeight ?? 0;
  while (chain.height < until - 1) chain = next(chain, 0, wished);
  expect(chain.failed).toMatchObject([{ height: failsAt }]);
  expect(next(chain, 0, wished).failed).toEqual([]);
});

test('R3: the seed of the next epoch but one is open until the last output of this one', () => {
  let chain = begin();
  for (let height = 1; height <= 5; height++) chain = next(chain, 0, five);
  const { epochs, outputsToCome } = fixedSchedule(config, chain);
  expect(epochs.map(({ epoch, firstHeight, lastHeight }) => [epoch, firstHeight, lastHeight])).toEqual([
    [0, 1, 12],
    [1, 13, 24],
  ]);
  expect(outputsToCome).toBe(7);
  for (let height = 6; height <= 12; height++) chain = next(chain, 0, five);
  const later = fixedSchedule(config, chain);
  expect(later.epochs[0]?.seed).toEqual(epochs[1]?.seed);
  // What the ledger wished in epoch 0 votes, and leads, from epoch 2 on: turns of five.
  expect(later.epochs[1]?.turns.every(({ order }) => new Set(order).size === 5)).toBe(true);
});
