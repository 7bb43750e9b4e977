/** A validator's disk, hit in every way that leaves a file behind: what is damaged is noticed, and fetched again or done without. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { systemClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { SeededEntropy, systemEntropy, uniformInt } from '#core/entropy';
import { createLog } from '#core/log';
import { verifyHistoryProof } from '#ledger/state/history-proof';
import { silentUntilFoundOut } from '#sync/pbft/silence';
import { BlockStore } from '#sync/validator/block-store';
import { readIdentity } from '#sync/validator/identity';
import { type RecoveredStore, recoverStore } from '#sync/validator/recovery';
import { startValidator } from '#sync/validator/validator';
import { readValidatorConfig, type ValidatorConfig } from '#sync/validator/validator-config';
import type { LightBlock } from '#sync/wire/gateway-message';
import type { CommittedBlock } from '#sync/wire/peer-message';
import { seedOf } from '../../fixtures/region.ts';
import { LiveRegion, until } from './live-region.ts';

const seed = process.env['BIZAIN_SEED'] ?? 'rot';

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

function recover(config: ValidatorConfig): RecoveredStore {
  return recoverStore(config.stateDir, readIdentity(config));
}

test('an undamaged copy starts where the store stood, and remembers its votes', () => {
  const { store, setAside } = recover(onCopy());
  expect(setAside).toBeNull();
  expect(store.chain().height).toBeGreaterThanOrEqual(3);
  expect([store.record() === null, store.silentUpTo()]).toEqual([false, 0]);
  store.close();
});

const lastHeight = '(SELECT max(height) FROM blocks)';
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
  'an own segment that changed':
    "INSERT INTO authored (epoch, first, last, bytes, seal) VALUES (0, 99, 99, x'00', zeroblob(8))",
  'a chain state that is gone': "DELETE FROM meta WHERE key = 'chain'",
  'a chain state that changed': "UPDATE meta SET value = x'00' WHERE key = 'chain'",
  'a history that changed': "UPDATE meta SET hash = x'00' WHERE key = 'history'",
  'a last block that is gone': `DELETE FROM blocks WHERE height = ${lastHeight}`,
  'a last block that changed': `UPDATE blocks SET header = zeroblob(200) WHERE height = ${lastHeight}`,
  'receipts root that changed': 'UPDATE results SET receipts_root = zeroblob(32)',
} as const;

test.each(Object.entries(damages))('R24: %s: the store is set aside, and the new one has no memory', (_, sql) => {
  const config = onCopy();
  damage(config, sql);
  const told: string[] = [];
  const { store, setAside } = recoverStore(config.stateDir, readIdentity(config), {
    onSetAside: (reason) => told.push(reason),
  });
  expect(told).toEqual([setAside]);
  expect(readdirSync(config.stateDir)).toContain('validator.db.damaged');
  expect([store.chain().height, store.record(), store.silentUpTo()]).toEqual([0, null, silentUntilFoundOut]);
  store.close();
});

test.each([
  "UPDATE meta SET value = x'00' WHERE key = 'vote-record'",
  "UPDATE meta SET hash = zeroblob(32) WHERE key = 'vote-record'",
])(
  'R24: without its vote record (%s) a whole chain keeps a validator silent at the height it may have voted in',
  (sql) => {
    const config = onCopy();
    damage(config, sql);
    const { store, setAside } = recover(config);
    const { height } = store.chain();
    expect([setAside, store.record(), store.silentUpTo()]).toEqual([null, null, height + 1]);
    store.close();
  },
);

test('R24: a store that says neither what was voted nor how it began may have replaced another one, and finds out', () => {
  const config = onCopy();
  damage(config, "DELETE FROM meta WHERE key = 'vote-record'");
  damage(config, "UPDATE meta SET hash = zeroblob(32) WHERE key = 'lost-memory'");
  const { store, setAside } = recover(config);
  expect([setAside, store.record(), store.silentUpTo()]).toEqual([null, null, silentUntilFoundOut]);
  store.close();
});

test('what has rotted of blocks, bodies, history and index is fetched again or made anew while the validator runs', async () => {
  const config = onCopy();
  const sound = recover(config);
  const { height } = sound.store.chain();
  const heights = Array.from({ length: height }, (_, at) => at + 1);
  const blocks = heights.map((at) => sound.store.committedBlock(at));
  const busy = heights.find((at) => (blocks[at - 1]?.bodies.length ?? 0) > 0) ?? 0;
  const wanted = { author: 'admin', epoch: 0, stream: 0 };
  const spans = sound.store.spans(wanted, 0, 100);
  sound.store.close();
  const digest = toHex(blocks[busy - 1]?.block.bodyDigests[0] ?? new Uint8Array(32));
  damage(config, `UPDATE bodies SET bytes = zeroblob(100) WHERE digest = x'${digest}'`);
  damage(config, 'UPDATE blocks SET header = zeroblob(200) WHERE height = 2');
  damage(config, 'UPDATE blocks SET certificate = (SELECT certificate FROM blocks WHERE height = 2) WHERE height = 1');
  damage(config, 'UPDATE contents SET digests = zeroblob(32) WHERE height = 3');
  damage(config, 'UPDATE history SET hash = zeroblob(32) WHERE level = 1 AND place = 0');
  damage(config, 'UPDATE spans SET first = first + 1 WHERE last = (SELECT min(last) FROM spans)');
  const validator = await startValidator(config, world);
  await until(() => validator.status().healedBlocks >= 4, 'the damage to be healed', 30_000);
  await validator.stop();
  const { store } = recover(config);
  expect(store.damagedHeights()).toEqual([]);
  // Certificates of other signers are equally good.
  const facts = (found: CommittedBlock | undefined) => [found?.block, found?.bodies, found?.certificate.resultRoot];
  expect(heights.map((at) => facts(store.committedBlock(at)))).toEqual(blocks.map(facts));
  expect(store.spans(wanted, 0, 100)).toEqual(spans);
  const proof = store.historyProof(1, height);
  const first = blocks[0]?.certificate;
  const { historyRoot } = (store.lightBlock(height) as LightBlock).header;
  expect(proof !== null && first !== undefined && verifyHistoryProof(proof, first, historyRoot)).toBe(true);
  store.close();
});

test(`whatever bytes flip or are cut off, nothing wrong is read and no vote is forgotten unnoticed (seed ${seed})`, () => {
  const config = onCopy();
  const sound = recover(config);
  const { height } = sound.store.chain();
  const blocks = Array.from({ length: height }, (_, at) => sound.store.committedBlock(at + 1));
  const [record, root] = [sound.store.record(), sound.state.stateRoot];
  sound.store.close();
  const file = readFileSync(join(config.stateDir, 'validator.db'));
  const entropy = new SeededEntropy(seed);
  const outcomes = { sound: 0, silent: 0, setAside: 0, damaged: 0 };
  for (let round = 0; round < 150; round++) {
    const stateDir = join(region.folder, 'flipped');
    rmSync(stateDir, { recursive: true, force: true });
    mkdirSync(stateDir, { mode: 0o700 });
    const bytes = Buffer.from(file);
    if (round % 10 === 9) {
      writeFileSync(join(stateDir, 'validator.db'), bytes.subarray(0, 1 + uniformInt(entropy, bytes.length - 1)));
    } else {
      const at = uniformInt(entropy, bytes.length);
      for (let next = at; next < Math.min(bytes.length, at + 1 + uniformInt(entropy, 64)); next++)
        bytes[next] = (bytes[next] ?? 0) ^ (1 + uniformInt(entropy, 255));
      writeFileSync(join(stateDir, 'validator.db'), bytes);
    }
    const { store, state, setAside } = recover({ ...config, stateDir });
    if (setAside !== null) {
      outcomes.setAside++;
      expect(store.silentUpTo()).toBe(silentUntilFoundOut);
    } else {
      expect(state.stateRoot).toEqual(root);
      if (store.silentUpTo() === 0) expect(store.record()).toEqual(record);
      else outcomes.silent++;
      for (let at = 1; at <= height; at++) {
        const block = store.committedBlock(at);
        if (block !== undefined) expect(block).toEqual(blocks[at - 1]);
      }
      outcomes[store.damagedHeights().length > 0 ? 'damaged' : 'sound']++;
    }
    store.close();
  }
  expect(Math.min(outcomes.sound, outcomes.damaged, outcomes.setAside)).toBeGreaterThan(0);
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
