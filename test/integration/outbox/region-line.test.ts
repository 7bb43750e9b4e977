import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '#core/bytes';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import type { EntryPoint } from '#sync/outbox/entry-point';
import { type LineTiming, RegionLine } from '#sync/outbox/region-line';
import { freePort, startAedes, startMosquitto, type TestBroker } from '../../fixtures/broker.ts';
import { TestRegion } from '../../fixtures/region.ts';
import { type GatewayBehaviour, RegionGateway } from '../../fixtures/region-gateway.ts';

const log = createLog({ level: 'silent', name: 'test' });
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function mosquitto(lines: readonly string[] = [], port?: number): Promise<TestBroker> {
  const broker = await startMosquitto(lines, port);
  cleanups.push(() => broker.stop());
  return broker;
}

async function gatewayOn(region: TestRegion, url: string, behaviour: GatewayBehaviour = {}): Promise<RegionGateway> {
  const gateway = await RegionGateway.start(region, url, behaviour);
  cleanups.push(() => gateway.stop());
  return gateway;
}

function lineTo(region: TestRegion, entryPoints: readonly EntryPoint[], timing: Partial<LineTiming> = {}): RegionLine {
  const line = new RegionLine({
    chainId: region.chainId,
    validatorCount: region.genesis.validators.length,
    account: '4012345000009/1',
    clientName: 'lane-1',
    entryPoints,
    clock: systemClock,
    entropy: systemEntropy,
    log,
    timing: { backOffBaseMs: 20, backOffMaxMs: 100, ...timing },
  });
  cleanups.push(() => line.stop());
  return line;
}

const next = (line: RegionLine, event: 'up' | 'down') =>
  new Promise<void>((resolve) => line.on(event, () => resolve()));

