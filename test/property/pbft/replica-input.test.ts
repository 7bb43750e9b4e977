/** Whatever comes in, in whatever order: the replica is deterministic, throws nothing, and what it remembers stays bounded. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ReplicaInput } from '#sync/pbft/types';
import { blockHash } from '#sync/wire/block';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { OneReplica } from '../../unit/pbft/one-replica.ts';

/** One input by the dice: genuine messages of the other three for two blocks, node answers for anything, time. */
function inputOf(
  bench: OneReplica,
  [kind, place, view, which]: readonly [number, number, number, number],
): ReplicaInput {
  const block = bench.block(which % 4, which % 3);
  const hash = blockHash(block.header);
  const others = [0, 1, 3];
  const from = others[place % 3] as number;
  switch (kind) {
    case 0:
      return {
        kind: 'proposal',
        proposal: bench.proposal(view % 4, view, block, view === 0 ? null : bench.timeouts(others, view)),
      };
    case 1:
      return { kind: 'vote', vote: bench.vote(from, preparePhase, view, hash) };
    case 2:
      return { kind: 'vote', vote: bench.vote(from, commitPhase, view, hash) };
    case 3:
      return { kind: 'timeout', timeout: bench.timeout(from, view) };
    case 4:
      return { kind: 'timeout', timeout: bench.timeout(from, view + 1, bench.certificate(preparePhase, view, hash)) };
    case 5:
      return { kind: 'refused', blockHash: hash, reason: 'TEST' };
    case 6:
      return { kind: 'gathered', height: 1, view, digests: [] };
    case 7:
      return { kind: 'persisted', token: which };
    case 8:
      return { kind: 'block', block };
    default:
      bench.nowMs += 700;
      return { kind: 'tick' };
  }
}

const dice = fc.array(fc.tuple(fc.nat(9), fc.nat(2), fc.nat(4), fc.nat(5)), { maxLength: 60 });

test('any order of inputs throws nothing and gives the same effects twice', () => {
  fc.assert(
    fc.property(dice, (throws) => {
      const runs = [new OneReplica(2), new OneReplica(2)].map((bench) => {
        for (const each of throws) bench.feed(inputOf(bench, each));
        return bench.effects;
      });
      expect(runs[1]).toEqual(runs[0]);
    }),
    { numRuns: 150 },
  );
});

test('S3: of all that a replica says, no two votes of one phase and view differ, and views never go back', () => {
  fc.assert(
    fc.property(dice, (throws) => {
      const bench = new OneReplica(2);
      for (const each of throws) bench.feed(inputOf(bench, each));
      const said = new Map<string, string>();
      let left = 0;
      for (const effect of bench.effects) {
        if (effect.kind !== 'broadcast') continue;
        if (effect.message.kind === 'timeout') left = Math.max(left, effect.message.timeout.nextView);
        if (effect.message.kind !== 'vote') continue;
        const { phase, view, blockHash: hash } = effect.message.vote;
        expect(view).toBeGreaterThanOrEqual(left);
        const place = `${phase}/${view}`;
        expect(said.get(place) ?? String(hash)).toBe(String(hash));
        said.set(place, String(hash));
      }
    }),
    { numRuns: 150 },
  );
});
