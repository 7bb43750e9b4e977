import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { faultyMax, quorum } from '#ledger/validators/quorum';
import { headsNeeded, Silence, silentUntilFoundOut } from '#sync/pbft/silence';
import { blockHash } from '#sync/wire/block';
import { preparePhase } from '#sync/wire/vote';
import { keyAt } from '../../simulation/pbft/test-keys.ts';
import { OneReplica, testGenesis } from './one-replica.ts';

/** Long enough for every height of these tests. */
const oneEpoch = { epochTurns: 1_000 };

test('R24: any n - q + f others include an honest one that had committed the height before the last one signed', () => {
  for (let n = 4; n <= 16; n++) {
    // At least so many of the n - 1 others are honest and gave COMMIT for the height before.
    const witnesses = quorum(n) - faultyMax(n);
    expect(headsNeeded(n) + witnesses).toBeGreaterThan(n - 1);
    // Without the silent one and the other faulty ones enough are left to ask.
    expect(headsNeeded(n)).toBeLessThanOrEqual(n - faultyMax(n));
  }
});

test('R24: whatever honest and lying validators name, the silence covers every height that may have been signed', () => {
  const trial = fc.record({
    n: fc.integer({ min: 4, max: 16 }),
    last: fc.integer({ min: 3, max: 1_000 }),
    lag: fc.array(fc.nat({ max: 40 }), { minLength: 16, maxLength: 16 }),
    lies: fc.array(fc.nat({ max: 5_000 }), { minLength: 16, maxLength: 16 }),
    order: fc.shuffledSubarray(
      Array.from({ length: 15 }, (_, at) => at + 1),
      { minLength: 15, maxLength: 15 },
    ),
  });
  fc.assert(
    fc.property(trial, ({ n, last, lag, lies, order }) => {
      // Validator 0 has signed at `last`: a quorum with it had given COMMIT for the height before.
      const f = faultyMax(n);
      const isLiar = (validator: number) => validator >= 1 && validator <= f - 1;
      const isWitness = (validator: number) => validator >= f && validator < quorum(n);
      const chain = { ...testGenesis(n), height: last - 2 };
      const key = (validator: number) => chain.validators[validator]?.publicKey ?? new Uint8Array(32);
      const silence = new Silence(oneEpoch, silentUntilFoundOut);
      for (const validator of order.filter((at) => at < n)) {
        const honest = isWitness(validator) ? last - 2 : Math.max(0, last - 2 - (lag[validator] ?? 0));
        const head = isLiar(validator) ? (lies[validator] ?? 0) : honest;
        const said = { peer: toHex(key(validator)), committedHeight: head };
        silence.hear(said, chain, [key(0)]);
      }
      return silence.upTo >= last;
    }),
  );
});

test('R24: a head that the own chain has not reached proves nothing, and a later one of the same peer replaces nothing', () => {
  const chain = testGenesis(4);
  const id = (at: number) => toHex(chain.validators[at]?.publicKey ?? new Uint8Array(32));
  const own = [chain.validators[0]?.publicKey ?? new Uint8Array(32)];
  const silence = new Silence(oneEpoch, silentUntilFoundOut);
  const at9 = { ...chain, height: 9 };
  silence.hear({ peer: id(1), committedHeight: 1_000_000 }, at9, own);
  silence.hear({ peer: id(2), committedHeight: 7 }, at9, own);
  silence.hear({ peer: id(2), committedHeight: 90 }, at9, own);
  expect([silence.upTo, silence.keysAfter(at9, own)]).toEqual([silentUntilFoundOut, []]);
  silence.hear({ peer: id(3), committedHeight: 8 }, at9, own);
  expect([silence.upTo, silence.keysAfter(at9, own)]).toEqual([11, []]);
  expect(silence.keysAfter({ ...chain, height: 11 }, own)).toEqual(own);
});

test('R24: heads at the very end of an epoch bound nothing, nor do those of a set without a vote for the replica', () => {
  // Epochs of eight heights; this one ends at height 8.
  const schedule = { epochTurns: 2 };
  const chain = testGenesis(4);
  const id = (at: number) => toHex(chain.validators[at]?.publicKey ?? new Uint8Array(32));
  const own = [chain.validators[0]?.publicKey ?? new Uint8Array(32)];
  const upToAfter = (head: number, ownKeys: Uint8Array[], at = { ...chain, height: 7 }): number => {
    const silence = new Silence(schedule, silentUntilFoundOut);
    for (const peer of [id(1), id(2), id(3)]) silence.hear({ peer, committedHeight: head }, at, ownKeys);
    return silence.upTo;
  };
  // Whoever gave COMMIT for height 8 had committed 7: the region may be in another epoch by now.
  expect(upToAfter(7, own)).toBe(silentUntilFoundOut);
  expect(upToAfter(6, own)).toBe(9);
  expect(upToAfter(7, own, { ...chain, epoch: 1, epochStart: 9, height: 8 })).toBe(10);
  expect(upToAfter(6, [new Uint8Array(32)])).toBe(silentUntilFoundOut);
});

test('R24: a replica without memory signs nothing, and the region goes on without it', () => {
  const bench = new OneReplica(1, { silentUpTo: silentUntilFoundOut });
  const block = bench.block(0, 0);
  const hash = blockHash(block.header);
  bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
  for (const place of [0, 2, 3]) bench.feed({ kind: 'vote', vote: bench.vote(place, preparePhase, 0, hash) });
  for (let second = 0; second < 60; second++) bench.wait(1_000);
  expect(bench.of('persist')).toEqual([]);
  // How far it has come is no statement: nobody signs it, and nothing rests on it.
  expect(new Set(bench.of('broadcast').map(({ message }) => message.kind))).toEqual(new Set(['status']));
  expect(bench.replica.status()).toMatchObject({ votes: false, silentUpTo: silentUntilFoundOut });
  for (const place of [0, 2]) {
    bench.feed({ kind: 'peer-status', peer: toHex(keyAt(bench.keys, bench.at(place))), committedHeight: 0 });
  }
  expect(bench.replica.status().silentUpTo).toBe(2);
  const voted = { ...bench.chain, height: 2 };
  bench.feed({ kind: 'committed', chain: voted });
  expect(bench.replica.status()).toMatchObject({ votes: true, silentUpTo: 2 });
});
