import { beforeEach, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { BodyCollector } from '#sync/validator/body-collector';
import { BodyFetcher } from '#sync/validator/body-fetcher';
import { type Block, bodyDigest } from '#sync/wire/block';
import type { PeerMessage } from '#sync/wire/peer-message';
import { TestRegion } from '../../fixtures/region.ts';

const bodies = [1, 2, 3].map((tag) => Uint8Array.of(tag));
const { header } = new TestRegion().commit();
const block: Block = { header, bodyDigests: bodies.map(bodyDigest) };
const hash = new Uint8Array(32).fill(9);

let clock: VirtualClock;
let held: Map<string, Uint8Array>;
let asked: { to: string; message: PeerMessage }[];
let fetcher: BodyFetcher;
let collector: BodyCollector;
let done: Uint8Array[][];

beforeEach(() => {
  clock = new VirtualClock();
  held = new Map();
  asked = [];
  done = [];
  fetcher = new BodyFetcher({
    clock,
    send(to, message) {
      asked.push({ to, message });
      return true;
    },
  });
  collector = new BodyCollector({
    clock,
    lookUp: (name) => held.get(name),
    peers: () => ['two', 'three'],
    fetcher,
  });
});

const offer = (bytes: Uint8Array) => collector.offerNamed(toHex(bodyDigest(bytes)), bytes);
const collect = () => collector.collect(block, hash, (found) => done.push(found.map(({ bytes }) => bytes)));

test('bodies at hand are given at once, in the order of the block', () => {
  for (const bytes of [...bodies].reverse()) held.set(toHex(bodyDigest(bytes)), bytes);
  collect();
  expect(done).toEqual([bodies]);
  clock.advance(10_000);
  expect(asked).toEqual([]);
});

test('what the broker brings in a moment is not asked for', () => {
  collect();
  for (const bytes of bodies) expect(offer(bytes)).toBe(true);
  clock.advance(10_000);
  expect(done).toEqual([bodies]);
  expect(asked).toEqual([]);
});

test('missing bodies are asked for, from one peer after the other, until they come', () => {
  held.set(toHex(bodyDigest(bodies[0] as Uint8Array)), bodies[0] as Uint8Array);
  collect();
  clock.advance(450);
  expect(asked.map(({ to }) => to)).toEqual(['two', 'three', 'two']);
  expect(asked[0]?.message).toEqual({ kind: 'want-bodies', digests: block.bodyDigests.slice(1) });
  expect(offer(Uint8Array.of(99))).toBe(false);
  for (const bytes of bodies.slice(1)) offer(bytes);
  expect(done).toEqual([bodies]);
  expect(offer(bodies[1] as Uint8Array)).toBe(false);
});

test('a block of a decided height is not collected any more', () => {
  collect();
  collector.dropUpTo(header.height);
  for (const bytes of bodies) offer(bytes);
  clock.advance(10_000);
  expect(done).toEqual([]);
  expect(asked).toEqual([]);
});

test('a body that the primary withholds is had from another, who is asked first from then on', () => {
  collect();
  clock.advance(10);
  expect(asked.map(({ to }) => to)).toEqual(['two']);
  clock.advance(200);
  expect(asked.map(({ to }) => to)).toEqual(['two', 'three']);
  for (const bytes of bodies) {
    fetcher.arrived('three', toHex(bodyDigest(bytes)));
    offer(bytes);
  }
  expect(done).toEqual([bodies]);
  const next: Block = { header, bodyDigests: [bodyDigest(Uint8Array.of(77))] };
  collector.collect(next, new Uint8Array(32), () => undefined);
  clock.advance(10);
  expect(asked.at(-1)).toEqual({ to: 'three', message: { kind: 'want-bodies', digests: next.bodyDigests } });
});
