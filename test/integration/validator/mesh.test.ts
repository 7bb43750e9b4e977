/** The mesh of validators over real TLS sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareBytes, toHex } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { frameOfMessage, laneCheckMs, silentChecksMax, stuckChecksMax } from '#sync/validator/peer-lane';
import type { MeshMember } from '#sync/validator/peer-pair';
import { bulkBytesMax } from '#sync/validator/send-queue';
import type { PeerMessage } from '#sync/wire/peer-message';
import { type MeshNode, seedsByKey, TestMesh, Wire } from '../../fixtures/mesh.ts';
import { RawPeer } from '../../fixtures/raw-peer.ts';
import { seedOf } from '../../fixtures/region.ts';
import { until } from './live-region.ts';

let mesh: TestMesh;
const status = (height: number): PeerMessage => ({ kind: 'status', committedHeight: height, view: 0 });
const body = (size: number, tag = 1): PeerMessage => ({ kind: 'body', segment: new Uint8Array(size).fill(tag) });
const kinds = ({ heard }: MeshNode) => heard.map(({ message }) => message.kind);
const viewOf = (of: number, peer: number) => mesh.view(of, peer);

beforeEach(async () => {
  mesh = await TestMesh.of(4);
});
afterEach(() => mesh.close());

test('each pair has a lane for votes and one for bodies, and both carry both ways', async () => {
  for (const index of [0, 1, 2]) await mesh.start(index);
  for (const [a, b] of [
    [0, 1],
    [0, 2],
    [1, 2],
  ] as const)
    await mesh.joined(a, b);
  for (const from of [0, 1, 2]) {
    mesh.node(from).transport.broadcast(status(from));
    for (const to of [0, 1, 2].filter((index) => index !== from))
      expect(mesh.node(from).transport.send(mesh.id(to), body(900_000, from))).toBe(true);
  }
  for (const at of [0, 1, 2]) {
    const node = mesh.node(at);
    await until(() => node.heard.length === 4, 'two statuses and two bodies');
    const others = [0, 1, 2].filter((index) => index !== at);
    const bodies = node.heard.flatMap(({ from, message }) => (message.kind === 'body' ? [{ from, message }] : []));
    const statuses = node.heard.filter(({ message }) => message.kind === 'status');
    expect(new Set(statuses)).toEqual(new Set(others.map((from) => ({ from, message: status(from) }))));
    for (const { from, message } of bodies)
      expect(Buffer.compare(message.segment, new Uint8Array(900_000).fill(from))).toBe(0);
    expect(new Set(bodies.map(({ from }) => from))).toEqual(new Set(others));
    expect(node.connectedWith.sort()).toEqual([0, 1, 2].filter((index) => index !== at));
    expect(node.transport.send(mesh.id(3), status(1))).toBe(false);
  }
});

test('a peer that restarts is met again', async () => {
  await mesh.start(0);
  await mesh.start(1);
  await mesh.joined(0, 1);
  for (const index of [0, 1]) {
    await mesh.stop(index);
    await mesh.passUntil(() => mesh.node(1 - index).transport.connected().length === 0, 'the loss to be seen');
    await mesh.start(index);
    await mesh.joined(0, 1);
  }
});

test('a line that died without a word is noticed by its silence and made anew', async () => {
  await mesh.start(0);
  const wire = new Wire(mesh.port(0));
  const detour = { ...mesh.member(0), address: { host: '127.0.0.1', port: await wire.listen() } };
  await mesh.start(1, [detour, mesh.member(1)]);
  await mesh.joined(0, 1);
  const before = mesh.node(0).connectedWith.length;
  wire.die();
  await mesh.passUntil(() => mesh.node(0).connectedWith.length > before, 'a new connection');
  await mesh.joined(0, 1);
  mesh.node(1).transport.send(mesh.id(0), status(7));
  await until(() => kinds(mesh.node(0)).includes('status'), 'a status');
  await wire.close();
});

test('whoever finds another key or another region at a peer has its operator told', async () => {
  await mesh.start(0, mesh.members, new Uint8Array(32).fill(6));
  const { events } = await mesh.start(1);
  await mesh.passUntil(() => events.length > 0, 'it to be told of the other region');
  await mesh.stop(0);
  await mesh.start(2);
  events.length = 0;
  const wrong = [{ ...mesh.member(0), address: mesh.member(2).address }];
  mesh.node(1).transport.members(wrong);
  await mesh.passUntil(() => events.length > 0, 'it to be told of the other key');
  expect(new Set(events)).toEqual(new Set(['peer-is-another']));
  expect(mesh.node(1).transport.connected()).toEqual([]);
});

test('a validator that changes its key is reached under the one it uses, and nobody is alarmed', async () => {
  await mesh.start(0);
  const old = seedsByKey(8, 'old').find((seed) => compareBytes(publicKeyOf(seed), mesh.member(1).publicKey) < 0);
  const both = [mesh.member(0), { ...mesh.member(0), publicKey: publicKeyOf(old as Uint8Array) }];
  const { events } = await mesh.start(1, both);
  await mesh.joined(0, 1);
  const dialled = mesh.node(0).transport.strangers.NO_TLS ?? 0;
  await mesh.passUntil(() => (mesh.node(0).transport.strangers.NO_TLS ?? 0) > dialled + 2, 'the other key to be tried');
  expect(mesh.node(1).transport.connected()).toEqual([mesh.id(0)]);
  expect(events).toEqual([]);
});

test('an idle line is not taken for a dead one', async () => {
  await mesh.start(0);
  await mesh.start(1);
  await mesh.joined(0, 1);
  const first = [...mesh.node(0).connectedWith];
  const idleMs = 3 * silentChecksMax * laneCheckMs;
  const end = mesh.clock.monotonicMs() + idleMs;
  await mesh.passUntil(() => mesh.clock.monotonicMs() >= end, 'time to pass', 50);
  expect(mesh.node(0).connectedWith).toEqual(first);
  expect(viewOf(0, 1)).toMatchObject({ urgent: true, bulk: true });
});

describe('members at run time', () => {
  beforeEach(async () => {
    await mesh.start(0);
    await mesh.start(1);
    await mesh.joined(0, 1);
  });
  const without = (gone: number) => mesh.members.filter((_, index) => index !== gone);

  test('one that is removed is cut before the call returns, and cannot come back', async () => {
    mesh.node(0).transport.members(without(1));
    expect(mesh.node(0).transport.connected()).toEqual([]);
    await mesh.passUntil(() => (mesh.node(0).transport.strangers.NOT_A_MEMBER ?? 0) > 3, 'it to try');
    expect(
      mesh
        .node(0)
        .transport.peers()
        .map(({ name }) => name),
    ).toEqual(['v2', 'v3']);
    expect(mesh.node(0).connectedWith).toEqual([1]);
  });

  test('a peer that turns us away after the handshake is dialled ever more seldom', async () => {
    mesh.node(0).transport.members(without(1));
    const start = mesh.clock.monotonicMs();
    await mesh.passUntil(() => mesh.clock.monotonicMs() - start >= 20_000, 'time to pass', 100);
    // Doubling from 50 ms: about six dials a lane to the longest wait, then one in half a second on average.
    expect(mesh.node(0).transport.strangers.NOT_A_MEMBER).toBeLessThan(160);
  });

  test('one that joins is met', async () => {
    mesh.node(0).transport.members(without(1));
    await mesh.passUntil(() => (mesh.node(0).transport.strangers.NOT_A_MEMBER ?? 0) > 0, 'it to try');
    mesh.node(0).transport.members(mesh.members);
    await mesh.joined(0, 1);
    mesh.node(1).transport.send(mesh.id(0), status(3));
    await until(() => mesh.node(0).heard.length > 0, 'a status');
    expect(mesh.node(0).heard).toEqual([{ from: 1, message: status(3) }]);
  });

  test('one whose address nobody knows can dial, and is dialled when it is known', async () => {
    await mesh.stop(1);
    await mesh.start(1, [{ ...mesh.member(0), address: null }]);
    expect(mesh.node(1).transport.connected()).toEqual([]);
    await mesh.start(2, [mesh.member(1)]);
    mesh.node(1).transport.members([
      { ...mesh.member(0), address: null },
      { ...mesh.member(2), address: null },
    ]);
    await mesh.joined(1, 2);
    mesh.node(1).transport.members(mesh.members);
    await mesh.joined(0, 1);
  });

  test('the same list again changes nothing', async () => {
    for (let times = 0; times < 3; times++) mesh.node(0).transport.members(mesh.members);
    expect(mesh.view(0, 1)).toMatchObject({ urgent: true, bulk: true });
    mesh.node(1).transport.send(mesh.id(0), status(3));
    await until(() => mesh.node(0).heard.length > 0, 'a status');
    expect(mesh.node(0).connectedWith).toEqual([1]);
  });

  test('a new address counts from the next dialling on', async () => {
    const wire = new Wire(mesh.port(0));
    const moved = { ...mesh.member(0), address: { host: '127.0.0.1', port: await wire.listen() } };
    mesh.node(1).transport.members([moved, mesh.member(1)]);
    expect(mesh.node(1).transport.connected()).toEqual([mesh.id(0)]);
    await mesh.stop(0);
    await mesh.start(0);
    await mesh.joined(0, 1);
    expect(wire.sent.length).toBeGreaterThan(0);
    await wire.close();
  });

  test('a member with a new key is met under the new key only, whichever side changes first', async () => {
    const renewed = seedOf('mesh renewed');
    const member: MeshMember = { ...mesh.member(1), publicKey: publicKeyOf(renewed) };
    mesh.node(0).transport.members([mesh.member(0), member]);
    expect(mesh.node(0).transport.connected()).toEqual([]);
    mesh.node(1).transport.useKey(renewed);
    await mesh.passUntil(() => mesh.node(0).transport.connected().length === 1, 'the new key');
    expect(mesh.node(0).transport.connected()).toEqual([toHex(member.publicKey)]);
    const again = { ...mesh.member(1), publicKey: publicKeyOf(mesh.node(1).seed) };
    mesh.node(1).transport.useKey(mesh.node(1).seed);
    await mesh.passUntil(() => mesh.node(0).transport.connected().length === 0, 'the old key to go');
    mesh.node(0).transport.members([mesh.member(0), again]);
    await mesh.joined(0, 1);
  });
});

describe('a peer that reads slowly', () => {
  let urgent: RawPeer;
  let bulk: RawPeer;
  const big = body(800_000);

  beforeEach(async () => {
    const { transport, heard } = await mesh.start(0);
    const to = { port: mesh.port(0), chainId: mesh.chainId };
    const seed = mesh.seeds[1] as Uint8Array;
    urgent = new RawPeer(to, { seed });
    bulk = new RawPeer(to, { seed, lane: 'bulk' });
    await until(() => viewOf(0, 1)?.urgent === true && viewOf(0, 1)?.bulk === true, 'both lanes');
    bulk.socket.pause();
    expect(heard).toEqual([]);
    let taken = 0;
    // The system's own buffers take some: fill them and the queue.
    for (let idle = 0; idle < 20; ) {
      if (transport.send(mesh.id(1), big)) {
        taken++;
        idle = 0;
      } else {
        idle++;
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(taken * 800_000).toBeLessThan(4 * bulkBytesMax);
    }
  });
  afterEach(() => {
    urgent.socket.destroy();
    bulk.socket.destroy();
  });

  test('loses bodies beyond the bound, and hears every vote meanwhile', async () => {
    const { transport } = mesh.node(0);
    expect(viewOf(0, 1)?.droppedFrames).toBeGreaterThan(0);
    expect(viewOf(0, 1)?.queuedBytes).toBeLessThanOrEqual(bulkBytesMax);
    for (let height = 0; height < 1_000; height++) {
      expect(transport.send(mesh.id(1), status(height))).toBe(true);
      if (height % 50 === 49) await until(() => urgent.heard.length === height + 1, 'the votes so far');
    }
    expect(urgent.heard).toEqual(Array.from({ length: 1_000 }, (_, height) => status(height)));
    expect(bulk.heard).toEqual([]);
  });

  test('is given bodies again as soon as it reads', async () => {
    const { transport } = mesh.node(0);
    expect(transport.send(mesh.id(1), big)).toBe(false);
    bulk.socket.resume();
    await until(() => viewOf(0, 1)?.queuedBytes === 0, 'the queue to empty');
    expect(transport.send(mesh.id(1), body(10, 9))).toBe(true);
    await until(() => bulk.heard.some((message) => message.kind === 'body' && message.segment[0] === 9), 'a body');
  });

  test('that never reads loses the lane with all that waits in it, and keeps its votes', async () => {
    const { heard } = mesh.node(0);
    for (let check = 0; check <= stuckChecksMax; check++) {
      // It lives: only its ears are closed.
      await new Promise<void>((resolve) => void bulk.socket.write(frameOfMessage({ kind: 'alive' }), () => resolve()));
      urgent.say(status(check));
      await until(() => heard.length === check + 1, 'a status');
      expect(viewOf(0, 1)?.bulk).toBe(true);
      mesh.clock.advance(laneCheckMs);
    }
    expect(viewOf(0, 1)).toMatchObject({ urgent: true, bulk: false, queuedBytes: 0 });
    expect(mesh.node(0).transport.send(mesh.id(1), status(1))).toBe(true);
  });
});
