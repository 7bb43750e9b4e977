import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { advanceChain } from '#sync/pbft/chain';
import type { ReplicaEffect } from '#sync/pbft/types';
import { blockHash } from '#sync/wire/block';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { OneReplica, resultOf } from './one-replica.ts';

function kinds(effects: readonly ReplicaEffect[]): string[] {
  return effects.map((effect) => (effect.kind === 'broadcast' ? `say ${effect.message.kind}` : effect.kind));
}

describe('the normal case', () => {
  test('R9, R10: block stored, executed, PREPARE recorded, then said; then the same for COMMIT', () => {
    const bench = new OneReplica(1);
    bench.effects.length = 0;
    const block = bench.block(0, 0);
    const hash = blockHash(block.header);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
    for (const place of [0, 2]) bench.feed({ kind: 'vote', vote: bench.vote(place, preparePhase, 0, hash) });
    for (const place of [0, 2]) bench.feed({ kind: 'vote', vote: bench.vote(place, commitPhase, 0, hash) });
    const order = kinds(bench.effects).filter((kind) => kind !== 'set-timer');
    expect(order).toEqual(['store-block', 'execute', 'persist', 'say vote', 'persist', 'say vote', 'commit']);
    expect(bench.of('commit')[0]?.certificate.signatures).toHaveLength(3);
  });

  test('R10: a vote is neither sent nor counted before its record is on disk', () => {
    const bench = new OneReplica(1);
    bench.held = new Set(['persist']);
    const block = bench.block(0, 0);
    const hash = blockHash(block.header);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
    for (const place of [0, 2]) bench.feed({ kind: 'vote', vote: bench.vote(place, preparePhase, 0, hash) });
    expect(bench.sent('vote')).toHaveLength(0);
    expect(bench.of('persist')).toHaveLength(1);
    bench.feed({ kind: 'persisted', token: bench.of('persist')[0]?.token ?? 0 });
    expect(bench.sent('vote').map(({ vote }) => vote.phase)).toEqual([preparePhase]);
    expect(bench.of('persist')).toHaveLength(2);
  });

  test('R9: nothing is voted for while bodies are missing or execution is not done', () => {
    for (const held of ['store-block', 'execute'] as const) {
      const bench = new OneReplica(1);
      bench.held = new Set([held]);
      bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, bench.block(0, 0)) });
      expect(bench.of('persist')).toHaveLength(0);
    }
  });

  test('R5: the primary proposes waiting segments at once and heartbeats when idle', () => {
    const bench = new OneReplica(0);
    bench.wait(9_999);
    expect(bench.sent('proposal')).toHaveLength(0);
    bench.wait(1);
    expect(bench.sent('proposal')[0]?.proposal.block.bodyDigests).toEqual([]);

    const busy = new OneReplica(0);
    busy.held = new Set(['gather']);
    const digest = sha256(utf8('segment'));
    busy.feed({ kind: 'pool', waitingCount: 1, oldest: { digest, sinceMs: 0 } });
    busy.wait(busy.config.blockIntervalMs);
    expect(busy.of('gather')).toHaveLength(1);
    busy.feed({ kind: 'gathered', height: 1, view: 0, digests: [digest] });
    expect(busy.sent('proposal')[0]?.proposal.block.bodyDigests).toEqual([digest]);
  });

  test('R14: COMMITs of a quorum decide although this replica is in a higher view', () => {
    const bench = new OneReplica(1);
    const block = bench.block(0, 0);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
    bench.wait(bench.config.timeoutMsBase);
    expect(bench.replica.status().view).toBe(1);
    for (const place of [0, 2, 3])
      bench.feed({ kind: 'vote', vote: bench.vote(place, commitPhase, 0, blockHash(block.header)) });
    expect(bench.of('commit')).toHaveLength(1);
  });

  test('R14: a quorum for another result stops the replica for good', () => {
    const bench = new OneReplica(1);
    const block = bench.block(0, 0);
    const hash = blockHash(block.header);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
    for (const place of [0, 2, 3]) {
      bench.feed({ kind: 'vote', vote: bench.vote(place, preparePhase, 0, hash, resultOf(utf8('other'))) });
    }
    expect(bench.of('diverged')[0]?.ownResultRoot).toEqual(resultOf(hash));
    expect(bench.replica.status().halted).toBe(true);
    bench.effects.length = 0;
    bench.wait(60_000);
    expect(bench.effects).toEqual([]);
  });

  test('the next height begins when the commit is durable, with what came early', () => {
    const bench = new OneReplica(1);
    const block = bench.block(0, 0);
    const hash = blockHash(block.header);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
    for (const phase of [preparePhase, commitPhase]) {
      for (const place of [0, 2]) bench.feed({ kind: 'vote', vote: bench.vote(place, phase, 0, hash) });
    }
    expect(bench.replica.status().committedHeight).toBe(0);
    const chain = advanceChain({ epochTurns: 2 }, bench.chain, {
      wished: bench.chain.validators,
      header: block.header,
      blockHash: hash,
      resultRoot: resultOf(hash),
      historyRoot: hash,
      beaconOutput: bench.keys.beaconOutput(block.header.beaconProof),
    });
    bench.feed({ kind: 'committed', chain });
    expect(bench.replica.status().committedHeight).toBe(1);
    expect(bench.replica.status().view).toBe(0);
  });
});

