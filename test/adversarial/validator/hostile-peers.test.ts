import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readKeyFile } from '#core/atomic-file';
import { compareBytes } from '#core/bytes';
import { SeededEntropy } from '#core/entropy';
import { frameOf } from '#sync/validator/frame-reader';
import { frameOfMessage } from '#sync/validator/peer-lane';
import { readValidatorConfig } from '#sync/validator/validator-config';
import { bodyDigest } from '#sync/wire/block';
import type { LightBlock } from '#sync/wire/gateway-message';
import type { LaneName, PeerMessage } from '#sync/wire/peer-message';
import { RawPeer } from '../../fixtures/raw-peer.ts';
import { registerIssuer, seedOf, TestAuthor } from '../../fixtures/region.ts';
import { LiveRegion, until } from '../../integration/validator/live-region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'hostile peers';
let region: LiveRegion;
/** The member whose place is taken by the test: the one with the greatest key, which dials all others. */
let hostile: number;
/** One of the others. */
let target: number;

const keyOf = (index: number) => region.genesis.validators[index]?.publicKey as Uint8Array;
const nameOf = (index: number) => region.genesis.validators[index]?.name as string;
const others = () => [0, 1, 2, 3].filter((index) => index !== hostile);

beforeEach(async () => {
  region = await LiveRegion.open();
  hostile = [0, 1, 2, 3].reduce((a, b) => (compareBytes(keyOf(a), keyOf(b)) > 0 ? a : b));
  await region.start(...others());
  target = others()[0] as number;
});
afterEach(() => region.close());

const ownKey = () => readKeyFile(readValidatorConfig(region.configs[hostile] as string).keyFile);
const status: PeerMessage = { kind: 'status', committedHeight: 0, view: 0 };

function peer(key: Uint8Array, lane: LaneName = 'urgent'): RawPeer {
  const { peerPort: port } = region.validator(target);
  return new RawPeer({ port, chainId: region.chainId }, { seed: key, lane });
}

async function member(): Promise<RawPeer> {
  const made = peer(ownKey());
  await made.hears('status');
  return made;
}

test(`noise on the peer port is cut, and the region goes on (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(seed);
  const noise = [
    entropy.bytes(1),
    entropy.bytes(100_000),
    Uint8Array.of(0, 0, 0, 0),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1),
    frameOf(entropy.bytes(200)),
    new TextEncoder().encode('GET / HTTP/1.1\r\nHost: validator\r\n\r\n'),
    frameOfMessage(status),
    // The beginning of a TLS record that is never completed.
    Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01),
  ];
  const closed = noise.map(
    (bytes) =>
      new Promise<void>((resolve) => {
        const socket = connect(region.validator(target).peerPort, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.on('close', () => resolve());
        socket.resume();
        socket.end(bytes);
      }),
  );
  await Promise.all(closed);
  const [receipt] = await region.submit(registerIssuer('issuer-a'));
  expect(receipt?.outcome).toBe(0);
});

test('whoever shows the key of a member is heard, and nobody else', async () => {
  const known = await member();
  expect(region.validator(target).status().peers).toContain(nameOf(hostile));
  for (const lane of ['urgent', 'bulk'] as const) {
    const stranger = peer(seedOf('somebody else'), lane);
    await until(() => stranger.secure || stranger.closed, 'the handshake');
    stranger.say(status);
    await stranger.cut();
    expect(stranger.heard).toEqual([]);
  }
  expect(known.closed).toBe(false);
  known.socket.destroy();
});

test(`a member that turns to noise is cut and may come back (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(`${seed} member`);
  const { peersCut } = region.validator(target).status();
  for (let round = 0; round < 3; round++) {
    const noisy = await member();
    noisy.socket.write(frameOf(entropy.bytes(5_000)));
    await noisy.cut();
  }
  expect(region.validator(target).status().peersCut).toBe(peersCut + 3);
  const [receipt] = await region.submit(registerIssuer('issuer-a'));
  expect(receipt?.outcome).toBe(0);
});