/** A TCP server that answers the first bytes of each connection with fixed ones. */
async function scripted(answer: (socket: Socket) => void): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    connections++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('data', () => answer(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { url: `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`, connections: () => connections };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not so in 4 s: ${what}`);
}

describe('protocol versions', () => {
  it('MQTT 5 is spoken where the broker speaks it', async () => {
    const broker = await mosquitto();
    const line = lineTo(new TestRegion(), [{ url: broker.url }]);
    line.start();
    await next(line, 'up');
    expect(line.state()).toMatchObject({ connected: true, protocolVersion: 5 });
  });

  it('3.1.1 is fallen back to at once where the broker refuses MQTT 5', async () => {
    const broker = await startAedes();
    cleanups.push(() => broker.stop());
    const line = lineTo(new TestRegion(), [{ url: broker.url }]);
    line.start();
    await next(line, 'up');
    expect(line.state()).toMatchObject({ connected: true, protocolVersion: 4 });
  });

  it('can be fixed by configuration', async () => {
    const broker = await mosquitto();
    const line = lineTo(new TestRegion(), [{ url: broker.url, protocol: 4 }]);
    line.start();
    await next(line, 'up');
    expect(line.state().protocolVersion).toBe(4);
  });
});

describe.each(['mosquitto with MQTT 5', 'mosquitto with 3.1.1', 'aedes', 'mosquitto with one message in flight'])(
  'over %s',
  (kind) => {
    it('heads, receipts and deltas arrive, segments leave, and questions are answered', async () => {
      const inFlight = kind.includes('one message') ? ['max_inflight_messages 1'] : [];
      const broker = kind === 'aedes' ? await startAedes() : await mosquitto(inFlight);
      if (kind === 'aedes') cleanups.push(() => broker.stop());
      const region = new TestRegion();
      const [lane] = region.openStore({ store: '4012345000009', merchant: 'm1', lanes: ['1'] });
      const gateway = await gatewayOn(region, broker.url);
      const line = lineTo(region, [{ url: broker.url, protocol: kind.includes('3.1.1') ? 4 : 'auto' }]);
      const heights: number[] = [];
      const seen = { receipts: 0, deltas: 0 };
      line.on('head', ({ header }) => heights.push(header.height));
      line.on('receipts', () => seen.receipts++);
      line.on('delta', () => seen.deltas++);
      line.subscribeDeltas([line.topics.delta('s/4012345000009')]);
      line.start();
      await next(line, 'up');
      const bytes = lane?.seal({ operation: { kind: 'basket.release', reservations: [0] } }) as Uint8Array;
      const sent = await Promise.all(Array.from({ length: 40 }, () => line.publishSegment(bytes)));
      expect(sent.every(({ ok }) => ok)).toBe(true);
      await until(
        () => seen.receipts > 0 && seen.deltas > 0 && heights.length > 0,
        'a head, receipts and a delta arrived',
      );
      expect(toHex(gateway.arrived[0] ?? new Uint8Array())).toBe(toHex(bytes));
      expect(await line.ask({ kind: 'directory', afterIndex: null }, 2_000)).toMatchObject({
        ok: true,
        value: { kind: 'directory', shards: expect.arrayContaining([{ index: 0, shard: 'r' }]) },
      });
    });
  },
);

describe('a line that fails', () => {
  it('is taken up again after the broker restarts, and sends again', async () => {
    const broker = await startMosquitto();
    const region = new TestRegion();
    const line = lineTo(region, [{ url: broker.url }]);
    line.start();
    await next(line, 'up');
    const down = next(line, 'down');
    await broker.stop();
    await down;
    expect(await line.publishSegment(new Uint8Array(10))).toMatchObject({ ok: false, reason: 'NOT_CONNECTED' });
    expect(await line.ask({ kind: 'head' }, 1_000)).toMatchObject({ ok: false, reason: 'NOT_CONNECTED' });
    const up = next(line, 'up');
    await mosquitto([], broker.port);
    await up;
    expect(await line.publishSegment(new Uint8Array(10))).toEqual({ ok: true, value: true });
  });

  it('goes on after any refused CONNACK, and ends up at the entry point that works', async () => {
    // MQTT 5 CONNACK: flags 0, reason 0x89 server busy, no properties.
    const busy = await scripted((socket) => socket.write(Buffer.from([0x20, 0x03, 0x00, 0x89, 0x00])));
    const gone = `mqtt://127.0.0.1:${await freePort()}`;
    const broker = await mosquitto();
    const line = lineTo(new TestRegion(), [{ url: busy.url }, { url: gone }, { url: broker.url }]);
    line.start();
    await next(line, 'up');
    expect(busy.connections()).toBe(1);
    expect(line.state().entryPoint).toBe(broker.url);
  });

  it('is tried for ever against a broker that always refuses', async () => {
    const busy = await scripted((socket) => socket.write(Buffer.from([0x20, 0x03, 0x00, 0x88, 0x00])));
    const line = lineTo(new TestRegion(), [{ url: busy.url }], { backOffBaseMs: 1, backOffMaxMs: 5 });
    line.start();
    await until(() => busy.connections() >= 5, 'five attempts');
    expect(line.state()).toMatchObject({ connected: false, lastDown: { code: 'REFUSED' } });
  });

  it('survives a broker that hangs up or talks nonsense', async () => {
    const garbage = await scripted((socket) => socket.end(Buffer.from([0xf0, 0xff, 0x00, 0x13, 0x37])));
    const mute = await scripted((socket) => socket.destroy());
    const broker = await mosquitto();
    const line = lineTo(new TestRegion(), [{ url: garbage.url }, { url: mute.url }, { url: broker.url }]);
    line.start();
    await next(line, 'up');
    expect(line.state().entryPoint).toBe(broker.url);
  });

  it('leaves a broker that never speaks of the region', async () => {
    const silent = await mosquitto();
    const lively = await mosquitto();
    const region = new TestRegion();
    region.commit();
    const gateway = await gatewayOn(region, lively.url);
    gateway.publish();
    const line = lineTo(region, [{ url: silent.url }, { url: lively.url }], { silenceMsMax: 300 });
    const heads: number[] = [];
    line.on('head', ({ header }) => heads.push(header.height));
    line.start();
    await until(() => heads.length > 0, 'a head from the second broker');
    expect(line.state().entryPoint).toBe(lively.url);
  });

  it('refuses to connect where a subscription is denied', async () => {
    // SUBACK of MQTT 3.1.1 with failure for every filter (section 3.9.3), to whatever packet id comes.
    const denying = await scripted((socket) => {
      socket.write(Buffer.from([0x20, 0x02, 0x00, 0x00]));
      socket.on('data', (data: Buffer) => {
        const id = data.subarray(data.length > 129 ? 3 : 2).subarray(0, 2);
        socket.write(Buffer.from([0x90, 0x06, ...id, 0x80, 0x80, 0x80, 0x80]));
      });
    });
    const line = lineTo(new TestRegion(), [{ url: denying.url, protocol: 4 }]);
    line.start();
    await until(() => line.state().lastDown !== null, 'an attempt ended');
    expect(line.state()).toMatchObject({ connected: false, lastDown: { code: 'SUBSCRIBE_REFUSED' } });
  });
});

