import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readKeyFile } from '#core/atomic-file';
import { publicKeyOf, signMessage } from '#core/ed25519';
import { SeededEntropy, systemEntropy } from '#core/entropy';
import { decode } from '#core/format';
import { FrameReader, frameOf } from '#sync/validator/frame-reader';
import { frameOfMessage, helloDomain, helloMessage } from '#sync/validator/peer-link';
import { readValidatorConfig } from '#sync/validator/validator-config';
import { type PeerMessage, peerMessageFormat } from '#sync/wire/peer-message';
import { seedOf } from '../../fixtures/region.ts';
import { LiveRegion, until } from '../../integration/validator/live-region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'hostile peers';
let region: LiveRegion;

beforeEach(async () => {
  region = await LiveRegion.open();
  await region.start(0, 1, 2);
});
afterEach(() => region.close());

const register = (id: string) =>
  ({ kind: 'account.register', id, role: 0, publicKey: publicKeyOf(seedOf(id)), name: id }) as const;

/** A raw connection to validator 0. */
class Stranger {
  readonly heard: PeerMessage[] = [];
  readonly socket: Socket;
  closed = false;
  readonly #reader = new FrameReader();

  constructor() {
    this.socket = connect(region.validator(0).peerPort, '127.0.0.1');
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
    this.socket.on('data', (chunk) => {
      this.#reader.push(chunk);
      for (;;) {
        const frame = this.#reader.next(1 << 24);
        if (frame === undefined || frame === null) return;
        const decoded = decode(peerMessageFormat, frame);
        if (decoded.ok) this.heard.push(decoded.value.message);
      }
    });
  }

  async hello(): Promise<Extract<PeerMessage, { kind: 'hello' }>> {
    await until(() => this.heard.length > 0, 'a hello');
    const hello = this.heard[0];
    if (hello?.kind !== 'hello') throw new Error('no hello');
    return hello;
  }

  async cut(): Promise<void> {
    await until(() => this.closed, 'the connection to be cut');
  }
}

/** Says hello as validator 3 and proves it with a key; `nonce` is the one sent. */
async function introduce(
  stranger: Stranger,
  key: Uint8Array,
  change: Partial<Parameters<typeof helloMessage>[1]> = {},
): Promise<void> {
  const nonce = systemEntropy.bytes(32);
  const { nonce: peerNonce } = await stranger.hello();
  const proof = { peerNonce, ownNonce: nonce, own: 3, peer: 0, dialled: true, ...change };
  stranger.socket.write(frameOfMessage({ kind: 'hello', chainId: region.chainId, validator: 3, nonce }));
  const signature = signMessage(key, helloDomain, helloMessage(region.chainId, proof));
  stranger.socket.write(frameOfMessage({ kind: 'hello-proof', signature }));
}

const ownKey = () => readKeyFile(readValidatorConfig(region.configs[3] as string).keyFile);
const status = () => frameOfMessage({ kind: 'status', committedHeight: 0, view: 0 });

test(`noise on the peer port is cut, and the region goes on (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(seed);
  const noise = [
    entropy.bytes(1),
    entropy.bytes(100_000),
    Uint8Array.of(0, 0, 0, 0),
    Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1),
    frameOf(entropy.bytes(200)),
    frameOf(Uint8Array.of(0x81, 0x01)),
    new TextEncoder().encode('GET / HTTP/1.1\r\nHost: validator\r\n\r\n'),
    status(),
  ];
  const strangers = noise.map((bytes) => {
    const stranger = new Stranger();
    stranger.socket.end(bytes);
    return stranger;
  });
  for (const stranger of strangers) await stranger.cut();
  const [receipt] = await region.submit(register('issuer-a'));
  expect(receipt?.outcome).toBe(0);
});

test('whoever proves to be a member is heard', async () => {
  const member = new Stranger();
  await introduce(member, ownKey());
  await until(() => region.validator(0).status().peers.includes('v4'), 'the member to be known');
  await until(() => member.heard.some((message) => message.kind === 'status'), 'a status');
  member.socket.destroy();
});

test('a proof with another key, for another nonce, place or direction is refused', async () => {
  const wrong = [
    { key: seedOf('somebody else'), change: {} },
    { key: ownKey(), change: { peerNonce: new Uint8Array(32) } },
    { key: ownKey(), change: { peer: 1 } },
    { key: ownKey(), change: { own: 2 } },
    { key: ownKey(), change: { dialled: false } },
  ];
  for (const { key, change } of wrong) {
    const stranger = new Stranger();
    await introduce(stranger, key, change);
    await stranger.cut();
    expect(region.validator(0).status().peers).not.toContain('v4');
  }
});

test('a stranger is not heard before its proof, and a proof cannot be used twice', async () => {
  const eager = new Stranger();
  await eager.hello();
  eager.socket.write(
    frameOfMessage({ kind: 'hello', chainId: region.chainId, validator: 3, nonce: new Uint8Array(32) }),
  );
  eager.socket.write(status());
  await eager.cut();
  const repeated = new Stranger();
  await introduce(repeated, ownKey());
  await introduce(repeated, ownKey());
  await repeated.cut();
});

test(`a member that turns to noise is cut and may come back (seed ${seed})`, async () => {
  const entropy = new SeededEntropy(`${seed} member`);
  for (let round = 0; round < 3; round++) {
    const member = new Stranger();
    await introduce(member, ownKey());
    await until(() => member.heard.some((message) => message.kind === 'status'), 'a status');
    member.socket.write(frameOf(entropy.bytes(5_000)));
    await member.cut();
  }
  const [receipt] = await region.submit(register('issuer-a'));
  expect(receipt?.outcome).toBe(0);
});

test('a member that asks for everything and invents blocks, bodies and votes does not stop the others', async () => {
  const member = new Stranger();
  await introduce(member, ownKey());
  await until(() => member.heard.some((message) => message.kind === 'status'), 'a status');
  const digest = new Uint8Array(32).fill(7);
  const vote = {
    height: 1,
    view: 0,
    blockHash: digest,
    resultRoot: digest,
    validator: 1,
    signature: new Uint8Array(64),
  };
  const invented: PeerMessage[] = [
    { kind: 'status', committedHeight: Number.MAX_SAFE_INTEGER, view: 0 },
    { kind: 'want-blocks', fromHeight: 0, count: 64 },
    { kind: 'want-blocks', fromHeight: Number.MAX_SAFE_INTEGER, count: 64 },
    { kind: 'want-bodies', digests: [digest] },
    { kind: 'want-block', height: 1, blockHash: digest },
    { kind: 'body', segment: new Uint8Array(1_000) },
    { kind: 'blocks', blocks: [] },
    ...[1, 2].map((phase) => ({ kind: 'vote', vote: { ...vote, phase } }) as const),
    {
      kind: 'timeout',
      timeout: { height: 1, nextView: 0xffff_ffff, prepared: null, validator: 2, signature: new Uint8Array(64) },
    },
  ];
  for (let round = 0; round < 20; round++) for (const message of invented) member.socket.write(frameOfMessage(message));
  const receipts = await region.submit(register('issuer-a'), register('issuer-b'));
  expect(receipts.map((receipt) => receipt.outcome)).toEqual([0, 0]);
  expect(member.closed).toBe(false);
  member.socket.destroy();
});