describe('changing views', () => {
  test('R15: a timeout names the prepared certificate, and no vote is given in the old view afterwards', () => {
    const bench = new OneReplica(1);
    const block = bench.block(0, 0);
    const hash = blockHash(block.header);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
    for (const place of [0, 2]) bench.feed({ kind: 'vote', vote: bench.vote(place, preparePhase, 0, hash) });
    bench.wait(bench.config.timeoutMsBase);
    expect(toHex(bench.sent('timeout')[0]?.timeout.prepared?.blockHash ?? new Uint8Array())).toBe(toHex(hash));
    expect(bench.record?.view).toBe(1);

    const late = new OneReplica(1);
    late.feed({ kind: 'proposal', proposal: late.proposal(0, 0, block) });
    late.wait(late.config.timeoutMsBase);
    const before = late.sent('vote').length;
    for (const place of [0, 2, 3]) late.feed({ kind: 'vote', vote: late.vote(place, preparePhase, 0, hash) });
    expect(late.sent('vote')).toHaveLength(before);
  });

  test('R16: f+1 timeouts are joined, f are not', () => {
    const bench = new OneReplica(1);
    bench.feed({ kind: 'timeout', timeout: bench.timeout(2, 7) });
    expect(bench.replica.status().view).toBe(0);
    bench.feed({ kind: 'timeout', timeout: bench.timeout(3, 5) });
    expect(bench.replica.status().view).toBe(5);
    expect(bench.sent('timeout').map(({ timeout }) => timeout.nextView)).toEqual([5]);
  });

  test('R16: a view above 0 is not left while no quorum has asked for it', () => {
    const bench = new OneReplica(2);
    bench.wait(bench.config.heartbeatMs + bench.config.timeoutMsBase);
    expect(bench.replica.status().view).toBe(1);
    bench.wait(100_000);
    expect(bench.replica.status().view).toBe(1);
    bench.feed({ kind: 'timeout', timeout: bench.timeout(0, 1) });
    bench.feed({ kind: 'timeout', timeout: bench.timeout(3, 1) });
    bench.wait(bench.config.timeoutMsBase * bench.config.timeoutGrowth);
    expect(bench.replica.status().view).toBe(2);
  });

  test('R17: the primary of a new view proposes the prepared block again, byte for byte, asking for it if need be', () => {
    const bench = new OneReplica(1);
    const block = bench.block(0, 0);
    const hash = blockHash(block.header);
    const prepared = bench.certificate(preparePhase, 0, hash);
    bench.feed({ kind: 'timeout', timeout: bench.timeout(2, 1, prepared) });
    bench.feed({ kind: 'timeout', timeout: bench.timeout(3, 1) });
    expect(bench.sent('want-block')[0]?.blockHash).toEqual(hash);
    expect(bench.sent('proposal')).toHaveLength(0);
    bench.feed({ kind: 'block', block: bench.block(3, 0) });
    expect(bench.sent('proposal')).toHaveLength(0);
    bench.feed({ kind: 'block', block });
    expect(bench.sent('proposal')[0]?.proposal.block).toEqual(block);
    expect(bench.sent('proposal')[0]?.proposal.view).toBe(1);
  });

  test('R18: a replica that missed the timeouts follows a justified NEW-VIEW and votes in its view', () => {
    const bench = new OneReplica(2);
    const fresh = bench.block(1, 1);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(1, 1, fresh, bench.timeouts([0, 1, 3], 1)) });
    expect(bench.sent('vote').map(({ vote }) => [vote.phase, vote.view])).toEqual([[preparePhase, 1]]);
  });

  test('R19: a refused block ends the view at once', () => {
    const bench = new OneReplica(2);
    bench.held = new Set(['store-block']);
    const block = bench.block(0, 0);
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, block) });
    bench.feed({ kind: 'refused', blockHash: blockHash(block.header), reason: 'TOO_MANY_ENTRIES' });
    expect(bench.sent('timeout').map(({ timeout }) => timeout.nextView)).toEqual([1]);
  });

  test('R19: a block that leaves out a segment known for too long is not voted for, in views 0 to f', () => {
    const digest = sha256(utf8('patient segment'));
    const bench = new OneReplica(2);
    bench.feed({ kind: 'pool', waitingCount: 1, oldest: { digest, sinceMs: 0 } });
    bench.nowMs = bench.config.patienceMs;
    bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, bench.block(0, 0)) });
    expect(bench.sent('vote')).toHaveLength(0);
    expect(bench.replica.status().view).toBeGreaterThan(0);

    const served = new OneReplica(2);
    served.feed({ kind: 'pool', waitingCount: 1, oldest: { digest, sinceMs: 0 } });
    served.nowMs = served.config.patienceMs;
    served.held = new Set(['store-block']);
    served.feed({ kind: 'proposal', proposal: served.proposal(0, 0, served.block(0, 0, [digest])) });
    expect(served.of('store-block')).toHaveLength(1);
    expect(served.replica.status().view).toBe(0);

    const beyond = new OneReplica(3);
    beyond.feed({ kind: 'pool', waitingCount: 1, oldest: { digest, sinceMs: 0 } });
    const timeouts = beyond.timeouts([0, 1, 2], 2);
    beyond.feed({ kind: 'proposal', proposal: beyond.proposal(2, 2, beyond.block(2, 2), timeouts) });
    expect(beyond.sent('vote').map(({ vote }) => vote.view)).toEqual([2]);
  });
});

