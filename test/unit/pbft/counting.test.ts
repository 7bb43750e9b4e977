import { describe, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { earlyMessagesMax, PeersAhead } from '#sync/pbft/peers-ahead';
import { highestPrepared, TimeoutSet } from '#sync/pbft/timeout-set';
import { VoteTally, viewsKeptMax } from '#sync/pbft/vote-tally';
import { type Certificate, commitPhase, preparePhase, type Timeout, type Vote } from '#sync/wire/vote';

const hashOf = (name: string): Uint8Array => sha256(utf8(name));

function vote(
  validator: number,
  options: { phase?: number; view?: number; block?: string; result?: string } = {},
): Vote {
  const { phase = preparePhase, view = 0, block = 'block', result = 'result' } = options;
  const signature = new Uint8Array(64).fill(validator);
  return { phase, height: 1, view, blockHash: hashOf(block), resultRoot: hashOf(result), validator, signature };
}

function timeout(validator: number, nextView: number, prepared: Certificate | null = null): Timeout {
  return { height: 1, nextView, prepared, validator, signature: new Uint8Array(64).fill(validator) };
}

function prepared(view: number, block: string): Certificate {
  return { ...vote(0, { view, block }), signatures: [] };
}

describe('R12: votes', () => {
  test('make a certificate at a quorum that says the same, and not before', () => {
    for (const [count, needed] of [
      [4, 3],
      [5, 4],
      [6, 4],
      [7, 5],
      [8, 6],
      [16, 11],
    ] as const) {
      const tally = new VoteTally(count);
      for (let index = needed - 1; index > 0; index--) tally.add(vote(index));
      expect(tally.certificate(preparePhase, 0)).toBeNull();
      tally.add(vote(0));
      expect(tally.certificate(preparePhase, 0)?.signatures.map((s) => s.validator)).toEqual(
        Array.from({ length: needed }, (_, index) => index),
      );
    }
  });

  test('for another block, result, view or phase do not add up', () => {
    const tally = new VoteTally(4);
    tally.add(vote(0));
    tally.add(vote(1, { block: 'other' }));
    tally.add(vote(2, { result: 'other' }));
    tally.add(vote(3, { view: 1 }));
    tally.add(vote(1, { phase: commitPhase }));
    expect(tally.certificate(preparePhase, 0)).toBeNull();
    expect(tally.commitCertificate()).toBeNull();
  });

  test('of one validator at one place count once, the first one', () => {
    const tally = new VoteTally(4);
    expect(tally.add(vote(0)).kind).toBe('counted');
    expect(tally.add(vote(0)).kind).toBe('known');
    const conflict = tally.add(vote(0, { block: 'other' }));
    expect(conflict).toEqual({ kind: 'conflict', first: vote(0) });
    for (const validator of [1, 2]) tally.add(vote(validator, { block: 'other' }));
    expect(tally.certificate(preparePhase, 0)).toBeNull();
  });

  test('R22: of a validator that votes in ever higher views push out only its own', () => {
    const tally = new VoteTally(4);
    for (const validator of [0, 1, 2]) tally.add(vote(validator, { phase: commitPhase }));
    for (let view = 1; view <= 1_000; view++) tally.add(vote(3, { phase: commitPhase, view }));
    expect(tally.has(vote(3, { phase: commitPhase, view: 1_000 - viewsKeptMax }))).toBe(false);
    expect(tally.has(vote(3, { phase: commitPhase, view: 1_000 - viewsKeptMax + 1 }))).toBe(true);
    expect(tally.commitCertificate()?.view).toBe(0);
  });
});

describe('timeouts', () => {
  test('R16: of f+1 give the view to join, the smallest of the f+1 highest', () => {
    const set = new TimeoutSet(7);
    set.add(timeout(0, 0xffff_ffff));
    set.add(timeout(1, 0xffff_fffe));
    expect(set.joinView()).toBe(0);
    set.add(timeout(2, 5));
    expect(set.joinView()).toBe(5);
    set.add(timeout(3, 3));
    expect(set.joinView()).toBe(5);
  });

  test('R17: of a quorum for exactly one view make it, higher ones only show that it was reached', () => {
    const set = new TimeoutSet(4);
    for (const validator of [3, 1]) set.add(timeout(validator, 2));
    set.add(timeout(0, 3));
    expect(set.reached(2)).toBe(true);
    expect(set.quorumFor(2)).toBeNull();
    set.add(timeout(2, 2));
    expect(set.quorumFor(2)?.map((t) => t.validator)).toEqual([1, 2, 3]);
  });

  test('of a validator never go back', () => {
    const set = new TimeoutSet(4);
    set.add(timeout(0, 3));
    set.add(timeout(0, 2));
    expect(set.has(timeout(0, 3))).toBe(true);
    expect(set.has(timeout(0, 2))).toBe(false);
  });

  test('with another prepared certificate under the same signature are not taken for known ones', () => {
    const set = new TimeoutSet(4);
    set.add(timeout(0, 3, prepared(1, 'a')));
    expect(set.has(timeout(0, 3, prepared(1, 'a')))).toBe(true);
    expect(set.has(timeout(0, 3, null))).toBe(false);
    expect(
      set.has(timeout(0, 3, { ...prepared(1, 'a'), signatures: [{ validator: 0, signature: new Uint8Array(64) }] })),
    ).toBe(false);
  });

  test('R17: name the highest prepared view, none if none was prepared', () => {
    expect(highestPrepared([timeout(0, 4), timeout(1, 4)])).toBeNull();
    for (const order of [
      [0, 2, 1],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const timeouts = order.map((view) => timeout(view, 4, prepared(view, `block ${view}`)));
      expect(highestPrepared(timeouts)?.view).toBe(2);
    }
  });
});

describe('R22, R23: peers at other heights', () => {
  test('keep a bounded number of early messages each, the latest', () => {
    const peers = new PeersAhead(100);
    for (let view = 0; view < 100; view++) peers.keep(1, { kind: 'vote', vote: vote(1, { view }) });
    peers.keep(2, { kind: 'vote', vote: vote(2) });
    const kept = peers.takeEarly();
    expect(kept).toHaveLength(earlyMessagesMax + 1);
    expect(kept.some((message) => message.kind === 'vote' && message.vote.view === 99)).toBe(true);
    expect(peers.takeEarly()).toEqual([]);
  });

  test('one block ahead are given a moment, further ones are asked at once, never faster than the pace', () => {
    const peers = new PeersAhead(500);
    expect(peers.askAtMs(4, 0)).toBeNull();
    peers.claim('a', 5);
    expect(peers.ask(4, 0)).toBeNull();
    peers.claim('b', 9);
    expect(peers.ask(4, 1)).toBe('a');
    expect(peers.ask(4, 400)).toBeNull();
    expect(peers.ask(4, 501)).toBe('b');
    expect(peers.ask(4, 1_001)).toBe('a');
  });
});
