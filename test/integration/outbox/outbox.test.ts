import { afterEach, describe, expect, it } from 'vitest';
import { assert } from '#core/assert';
import { toHex } from '#core/bytes';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { LightClient } from '#sync/light-client/light-client';
import { Outbox, type OutboxLimits } from '#sync/outbox/outbox';
import { RegionLine } from '#sync/outbox/region-line';
import { headMessageFormat, receiptsMessageFormat } from '#sync/wire/gateway-message';
import { startAedes, startMosquitto, type TestBroker } from '../../fixtures/broker.ts';
import { MemorySource } from '../../fixtures/memory-source.ts';
import { nonsense, TestRegion } from '../../fixtures/region.ts';
import { type GatewayBehaviour, RegionGateway } from '../../fixtures/region-gateway.ts';

const log = createLog({ level: 'silent', name: 'test' });
const release = { kind: 'basket.release', reservations: [0] } as const;
const cleanups: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function shop(broker: TestBroker, behaviour: GatewayBehaviour = {}, limits: Partial<OutboxLimits> = {}) {
  const region = new TestRegion();
  const [author] = region.openStore({ store: '4012345000009', merchant: 'm1', lanes: ['1'] });
  assert(author !== undefined, 'one lane');
  const gateway = await RegionGateway.start(region, broker.url, behaviour);
  cleanups.push(() => gateway.stop());
  const light = new LightClient(region.genesis);
  const line = new RegionLine({
    chainId: region.chainId,
    validatorCount: 4,
    account: author.account,
    clientName: 'lane-1',
    entryPoints: [{ url: broker.url }],
    clock: systemClock,
    entropy: systemEntropy,
    log,
    timing: { backOffBaseMs: 20, backOffMaxMs: 100 },
  });
  const source = new MemorySource(author);
  const { account, epoch } = author;
  const outbox = new Outbox({
    source,
    line,
    light,
    account,
    epoch,
    clock: systemClock,
    log,
    onSettled: () => undefined,
    limits,
  });
  outbox.start();
  line.start();
  cleanups.push(() => line.stop());
  cleanups.push(() => outbox.stop());
  return { region, gateway, light, line, source, outbox };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 1_500; attempt++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not so in 15 s: ${what}`);
}

async function mosquitto(lines: readonly string[] = [], port?: number): Promise<TestBroker> {
  const broker = await startMosquitto(lines, port);
  cleanups.push(() => broker.stop());
  return broker;
}

describe.each(['mosquitto', 'mosquitto, one message in flight', 'aedes'])('over %s', (kind) => {
  it('every entry is settled by a certified receipt, in order and once', async () => {
    const broker =
      kind === 'aedes' ? await startAedes() : await mosquitto(kind.includes('one') ? ['max_inflight_messages 1'] : []);
    if (kind === 'aedes') cleanups.push(() => broker.stop());
    const { source, outbox, region } = await shop(broker);
    for (let batch = 0; batch < 20; batch++) {
      source.append(...Array.from({ length: 25 }, () => release));
      outbox.kick();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await until(() => source.pending === 0, 'everything is settled');
    expect(source.receipts.size).toBe(500);
    const sequences = region.blocks.flatMap(({ executed }) =>
      executed.receipts.map(({ author, sequence }) => `${author} ${sequence}`),
    );
    expect(new Set(sequences).size).toBe(sequences.length);
  });
});

describe('nothing is lost', () => {
  it('when receipts are lost: they are asked for', async () => {
    const { source, outbox, line } = await shop(await mosquitto(), { receipts: false }, { resendMs: 200 });
    source.append(...Array.from({ length: 300 }, () => release));
    outbox.kick();
    await until(() => source.pending === 0, 'everything is settled');
    expect(line.connected).toBe(true);
  });

  it('when the broker dies in the middle and comes back', async () => {
    const broker = await startMosquitto();
    const { source, outbox } = await shop(broker, { blockMs: 30 }, { resendMs: 300 });
    source.append(...Array.from({ length: 5_000 }, () => release));
    outbox.kick();
    await until(() => source.receipts.size > 0, 'the first receipts');
    await broker.stop();
    source.append(...Array.from({ length: 1_000 }, () => release));
    await mosquitto([], broker.port);
    await until(() => source.pending === 0, 'everything is settled');
    expect(source.receipts.size).toBe(6_000);
  });

  it('and what is sent again is the same bytes', async () => {
    const { source, outbox, gateway } = await shop(
      await mosquitto(),
      { blockMs: null, receipts: false },
      { resendMs: 100 },
    );
    source.append(release);
    outbox.kick();
    await until(() => gateway.arrived.length >= 3, 'the segment came three times');
    expect(new Set(gateway.arrived.map(toHex)).size).toBe(1);
    gateway.commit();
    await until(() => source.pending === 0, 'settled');
  });
});

describe('a hostile broker', () => {
  it('settles nothing with forged, foreign, replayed or oversize messages', async () => {
    const { source, outbox, gateway, light, line, region } = await shop(await mosquitto(), {
      blockMs: null,
      receipts: false,
      answer: () => undefined,
    });
    source.append(release, release);
    outbox.kick();
    await until(() => gateway.arrived.length > 0, 'the segment arrived');
    gateway.behaviour.receipts = false;
    gateway.commit();
    const honest = region.receiptsMessage(region.head, '4012345000009/1');
    assert(honest !== null, 'there are receipts');
    const topic = gateway.topics.receipts('4012345000009/1');
    const { lightBlock } = honest;
    const { header, certificate } = lightBlock;
    const fSigned = region.certify(header, certificate.resultRoot, [0]);
    const twice = { ...fSigned, signatures: [...fSigned.signatures, ...fSigned.signatures, ...fSigned.signatures] };
    for (const forged of [fSigned, twice, { ...certificate, phase: 1 }]) {
      gateway.send(topic, receiptsMessageFormat, { ...honest, lightBlock: { header, certificate: forged } });
    }
    const conflicted = honest.receipts.map((proved) => ({ ...proved, receipt: { ...proved.receipt, outcome: 2 } }));
    gateway.send(topic, receiptsMessageFormat, { ...honest, receipts: conflicted });
    gateway.sendBytes(topic, nonsense);
    gateway.sendBytes(topic, new Uint8Array(5 * 1024 * 1024));
    gateway.sendBytes(gateway.topics.head, new Uint8Array(20_000));
    gateway.sendBytes(gateway.topics.turnedAway('4012345000009/1'), new Uint8Array(3));
    const foreign = region.receiptsMessage(region.blocks[0] ?? region.head, 'admin');
    assert(foreign !== null, 'the admin has receipts');
    gateway.send(topic, receiptsMessageFormat, foreign);
    const other = new TestRegion({ region: 'other' });
    other.commit();
    gateway.send(gateway.topics.head, headMessageFormat, { lightBlock: other.head.lightBlock });
    await until(() => outbox.state().faultCount >= 4 && line.state().malformedCount >= 4, 'all of it was judged');
    expect(source.receipts.size).toBe(0);
    expect(light.acceptHead(other.head.lightBlock)).toMatchObject({ ok: false, reason: 'OTHER_CHAIN' });
    gateway.send(topic, receiptsMessageFormat, honest);
    gateway.send(topic, receiptsMessageFormat, honest);
    await until(() => source.pending === 0, 'the honest receipts settle');
    expect(line.connected).toBe(true);
  });
});
