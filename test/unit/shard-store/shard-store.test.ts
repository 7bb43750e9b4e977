import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShardStore, type ShardStore } from '#agent/shard-store/shard-store';
import { assert } from '#core/assert';
import { VirtualClock } from '#core/clock';
import { createLog } from '#core/log';
import type { ShardDelta } from '#ledger/state/delta';
import { LightClient } from '#sync/light-client/light-client';
import type { DeltaMessage } from '#sync/wire/gateway-message';
import { TestRegion } from '../../fixtures/region.ts';

const gln = '4012345000009';
const storeName = `s/${gln}`;
const log = createLog({ level: 'silent', name: 'test' });
let folder: string;
let path: string;
let store: ShardStore;
let region: TestRegion;
let light: LightClient;

function reopen(): void {
  store.close();
  store = openShardStore({ path, log, clock: new VirtualClock() });
}

function apply(message: DeltaMessage, bend: Partial<ShardDelta> = {}) {
  const checked = light.checkDelta({ ...message, delta: { ...message.delta, ...bend } });
  assert(checked.ok, 'a delta of a certified block');
  return store.apply(checked.value.delta, checked.value.certified);
}

function deltaOf(shard: string): DeltaMessage {
  const message = region.deltaMessages().find(({ delta }) => delta.shard === shard);
  assert(message !== undefined, `no delta of ${shard}`);
  return message;
}

function installAll(): void {
  for (const shard of region.state.shardIds()) {
    const answer = region.snapshotChunk(shard, 0);
    assert(answer !== null, 'the shard exists');
    const checked = light.checkShard(answer.lightBlock, answer.proof, shard);
    assert(checked.ok, 'certified');
    const chunks = Array.from(
      { length: answer.chunkCount },
      (_, at) => region.snapshotChunk(shard, at)?.chunk.leaves ?? [],
    );
    const leaves = chunks.flat().map((leaf, slot) => ({ ...leaf, slot }));
    expect(store.install({ leaves, certified: checked.value })).toBe('installed');
  }
}

/** One more change in the store's shard. */
function moreLanes(lane: string): void {
  const { publicKey } = region.admin;
  region.commit(region.admin.seal({ operation: { kind: 'terminal.enroll', store: gln, lane, publicKey, epoch: 1 } }));
}

function damage(sql: string): void {
  store.close();
  const db = new Database(path);
  expect(db.prepare(sql).run().changes).toBe(1);
  db.close();
  store = openShardStore({ path, log, clock: new VirtualClock() });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-shards-'));
  path = join(folder, 'shard.db');
  store = openShardStore({ path, log, clock: new VirtualClock() });
  region = new TestRegion();
  light = new LightClient(region.genesis);
  region.openStore({ store: gln, merchant: 'm1', lanes: ['1'] });
});

afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a delta', () => {
  it('makes a new shard from nothing, and every object readable', () => {
    expect(store.holds(storeName)).toBe(false);
    expect(apply(deltaOf(storeName))).toBe('applied');
    expect(store.holds(storeName)).toBe(true);
    for (const { key, value } of region.state.leaves(storeName)) expect(store.get(storeName, key)).toEqual(value);
    expect(store.get(storeName, 'nothing')).toBeUndefined();
    expect(store.heightOf(storeName)).toBe(1);
    expect(store.certifiedTimeOf(storeName)).toBe(region.head.header.timeMs);
    expect(store.leafCount(storeName)).toBe(region.state.leafCount(storeName));
    expect(store.rootOf(storeName)).toEqual(region.state.shardRootOf(storeName));
  });

  it('seen before is stale and changes nothing', () => {
    apply(deltaOf(storeName));
    expect(apply(deltaOf(storeName))).toBe('stale');
  });

  it('after a missed one is a gap, and the merged delta closes it', () => {
    apply(deltaOf(storeName));
    moreLanes('2');
    moreLanes('3');
    expect(apply(deltaOf(storeName))).toBe('gap');
    expect(store.heightOf(storeName)).toBe(1);
    const merged = region.deltasSince(storeName, 1);
    assert(merged !== null, 'the shard exists');
    expect(apply(merged)).toBe('applied');
    expect(store.heightOf(storeName)).toBe(3);
    for (const { key, value } of region.state.leaves(storeName)) expect(store.get(storeName, key)).toEqual(value);
  });

  it('that leads elsewhere than the certificate is a mismatch, and nothing of it is written', () => {
    apply(deltaOf(storeName));
    const before = store.get(storeName, 'store');
    moreLanes('2');
    const message = deltaOf(storeName);
    const leaves = message.delta.leaves.map((leaf) => ({ ...leaf, value: new Uint8Array([1]) }));
    expect(apply(message, { leaves })).toBe('mismatch');
    expect(apply(message, { leaves: message.delta.leaves.slice(1) })).toBe('mismatch');
    expect(store.get(storeName, 'store')).toEqual(before);
    expect(apply(message)).toBe('applied');
  });

  it('without leaves says that the shard is unchanged at a later height', () => {
    apply(deltaOf(storeName));
    region.commit();
    const message = region.deltasSince(storeName, 1);
    assert(message !== null, 'the shard exists');
    expect(apply(message)).toBe('applied');
    expect(store.heightOf(storeName)).toBe(2);
    reopen();
    expect(store.heightOf(storeName)).toBe(2);
  });

  it('replaces what was read before', () => {
    apply(deltaOf(storeName));
    const before = store.get(storeName, 'store');
    region.commit(region.admin.seal({ operation: { kind: 'hub.assign', store: gln, lane: '1', hubEpoch: 2 } }));
    apply(deltaOf(storeName));
    expect(store.get(storeName, 'store')).not.toEqual(before);
    expect(store.get(storeName, 'store')).toEqual(region.state.get(storeName, 'store'));
  });
});

