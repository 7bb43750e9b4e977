import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShardStore, type ShardStore } from '#agent/shard-store/shard-store';
import { ShardSync, type ShardSyncTiming } from '#agent/shard-store/shard-sync';
import { type WantedShards, wantedTest } from '#agent/shard-store/wanted-shards';
import { toHex } from '#core/bytes';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { LightClient } from '#sync/light-client/light-client';
import { RegionLine } from '#sync/outbox/region-line';
import type { GatewayAnswer } from '#sync/wire/gateway-message';
import { startMosquitto, type TestBroker } from '../../fixtures/broker.ts';
import { type TestAuthor, TestRegion } from '../../fixtures/region.ts';
import { type GatewayBehaviour, RegionGateway } from '../../fixtures/region-gateway.ts';

const gln = '4012345000009';
const ownShard = `s/${gln}`;
const log = createLog({ level: 'silent', name: 'test' });
const timing: ShardSyncTiming = {
  checkMs: 300,
  referenceCheckMs: 500,
  directoryMs: 500,
  askMs: 600,
  retryMs: 20,
  retryMsMax: 100,
};
const everything: WantedShards = { store: gln, series: 'all', batches: 'all' };
const cleanups: (() => Promise<void> | void)[] = [];
let folder: string;
let broker: TestBroker;
let region: TestRegion;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-sync-'));
  broker = await startMosquitto();
  region = new TestRegion();
  region.openStore({ store: gln, merchant: 'm1', lanes: ['1'] });
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function gateway(behaviour: GatewayBehaviour = {}): Promise<RegionGateway> {
  const started = await RegionGateway.start(region, broker.url, behaviour);
  cleanups.push(() => started.stop());
  return started;
}

