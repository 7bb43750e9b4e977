import { connect, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { createScanner } from '#drivers/create-scanner';
import type { Scanner } from '#drivers/scanner';
import { scannerConfigSchema } from '#drivers/scanner-config';
import { type SimulatedScanner, startSimulatedScanner } from '#drivers/simulated-scanner';
import { ScannerProbe, testContext, until } from './scanner-probe.ts';

const HOST = '127.0.0.1';
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

function scannerOf(config: object): Scanner {
  const scanner = createScanner(scannerConfigSchema.parse(config), testContext);
  open.push(scanner);
  return scanner;
}

async function simulated(framing: 'stx-etx' | 'cr', port = 0): Promise<SimulatedScanner> {
  const device = await startSimulatedScanner({ host: HOST, framing, port });
  open.unshift(device);
  return device;
}

test.each([
  ['stx-etx', 'generic/tcp-stx-etx'],
  ['cr', 'generic/line'],
] as const)('a TCP reader that frames with %s delivers scans with their AIM identifiers', async (framing, profile) => {
  const device = await simulated(framing);
  const probe = new ScannerProbe(scannerOf({ transport: 'tcp-client', host: HOST, port: device.port, profile }));
  await probe.scanner.open();
  await device.connected();
  await device.scan('010952123454321321A', ']d2');
  await device.scan('BZC:UNDO');
  await device.scan(new Uint8Array(7_089).fill(0x37), ']Q1');
  const scans = await probe.scansOf(3);
  expect(scans.slice(0, 2)).toEqual([']d2010952123454321321A', 'BZC:UNDO']);
  expect(scans[2]).toHaveLength(7_092);
  expect(probe.scanner.health()).toMatchObject({
    state: 'open',
    endpoint: `${HOST}:${device.port}`,
    scans: 3,
    faults: 0,
  });
});

test('a reader whose cable was pulled is read again, and the half scan is no scan', async () => {
  const device = await simulated('stx-etx');
  const probe = new ScannerProbe(scannerOf({ transport: 'tcp-client', host: HOST, port: device.port }));
  await probe.scanner.open();
  await device.connected();
  await device.scan('1');
  await device.send(Buffer.from('\x02HALF'));
  await probe.scansOf(1);
  await device.drop();
  await probe.fault('LINK_LOST');
  await probe.opens(2);
  await device.connected();
  await device.scan('2');
  expect(await probe.scansOf(2)).toEqual(['1', '2']);
  expect(probe.faults.map((fault) => fault.reason)).toEqual(['FRAME_TRUNCATED', 'LINK_LOST']);
});

test('a reader that is switched on later is found, and opening does not wait for it', async () => {
  const first = await startSimulatedScanner({ host: HOST, framing: 'stx-etx' });
  await first.close();
  const probe = new ScannerProbe(scannerOf({ transport: 'tcp-client', host: HOST, port: first.port }));
  await probe.scanner.open();
  expect(probe.scanner.health().state).toBe('waiting');
  await probe.fault('OPEN_FAILED');
  const device = await simulated('stx-etx', first.port);
  await device.connected();
  await probe.opens(1);
  await device.scan('7');
  expect(await probe.scansOf(1)).toEqual(['7']);
});

test('a closed scanner delivers nothing and can be opened again', async () => {
  const device = await simulated('stx-etx');
  const probe = new ScannerProbe(scannerOf({ transport: 'tcp-client', host: HOST, port: device.port }));
  await probe.scanner.open();
  await device.connected();
  await probe.scanner.close();
  expect(await device.scan('lost').catch(() => false)).toBeDefined();
  expect(probe.scanner.health()).toMatchObject({ state: 'closed', scans: 0 });
  await probe.scanner.open();
  await until(() => probe.scanner.health().state === 'open', 'open again');
  await device.connected();
  await device.scan('found');
  expect(await probe.scansOf(1)).toEqual(['found']);
});

test('readers that connect to us are separate lines', async () => {
  const probe = new ScannerProbe(scannerOf({ transport: 'tcp-server', host: HOST, port: 0 }));
  await probe.scanner.open();
  const port = Number(probe.scanner.health().endpoint?.split(':')[1]);
  const [left, right] = await Promise.all([connected(port), connected(port)]);
  left.write('\x02]d2LE');
  right.write('\x02]C1RIGHT\x03');
  await probe.scansOf(1);
  left.write('FT\x03');
  expect(await probe.scansOf(2)).toEqual([']C1RIGHT', ']d2LEFT']);
  left.destroy();
  right.destroy();
});

test('a taken port is reported and tried again until it is free', async () => {
  const device = await startSimulatedScanner({ host: HOST, framing: 'cr' });
  const probe = new ScannerProbe(scannerOf({ transport: 'tcp-server', host: HOST, port: device.port }));
  await probe.scanner.open();
  await probe.fault('OPEN_FAILED');
  await device.close();
  await probe.opens(1);
  expect(probe.scanner.health().state).toBe('open');
});

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port });
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}