describe('sizes', () => {
  it('over what the broker takes are refused before they are sent, and the line stays up', async () => {
    const broker = await mosquitto(['max_packet_size 20000']);
    const line = lineTo(new TestRegion(), [{ url: broker.url }]);
    line.start();
    await next(line, 'up');
    expect(await line.publishSegment(new Uint8Array(30_000))).toMatchObject({ ok: false, reason: 'TOO_LARGE' });
    expect(await line.publishSegment(new Uint8Array(10_000))).toMatchObject({ ok: true });
    expect(line.connected).toBe(true);
  });

  it('of inbound packets are bounded before they are assembled', async () => {
    // CONNACK, then the header of a PUBLISH of 200 MB.
    const flood = await scripted((socket) => {
      socket.write(Buffer.from([0x20, 0x02, 0x00, 0x00, 0x30, 0x80, 0x84, 0xaf, 0x5f]));
    });
    const line = lineTo(new TestRegion(), [{ url: flood.url, protocol: 4 }]);
    line.start();
    await until(() => line.state().lastDown !== null, 'the session ended');
    expect(line.state().lastDown?.code).toBe('OVERSIZE');
  });
});

describe('questions', () => {
  it('go to another validator when one is silent or busy', async () => {
    const broker = await mosquitto();
    const region = new TestRegion();
    region.commit();
    const gateway = await gatewayOn(region, broker.url, {
      answer: (_request, validator, honest) => {
        if (validator === 0) return undefined;
        return validator === 1 ? { kind: 'none', reason: 'BUSY' } : honest;
      },
    });
    const line = lineTo(region, [{ url: broker.url }]);
    line.start();
    await next(line, 'up');
    for (let round = 0; round < 4; round++) {
      expect(await line.ask({ kind: 'head' }, 900)).toMatchObject({ ok: true, value: { kind: 'head' } });
    }
    expect(new Set(gateway.requests.map(({ validator }) => validator)).size).toBe(4);
  });

  it('end after their time when nobody answers, and leave nothing behind', async () => {
    const broker = await mosquitto();
    const region = new TestRegion();
    await gatewayOn(region, broker.url, { answer: () => undefined });
    const line = lineTo(region, [{ url: broker.url }]);
    line.start();
    await next(line, 'up');
    const asked = await Promise.all(Array.from({ length: 70 }, () => line.ask({ kind: 'head' }, 300)));
    expect(asked.filter((answer) => !answer.ok && answer.reason === 'TIMEOUT').length).toBeGreaterThan(30);
    expect(asked.every(({ ok }) => !ok)).toBe(true);
    expect(await line.ask({ kind: 'head' }, 100)).toMatchObject({ ok: false, reason: 'TIMEOUT' });
  });
});
