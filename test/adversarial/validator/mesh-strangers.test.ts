/** What comes to the peer port that is no peer: other keys, other protocols, old bytes, too many, too slow. */
import { generateKeyPairSync } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareBytes } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { frameOf } from '#sync/validator/frame-reader';
import { peerCredentials } from '#sync/validator/peer-certificate';
import { handshakeMsMax } from '#sync/validator/peer-dialer';
import { frameOfMessage, framesPerSecondMax } from '#sync/validator/peer-lane';
import { strangersMax, strangersMaxAddress } from '#sync/validator/peer-listener';
import { type LaneName, type PeerMessage, peerFrameBytesMax, urgentFrameBytesMax } from '#sync/wire/peer-message';
import { TestMesh, Wire } from '../../fixtures/mesh.ts';
import { RawPeer } from '../../fixtures/raw-peer.ts';
import { seedOf } from '../../fixtures/region.ts';
import { until } from '../../integration/validator/live-region.ts';

let mesh: TestMesh;
const opened: { destroy(): unknown }[] = [];
const status: PeerMessage = { kind: 'status', committedHeight: 1, view: 0 };
const listener = () => mesh.node(0).transport;
const viewOf = (peer: number) => mesh.view(0, peer);

/** To member 0, by default as member 1. */
function peer(
  how: {
    readonly seed?: Uint8Array;
    readonly lane?: LaneName;
    readonly tls?: ConnectionOptions;
    chainId?: Uint8Array;
  } = {},
): RawPeer {
  const { seed = mesh.seeds[1] as Uint8Array, chainId = mesh.chainId, lane = 'urgent', tls = {} } = how;
  const made = new RawPeer({ port: mesh.port(0), chainId }, { seed, lane, tls });
  opened.push(made.socket);
  return made;
}

/** A bare TCP connection to member 0. */
function bare(localAddress = '127.0.0.1'): Socket & { gone?: boolean } {
  const socket: Socket & { gone?: boolean } = connect({ port: mesh.port(0), host: '127.0.0.1', localAddress });
  socket.on('error', () => undefined);
  // Without this the end would wait behind what was answered.
  socket.resume();
  socket.on('close', () => {
    socket.gone = true;
  });
  opened.push(socket);
  return socket;
}

beforeEach(async () => {
  mesh = await TestMesh.of(3);
  await mesh.start(0);
});
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.destroy();
  await mesh.close();
});

describe('who is taken for a member', () => {
  const ownContext = (credentials: { key: string; cert: string }): ConnectionOptions => ({
    secureContext: undefined,
    ...credentials,
  });

  test('a certificate counts for its key: any dates do', async () => {
    const years = [
      { notBefore: '1999-01-01T00:00:00Z', notAfter: '1999-01-02T00:00:00Z' },
      { notBefore: '2150-01-01T00:00:00Z', notAfter: '2151-01-01T00:00:00Z' },
    ];
    for (const dates of years) {
      const dated = peer({ tls: ownContext(peerCredentials(mesh.seeds[1] as Uint8Array, dates)) });
      dated.say(status);
      await until(() => mesh.node(0).heard.length > 0, 'a status');
      mesh.node(0).heard.length = 0;
    }
  });

  test('a key that is not pinned is not heard, and nothing is said to it', async () => {
    const stranger = peer({ seed: seedOf('nobody') });
    stranger.say(status);
    await stranger.cut();
    expect(listener().strangers).toEqual({ NOT_A_MEMBER: 1 });
    expect([mesh.node(0).heard, stranger.heard]).toEqual([[], []]);
  });

  test('no certificate, none of Ed25519, no protocol name, another chain, TLS 1.2: no lane', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const attempts: Parameters<typeof peer>[0][] = [
      { tls: { secureContext: undefined } },
      // A key without a certificate for it is no certificate.
      { tls: { secureContext: undefined, key: pem } },
      { tls: { ALPNProtocols: [] } },
      { tls: { ALPNProtocols: ['http/1.1'] } },
      { chainId: new Uint8Array(32) },
      { tls: { ...ownContext(peerCredentials(mesh.seeds[1] as Uint8Array)), maxVersion: 'TLSv1.2' } },
    ];
    for (const [nth, attempt] of attempts.entries()) {
      await peer(attempt).cut();
      await until(() => Object.values(listener().strangers).reduce((a, b) => a + b, 0) === nth + 1, 'it to be counted');
    }
    expect(listener().strangers).toEqual({ NO_KEY: 3, NO_TLS: 3 });
    expect(
      listener()
        .peers()
        .some(({ urgent, bulk }) => urgent || bulk),
    ).toBe(false);
  });

  test('a member that should be dialled is not taken when it dials', async () => {
    await mesh.start(2);
    const made = new RawPeer({ port: mesh.port(2), chainId: mesh.chainId }, { seed: mesh.seeds[1] as Uint8Array });
    opened.push(made.socket);
    await made.cut();
    expect(mesh.node(2).transport.strangers).toEqual({ NOT_EXPECTED: 1 });
  });

  test('a listener with another key than the pinned one is not spoken to', async () => {
    const own = mesh.member(1).publicKey;
    const pinned = Array.from({ length: 64 }, (_, n) => publicKeyOf(seedOf(`pinned ${n}`)));
    const smaller = pinned.find((key) => compareBytes(key, own) < 0) as Uint8Array;
    const { transport, heard, connectedWith } = await mesh.start(1, [{ ...mesh.member(0), publicKey: smaller }]);
    await mesh.passUntil(() => (listener().strangers.NO_TLS ?? 0) > 2, 'it to be dialled and left');
    expect(transport.connected()).toEqual([]);
    expect([heard, connectedWith, mesh.node(0).heard]).toEqual([[], [], []]);
  });
});