describe('a snapshot', () => {
  it('is installed whole or not at all', () => {
    moreLanes('2');
    const answer = region.snapshotChunk(storeName, 0);
    assert(answer !== null, 'the shard exists');
    const checked = light.checkShard(answer.lightBlock, answer.proof, storeName);
    assert(checked.ok, 'certified');
    const leaves = answer.chunk.leaves.map((leaf, slot) => ({ ...leaf, slot }));
    expect(store.install({ leaves: leaves.slice(1), certified: checked.value })).toBe('mismatch');
    const bent = leaves.map((leaf) => ({ ...leaf, key: `${leaf.key}x` }));
    expect(store.install({ leaves: bent, certified: checked.value })).toBe('mismatch');
    expect(store.install({ leaves: [], certified: checked.value })).toBe('mismatch');
    expect(store.holds(storeName)).toBe(false);
    expect(store.install({ leaves, certified: checked.value })).toBe('installed');
    expect(store.rootOf(storeName)).toEqual(region.state.shardRootOf(storeName));
  });

  it('under way leaves the shard readable as it was, and is gone after a restart', () => {
    apply(deltaOf(storeName));
    const install = store.beginInstall(storeName, 10);
    expect(install.add([{ slot: 0, key: 'store', value: new Uint8Array([1]) }])).toBe(true);
    expect(store.get(storeName, 'store')).toEqual(region.state.get(storeName, 'store'));
    reopen();
    expect(store.get(storeName, 'store')).toEqual(region.state.get(storeName, 'store'));
    expect(store.shards()).toHaveLength(1);
  });

  it('of a liar who gives a key two slots is refused, in one part or in two', () => {
    const leaf = (slot: number, key: string) => ({ slot, key, value: new Uint8Array(1) });
    const one = store.beginInstall('c/1', 3);
    expect(one.add([leaf(0, 'a'), leaf(1, 'a')])).toBe(false);
    const two = store.beginInstall('c/1', 3);
    expect(two.add([leaf(0, 'a')])).toBe(true);
    expect(two.add([leaf(1, 'b'), leaf(2, 'a')])).toBe(false);
    const finished = two.finish({ shard: 'c/1', height: 1, timeMs: 1, hasRoot: () => true });
    expect(finished).toBe('mismatch');
    expect(store.holds('c/1')).toBe(false);
  });

  it('takes leaves in slot order only', () => {
    const install = store.beginInstall('c/1', 3);
    expect(install.add([{ slot: 0, key: 'a', value: new Uint8Array(1) }])).toBe(true);
    expect(install.add([{ slot: 2, key: 'c', value: new Uint8Array(1) }])).toBe(false);
    expect(install.add([{ slot: 1, key: 'b', value: new Uint8Array(1) }])).toBe(false);
  });
});

