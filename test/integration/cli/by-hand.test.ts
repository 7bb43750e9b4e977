import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePortBlock } from '#agent/demo/free-ports';
import { readCodeList } from '#agent/office/code-list';
import type { TerminalStatus } from '#agent/status';
import type { Verdict } from '#agent/verdict/verdict';
import { freePort } from '../../fixtures/broker.ts';
import { bizain, type Run, type Service, startService } from './run-bizain.ts';

const gcn = '4012345000023';
const store = '4012345000016';
const gtin = '04012345000030';
const services: Service[] = [];
let folder: string;

async function done(...args: string[]): Promise<Record<string, unknown>> {
  const { exit, out, err } = await bizain([...args, '--json']);
  expect([args.slice(0, 2), exit, err]).toEqual([args.slice(0, 2), 0, '']);
  return JSON.parse(out) as Record<string, unknown>;
}

async function serve(...args: string[]): Promise<Service> {
  const service = await startService(args);
  services.push(service);
  return service;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-hand-'));
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  rmSync(folder, { recursive: true, force: true });
});

describe('a region and a store by hand', () => {
  it('from nothing to a coupon that is final, a product that is sold, and a clean stop', async () => {
    const [brokerPort, peerPort, hubPort] = [await freePort(), await freePortBlock(4), await freePort()];
    const broker = `mqtt://127.0.0.1:${brokerPort}`;
    const region = join(folder, 'east');
    expect((await serve('broker', '--listen', `127.0.0.1:${brokerPort}`)).ready).toEqual({ event: 'ready', broker });
    const made = await done(
      'region',
      'init',
      '--dir',
      region,
      '--region',
      'east',
      '--broker',
      broker,
      '--base-port',
      `${peerPort}`,
      '--heartbeat-ms',
      '1000',
      '--trial',
    );
    const configs = (made['validators'] as { configPath: string }[]).map(({ configPath }) => configPath);
    const validators = await Promise.all(configs.map((config) => serve('validator', '--config', config)));
    expect(validators.map(({ ready }) => ready['validator'])).toEqual(['v1', 'v2', 'v3', 'v4']);

    const enrolled = await done(
      'store',
      'enroll',
      '--region',
      region,
      '--store',
      store,
      '--name',
      'East one',
      '--merchant',
      'shop',
      '--lanes',
      '1',
      '--api-port',
      '0',
      '--hub-port',
      `${hubPort}`,
    );
    const config = (enrolled['terminals'] as { configPath: string }[])[0]?.configPath ?? '';
    const desk = ['--region', region, '--as'];
    await done('issuer', 'register', '--region', region, '--id', 'issuer-a', '--name', 'Issuer A');
    await done(
      'issuer',
      'define',
      ...desk,
      'issuer-a',
      '--gcn',
      gcn,
      '--title',
      'Autumn 100',
      '--value',
      '10000',
      '--accepted-by',
      'shop',
    );
    const codes = join(folder, 'codes.csv');
    await done('issuer', 'issue', ...desk, 'issuer-a', '--gcn', gcn, '--count', '50', '--out', codes);
    await done(
      'issuer',
      'grant-lease',
      ...desk,
      'issuer-a',
      '--gcn',
      gcn,
      '--store',
      store,
      '--right',
      'lease-1',
      '--from',
      '10',
      '--to',
      '19',
    );
    await done(
      'issuer',
      'grant-budget',
      ...desk,
      'issuer-a',
      '--gcn',
      gcn,
      '--store',
      store,
      '--right',
      'risk-1',
      '--count',
      '3',
      '--value',
      '30000',
    );
    await done('brand', 'register', '--region', region, '--id', 'brand-b', '--name', 'Brand B');
    const tea = join(folder, 'tea.csv');
    await done(
      'brand',
      'commission',
      ...desk,
      'brand-b',
      '--gtin',
      gtin,
      '--lot',
      'L1',
      '--name',
      'Tea',
      '--expiry',
      '2099-12-31',
      '--count',
      '5',
      '--out',
      tea,
    );

    const agent = await serve('agent', '--config', config, '--log-level', 'error');
    expect(agent.ready).toMatchObject({ event: 'ready', terminal: `${store}/lane-1` });
    const at = ['--config', config, '--api', String(agent.ready['api'])];
    const status = async () => (await done('status', ...at)) as unknown as TerminalStatus;
    await expect.poll(async () => (await status()).ready, { timeout: 30_000, interval: 200 }).toBe(true);
    const { autonomy, exposure, hub } = await status();
    expect([autonomy.ownedUnits, exposure.byUnit, hub.self]).toEqual([10, [{ unit: 'CNY', value: '30000' }], true]);

    const ask = async (command: string, code: string): Promise<[Run['exit'], Verdict]> => {
      const { exit, out } = await bizain([command, code, '--json', ...at]);
      return [exit, JSON.parse(out) as Verdict];
    };
    const coupon = readCodeList(codes)[3]?.code ?? '';
    expect(await ask('verify', coupon)).toMatchObject([0, { decision: 'accept', entry: null }]);
    expect(await ask('redeem', coupon)).toMatchObject([
      0,
      { decision: 'accept', finality: 'final', value: '10000', unit: 'CNY' },
    ]);
    expect(await ask('redeem', coupon)).toMatchObject([1, { decision: 'refuse', finality: 'none' }]);
    const product = await ask('verify', readCodeList(tea)[0]?.code ?? '');
    expect(product[1]).toMatchObject({ identity: 'match', title: 'Tea' });
    await done('brand', 'recall', ...desk, 'brand-b', '--gtin', gtin, '--lot', 'L1', '--reason', 'glass');
    const recalled = async () => (await ask('verify', readCodeList(tea)[0]?.code ?? ''))[1].reasons;
    await expect.poll(recalled, { timeout: 20_000, interval: 200 }).toContain('RECALLED');
    expect(await done('queue', ...at)).toEqual({ entries: [] });
    expect(await agent.stop()).toBe(0);
    expect(await Promise.all(validators.map((validator) => validator.stop()))).toEqual([0, 0, 0, 0]);
  }, 240_000);
});
