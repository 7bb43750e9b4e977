/** A validator's disk, hit in every way that leaves a file behind: what is damaged is noticed at start. */
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { verifyHistoryProof } from '#ledger/state/history-proof';
import { BlockStore } from '#sync/validator/block-store';
import { startValidator } from '#sync/validator/validator';
import { readValidatorConfig, type ValidatorConfig } from '#sync/validator/validator-config';
import type { LightBlock } from '#sync/wire/gateway-message';
import { seedOf } from '../../fixtures/region.ts';
import { LiveRegion } from './live-region.ts';

const world = { clock: systemClock, entropy: systemEntropy, log: createLog({ level: 'silent', name: 'test' }) };
let region: LiveRegion;
let copies = 0;

beforeAll(async () => {
  region = await LiveRegion.open();
  await region.start();
  for (const id of ['a', 'b', 'c']) {
    await region.submit({ kind: 'account.register', id, role: 0, publicKey: publicKeyOf(seedOf(id)), name: id });
  }
  await region.settled();
  await region.stop(0);
});
afterAll(() => region.close());

/** The configuration of validator 0 on a copy of its store. */
function onCopy(): ValidatorConfig {
  const config = readValidatorConfig(region.configs[0] as string);
  const stateDir = join(region.folder, `copy-${copies++}`);
  cpSync(config.stateDir, stateDir, { recursive: true });
  return { ...config, stateDir };
}

function damage(config: ValidatorConfig, sql: string): void {
  const database = new Database(join(config.stateDir, 'validator.db'));
  expect(database.prepare(sql).run().changes).toBeGreaterThan(0);
  database.close();
}

test('an undamaged copy starts where the store stood', async () => {
  const validator = await startValidator(onCopy(), world);
  expect(validator.status().height).toBeGreaterThanOrEqual(3);
  await validator.stop();
});

const damages = {
  'a leaf that changed': "UPDATE leaves SET value = x'00' WHERE id = 1",
  'a leaf whose key changed': "UPDATE leaves SET key = key || 'x' WHERE id = 1",
  'a leaf whose hash changed': 'UPDATE leaves SET hash = zeroblob(32) WHERE id = 1',
  'a leaf that is gone': 'DELETE FROM leaves WHERE id = (SELECT max(id) FROM leaves)',
  'a leaf in another place': 'UPDATE leaves SET id = id + 1 WHERE id = (SELECT max(id) FROM leaves)',
  'a leaf that was replaced together with its hash':
    'UPDATE leaves SET (hash, value, key) = (SELECT hash, value, key || 0 FROM leaves WHERE id = 0) WHERE id = 1',
  'a leaf that nobody committed to': 'UPDATE shards SET leaf_count = leaf_count + 1 WHERE id = 0',
  'sizes of leaves that are others': 'UPDATE shards SET largest_leaf = 1 WHERE id = 0',
  'a shard root that changed': 'UPDATE shards SET root = zeroblob(32) WHERE id = 0',
  'a vote record that changed': "UPDATE meta SET value = x'00' WHERE key = 'vote-record'",
  'a chain state that is gone': "DELETE FROM meta WHERE key = 'chain'",
  'a history that changed': "UPDATE meta SET hash = x'00' WHERE key = 'history'",
  'a last block that is gone': 'DELETE FROM blocks WHERE height = (SELECT max(height) FROM blocks)',
  'a block that changed': 'UPDATE blocks SET hash = zeroblob(32) WHERE height = 2',
  'a certificate of another block':
    'UPDATE blocks SET certificate = (SELECT certificate FROM blocks WHERE height = 1) WHERE height = 2',
  'receipts root that changed': 'UPDATE blocks SET receipts_root = zeroblob(32)',
} as const;

test.each(Object.entries(damages))('%s is noticed at start, with what to do', async (_, sql) => {
  const config = onCopy();
  damage(config, sql);
  await expect(startValidator(config, world)).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
    message: expect.stringContaining('start with an empty one'),
  });
});

test('any old block is provable from the header of a later one', () => {
  const store = new BlockStore(join(onCopy().stateDir, 'validator.db'));
  const { height } = store.chain();
  const { historyRoot } = (store.lightBlock(height) as LightBlock).header;
  for (let old = 1; old < height; old++) {
    const { blockHash, resultRoot } = (store.lightBlock(old) as LightBlock).certificate;
    const proof = store.historyProof(old, height);
    expect(proof !== null && verifyHistoryProof(proof, { blockHash, resultRoot }, historyRoot)).toBe(true);
  }
  expect(height).toBeGreaterThan(2);
  expect(store.historyProof(height, height)).toBeNull();
  store.close();
});

test('a second process on one store is refused, since it would vote twice', async () => {
  const config = onCopy();
  const first = await startValidator(config, world);
  const other = { ...config, peerListen: { host: '127.0.0.1', port: 0 } };
  await expect(startValidator(other, world)).rejects.toMatchObject({ code: 'STORE_BUSY' });
  await first.stop();
});

test('the store of another region and a key of nobody are refused', async () => {
  const config = onCopy();
  const elsewhere = await LiveRegion.open();
  const foreign = readValidatorConfig(elsewhere.configs[0] as string);
  await expect(startValidator({ ...foreign, stateDir: config.stateDir }, world)).rejects.toMatchObject({
    code: 'STORE_FOREIGN',
  });
  await expect(startValidator({ ...config, keyFile: foreign.keyFile }, world)).rejects.toMatchObject({
    code: 'NOT_A_VALIDATOR',
  });
  await expect(startValidator({ ...config, genesis: config.keyFile }, world)).rejects.toMatchObject({
    code: 'GENESIS_UNREADABLE',
  });
  await elsewhere.close();
});

test('an empty state directory is filled from the peers', async () => {
  const config = { ...readValidatorConfig(region.configs[0] as string), stateDir: join(region.folder, 'fresh') };
  const { height } = region.validator(1).status();
  const validator = await startValidator(config, world);
  for (let tries = 0; validator.status().height < height && tries < 1_000; tries++)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(validator.status().height).toBeGreaterThanOrEqual(height);
  await validator.stop();
  expect(readdirSync(config.stateDir)).toContain('validator.db');
});