describe('R11: a restart', () => {
  test('after PREPARE says the same again and contradicts nothing', () => {
    const before = new OneReplica(2);
    const block = before.block(0, 0);
    const hash = blockHash(block.header);
    before.feed({ kind: 'proposal', proposal: before.proposal(0, 0, block) });
    const said = before.sent('vote')[0]?.vote;
    const after = new OneReplica(2, { record: before.record, blocks: [block] });
    expect(after.sent('vote')[0]?.vote).toEqual(said);
    const other = { ...block, header: { ...block.header, timeMs: block.header.timeMs + 1 } };
    after.feed({ kind: 'proposal', proposal: after.proposal(0, 0, other) });
    expect(new Set(after.sent('vote').map(({ vote }) => toHex(vote.blockHash)))).toEqual(new Set([toHex(hash)]));
  });

  test('after a timeout gives no vote in the view that was left', () => {
    const before = new OneReplica(2);
    before.wait(before.config.heartbeatMs + before.config.timeoutMsBase);
    const after = new OneReplica(2, { record: before.record });
    expect(after.sent('timeout')[0]?.timeout).toEqual(before.sent('timeout')[0]?.timeout);
    after.feed({ kind: 'proposal', proposal: after.proposal(0, 0, after.block(0, 0)) });
    expect(after.sent('vote')).toHaveLength(0);
  });

  test('of a primary after its proposal proposes no other block in that view', () => {
    const before = new OneReplica(0);
    before.wait(before.config.heartbeatMs);
    expect(before.sent('proposal')).toHaveLength(1);
    const after = new OneReplica(0, { record: before.record });
    after.wait(after.config.heartbeatMs + 1);
    expect(after.sent('proposal')).toHaveLength(0);
    const block = before.sent('proposal')[0]?.proposal.block;
    const whole = new OneReplica(0, { record: before.record, blocks: block === undefined ? [] : [block] });
    expect(whole.sent('proposal')[0]?.proposal).toEqual(before.sent('proposal')[0]?.proposal);
  });
});

describe('around it', () => {
  test('R20: what was said at an undecided height is said again, and silence stays silence', () => {
    const bench = new OneReplica(2);
    bench.wait(bench.config.heartbeatMs + bench.config.timeoutMsBase);
    bench.wait(bench.config.resendMs - 1);
    expect(bench.sent('timeout')).toHaveLength(1);
    bench.wait(1);
    const [first, again] = bench.sent('timeout');
    expect(again).toEqual(first);
    const idle = new OneReplica(2);
    idle.wait(idle.config.resendMs * 3);
    expect(idle.of('broadcast')).toHaveLength(0);
  });

  test('R21: two different votes of one validator at one place are evidence, and the first counts', () => {
    const bench = new OneReplica(2);
    const one = bench.vote(3, preparePhase, 0, sha256(utf8('one')));
    const two = bench.vote(3, preparePhase, 0, sha256(utf8('two')));
    for (const vote of [one, one, two]) bench.feed({ kind: 'vote', vote });
    expect(bench.of('evidence').map(({ equivocation }) => equivocation.pair)).toEqual([
      { kind: 'vote', first: one, second: two },
    ]);
  });

  test('R21: two different proposals of one primary in one view are evidence', () => {
    const bench = new OneReplica(2);
    const block = bench.block(0, 0);
    const other = { ...block, header: { ...block.header, timeMs: block.header.timeMs + 1 } };
    for (const each of [block, block, other]) bench.feed({ kind: 'proposal', proposal: bench.proposal(0, 0, each) });
    expect(bench.of('evidence').map(({ equivocation }) => [equivocation.validator, equivocation.pair.kind])).toEqual([
      [bench.at(0), 'proposal'],
    ]);
  });

  test('R23: claims of peers to be ahead are followed in turn, at a measured pace', () => {
    const bench = new OneReplica(2);
    bench.feed({ kind: 'peer-status', peer: toHex(bench.keyAt(0)), committedHeight: 9 });
    bench.feed({ kind: 'peer-status', peer: toHex(bench.keyAt(1)), committedHeight: 9 });
    expect(bench.of('catch-up')).toHaveLength(1);
    bench.wait(bench.config.resendMs / 2);
    const asked = bench.of('catch-up');
    expect(asked.map(({ fromHeight }) => fromHeight)).toEqual([1, 1]);
    expect(new Set(asked.map(({ hint }) => hint)).size).toBe(2);
  });
});
