/** Segments that one validator alone was given. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readKeyFile } from '#core/atomic-file';
import { toHex } from '#core/bytes';
import { systemClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { BodyFetcher } from '#sync/validator/body-fetcher';
import type { PeerAddress } from '#sync/validator/peer-pair';
import { PeerTransport } from '#sync/validator/peer-transport';
import { SegmentGossip } from '#sync/validator/segment-gossip';
import { readValidatorConfig } from '#sync/validator/validator-config';
import { bodyDigest } from '#sync/wire/block';
import { registerIssuer } from '../../fixtures/region.ts';
import { LiveRegion } from './live-region.ts';

/** The one that only passes segments on: it never votes, proposes or leads. */
const relayed = 3;
let region: LiveRegion;
let stopRelay: (() => Promise<void>) | null = null;

beforeEach(async () => {
  region = await LiveRegion.open();
});
afterEach(async () => {
  await stopRelay?.();
  await region.close();
});

/** Takes a validator's place with its key and the production gossip. Gives what it holds to whoever asks, in `serves` only. */
async function startRelay(serves: (peer: string) => boolean = () => true) {
  const config = readValidatorConfig(region.configs[relayed] as string);
  const secretSeed = readKeyFile(config.keyFile);
  const held = new Map<string, Uint8Array>();
  const ids = region.genesis.validators.map(({ publicKey }) => toHex(publicKey));
  const addresses = new Map<string, PeerAddress>(config.peers.map(({ name, host, port }) => [name, { host, port }]));
  const given: string[] = [];
  const fetcher = new BodyFetcher({ clock: systemClock, send: () => false });
  const gossip = new SegmentGossip({
    clock: systemClock,
    self: toHex(publicKeyOf(secretSeed)),
    fetcher,
    validators: () => ids,
    waits: (name) => held.has(name),
    holds: (name) => held.has(name),
    broadcast: (message) => transport.broadcast(message),
  });
  const transport = new PeerTransport({
    chainId: region.chainId,
    secretSeed,
    listen: config.peerListen,
    members: region.genesis.validators.map((member) => ({ ...member, address: addresses.get(member.name) ?? null })),
    clock: systemClock,
    entropy: systemEntropy,
    log: createLog({ level: 'silent', name: 'relay' }),
    onMessage: (from, message) => {
      if (message.kind !== 'want-bodies' || !serves(from)) return;
      for (const digest of message.digests) {
        const segment = held.get(toHex(digest));
        if (segment !== undefined && transport.send(from, { kind: 'body', segment })) given.push(from);
      }
    },
    onConnected: () => undefined,
  });
  await transport.start();
  let timer = systemClock.setTimer(100, function tick() {
    gossip.tick();
    timer = systemClock.setTimer(100, tick);
  });
  stopRelay = async () => {
    timer.cancel();
    await transport.stop();
  };
  return {
    ids,
    given,
    offer(segment: Uint8Array) {
      const digest = bodyDigest(segment);
      held.set(toHex(digest), segment);
      gossip.offer({ digest, name: toHex(digest) });
    },
  };
}

test('a segment given to one validator only is ordered, even if that one never leads', async () => {
  await region.start(0, 1, 2);
  const relay = await startRelay();
  relay.offer(region.admin.seal({ operation: registerIssuer('issuer-a') }));
  const [receipt] = await region.receiptsOf('admin', 0, 1);
  expect(receipt).toMatchObject({ author: 'admin', sequence: 0, outcome: 0 });
  expect(relay.given.length).toBeGreaterThan(0);
});

test('a body that all but one validator are denied is had from that one, and ordered', async () => {
  await region.start(0, 1, 2);
  let favourite = '';
  const relay = await startRelay((peer) => {
    favourite ||= peer;
    return peer === favourite;
  });
  const segments = ['a', 'b', 'c'].map((id) => region.admin.seal({ operation: registerIssuer(id) }));
  for (const segment of segments) relay.offer(segment);
  const receipts = await region.receiptsOf('admin', 0, segments.length);
  expect(receipts.map(({ outcome }) => outcome)).toEqual([0, 0, 0]);
  expect(new Set(relay.given)).toEqual(new Set([favourite]));
});
