import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { freePortBlock } from '#agent/demo/free-ports';
import { readRegion } from '#agent/office/region-file';
import { registerAccount, withOffice } from '#agent/office/region-office';
import { dismissValidator, joinValidator, prepareValidator } from '#agent/office/validator-membership';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { readFormatFile } from '#core/format-file';
import { createLog } from '#core/log';
import { chainStateOf } from '#sync/light-client/epoch-certificate';
import { LightClient } from '#sync/light-client/light-client';
import { provedBlock } from '#sync/light-client/proved-object';
import { startValidator } from '#sync/validator/validator';
import { readValidatorConfig } from '#sync/validator/validator-config';
import type { Validator } from '#sync/validator/validator-face';
import { operatorCheckpointFormat } from '#sync/wire/operator-checkpoint';
import { recoveryPageFormat } from '#sync/wire/recovery-page';
import { startMosquitto } from '../../fixtures/broker.ts';
import { bizain } from '../cli/run-bizain.ts';
import { LiveRegion, until } from './live-region.ts';

const machine = { clock: systemClock, entropy: systemEntropy, log: createLog({ level: 'silent', name: 'test' }) };
let region: LiveRegion;
let founded: Validator[] = [];
afterEach(async () => {
  for (const validator of founded) await validator.stop();
  founded = [];
  await region.close();
});