test('the bytes of an old connection are worth nothing on a new one', async () => {
  const wire = new Wire(mesh.port(0));
  const detour = { ...mesh.member(0), address: { host: '127.0.0.1', port: await wire.listen() } };
  await mesh.start(1, [detour, mesh.member(1)]);
  await mesh.joined(0, 1);
  mesh.node(1).transport.send(mesh.id(0), status);
  await until(() => mesh.node(0).heard.length === 1, 'the status');
  await mesh.stop(1);
  await wire.close();
  await until(() => listener().connected().length === 0, 'the end of it');
  for (const chunks of wire.sent) {
    const replay = bare();
    for (const chunk of chunks) replay.write(chunk);
    await until(() => replay.gone === true, 'the replay to be cut');
  }
  expect(listener().strangers).toEqual({ NO_TLS: wire.sent.length });
  expect(mesh.node(0).heard).toHaveLength(1);
  expect(listener().connected()).toEqual([]);
});

test('no session can be resumed, least of all one of a member that was removed', async () => {
  const first = peer();
  const sessions: Buffer[] = [];
  first.socket.on('session', (session) => sessions.push(session));
  first.say(status);
  await until(() => mesh.node(0).heard.length === 1 && sessions.length > 0, 'a status and a session');
  const again = peer({ tls: { session: sessions[0] as Buffer } });
  await until(() => mesh.node(0).connectedWith.length === 2, 'the second connection');
  expect(again.resumed).toBe(false);
  listener().members(mesh.members.filter((_, index) => index !== 1));
  await again.cut();
  const removed = peer({ tls: { session: sessions.at(-1) as Buffer } });
  await removed.cut();
  expect(removed.resumed).toBe(false);
  expect(listener().strangers.NOT_A_MEMBER).toBe(1);
});

