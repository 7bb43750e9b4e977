/**
 * Measures a region of four validator processes on this machine over the embedded broker: latency of single segments in an
 * idle region, operations a second under load. Run: `node --conditions=bizain-source --import tsx <this file> [seconds]`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'mqtt';
import { startChild } from '#agent/demo/child';
import { startEmbeddedBroker } from '#agent/demo/embedded-broker';
import { createRegion } from '#agent/office/region-setup';
import { readKeyFile } from '#core/atomic-file';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { decode } from '#core/format';
import { createLog } from '#core/log';
import type { Operation } from '#ledger/operation';
import { LightClient } from '#sync/light-client/light-client';
import { RegionLine } from '#sync/outbox/region-line';
import { genesisFormat } from '#sync/wire/genesis';
import { topicsOf } from '#sync/wire/topics';
import { TestAuthor } from '../../fixtures/region.ts';

const seconds = Number(process.argv[2] ?? 10);
const folder = mkdtempSync(join(tmpdir(), 'bizain-measure-'));
const log = createLog({ level: 'warn', name: 'measure' });
const broker = await startEmbeddedBroker({ host: '127.0.0.1', port: 0 });
const created = createRegion({
  folder: join(folder, 'region'),
  name: 'measure',
  validators: 4,
  peerHost: '127.0.0.1',
  peerPortBase: Number(process.env['BIZAIN_PORT'] ?? 11_500),
  brokers: [{ url: broker.url }],
  entropy: systemEntropy,
  clock: systemClock,
});
const program = process.env['BIZAIN_MAIN'] ?? join(import.meta.dirname, '../../../agent/main.ts');
const children = await Promise.all(
  created.validators.map(({ name, configPath }) =>
    startChild({ name, program, args: ['validator', '--config', configPath], clock: systemClock, readyMsMax: 30_000 }),
  ),
);
const decoded = decode(genesisFormat, Uint8Array.from(readFileSync(created.genesisFile)));
if (!decoded.ok) throw new Error(decoded.reason);
const genesis = decoded.value;
const light = new LightClient(genesis);
const admin = new TestAuthor(light.chainId, 'admin', { seed: readKeyFile(created.adminKeyFile) });
const line = new RegionLine({
  chainId: light.chainId,
  validatorCount: 4,
  account: 'admin',
  clientName: 'measure',
  entryPoints: [{ url: broker.url, protocol: 4 }],
  clock: systemClock,
  entropy: systemEntropy,
  log,
});
let settled = -1;
let heads = 0;
line.on('receipts', (message) => {
  const checked = light.checkReceipts(message);
  if (!checked.ok) throw new Error(checked.reason);
  for (const receipt of checked.value) settled = Math.max(settled, receipt.sequence);
});
line.on('head', () => heads++);
line.on('turned-away', (notice) => log.warn(notice, 'turned away'));
line.start();
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
while (!line.connected) await wait(10);
await wait(500);

// The line has a window of its own, which is not what is measured here.
const loader = connect(broker.url, { protocolVersion: 4 });
const operation = (n: number): Operation => ({
  kind: 'account.register',
  id: `a${n}`,
  role: 0,
  publicKey: admin.publicKey,
  name: 'x',
});
const quantile = (values: number[], q: number) =>
  [...values].sort((a, b) => a - b)[Math.floor(q * (values.length - 1))] ?? 0;

const latencies: number[] = [];
for (let n = 0; n < 100; n++) {
  const sequence = admin.nextSequence();
  const bytes = admin.seal({ operation: operation(sequence) });
  const start = performance.now();
  await line.publishSegment(bytes);
  while (settled < sequence) await new Promise((resolve) => setImmediate(resolve));
  latencies.push(performance.now() - start);
  await wait(30);
}
const round = (value: number) => Math.round(value * 10) / 10;
process.stdout.write(
  `idle latency ms: p50 ${round(quantile(latencies, 0.5))} p90 ${round(quantile(latencies, 0.9))} p99 ${round(quantile(latencies, 0.99))}\n`,
);

for (const size of [1, 10, 100]) {
  const count = Math.ceil((size === 1 ? 400 : size === 10 ? 1_500 : 3_000) * seconds);
  const drafts = (first: number) => Array.from({ length: size }, (_, at) => ({ operation: operation(first + at) }));
  const from = admin.nextSequence();
  const headsBefore = heads;
  const start = performance.now();
  while (performance.now() - start < seconds * 1_000 && admin.nextSequence() - from < count * size) {
    // At most this many entries are on their way.
    if (admin.nextSequence() - settled > Math.max(400, size * 60)) {
      await wait(1);
      continue;
    }
    loader.publish(topicsOf(light.chainId).up('admin'), Buffer.from(admin.seal(...drafts(admin.nextSequence()))), {
      qos: 1,
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const sent = admin.nextSequence() - from;
  while (settled < admin.nextSequence() - 1 && performance.now() - start < seconds * 3_000) await wait(2);
  const took = (performance.now() - start) / 1_000;
  process.stdout.write(
    `segments of ${size}: ${Math.round((settled + 1 - from) / took)} operations/s (${sent} in ${round(took)} s, ${((heads - headsBefore) / 2) | 0} blocks)\n`,
  );
}
loader.end(true);
await line.stop();
await Promise.all(children.map((child) => child.stop()));
await broker.close();
rmSync(folder, { recursive: true, force: true });