describe('after a restart', () => {
  it('every shard is there with its root, height and time', () => {
    installAll();
    const before = store.shards();
    reopen();
    expect(store.shards()).toEqual(before);
    expect(store.get(storeName, 'store')).toEqual(region.state.get(storeName, 'store'));
  });

  it('a damaged value costs its shard and no other, at the first read of it', () => {
    installAll();
    damage("UPDATE leaves SET value = x'00' WHERE key = 'store'");
    expect(store.get(storeName, 'store')).toBeUndefined();
    expect(store.holds(storeName)).toBe(false);
    expect(store.holds('r')).toBe(true);
  });

  it('a damaged, missing or misplaced hash costs the shard at once', () => {
    const last = '(SELECT max(id) FROM leaves)';
    const cases = [
      `UPDATE leaves SET hash = zeroblob(32) WHERE id = ${last}`,
      `UPDATE leaves SET hash = substr(hash, 1, 16) WHERE id = ${last}`,
      `UPDATE leaves SET id = id + 1 WHERE id = ${last}`,
      `DELETE FROM leaves WHERE id = ${last}`,
    ];
    for (const sql of cases) {
      installAll();
      const held = store.shards().length;
      damage(sql);
      expect(store.shards()).toHaveLength(held - 1);
    }
  });

  it('a root that was not certified for the rows costs the shard', () => {
    installAll();
    const others = store.shards().flatMap(({ shard }) => (shard === storeName ? [] : [shard]));
    damage(`UPDATE shards SET root = zeroblob(32) WHERE name = '${storeName}'`);
    expect(store.shards().map(({ shard }) => shard)).toEqual(others);
  });

  it('a file that is no database is moved aside and started anew', () => {
    apply(deltaOf(storeName));
    store.close();
    writeFileSync(path, 'this is not a database, it only has its name'.repeat(200));
    store = openShardStore({ path, log, clock: new VirtualClock() });
    expect(store.shards()).toEqual([]);
    expect(existsSync(`${path}.damaged`)).toBe(true);
    expect(apply(deltaOf(storeName))).toBe('applied');
  });
});

describe('a path where no file can be made', () => {
  it('is an error that names it', () => {
    const nowhere = join(folder, 'missing', 'shard.db');
    expect(() => openShardStore({ path: nowhere, log, clock: new VirtualClock() })).toThrow(
      expect.objectContaining({ code: 'SHARD_STORE_UNUSABLE', context: { path: nowhere } }),
    );
  });
});

describe('damage while running', () => {
  it('of a row is found at the read and costs the shard, never gives a wrong object', () => {
    apply(deltaOf(storeName));
    const db = new Database(path);
    db.prepare("UPDATE leaves SET value = x'0102' WHERE key = 'store'").run();
    db.close();
    expect(store.get(storeName, 'store')).toBeUndefined();
    expect(store.holds(storeName)).toBe(false);
    expect(apply(deltaOf(storeName))).toBe('applied');
    expect(store.get(storeName, 'store')).toEqual(region.state.get(storeName, 'store'));
  });
});

describe('a damaged hash in the file, while running', () => {
  function damageHashes(): void {
    apply(deltaOf(storeName));
    const db = new Database(path);
    expect(db.prepare("UPDATE leaves SET hash = zeroblob(32) WHERE key <> 'store'").run().changes).toBeGreaterThan(0);
    db.close();
  }

  it('is found at the read of a leaf beside it and costs the shard', () => {
    damageHashes();
    expect(store.get(storeName, 'store')).toBeUndefined();
    expect(store.holds(storeName)).toBe(false);
  });

  it('is not taken for a wrong delta: the shard is given up, and comes back whole', () => {
    damageHashes();
    moreLanes('2');
    expect(apply(deltaOf(storeName))).toBe('gap');
    expect(store.holds(storeName)).toBe(false);
    const whole = region.deltasSince(storeName, 0);
    assert(whole !== null, 'the shard exists');
    expect(apply(whole)).toBe('applied');
    expect(store.rootOf(storeName)).toEqual(region.state.shardRootOf(storeName));
  });
});

describe('the quota', () => {
  it('refuses what does not fit and keeps what it has', () => {
    store.close();
    store = openShardStore({ path, log, clock: new VirtualClock(), quotaBytes: 256 * 1024 });
    expect(apply(deltaOf(storeName))).toBe('applied');
    const install = store.beginInstall('c/1', 64);
    let slot = 0;
    while (slot < 64 && install.add([{ slot, key: `k${slot}`, value: new Uint8Array(16_384) }])) slot++;
    expect(slot).toBeLessThan(64);
    expect(store.holds('c/1')).toBe(false);
    expect(store.get(storeName, 'store')).toEqual(region.state.get(storeName, 'store'));
    expect(readFileSync(path).length).toBeLessThanOrEqual(256 * 1024);
    // The room of the failed install is given back.
    moreLanes('2');
    expect(apply(deltaOf(storeName))).toBe('applied');
  });
});