describe('too much and too slow', () => {
  test('whoever does not finish the handshake in time is cut', async () => {
    const slow = bare();
    slow.write(Uint8Array.of(0x16, 0x03, 0x01));
    await until(() => listener().strangerCount === 1, 'it to be there');
    mesh.clock.advance(handshakeMsMax - 1);
    slow.write(Uint8Array.of(0x02));
    expect(listener().strangerCount).toBe(1);
    mesh.clock.advance(1);
    await until(() => slow.gone === true, 'it to be cut');
    expect(listener().strangers).toEqual({ TOO_SLOW: 1 });
  });

  test('thousands of connections are held off, lanes stand meanwhile, and a member gets through', async () => {
    await mesh.start(1);
    await mesh.joined(0, 1);
    const addresses = Array.from({ length: 100 }, (_, n) => `127.0.0.${n + 2}`);
    let most = 0;
    for (let round = 0; round < 25; round++) {
      const crowd = addresses.map((address) => bare(address));
      await until(() => crowd.every((socket) => !socket.connecting), 'the crowd to arrive');
      mesh.node(1).transport.send(mesh.id(0), { kind: 'status', committedHeight: round, view: 0 });
      await until(() => mesh.node(0).heard.length === round + 1, 'a status');
      most = Math.max(most, listener().strangerCount);
      mesh.clock.advance(20);
    }
    expect(most).toBeLessThanOrEqual(strangersMax);
    const { CROWDED = 0, RATIONED = 0 } = listener().strangers;
    expect(CROWDED).toBeGreaterThan(0);
    expect(RATIONED).toBeGreaterThan(1_000);
    // From an address where a member has been, while the crowd still stands there.
    const before = mesh.node(0).connectedWith.length;
    peer().say(status);
    await until(() => mesh.node(0).connectedWith.length === before + 1, 'the member');
    await until(() => mesh.node(0).heard.length === 26, 'its status');
  });

  test('one address alone cannot take the places of all', async () => {
    const crowd = Array.from({ length: strangersMaxAddress + 20 }, () => bare('127.0.0.9'));
    await until(() => crowd.filter(({ gone }) => gone).length >= 20, 'the oldest to be cut');
    expect(listener().strangerCount).toBeLessThanOrEqual(strangersMaxAddress);
  });
});

describe('a member that misbehaves', () => {
  test('frames beyond the bound of their lane end the lane before they are read', async () => {
    const lanes = [
      ['urgent', urgentFrameBytesMax],
      ['bulk', peerFrameBytesMax],
    ] as const;
    for (const [lane, bytesMax] of lanes) {
      const head = new Uint8Array(4);
      new DataView(head.buffer).setUint32(0, bytesMax + 1);
      const made = peer({ lane });
      await until(() => viewOf(1)?.[lane] === true, 'the lane');
      made.socket.write(head);
      await made.cut();
    }
    expect(listener().cutCount).toBe(2);
  });

  test('a frame that is dribbled in is taken, and costs no more than its size', async () => {
    const made = peer();
    const frame = frameOfMessage(status);
    for (const byte of frame) {
      made.socket.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => mesh.node(0).heard.length === 1, 'the status');
  });

  test('a flood of messages is read ever so slowly, and the flooder is not taken for dead', async () => {
    const flooder = peer();
    const count = 3 * framesPerSecondMax.urgent;
    for (let n = 0; n < count; n++) flooder.say(status);
    const { heard } = mesh.node(0);
    await until(() => heard.length >= framesPerSecondMax.urgent, 'what is taken in a second');
    // Time stands still; others are heard meanwhile.
    const other = new RawPeer({ port: mesh.port(0), chainId: mesh.chainId }, { seed: mesh.seeds[2] as Uint8Array });
    opened.push(other.socket);
    other.say({ kind: 'status', committedHeight: 7, view: 7 });
    await until(() => heard.some(({ from }) => from === 2), 'the other');
    const taken = heard.filter(({ from }) => from === 1).length;
    // A chunk that was read is worked off.
    expect(taken).toBeLessThan(framesPerSecondMax.urgent + 4_000);
    await mesh.passUntil(() => heard.length === count + 1, 'the rest', 500);
    expect(flooder.closed).toBe(false);
  });

  test('a message on the wrong lane, or none at all, ends the lane', async () => {
    const wrong = [
      { lane: 'bulk', bytes: frameOfMessage(status) },
      { lane: 'urgent', bytes: frameOfMessage({ kind: 'body', segment: new Uint8Array(8) }) },
      { lane: 'urgent', bytes: frameOf(Uint8Array.of(1, 2, 3)) },
      { lane: 'bulk', bytes: new Uint8Array(4) },
    ] as const;
    for (const { lane, bytes } of wrong) {
      const made = peer({ lane });
      made.socket.write(bytes);
      await made.cut();
    }
    expect(listener().cutCount).toBe(wrong.length);
    expect(mesh.node(0).heard).toEqual([]);
  });

  test('connecting again and again leaves one lane, the newest', async () => {
    const many = Array.from({ length: 30 }, () => peer());
    await until(() => many.filter(({ closed }) => !closed).length === 1, 'all but one to be closed');
    expect(listener().connected()).toEqual([mesh.id(1)]);
    const left = many.find(({ closed }) => !closed);
    left?.say(status);
    await until(() => mesh.node(0).heard.length === 1, 'the status');
  });
});