test('R27: two of four validators are gone for ever; by the procedure the region goes on after the last certified block, with its state and receipts', async () => {
  const broker = await startMosquitto();
  region = await LiveRegion.open({ broker, heartbeatMs: 200 });
  await region.start();
  const home = join(region.folder, 'region');
  const office = readRegion(home);
  await withOffice(office, 'admin', machine, (admin) =>
    registerAccount(office, admin, { id: 'shop', role: 'merchant', name: 'Shop' }, systemEntropy),
  );
  await until(() => region.validators.every((v) => v.status().height >= 3), 'blocks');
  const genesis = ['--genesis', join(home, 'genesis.cbor')];

  // Disaster: two disks are destroyed, nothing is decided any more.
  for (const gone of [2, 3]) {
    await region.stop(gone);
    rmSync(dirname(region.configs[gone] as string), { recursive: true });
  }
  for (const left of [0, 1]) await region.stop(left);

  // 1. Which block: the highest of what the survivors' stores give.
  const heights = new Map<number, number>();
  for (const left of [0, 1]) {
    const out = join(region.folder, `v${left + 1}.cbor`);
    const config = region.configs[left] as string;
    const made = await bizain(['region', 'checkpoint', 'make', '--store', config, '--out', out, '--json']);
    expect([made.err, made.exit]).toEqual(['', 0]);
    heights.set(left, (JSON.parse(made.out) as { height: number }).height);
  }
  const best = (heights.get(0) ?? 0) >= (heights.get(1) ?? 0) ? 0 : 1;
  const height = heights.get(best) ?? 0;

  // 2. Four new validators, two of them on the survivors' machines.
  const port = await freePortBlock(4);
  const places = [0, 1, 2, 3].map((at) => ({ name: `w${at + 1}`, host: '127.0.0.1', port: port + at }));
  const olds = [1, 2, 3, 4].map((at) => ({ name: `v${at}`, host: '127.0.0.1', port: 1 }));
  const page = join(region.folder, 'recovery.cbor');
  const candidacies = places.map(({ name, host, port: own }) =>
    prepareValidator(
      {
        folder: join(region.folder, name),
        name,
        genesisFile: join(home, 'genesis.cbor'),
        listen: { host, port: own },
        peers: [...olds, ...places.filter((other) => other.name !== name)],
        brokers: [{ url: broker.url }],
      },
      systemEntropy,
    ),
  );

  // 3. The page, made and signed.
  const members = candidacies.flatMap(({ name, publicKey }) => ['--validator', `${name}=${publicKey}`]);
  const checkpoint = ['--checkpoint', join(region.folder, `v${best + 1}.cbor`)];
  const made = await bizain([
    'region',
    'recovery',
    'make',
    ...checkpoint,
    ...members,
    ...genesis,
    '--out',
    page,
    '--lang',
    'en',
  ]);
  expect([made.err, made.exit]).toEqual(['', 0]);
  expect(made.out).toContain(`WHAT WAS FINAL AFTER BLOCK ${height} IS LOST`);
  for (const operator of [1, 2]) {
    expect((await bizain(['region', 'recovery', 'show', page, ...genesis])).exit).toBe(1);
    const key = ['--key', join(home, `operators/operator-${operator}.key`)];
    expect((await bizain(['region', 'recovery', 'sign', page, ...genesis, ...key])).exit).toBe(0);
  }
  expect((await bizain(['region', 'recovery', 'show', page, ...genesis])).exit).toBe(0);

  // 4. Start.
  const source = join(dirname(region.configs[best] as string), 'state');
  for (const [at, { configPath }] of candidacies.entries()) {
    const file = JSON.parse(readFileSync(configPath, 'utf8')) as object;
    writeFileSync(configPath, JSON.stringify({ ...file, recoveryFiles: [page] }));
    const config = readValidatorConfig(configPath);
    // The last one comes with an empty disk, from block 1.
    if (at < 3) copyFileSync(join(source, 'validator.db'), join(config.stateDir, 'validator.db'));
    founded.push(await startValidator(config, { ...machine, version: 'test' }));
  }
  await until(() => founded.every((v) => v.status().height >= height + 5), 'the new era');
  expect(new Set(founded.map((v) => v.status().epoch)).size).toBe(1);

  // One is started again: its own votes of the new era bind it, the page is behind it.
  await founded[0]?.stop();
  const restarted = await startValidator(readValidatorConfig(candidacies[0]?.configPath ?? ''), machine);
  founded[0] = restarted;
  const goesOn = restarted.status().height + 3;
  await until(() => founded.every((v) => v.status().height >= goesOn && v.status().votes), 'all four to go on');

  // A light client that knew the old set refuses the new era until it has the page; then old and new blocks are proved.
  const read = readFormatFile(page, recoveryPageFormat);
  if (!read.ok) throw new Error(read.detail);
  const { light } = region;
  const old = light.head;
  const asked = await region.line.ask({ kind: 'head' }, 5_000);
  if (!asked.ok || asked.value.kind !== 'head' || asked.value.lightBlock === null) throw new Error('no head');
  const head = asked.value.lightBlock;
  expect(light.acceptHead(head)).toMatchObject({ reason: 'OTHER_VALIDATORS' });
  expect(light.refound(read.value)).toEqual({ ok: true, value: 'newer' });
  expect(light.acceptHead(head)).toEqual({ ok: true, value: 'newer' });
  expect(light.validators.map(({ name }) => name)).toEqual(['w1', 'w2', 'w3', 'w4']);
  if (old !== null) expect(old.header.height).toBeLessThanOrEqual(height + 1);
  const early = await region.line.ask({ kind: 'block', height: 2 }, 5_000);
  if (!early.ok || early.value.kind !== 'block') throw new Error('no block');
  expect(provedBlock(light, 2, early.value)).toMatchObject({ ok: true });
  const again = new LightClient(region.genesis, light.export());
  expect(again.export()).toEqual(light.export());
  // What was receipted before is proved still.
  const from = { author: 'admin', epoch: 0, stream: 0, fromSequence: 0 };
  const receipts = await region.line.ask({ kind: 'receipts', ...from }, 5_000);
  if (!receipts.ok || receipts.value.kind !== 'receipts') throw new Error('no receipts');
  const proved = receipts.value.messages.map((message) => light.checkReceipts(message));
  expect(proved.length).toBeGreaterThan(0);
  for (const checked of proved) expect(checked.ok).toBe(true);

  // 5. The office goes on where it stood; the ledger hears who validates now.
  const regionFile = JSON.parse(readFileSync(join(home, 'region.json'), 'utf8')) as object;
  writeFileSync(join(home, 'region.json'), JSON.stringify({ ...regionFile, recoveryFiles: [page] }));
  const status = await bizain(['region', 'status', '--region', home, '--json']);
  const { validators } = JSON.parse(status.out) as { validators: { name: string; reason: string | null }[] };
  expect(validators.map(({ name, reason }) => [name, reason])).toEqual(places.map(({ name }) => [name, null]));
  const anew = readRegion(home);
  await withOffice(anew, 'admin', machine, async (admin) => {
    const again = await registerAccount(anew, admin, { id: 'shop', role: 'merchant', name: 'Shop' }, systemEntropy);
    expect(again.known).toBe(true);
  });
  for (const candidacy of candidacies) await joinValidator(anew, candidacy, machine);
  for (const { name } of olds) await dismissValidator(anew, name, machine);
  const heldAt = founded.map((v) => v.status().epoch);
  await until(() => founded.every((v, at) => v.status().epoch > (heldAt[at] ?? 0)), 'the next epoch', 120_000);
  expect(founded.every((v) => v.status().votes)).toBe(true);
  const made2 = await bizain([
    'region',
    'checkpoint',
    'make',
    '--region',
    home,
    '--out',
    join(home, 'new.cbor'),
    '--json',
  ]);
  expect([made2.err, made2.exit]).toEqual(['', 0]);
  const newest = readFormatFile(join(home, 'new.cbor'), operatorCheckpointFormat);
  const state = newest.ok ? chainStateOf(newest.value.certificate) : newest;
  expect(state).toMatchObject({ ok: true, value: { era: 1, held: 0 } });
}, 240_000);
