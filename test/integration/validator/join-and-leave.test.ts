import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readRegion } from '#agent/office/region-file';
import { dismissValidator, joinValidator, prepareValidator } from '#agent/office/validator-membership';
import { askValidators } from '#agent/region/ask-validators';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { startValidator } from '#sync/validator/validator';
import { readValidatorConfig } from '#sync/validator/validator-config';
import type { Validator } from '#sync/validator/validator-face';
import { freePort, startMosquitto } from '../../fixtures/broker.ts';
import { LiveRegion, until } from './live-region.ts';

const machine = {
  clock: systemClock,
  entropy: systemEntropy,
  log: createLog({ level: 'silent', name: 'test' }),
};
let region: LiveRegion;
let newcomer: Validator | undefined;
afterEach(async () => {
  await newcomer?.stop();
  newcomer = undefined;
  await region.close();
});

const epochsMsMax = 120_000;

test('a fifth validator joins, catches up from nothing, leads and votes, the first one leaves, and operators see the set that is', async () => {
  const broker = await startMosquitto();
  region = await LiveRegion.open({ broker, heartbeatMs: 100 });
  await region.start();
  const office = { ...readRegion(join(region.folder, 'region')) };
  const peers = region.configs.map((path) => {
    const { peerListen } = readValidatorConfig(path);
    return peerListen;
  });
  const candidacy = prepareValidator(
    {
      folder: join(region.folder, 'fifth'),
      name: 'v5',
      genesisFile: office.genesisPath,
      listen: { host: '127.0.0.1', port: await freePort() },
      peers: peers.map((place, index) => ({ name: `v${index + 1}`, ...place })),
      brokers: [{ url: broker.url }],
    },
    systemEntropy,
  );
  await expect(joinValidator(office, { ...candidacy, name: 'v6' }, machine)).rejects.toMatchObject({
    code: 'OPERATION_REFUSED',
  });
  await joinValidator(office, candidacy, machine);
  await dismissValidator(office, 'v1', machine);
  newcomer = await startValidator(readValidatorConfig(candidacy.configPath), { ...machine, version: 'test' });
  const fifth = newcomer;
  const first = region.validator(0);
  expect([fifth.status().votes, first.status().votes]).toEqual([false, true]);
  await until(() => fifth.status().votes && !first.status().votes, 'the epoch of the new set', epochsMsMax);
  await until(() => (region.validator(1).status().ledBlocks['v5'] ?? 0) > 0, 'a block of its own', epochsMsMax);
  await region.stop(0);
  const { height } = fifth.status();
  await until(() => fifth.status().height > height + 10, 'the others to go on', epochsMsMax);
  const ask = { genesis: region.genesis, brokers: [{ url: broker.url }], http: [], timeoutMs: 5_000 };
  const asked = await askValidators({ ...ask, ...machine });
  expect(asked.map(({ name, reason }) => [name, reason])).toEqual(['v2', 'v3', 'v4', 'v5'].map((name) => [name, null]));
  // Seats move up: its questions are asked at the place that it has now.
  expect(fifth.index).toBe(3);
}, 300_000);
