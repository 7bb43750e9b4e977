import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readFormatFile } from '#core/format-file';
import { LightClient } from '#sync/light-client/light-client';
import { operatorCheckpointFormat } from '#sync/wire/operator-checkpoint';
import { LiveRegion, until } from '../validator/live-region.ts';
import { bizain } from './run-bizain.ts';

let region: LiveRegion;
afterEach(() => region.close());

test('operators make a checkpoint from the region, sign it one after the other, and a light client trusts it', async () => {
  region = await LiveRegion.open({ https: true, heartbeatMs: 300 });
  await region.start();
  await until(() => region.validators.every((v) => v.status().height >= 3), 'blocks');
  const folder = join(region.folder, 'region');
  const genesis = ['--genesis', join(folder, 'genesis.cbor')];
  const file = join(region.folder, 'checkpoint.cbor');
  const key = (operator: number) => join(folder, `operators/operator-${operator}.key`);
  const checkpoint = (...args: readonly string[]) => bizain(['region', 'checkpoint', ...args]);

  const made = await checkpoint('make', '--region', folder, '--out', file, '--lang', 'en');
  expect([made.err, made.exit]).toEqual(['', 0]);
  expect(made.out).toMatch(/^Checkpoint of region test: block \d+ of /);
  expect(made.out).toContain('Signed by 0 of 3 operators (nobody); 2 are needed.');
  expect((await checkpoint('make', '--region', folder, '--out', file)).exit).toBe(3);

  expect((await checkpoint('show', file, ...genesis)).exit).toBe(1);
  expect((await checkpoint('sign', file, ...genesis, '--key', join(folder, 'admin.key'))).err).toContain('NO_OPERATOR');
  expect((await checkpoint('sign', file, ...genesis, '--key', key(3), '--json')).exit).toBe(0);
  const twice = await checkpoint('sign', file, ...genesis, '--key', key(3), '--json');
  expect(JSON.parse(twice.out)).toMatchObject({ signedBy: [3], enough: false });
  const tooFew = readFormatFile(file, operatorCheckpointFormat);
  if (!tooFew.ok) throw new Error(tooFew.detail);
  expect(new LightClient(region.genesis).trust(tooFew.value)).toMatchObject({ reason: 'TOO_FEW_OPERATORS' });

  const enough = await checkpoint('sign', file, ...genesis, '--key', key(1), '--lang', 'zh');
  expect(enough.out).toContain('3 位运营者中已有 2 位签名（1, 3）；需要 2 位。');
  const shown = await checkpoint('show', file, ...genesis, '--json');
  expect(shown.exit).toBe(0);
  const { height } = JSON.parse(shown.out) as { height: number };
  const read = readFormatFile(file, operatorCheckpointFormat);
  if (!read.ok) throw new Error(read.detail);
  const light = new LightClient(region.genesis);
  expect(light.trust(read.value)).toEqual({ ok: true, value: 'newer' });
  expect(light.head?.header.height).toBe(height);
  await until(() => region.light.head !== null && region.light.head.header.height > height, 'a later block');
  expect(light.acceptHead(region.light.head ?? read.value.certificate.lightBlock).ok).toBe(true);
});

test('a stopped validator gives the newest block of its store, a running one is left alone', async () => {
  region = await LiveRegion.open({ heartbeatMs: 300 });
  await region.start();
  await until(() => region.validators.every((v) => v.status().height >= 2), 'blocks');
  const config = region.configs[2] as string;
  const file = join(region.folder, 'checkpoint.cbor');
  const make = () => bizain(['region', 'checkpoint', 'make', '--store', config, '--out', file, '--json']);
  const busy = await make();
  expect([busy.exit, existsSync(file)]).toEqual([3, false]);
  expect(busy.err).toContain('STORE_BUSY');
  const { height } = region.validator(2).status();
  await region.stop(2);
  const made = await make();
  expect(made.exit).toBe(0);
  const answer = JSON.parse(made.out) as { height: number };
  expect(answer.height).toBeGreaterThanOrEqual(height);
  expect(statSync(file).size).toBeLessThan(16_384);
});
