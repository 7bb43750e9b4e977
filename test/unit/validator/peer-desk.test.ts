/** What a validator gives its peers, and what it takes from them. */
import { beforeEach, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { BodyFetcher } from '#sync/validator/body-fetcher';
import { OwedAnswers } from '#sync/validator/owed-answers';
import { PeerDesk, type PeerDeskOptions } from '#sync/validator/peer-desk';
import { bodyDigest } from '#sync/wire/block';
import type { PeerMessage } from '#sync/wire/peer-message';

const mebibyte = 1024 * 1024;
let clock: VirtualClock;
let sent: { to: string; message: PeerMessage }[];
let lies: [string, string][];
let toDoor: [string, Uint8Array][];
let collected: string[];
let fetcher: BodyFetcher;
let full: boolean;
let lookups: number;
let desk: PeerDesk;

beforeEach(() => {
  clock = new VirtualClock();
  sent = [];
  lies = [];
  toDoor = [];
  collected = [];
  full = false;
  lookups = 0;
  const owed = new OwedAnswers();
  fetcher = new BodyFetcher({
    clock,
    send(to, message) {
      owed.asked(to, message);
      return true;
    },
  });
  const parts: Partial<Record<keyof PeerDeskOptions, unknown>> = {
    clock,
    fetchers: [fetcher],
    owed,
    pool: { body: () => undefined },
    store: {
      body: () => {
        lookups++;
        return new Uint8Array(mebibyte);
      },
    },
    collector: { offerNamed: (name: string) => collected.includes(name) },
    door: { fromPeer: (from: string, bytes: Uint8Array) => toDoor.push([from, bytes]) },
    onLie: (peer: string, what: string) => lies.push([peer, what]),
    send: (to: string, message: PeerMessage) => {
      if (!full) sent.push({ to, message });
      return !full;
    },
  };
  desk = new PeerDesk(parts as unknown as PeerDeskOptions);
});

const ask = (peer: string) =>
  desk.take(peer, { kind: 'want-bodies', digests: Array.from({ length: 256 }, () => new Uint8Array(32)) });
const givenTo = (peer: string) => sent.filter(({ to }) => to === peer).length;

test('a peer is given so many bytes a second, and others are not kept waiting by it', () => {
  for (let times = 0; times < 4; times++) ask('greedy');
  expect(givenTo('greedy')).toBe(64);
  ask('modest');
  expect(givenTo('modest')).toBe(64);
  clock.advance(1_000);
  ask('greedy');
  expect(givenTo('greedy')).toBe(96);
});

test('nothing is read from disk for a peer that does not take what it asked for', () => {
  full = true;
  for (let times = 0; times < 10; times++) ask('slow');
  expect(lookups).toBe(10);
});

test('a body goes to the block that waits for it, else to the door, and is a lie where it was not asked for', () => {
  const bodies = [1, 2, 3].map((tag) => Uint8Array.of(tag));
  const named = bodies.map((bytes) => ({ digest: bodyDigest(bytes), name: toHex(bodyDigest(bytes)) }));
  fetcher.want(named.slice(0, 2), { holders: () => ['a'], isNeeded: () => true, roundsMax: 9 });
  collected.push(named[0]?.name as string);
  for (const segment of bodies) desk.take('a', { kind: 'body', segment });
  expect(toDoor).toEqual([['a', bodies[1]]]);
  expect(lies).toEqual([['a', 'a body that was not asked for']]);
});
