// Serial ports as pseudo-terminals made by socat; needs socat on the machine.
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdtempSync, rmSync, type WriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createScanner } from '#drivers/create-scanner';
import type { Scanner } from '#drivers/scanner';
import { scannerConfigSchema } from '#drivers/scanner-config';
import { ScannerProbe, testContext, until } from './scanner-probe.ts';

let folder = '';
let cable: ChildProcess;
let device: WriteStream | null = null;
const scanners: Scanner[] = [];

async function plugIn(): Promise<void> {
  const ends = ['device', 'till'].map((name) => `pty,raw,echo=0,link=${join(folder, name)}`);
  cable = spawn('socat', ends, { stdio: 'ignore' });
  await until(() => existsSync(join(folder, 'device')) && existsSync(join(folder, 'till')), 'the pseudo-terminals');
  device = createWriteStream(join(folder, 'device'), { flags: 'r+' });
  device.on('error', () => undefined); // the device end goes with its cable
}

async function unplug(): Promise<void> {
  device?.destroy();
  device = null;
  const gone = new Promise((resolve) => cable.once('exit', resolve));
  cable.kill('SIGTERM');
  await gone;
}

function scanner(path = join(folder, 'till')): ScannerProbe {
  const one = createScanner(
    scannerConfigSchema.parse({ transport: 'serial', path, profile: 'zebra/serial-cr' }),
    testContext,
  );
  scanners.push(one);
  return new ScannerProbe(one);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-serial-'));
  await plugIn();
});

afterEach(async () => {
  for (const one of scanners.splice(0)) await one.close();
  if (cable.exitCode === null && cable.signalCode === null) await unplug();
  rmSync(folder, { recursive: true });
});

test('a scanner on a serial port delivers its scans, the longest symbol included', async () => {
  const probe = scanner();
  await probe.scanner.open();
  device?.write(`]E09521234543213\r]d2${'7'.repeat(7_089)}\r`);
  const scans = await probe.scansOf(2);
  expect(scans[0]).toBe(']E09521234543213');
  expect(scans[1]).toHaveLength(7_092);
});

test('a port that is open cannot be opened a second time', async () => {
  const first = scanner();
  await first.scanner.open();
  const second = scanner();
  await second.scanner.open();
  expect(second.scanner.health().state).toBe('waiting');
  expect(second.faults[0]).toMatchObject({ reason: 'OPEN_FAILED' });
});

test('an unplugged scanner is noticed and read again when it is back', async () => {
  const probe = scanner();
  await probe.scanner.open();
  device?.write('1\r');
  await probe.scansOf(1);
  await unplug();
  await probe.fault('LINK_LOST');
  expect(probe.scanner.health().state).toBe('waiting');
  await plugIn();
  await probe.opens(2);
  device?.write('2\r');
  expect(await probe.scansOf(2)).toEqual(['1', '2']);
});

test('a port that does not exist is reported with what to do', async () => {
  const probe = scanner(join(folder, 'nothing'));
  await probe.scanner.open();
  expect(probe.faults[0]?.detail).toContain('check that it is plugged in');
});
