import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { askValidators } from '#agent/region/ask-validators';
import { regionHealth } from '#agent/region/region-health';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { decode, encode } from '#core/format';
import { createLog } from '#core/log';
import { type Metrics, startMetrics } from '#sync/validator/metrics';
import { replyFormat, requestFormat } from '#sync/wire/gateway-message';
import { startMosquitto } from '../../fixtures/broker.ts';
import { registerIssuer } from '../../fixtures/region.ts';
import { LiveRegion, until } from './live-region.ts';

const log = createLog({ level: 'silent', name: 'test' });
let region: LiveRegion;
let pages: Metrics[] = [];
afterEach(async () => {
  await Promise.all(pages.map((page) => page.stop()));
  pages = [];
  await region.close();
});

const ask = (over: { readonly brokers?: readonly string[]; readonly http?: readonly string[]; timeoutMs?: number }) =>
  askValidators({
    genesis: region.genesis,
    brokers: (over.brokers ?? []).map((url) => ({ url })),
    http: over.http ?? [],
    timeoutMs: over.timeoutMs ?? 5_000,
    clock: systemClock,
    entropy: systemEntropy,
    log,
  });

test('all validators report over the broker, signed, and agree', async () => {
  const broker = await startMosquitto();
  region = await LiveRegion.open({ broker });
  await region.start();
  await region.submit(registerIssuer('issuer-a'), registerIssuer('issuer-b'));
  await region.settled();
  const asked = await ask({ brokers: [broker.url] });
  expect(asked.map(({ name, source, reason }) => [name, source, reason])).toEqual(
    ['v1', 'v2', 'v3', 'v4'].map((name) => [name, 'broker', null]),
  );
  for (const { report } of asked) {
    expect(report?.certificateMs?.p50).toBeGreaterThan(0);
    expect(report?.submitMs?.p50).toBeGreaterThan(0);
    expect(report?.storeBytes).toBeGreaterThan(0);
    const led = Object.values(report?.ledBlocks ?? {}).reduce((sum, count) => sum + count, 0);
    expect(led).toBe(report?.height);
    expect(report?.recentBlocks.at(-1)).toMatchObject({ height: report?.height, blockHash: report?.blockHash });
  }
  const bad = regionHealth(asked).findings.filter(({ severity }) => severity === 'alarm');
  expect(bad).toEqual([]);
});

test('a validator that is away is a row, and one that only HTTP reaches is known by it', async () => {
  const broker = await startMosquitto();
  region = await LiveRegion.open({ broker });
  await region.start();
  await region.submit(registerIssuer('issuer-a'));
  pages = await Promise.all(
    [0, 1].map((index) => startMetrics({ host: '127.0.0.1', port: 0 }, region.validator(index))),
  );
  await region.stop(3);
  const asked = await ask({ brokers: [broker.url], timeoutMs: 1_000 });
  expect(asked.map(({ reason }) => reason)).toEqual([null, null, null, 'NO_ANSWER']);
  const http = pages.map(({ port }) => `http://127.0.0.1:${port}/`);
  const plain = await ask({ http });
  expect(plain.map(({ source, reason }) => source ?? reason)).toEqual(['http', 'http', 'NO_BROKER', 'NO_BROKER']);
});

test('who answers in the name of a validator without its key is not believed', async () => {
  const broker = await startMosquitto();
  region = await LiveRegion.open({ broker });
  await region.start();
  await region.submit(registerIssuer('issuer-a'));
  const { report } = (await ask({ brokers: [broker.url] }))[3] ?? {};
  await region.stop(3);
  await region.raw.subscribeAsync(region.topics.request(3));
  region.raw.on('message', (topic, payload) => {
    const request = topic === region.topics.request(3) ? decode(requestFormat, Uint8Array.from(payload)) : null;
    if (request === null || !request.ok) return;
    const { id, replyTo } = request.value;
    const answer = { kind: 'status', report: JSON.stringify(report), signature: new Uint8Array(64) } as const;
    region.raw.publish(region.topics.reply(replyTo), Buffer.from(encode(replyFormat, { id, validator: 3, answer })));
  });
  const asked = await ask({ brokers: [broker.url] });
  expect(asked.map(({ reason }) => reason)).toEqual([null, null, null, 'BAD_SIGNATURE']);
});

test('what is no report over HTTP is none', async () => {
  region = await LiveRegion.open();
  const server = createServer((_, response) => response.end('{"height":-1}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const asked = await ask({ http: [`http://127.0.0.1:${port}`, 'http://127.0.0.1:1'] });
  expect(asked.every(({ report }) => report === null)).toBe(true);
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

test('the metrics page is Prometheus text with a help line each, and says when the validator takes part', async () => {
  region = await LiveRegion.open();
  await region.start(0);
  pages = [await startMetrics({ host: '127.0.0.1', port: 0 }, region.validator(0))];
  const at = (path: string) => fetch(`http://127.0.0.1:${pages[0]?.port}${path}`);
  expect((await at('/ready')).status).toBe(503);
  await region.start(1, 2, 3);
  await region.submit(registerIssuer('issuer-a'));
  await until(() => region.validator(0).status().peers.length === 3, 'the peers');
  expect((await at('/ready')).status).toBe(200);
  expect((await at('/else')).status).toBe(404);
  const text = await (await at('/metrics')).text();
  const { height } = region.validator(0).status();
  expect(Number(/^bizain_validator_height (\d+)$/m.exec(text)?.[1])).toBeLessThanOrEqual(height);
  expect(text).toMatch(/^bizain_validator_peer_connected\{member="v2"\} 1$/m);
  expect(text).toMatch(/^bizain_validator_certificate_seconds_count [1-9]/m);
  expect(text).toMatch(/^bizain_validator_peer_bytes_total\{kind="vote"\} [1-9]/m);
  expect(text).toMatch(/^bizain_event_loop_delay_seconds\{quantile="0.99"\} /m);
  const names = new Set(
    [...text.matchAll(/^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{.*\})? [-0-9.e+]+$/gm)].map((m) => m[1]),
  );
  const helped = new Set([...text.matchAll(/^# HELP (\S+) \S/gm)].map((match) => match[1]));
  expect([...names].filter((name) => !helped.has(name))).toEqual([]);
  expect(names.size).toBeGreaterThan(20);
});
