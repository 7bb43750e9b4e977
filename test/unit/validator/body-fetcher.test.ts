import { beforeEach, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { BodyFetcher, inFlightMax, patienceMs, type WantedBody, type WantTerms } from '#sync/validator/body-fetcher';
import { bodyDigest } from '#sync/wire/block';
import { digestsMax, type PeerMessage } from '#sync/wire/peer-message';

const body = (n: number): WantedBody => {
  const digest = bodyDigest(Uint8Array.of(n >> 8, n & 255));
  return { digest, name: toHex(digest) };
};
const bodies = (count: number) => Array.from({ length: count }, (_, n) => body(n));

let clock: VirtualClock;
let away: Set<string>;
let asked: { to: string; names: string[] }[];
let fetcher: BodyFetcher;

beforeEach(() => {
  clock = new VirtualClock();
  away = new Set();
  asked = [];
  fetcher = new BodyFetcher({
    clock,
    send(to: string, message: PeerMessage) {
      if (message.kind !== 'want-bodies' || away.has(to)) return false;
      expect(message.digests.length).toBeLessThanOrEqual(digestsMax);
      asked.push({ to, names: message.digests.map(toHex) });
      return true;
    },
  });
});

const terms = (holders: readonly string[], roundsMax = Number.POSITIVE_INFINITY): WantTerms => ({
  holders: () => holders,
  isNeeded: () => true,
  roundsMax,
});
const askedOf = (peer: string) => asked.filter(({ to }) => to === peer).flatMap(({ names }) => names);
const wait = (rounds = 1) => clock.advance(patienceMs * rounds + 50);

test('the likeliest peer is asked first, and another one when it does not answer', () => {
  fetcher.want([body(1)], terms(['a', 'b', 'c']));
  expect(asked.map(({ to }) => to)).toEqual(['a']);
  wait();
  expect(asked.map(({ to }) => to)).toEqual(['a', 'b']);
  fetcher.arrived('b', body(1).name);
  wait(20);
  expect(asked.map(({ to }) => to)).toEqual(['a', 'b']);
  expect(fetcher.count).toBe(0);
});

test('of one peer only so much is asked at a time; more is asked of others, and again as bodies come', () => {
  const many = bodies(inFlightMax * 2 + 100);
  fetcher.want(many, terms(['a', 'b']));
  expect([askedOf('a').length, askedOf('b').length]).toEqual([inFlightMax, inFlightMax]);
  for (const name of askedOf('a').slice(0, inFlightMax / 2)) fetcher.arrived('a', name);
  expect(askedOf('a').length).toBe(inFlightMax + 100);
  for (const peer of ['a', 'b']) for (const name of askedOf(peer)) fetcher.arrived(peer, name);
  expect(fetcher.count).toBe(0);
  expect(new Set(asked.flatMap(({ names }) => names)).size).toBe(many.length);
});

test('a peer that goes on sending is waited for, one that stops is not', () => {
  const many = bodies(20);
  fetcher.want(many, terms(['a', 'b']));
  for (const { name } of many.slice(0, 10)) {
    clock.advance(patienceMs - 60);
    fetcher.arrived('a', name);
  }
  expect(askedOf('b')).toEqual([]);
  wait();
  expect(askedOf('b').sort()).toEqual(
    many
      .slice(10)
      .map(({ name }) => name)
      .sort(),
  );
});

test('whoever let others wait is asked last, until it has sent again', () => {
  fetcher.want([body(1)], terms(['a', 'b']));
  wait();
  fetcher.arrived('b', body(1).name);
  fetcher.want([body(2)], terms(['a', 'b']));
  expect(asked.at(-1)?.to).toBe('b');
  wait();
  expect(asked.at(-1)?.to).toBe('a');
  for (let n = 100; n < 140; n++) {
    fetcher.want([body(n)], terms(['a']));
    fetcher.arrived('a', body(n).name);
  }
  fetcher.want([body(3)], terms(['a', 'b']));
  expect(asked.at(-1)?.to).toBe('a');
});

test('a peer that cannot be asked is passed over at once', () => {
  away.add('a');
  fetcher.want([body(1)], terms(['a', 'b']));
  clock.advance(50);
  expect(asked.map(({ to }) => to)).toEqual(['b']);
  away.delete('a');
  wait();
  expect(asked.map(({ to }) => to)).toEqual(['b', 'a']);
});

test('rounds grow slower and end when the terms say so', () => {
  fetcher.want([body(1)], terms(['a', 'b'], 2));
  clock.advance(patienceMs * 20);
  expect(asked.map(({ to }) => to)).toEqual(['a', 'b', 'a', 'b']);
  expect(fetcher.count).toBe(0);
  fetcher.want([body(2)], terms(['a', 'b']));
  clock.advance(60_000);
  expect(asked.length).toBeGreaterThan(4 + 20);
  expect(asked.length).toBeLessThan(4 + 60_000 / (patienceMs * 8));
});

test('what is not needed any more is not asked for again', () => {
  let needed = true;
  fetcher.want([body(1)], { holders: () => ['a', 'b'], isNeeded: () => needed, roundsMax: 9 });
  needed = false;
  wait(9);
  expect(asked.map(({ to }) => to)).toEqual(['a']);
  expect(fetcher.count).toBe(0);
});

test('wants that nobody has room for hold up no others', () => {
  fetcher.want(bodies(inFlightMax + 1_000), terms(['liar']));
  fetcher.want([body(60_000)], terms(['honest']));
  expect(askedOf('liar').length).toBe(inFlightMax);
  expect(askedOf('honest')).toEqual([body(60_000).name]);
});
