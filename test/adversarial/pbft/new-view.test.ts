/** NEW-VIEW messages by a primary that lies: nothing but the recomputed maximum is accepted (SPEC R15, R17, R18). */
import { describe, expect, test } from 'vitest';
import { blockHash } from '#sync/wire/block';
import type { Timeout } from '#sync/wire/vote';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { OneReplica } from '../../unit/pbft/one-replica.ts';

const liar = 1;

function refusedBy(bench: OneReplica): string[] {
  expect(bench.of('store-block')).toHaveLength(0);
  expect(bench.sent('vote')).toHaveLength(0);
  return Object.keys(bench.replica.status().refused);
}

/** A bench in view 0, a block that may have been prepared there, and a fresh one that the liar would rather have. */
function scene(): {
  bench: OneReplica;
  locked: ReturnType<OneReplica['block']>;
  fresh: ReturnType<OneReplica['block']>;
} {
  const bench = new OneReplica(2);
  return { bench, locked: bench.block(0, 0), fresh: bench.block(liar, 1) };
}

describe('a NEW-VIEW is refused', () => {
  test('with a fresh block although a timeout names a prepared one', () => {
    const { bench, locked, fresh } = scene();
    const prepared = bench.certificate(preparePhase, 0, blockHash(locked.header));
    const timeouts = bench.timeouts([0, 1, 3], 1, prepared);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(liar, 1, fresh, timeouts) });
    expect(refusedBy(bench)).toEqual(['NOT_THE_PREPARED_BLOCK']);
  });

  test('with prepared certificates cut out of genuine timeouts', () => {
    const { bench, locked, fresh } = scene();
    const prepared = bench.certificate(preparePhase, 0, blockHash(locked.header));
    const timeouts = bench.timeouts([0, 1, 3], 1, prepared).map((timeout) => ({ ...timeout, prepared: null }));
    bench.feed({ kind: 'proposal', proposal: bench.proposal(liar, 1, fresh, timeouts) });
    expect(refusedBy(bench)).toEqual(['BAD_TIMEOUT']);
  });

  test('with a prepared certificate whose signatures are forged, too few, repeated, or of COMMIT', () => {
    const { bench, fresh } = scene();
    const hash = blockHash(fresh.header);
    const genuine = bench.certificate(preparePhase, 0, hash);
    const [first, second] = genuine.signatures;
    if (first === undefined || second === undefined) throw new Error('a quorum has two members');
    const forgeries = [
      {
        ...genuine,
        signatures: genuine.signatures.map(({ validator }) => ({ validator, signature: first.signature })),
      },
      { ...genuine, signatures: genuine.signatures.slice(1) },
      { ...genuine, signatures: [first, first, second] },
      bench.certificate(commitPhase, 0, hash),
      { ...genuine, height: 2 },
    ];
    for (const prepared of forgeries) {
      const timeouts = bench.timeouts([0, 1, 3], 1, prepared);
      bench.feed({ kind: 'proposal', proposal: bench.proposal(liar, 1, fresh, timeouts) });
    }
    expect(refusedBy(bench)).toEqual(['BAD_TIMEOUT']);
    expect(bench.replica.status().refused['BAD_TIMEOUT']).toBe(forgeries.length);
  });

  test('with a certificate of the view that is only to be entered, or of a later one', () => {
    const { bench, fresh } = scene();
    for (const view of [1, 2]) {
      const timeouts = bench.timeouts([0, 1, 3], 1, bench.certificate(preparePhase, view, blockHash(fresh.header)));
      bench.feed({ kind: 'proposal', proposal: bench.proposal(liar, 1, fresh, timeouts) });
    }
    expect(refusedBy(bench)).toEqual(['BAD_TIMEOUT']);
  });

  test('without a quorum of timeouts for exactly its view', () => {
    const { bench, fresh } = scene();
    const one = bench.timeout(0, 1);
    const sets: (readonly Timeout[] | null)[] = [
      null,
      bench.timeouts([0, 1], 1),
      [one, one, one],
      bench.timeouts([0, 1, 3], 2),
      bench.timeouts([0, 1, 3], 1).reverse(),
    ];
    for (const timeouts of sets) bench.feed({ kind: 'proposal', proposal: bench.proposal(liar, 1, fresh, timeouts) });
    expect(refusedBy(bench).sort()).toEqual(['TOO_FEW_TIMEOUTS', 'WRONG_TIMEOUTS']);
  });

  test('by whoever is not the primary of the view', () => {
    const { bench } = scene();
    const fresh = bench.block(3, 1);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(3, 1, fresh, bench.timeouts([0, 1, 3], 1)) });
    expect(refusedBy(bench)).toEqual(['NOT_PRIMARY']);
  });

  test('with the right block hash and other body digests', () => {
    const { bench, locked } = scene();
    const prepared = bench.certificate(preparePhase, 0, blockHash(locked.header));
    const bent = { ...locked, bodyDigests: [new Uint8Array(32)] };
    bench.feed({ kind: 'proposal', proposal: bench.proposal(liar, 1, bent, bench.timeouts([0, 1, 3], 1, prepared)) });
    expect(refusedBy(bench)).toEqual(['WRONG_OPERATIONS']);
  });
});

test('the highest prepared view wins, whatever the order of the timeouts', () => {
  const { bench, locked } = scene();
  const later = bench.block(liar, 1);
  const low = bench.timeout(0, 3, bench.certificate(preparePhase, 0, blockHash(locked.header)));
  const high = bench.timeout(1, 3, bench.certificate(preparePhase, 1, blockHash(later.header)));
  const timeouts = [low, high, bench.timeout(2, 3)].sort((a, b) => a.validator - b.validator);
  const bystander = new OneReplica(2);
  bystander.feed({ kind: 'proposal', proposal: bench.proposal(3, 3, locked, timeouts) });
  expect(refusedBy(bystander)).toEqual(['NOT_THE_PREPARED_BLOCK']);
  bystander.feed({ kind: 'proposal', proposal: bench.proposal(3, 3, later, timeouts) });
  expect(bystander.of('store-block')).toHaveLength(1);
});

test('a genuine NEW-VIEW passes, so that the refusals above mean something', () => {
  const { bench, locked, fresh } = scene();
  bench.feed({ kind: 'proposal', proposal: bench.proposal(liar, 1, fresh, bench.timeouts([0, 1, 3], 1)) });
  expect(bench.sent('vote')).toHaveLength(1);
  const bound = new OneReplica(2);
  const prepared = bound.certificate(preparePhase, 0, blockHash(locked.header));
  bound.feed({ kind: 'proposal', proposal: bound.proposal(liar, 1, locked, bound.timeouts([0, 1, 3], 1, prepared)) });
  expect(bound.sent('vote')).toHaveLength(1);
});
