import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeKeyFile } from '#core/atomic-file';
import { publicKeyOf } from '#core/ed25519';
import { systemEntropy } from '#core/entropy';
import { LiveRegion, until } from './live-region.ts';

let region: LiveRegion;
const nextSeed = systemEntropy.bytes(32);
const changing = 1;

beforeAll(async () => {
  region = await LiveRegion.open({ heartbeatMs: 25 });
  const path = region.configs[changing] as string;
  writeKeyFile(join(dirname(path), 'next.key'), nextSeed);
  const config = JSON.parse(readFileSync(path, 'utf8')) as object;
  writeFileSync(path, JSON.stringify({ ...config, nextKeyFile: 'next.key' }));
  await region.start();
}, 60_000);
afterAll(() => region.close());

test('a validator with a next key asks for it, begins anew when it is in force, and votes under it; a terminal follows', async () => {
  const publicKey = publicKeyOf(nextSeed);
  const reason = await region.validator(changing).failed;
  expect(reason).toMatchObject({ code: 'KEY_CHANGED', retryable: true });
  await region.stop(changing);
  await region.start(changing);
  const asked = await region.line.ask({ kind: 'epochs', afterEpoch: null }, 10_000);
  if (!asked.ok || asked.value.kind !== 'epochs') throw new Error('no epochs');
  expect(asked.value.certificates).toHaveLength(1);
  expect(region.light.follow(asked.value.certificates)).toEqual({ ok: true, value: 1 });
  const signs = (): boolean =>
    region.light.head?.certificate.signatures.some((one) => one.validator === changing) ?? false;
  await until(
    () => region.light.validators[changing]?.publicKey.join() === publicKey.join() && signs(),
    'its vote',
    60_000,
  );
  await region.settled();
  // The old key is destroyed: the new one alone, and the name, say who it is.
  await region.stop(changing);
  const path = region.configs[changing] as string;
  const { nextKeyFile: keyFile, ...config } = JSON.parse(readFileSync(path, 'utf8')) as {
    readonly nextKeyFile: string;
  };
  rmSync(join(dirname(path), 'validator.key'));
  writeFileSync(path, JSON.stringify({ ...config, keyFile, name: 'v2' }));
  await region.start(changing);
  const height = region.light.head?.header.height ?? 0;
  await until(() => (region.light.head?.header.height ?? 0) > height + 8 && signs(), 'its vote again', 60_000);
}, 180_000);