function till(wanted: WantedShards = everything) {
  const store = openShardStore({ path: join(folder, 'shard.db'), log, clock: systemClock });
  const light = new LightClient(region.genesis);
  const line = new RegionLine({
    chainId: region.chainId,
    validatorCount: 4,
    account: `${gln}/1`,
    clientName: 'lane-1',
    entryPoints: [{ url: broker.url }],
    clock: systemClock,
    entropy: systemEntropy,
    log,
    timing: { backOffBaseMs: 20, backOffMaxMs: 100 },
  });
  line.on('head', (lightBlock) => void light.acceptHead(lightBlock));
  const changed: string[] = [];
  const sync = new ShardSync({
    line,
    light,
    store,
    wanted,
    clock: systemClock,
    log,
    onChange: (shard) => changed.push(shard),
    timing,
  });
  sync.start();
  line.start();
  const close = async () => {
    sync.stop();
    await line.stop();
    store.close();
  };
  cleanups.push(close);
  return { store, light, line, sync, changed, close };
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let attempt = 0; attempt < 800; attempt++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not so in 8 s: ${what}`);
}

/** The region's shards that the till wants: nobody's accounts and assets are on it. */
function keptShards(): string[] {
  return region.state.shardIds().filter(wantedTest(everything));
}

function sameAsRegion(store: ShardStore, shard: string): boolean {
  const root = region.state.shardRootOf(shard);
  return root !== undefined && toHex(store.rootOf(shard) ?? new Uint8Array()) === toHex(root);
}

/** A batch of many serials: a shard of its own. */
function commission(brand: TestAuthor, lot: string, serialCount = 3000): void {
  const serials = Array.from({ length: serialCount }, (_, index) => `S${String(index).padStart(6, '0')}`);
  const operation = {
    kind: 'batch.commission',
    tradeItem: '04012345000009',
    markets: [],
    complete: true,
    lot,
    name: 'Tea',
    expiryMs: 0,
    serials,
  } as const;
  region.commit(brand.seal({ operation }));
}

/** Some change in the store's shard. */
function enroll(lane: string): void {
  const { publicKey } = region.admin;
  const operation = { kind: 'terminal.enroll', store: gln, lane, publicKey, epoch: 1 } as const;
  region.commit(region.admin.seal({ operation }));
}

describe('following the region', () => {
  it('starts with snapshots, goes on with deltas, and every root is the region’s', async () => {
    const brand = region.register('b1', 1);
    commission(brand, 'L1');
    const lively = await gateway();
    const { store, sync, changed } = till();
    await sync.ready;
    for (const shard of keptShards()) expect(sameAsRegion(store, shard)).toBe(true);
    expect(store.holds('b/04012345000009/L1')).toBe(true);
    enroll('2');
    lively.publish();
    await until(() => sameAsRegion(store, ownShard), 'the delta was applied');
    expect(store.heightOf(ownShard)).toBe(region.head.header.height);
    expect(changed).toContain(ownShard);
    expect(sync.state().every(({ held, trouble }) => held && trouble === null)).toBe(true);
  });

  it('keeps only what is wanted, also of an earlier configuration', async () => {
    const brand = region.register('b1', 1);
    commission(brand, 'L1');
    commission(brand, 'L2');
    await gateway();
    const first = till();
    await first.sync.ready;
    await until(() => first.store.shards().length === 4, 'all four shards');
    await first.close();
    const { store, sync } = till({ store: gln, series: [], batches: ['04012345000009/L2'] });
    await sync.ready;
    expect(
      store
        .shards()
        .map(({ shard }) => shard)
        .sort(),
    ).toEqual(['b/04012345000009/L2', 'r', ownShard]);
  });

  it('takes in a shard that is made later, from its first delta on', async () => {
    const brand = region.register('b1', 1);
    const lively = await gateway();
    const { store, sync } = till();
    await sync.ready;
    commission(brand, 'L9');
    lively.publish();
    await until(() => sameAsRegion(store, 'b/04012345000009/L9'), 'the new batch is held');
    expect(store.get('b/04012345000009/L9', 'batch')).toEqual(region.state.get('b/04012345000009/L9', 'batch'));
  });

  it('is ready at once from the cache, without any line', async () => {
    await gateway();
    const first = till();
    await first.sync.ready;
    await first.close();
    await broker.stop();
    const { sync, store } = till();
    await sync.ready;
    expect(sameAsRegion(store, ownShard)).toBe(true);
  });
});

describe('what is missed or withheld is noticed', () => {
  it('when deltas stop while heads go on', async () => {
    const lively = await gateway({ deltas: false });
    const { store, sync, light } = till();
    await sync.ready;
    enroll('2');
    region.commit();
    lively.publish();
    await until(() => sameAsRegion(store, ownShard), 'the shard was asked for');
    expect(light.head?.header.height).toBe(region.head.header.height);
  });

  it('when a delta in the middle is lost', async () => {
    const lively = await gateway();
    const { store, sync } = till();
    await sync.ready;
    enroll('2');
    enroll('3');
    lively.publish();
    await until(() => sameAsRegion(store, ownShard), 'the merged delta closed the gap');
  });

  it('when the region forgot the deltas: the snapshot is fetched', async () => {
    const tooOld: GatewayAnswer = { kind: 'none', reason: 'TOO_OLD' };
    const lively = await gateway({
      answer: ({ query }, _validator, honest) => (query.kind === 'deltas' ? tooOld : honest),
    });
    const { store, sync } = till();
    await sync.ready;
    enroll('2');
    enroll('3');
    lively.publish();
    await until(() => sameAsRegion(store, ownShard), 'the snapshot was installed');
  });

  it('when the line was down', async () => {
    await gateway();
    const { store, sync, line } = till();
    await sync.ready;
    await line.stop();
    enroll('2');
    line.start();
    await until(() => sameAsRegion(store, ownShard), 'the shard was asked for');
  });
});

describe('a shard counts as confirmed', () => {
  it('after a restart in an idle region, by the proof that nothing changed', async () => {
    await gateway();
    const first = till();
    await first.sync.ready;
    await first.close();
    const { sync } = till();
    await until(() => keptShards().every((shard) => sync.confirmation(shard) !== null), 'all confirmed');
    expect(sync.confirmation(ownShard)?.height).toBe(region.head.header.height);
    expect(sync.state().map(({ trouble }) => trouble)).toEqual(keptShards().map(() => null));
  });

  it('only at the head that f+1 validators name: an old answer with a true certificate is none', async () => {
    const oldSnapshot = region.snapshotChunk(ownShard, 0);
    const oldDeltas = region.deltasSince(ownShard, region.head.header.height);
    if (oldSnapshot === null || oldDeltas === null) throw new Error('the region has the shard');
    const oldHeight = region.head.header.height;
    enroll('2');
    enroll('3');
    let lying = true;
    const lively = await gateway({
      deltas: false,
      answer: ({ query }, validator, honest) => {
        if (!lying || !('shard' in query) || query.shard !== ownShard) return honest;
        if (query.kind === 'deltas') return { kind: 'deltas', message: oldDeltas };
        return query.kind === 'snapshot' && validator >= 0 ? oldSnapshot : honest;
      },
    });
    const { sync, store } = till();
    await sync.ready;
    await until(() => sync.confirmation('r') !== null, 'the region’s shard is confirmed');
    await until(() => lively.requests.filter(({ query }) => query.kind === 'deltas').length > 8, 'it asks again');
    expect(store.heightOf(ownShard)).toBe(oldHeight);
    expect(sync.confirmation(ownShard)).toBeNull();
    expect(sync.isCurrent(ownShard)).toBe(false);
    lying = false;
    await until(() => sync.isCurrent(ownShard), 'an honest answer confirms it');
    expect(sameAsRegion(store, ownShard)).toBe(true);
  });

  it('never by messages alone: without the validators’ answers, deltas that arrive prove no present', async () => {
    const silent = await gateway({
      answer: ({ query }, validator, honest) => (query.kind === 'head' && validator !== 1 ? undefined : honest),
    });
    const { sync, store } = till();
    await sync.ready;
    enroll('2');
    silent.publish();
    await until(() => sameAsRegion(store, ownShard), 'the delta was applied');
    expect(sync.confirmation(ownShard)).toBeNull();
  });
});

describe('a validator', () => {
  it('that rations its answers slows a snapshot down and does not spoil it', async () => {
    const brand = region.register('b1', 1);
    commission(brand, 'L1', 16_000);
    let asked = 0;
    const busy: GatewayAnswer = { kind: 'none', reason: 'BUSY' };
    await gateway({
      answer: ({ query }, _validator, honest) => (query.kind === 'snapshot' && asked++ % 2 === 1 ? busy : honest),
    });
    const { store, sync } = till();
    await sync.ready;
    expect(sameAsRegion(store, 'b/04012345000009/L1')).toBe(true);
  });

  it('that answers truly is enough: three liars cannot keep a shard of many chunks out', async () => {
    const brand = region.register('b1', 1);
    commission(brand, 'L1', 16_000);
    const leafCount = region.state.leafCount('b/04012345000009/L1');
    let lies = 0;
    await gateway({
      answer: (_request, validator, honest) => {
        if (validator === 2) return honest;
        if (honest.kind === 'snapshot') {
          lies++;
          const leaves = honest.chunk.leaves.map((leaf) => ({ ...leaf, value: new Uint8Array(4) }));
          return { ...honest, chunk: { ...honest.chunk, leaves } };
        }
        if (honest.kind === 'directory')
          return { kind: 'directory', shards: [{ index: 0, shard: 'c/0000000000000' }], more: 0 };
        return honest.kind === 'deltas' ? { kind: 'none', reason: 'TOO_OLD' } : honest;
      },
    });
    const { store, sync } = till();
    await sync.ready;
    await until(() => sameAsRegion(store, 'b/04012345000009/L1'), 'the batch is held');
    expect(store.leafCount('b/04012345000009/L1')).toBe(leafCount);
    await until(() => keptShards().every((shard) => sameAsRegion(store, shard)), 'every shard is right');
    expect(store.holds('c/0000000000000')).toBe(false);
    expect(lies).toBeGreaterThan(0);
  });
});
