/** Gossip among many validators in virtual time: who tells, who fetches, and what it costs. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { faultyMax } from '#ledger/validators/quorum';
import { BodyFetcher } from '#sync/validator/body-fetcher';
import { againMs, SegmentGossip, turnMs } from '#sync/validator/segment-gossip';
import { bodyDigest } from '#sync/wire/block';
import type { PeerMessage } from '#sync/wire/peer-message';
import { seedOf } from '../../fixtures/region.ts';

interface Node {
  readonly id: string;
  readonly gossip: SegmentGossip;
  readonly fetcher: BodyFetcher;
  readonly held: Map<string, Uint8Array>;
}

/** Validators that hear each other at once; some of them may be mute or lie. */
class Crowd {
  readonly clock = new VirtualClock();
  readonly ids: readonly string[];
  readonly nodes: readonly Node[];
  readonly sent = { 'have-bodies': 0, 'want-bodies': 0, body: 0 };
  readonly tellers = new Set<string>();
  readonly mute = new Set<string>();

  constructor(count: number) {
    this.ids = Array.from({ length: count }, (_, n) => toHex(seedOf(`gossip ${n}`)));
    this.nodes = this.ids.map((id) => this.#make(id));
  }

  node(index: number): Node {
    return this.nodes[index] as Node;
  }

  /** The door of a validator found a segment that waits too long. */
  offer(index: number, bytes: Uint8Array): void {
    const digest = bodyDigest(bytes);
    this.node(index).held.set(toHex(digest), bytes);
    this.node(index).gossip.offer({ digest, name: toHex(digest) });
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.clock.advance(50);
      for (const { id, gossip } of this.nodes) if (!this.mute.has(id)) gossip.tick();
    }
  }

  holders(bytes: Uint8Array): number {
    return this.nodes.filter(({ held }) => held.has(toHex(bodyDigest(bytes)))).length;
  }

  #make(id: string): Node {
    const held = new Map<string, Uint8Array>();
    const fetcher = new BodyFetcher({ clock: this.clock, send: (to, message) => this.#deliver(id, to, message) });
    const gossip = new SegmentGossip({
      clock: this.clock,
      self: id,
      fetcher,
      validators: () => this.ids,
      waits: (name) => held.has(name),
      holds: (name) => held.has(name),
      broadcast: (message) => {
        this.tellers.add(id);
        for (const to of this.ids) if (to !== id) this.#deliver(id, to, message);
      },
    });
    return { id, gossip, fetcher, held };
  }

  #deliver(from: string, to: string, message: PeerMessage): boolean {
    const node = this.nodes.find(({ id }) => id === to) as Node;
    if (message.kind === 'have-bodies' || message.kind === 'want-bodies' || message.kind === 'body')
      this.sent[message.kind]++;
    this.clock.setTimer(1, () => this.#take(node, from, message));
    return true;
  }

  #take(node: Node, from: string, message: PeerMessage): void {
    if (this.mute.has(node.id)) return;
    if (message.kind === 'have-bodies') node.gossip.heard(from, message.digests);
    if (message.kind === 'want-bodies') {
      for (const digest of message.digests) {
        const segment = node.held.get(toHex(digest));
        if (segment !== undefined) this.#deliver(node.id, from, { kind: 'body', segment });
      }
    }
    if (message.kind === 'body') {
      const name = toHex(bodyDigest(message.segment));
      node.fetcher.arrived(from, name);
      node.held.set(name, message.segment);
    }
  }
}

const segment = (n: number) => Uint8Array.of(7, n);

describe.each([4, 7, 16])('among %i validators', (count) => {
  const f = faultyMax(count);

  test('a segment that one of them has is known to all soon, whoever it is', () => {
    for (let index = 0; index < count; index++) {
      const crowd = new Crowd(count);
      crowd.offer(index, segment(index));
      crowd.pass((count - f) * turnMs + 100);
      expect(crowd.holders(segment(index))).toBe(count);
      expect(crowd.sent.body).toBe(count - 1);
    }
  });

  test('one that all have is told of by f+1, and its body goes nowhere', () => {
    const crowd = new Crowd(count);
    for (let index = 0; index < count; index++) crowd.offer(index, segment(1));
    crowd.pass((count - f) * turnMs + 100);
    expect(crowd.tellers.size).toBe(f + 1);
    expect(crowd.sent).toEqual({ 'have-bodies': (f + 1) * (count - 1), 'want-bodies': 0, body: 0 });
  });

  test('f that keep silent do not keep it from the rest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: count - 1 }), fc.integer({ min: 0, max: 250 }), (shift, n) => {
        const crowd = new Crowd(count);
        for (let k = 0; k < f; k++) crowd.mute.add(crowd.ids[(shift + k) % count] as string);
        crowd.offer((shift + f) % count, segment(n));
        crowd.pass((count - f) * turnMs + 100);
        expect(crowd.holders(segment(n))).toBe(count - f);
      }),
      { numRuns: 20 },
    );
  });

  test('f that claim to have it silence nobody', () => {
    const crowd = new Crowd(count);
    const digest = bodyDigest(segment(1));
    crowd.offer(0, segment(1));
    for (let liar = 1; liar <= f; liar++) crowd.node(0).gossip.heard(crowd.ids[liar] as string, [digest]);
    crowd.pass((count - f) * turnMs + 100);
    expect(crowd.holders(segment(1))).toBe(count);
  });
});

test('what still waits is told again, less and less often, and not once it is ordered', () => {
  const crowd = new Crowd(4);
  for (const index of [1, 2, 3]) crowd.mute.add(crowd.ids[index] as string);
  crowd.offer(0, segment(1));
  crowd.pass(1_000);
  expect(crowd.sent['have-bodies']).toBe(3);
  crowd.mute.clear();
  crowd.pass(againMs + 500);
  expect(crowd.holders(segment(1))).toBe(4);
  const before = crowd.sent['have-bodies'];
  crowd.node(0).held.clear();
  crowd.pass(10 * againMs);
  expect(crowd.sent['have-bodies']).toBe(before);
});

test('peers that tell of what does not exist cost little: few questions, a bounded memory', () => {
  const crowd = new Crowd(4);
  const { gossip, fetcher } = crowd.node(0);
  for (const liar of [1, 3]) {
    const id = crowd.ids[liar] as string;
    crowd.mute.add(id);
    for (let n = 0; n < 40; n++)
      gossip.heard(
        id,
        Array.from({ length: 256 }, (_, k) => bodyDigest(Uint8Array.of(liar, n, k))),
      );
  }
  expect(fetcher.count).toBeLessThanOrEqual(2_000);
  expect(crowd.sent['want-bodies']).toBe(2);
  // An honest peer is heard meanwhile, and what was invented is given up.
  crowd.offer(2, segment(9));
  crowd.pass(1_000);
  expect(crowd.node(0).held.size).toBe(1);
  crowd.pass(30_000);
  expect(fetcher.count).toBe(0);
});

test('a body that its first teller withholds is had from the next', () => {
  const crowd = new Crowd(4);
  const [, first, second] = crowd.ids as readonly [string, string, string];
  const bytes = segment(3);
  crowd.mute.add(first);
  crowd.node(2).held.set(toHex(bodyDigest(bytes)), bytes);
  crowd.node(0).gossip.heard(first, [bodyDigest(bytes)]);
  crowd.node(0).gossip.heard(second, [bodyDigest(bytes)]);
  crowd.pass(1_000);
  expect(crowd.node(0).held.size).toBe(1);
});