describe('a lie costs the bulk lane for a while, and nothing else', () => {
  const lies: readonly [string, (urgent: RawPeer, bulk: RawPeer) => Promise<void>][] = [
    ['a body that was not asked for', async (_, bulk) => bulk.say({ kind: 'body', segment: new Uint8Array(1_000) })],
    ['blocks that were not asked for', async (_, bulk) => bulk.say({ kind: 'blocks', blocks: [] })],
    [
      'a segment that its author did not sign',
      async (urgent, bulk) => {
        const twin = new TestAuthor(region.chainId, 'admin', { seed: region.admin.seed });
        const forged = Uint8Array.from(twin.seal({ operation: registerIssuer('forged') }));
        forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
        bulk.say({ kind: 'have-bodies', digests: [bodyDigest(forged)] });
        await urgent.hears('want-bodies');
        bulk.say({ kind: 'body', segment: forged });
      },
    ],
    [
      'a block that its certificate does not hold',
      async (urgent, bulk) => {
        urgent.say({ kind: 'status', committedHeight: 1_000, view: 0 });
        await urgent.hears('want-blocks');
        await until(() => region.light.head !== null, 'a block');
        const { header, certificate } = region.light.head as LightBlock;
        const block = { header: { ...header, height: 1_000 }, bodyDigests: [] };
        bulk.say({ kind: 'blocks', blocks: [{ block, certificate, bodies: [] }] });
      },
    ],
  ];

  test.each(lies)('%s', async (_name, lie) => {
    const urgent = await member();
    const bulk = peer(ownKey(), 'bulk');
    await until(() => bulk.secure, 'the handshake');
    const { peersCut } = region.validator(target).status();
    await lie(urgent, bulk);
    await bulk.cut();
    expect(region.validator(target).status().peersCut).toBe(peersCut + 1);
    await peer(ownKey(), 'bulk').cut();
    expect(urgent.closed).toBe(false);
    expect(region.validator(target).status().peers).toContain(nameOf(hostile));
    const [receipt] = await region.submit(registerIssuer('issuer-a'));
    expect(receipt?.outcome).toBe(0);
  });
});

test('a member that asks for everything and invents blocks, bodies and votes does not stop the others', async () => {
  const urgent = await member();
  const bulk = peer(ownKey(), 'bulk');
  const digest = new Uint8Array(32).fill(7);
  const vote = {
    height: 1,
    view: 0,
    blockHash: digest,
    resultRoot: digest,
    validator: 1,
    signature: new Uint8Array(64),
  };
  const statements: PeerMessage[] = [
    { kind: 'status', committedHeight: Number.MAX_SAFE_INTEGER, view: 0 },
    { kind: 'want-blocks', fromHeight: 0, count: 64 },
    { kind: 'want-blocks', fromHeight: Number.MAX_SAFE_INTEGER, count: 64 },
    { kind: 'want-bodies', digests: [digest] },
    { kind: 'want-block', height: 1, blockHash: digest },
    ...[1, 2].map((phase) => ({ kind: 'vote', vote: { ...vote, phase } }) as const),
    {
      kind: 'timeout',
      timeout: { height: 1, nextView: 0xffff_ffff, prepared: null, validator: 2, signature: new Uint8Array(64) },
    },
  ];
  const goods: PeerMessage[] = [
    { kind: 'have-bodies', digests: [digest] },
    { kind: 'have-bodies', digests: Array.from({ length: 256 }, (_, n) => bodyDigest(Uint8Array.of(n))) },
  ];
  for (let round = 0; round < 20; round++) {
    for (const message of statements) urgent.say(message);
    for (const message of goods) bulk.say(message);
  }
  const receipts = await region.submit(registerIssuer('issuer-a'), registerIssuer('issuer-b'));
  expect(receipts.map((receipt) => receipt.outcome)).toEqual([0, 0]);
  expect(urgent.closed).toBe(false);
  expect(bulk.closed).toBe(false);
  urgent.socket.destroy();
  bulk.socket.destroy();
});
