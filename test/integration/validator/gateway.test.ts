import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { HashedShard } from '#agent/shard-store/hashed-shard';
import { openShardStore } from '#agent/shard-store/shard-store';
import { ShardSync } from '#agent/shard-store/shard-sync';
import { toHex } from '#core/bytes';
import { systemClock } from '#core/clock';
import { publicKeyOf } from '#core/ed25519';
import { createLog } from '#core/log';
import { withCheckDigit } from '#drivers/symbology/check-digit';
import { seriesShard } from '#ledger/ids';
import type { Operation } from '#ledger/operation';
import { findBlock, findObject } from '#sync/outbox/region-questions';
import type { GatewayAnswer } from '#sync/wire/gateway-message';
import { startMosquitto } from '../../fixtures/broker.ts';
import { coffeeTerms, registerIssuer, seedOf, TestAuthor } from '../../fixtures/region.ts';
import { LiveRegion, until } from './live-region.ts';

const log = createLog({ level: 'silent', name: 'test' });
let region: LiveRegion;
afterEach(() => region.close());

async function ask<K extends GatewayAnswer['kind']>(
  kind: K,
  query: Parameters<LiveRegion['line']['ask']>[0],
  only?: number,
): Promise<Extract<GatewayAnswer, { kind: K }>> {
  const asked = await region.line.ask(query, 5_000, only);
  if (!asked.ok) throw new Error(`no answer: ${asked.reason}`);
  const answer = asked.value;
  expect(answer.kind).toBe(kind);
  return answer as Extract<GatewayAnswer, { kind: K }>;
}

/** A till's copy of a shard from a snapshot, checked against its certificate. */
async function fetchShard(shard: string): Promise<{ tree: HashedShard; height: number }> {
  // A validator that is a moment behind says NOT_FOUND, rightly.
  await region.settled();
  const tree = new HashedShard(shard);
  let part = await ask('snapshot', { kind: 'snapshot', shard, height: null, chunk: 0 });
  const { height, leafCount } = part.chunk;
  const leaves = [];
  for (let chunk = 0; ; ) {
    leaves.push(...part.chunk.leaves.map(({ key, value }, at) => ({ slot: part.chunk.firstSlot + at, key, value })));
    if (++chunk >= part.chunkCount) break;
    part = await ask('snapshot', { kind: 'snapshot', shard, height, chunk });
  }
  const staged = tree.stage(leafCount, leaves);
  if (staged === null) throw new Error('a snapshot leaves no slot out');
  const certified = region.light.checkShard(part.lightBlock, part.proof, shard);
  expect(certified.ok && certified.value.hasRoot(staged.root)).toBe(true);
  staged.commit();
  return { tree, height };
}

test('a snapshot and the deltas since it lead to the certified root, over Mosquitto', async () => {
  region = await LiveRegion.open({ broker: await startMosquitto() });
  await region.start();
  await region.submit(registerIssuer('issuer-a'));
  const { tree, height } = await fetchShard('r');
  await region.submit(registerIssuer('issuer-b'), registerIssuer('issuer-c'));
  await region.settled();
  const { message } = await ask('deltas', { kind: 'deltas', shard: 'r', afterHeight: height });
  const checked = region.light.checkDelta(message);
  if (!checked.ok) throw new Error(checked.reason);
  expect(checked.value.delta.baseRoot).toEqual(tree.root);
  const staged = tree.stage(message.delta.leafCount, message.delta.leaves);
  if (staged === null) throw new Error('a delta leaves no slot out');
  expect(checked.value.certified.hasRoot(staged.root)).toBe(true);
});

test('a shard unchanged since a height is proved to be current', async () => {
  region = await LiveRegion.open({ heartbeatMs: 200 });
  await region.start();
  await region.submit(registerIssuer('issuer-a'));
  const { tree, height } = await fetchShard('r');
  // What came after the checkpoint (the ledger itself notes the time every ten minutes) is taken along until nothing is left.
  let afterHeight = height;
  let leaves = 1;
  for (let asked = 0; leaves > 0; asked++) {
    expect(asked).toBeLessThan(4);
    await until(() => region.validators.every((v) => v.status().height > afterHeight + 1), 'two heartbeats');
    const { message } = await ask('deltas', { kind: 'deltas', shard: 'r', afterHeight });
    const checked = region.light.checkDelta(message);
    const staged = tree.stage(message.delta.leafCount, message.delta.leaves);
    expect(checked.ok && staged !== null && checked.value.certified.hasRoot(staged.root)).toBe(true);
    staged?.commit();
    leaves = message.delta.leaves.length;
    afterHeight = message.lightBlock.header.height;
  }
});

test('a shard of many leaves comes in chunks of one height while blocks go on changing it', async () => {
  region = await LiveRegion.open({ heartbeatMs: 200 });
  await region.start();
  const names = Array.from({ length: 2_030 }, (_, n) => ({ operation: registerIssuer(`m-${n}`) }));
  for (const part of [names.slice(0, 1_015), names.slice(1_015)])
    await region.line.publishSegment(region.admin.seal(...part));
  await region.receiptsOf('admin', 2_029, 1);
  // A validator that starts makes a checkpoint of where it stands.
  await region.stop(0);
  await region.start(0);
  const only = 0;
  const first = await ask('snapshot', { kind: 'snapshot', shard: 'r', height: null, chunk: 0 }, only);
  const { height, leafCount } = first.chunk;
  expect(first.chunkCount).toBe(2);
  const renewed: Operation = {
    kind: 'account.register',
    id: 'late',
    role: 1,
    publicKey: publicKeyOf(seedOf('late')),
    name: 'late',
  };
  await region.submit(renewed);
  const second = await ask('snapshot', { kind: 'snapshot', shard: 'r', height, chunk: 1 }, only);
  const leaves = [first, second].flatMap(({ chunk }) =>
    chunk.leaves.map((leaf, at) => ({ slot: chunk.firstSlot + at, ...leaf })),
  );
  const staged = new HashedShard('r').stage(leafCount, leaves);
  if (staged === null) throw new Error('a snapshot leaves no slot out');
  const certified = region.light.checkShard(second.lightBlock, second.proof, 'r');
  expect(certified.ok && certified.value.hasRoot(staged.root)).toBe(true);
  const beyond = await ask('none', { kind: 'snapshot', shard: 'r', height, chunk: 2 }, only);
  expect(beyond.reason).toBe('TOO_OLD');
});

test('the directory names every shard, and nothing is invented about others', async () => {
  region = await LiveRegion.open();
  await region.start();
  await region.submit(registerIssuer('issuer-a'));
  await region.settled();
  const directory = await ask('directory', { kind: 'directory', afterIndex: null });
  expect(directory).toMatchObject({ shards: expect.arrayContaining([{ index: 0, shard: 'r' }]), more: 0 });
  for (const kind of ['snapshot', 'deltas'] as const) {
    const query =
      kind === 'snapshot'
        ? ({ kind, shard: 'c/none', height: null, chunk: 0 } as const)
        : ({ kind, shard: 'c/none', afterHeight: 0 } as const);
    const absent = await ask('none', query);
    expect(absent.reason).toBe('NOT_FOUND');
  }
});

test('receipts that were missed are found again, certified', async () => {
  region = await LiveRegion.open();
  await region.start();
  await region.submit(registerIssuer('issuer-a'), registerIssuer('issuer-b'), registerIssuer('issuer-c'));
  await region.settled();
  const answer = await ask('receipts', { kind: 'receipts', author: 'admin', epoch: 0, stream: 0, fromSequence: 1 });
  const found = answer.messages.flatMap((message) => {
    const checked = region.light.checkReceipts(message);
    if (!checked.ok) throw new Error(checked.reason);
    return checked.value;
  });
  expect(found.map((receipt) => receipt.sequence)).toEqual([1, 2]);
});

test('a segment sent again after it was ordered is answered with its receipts, and ordered once', async () => {
  region = await LiveRegion.open();
  await region.start();
  const bytes = region.admin.seal({ operation: registerIssuer('issuer-a') });
  await region.line.publishSegment(bytes);
  await region.receiptsOf('admin', 0, 1);
  await region.settled();
  region.receipts.clear();
  // A till that has missed them sends again, and again: just after the block they are taken to be on their way.
  let sentMs = Number.NEGATIVE_INFINITY;
  const answered = (): boolean => {
    if (systemClock.monotonicMs() - sentMs > 500) {
      sentMs = systemClock.monotonicMs();
      void region.line.publishSegment(bytes);
    }
    return region.receipts.has('admin/0');
  };
  await until(answered, 'the receipts again');
  const [again] = await region.receiptsOf('admin', 0, 1);
  expect(again?.outcome).toBe(0);
  await region.submit(registerIssuer('issuer-b'));
  expect(region.admin.nextSequence()).toBe(2);
});

test('a segment of a stranger is turned away by name', async () => {
  region = await LiveRegion.open();
  await region.start();
  const notices: string[] = [];
  const stranger = new TestAuthor(region.chainId, 'admin', { seed: seedOf('not the admin') });
  region.line.on('turned-away', (notice) => notices.push(notice.reason));
  await region.line.publishSegment(stranger.seal({ operation: registerIssuer('x') }));
  await until(() => notices.length > 0, 'a notice');
  expect(new Set(notices)).toEqual(new Set(['BAD_SIGNATURE']));
});

test('segments that arrive out of order are ordered once the gap is filled', async () => {
  region = await LiveRegion.open();
  await region.start();
  const segments = ['a', 'b', 'c', 'd'].map((name) => region.admin.seal({ operation: registerIssuer(name) }));
  for (const segment of [...segments].reverse()) await region.line.publishSegment(segment);
  const receipts = await region.receiptsOf('admin', 0, 4);
  expect(receipts.every((receipt) => receipt.outcome === 0)).toBe(true);
});

test('an author enrolled a moment ago is served, although a validator may not know it yet', async () => {
  region = await LiveRegion.open();
  await region.start();
  const issuer = new TestAuthor(region.chainId, 'issuer-a');
  const early = issuer.seal({ operation: { kind: 'right.release', rightId: 'none', part: null } });
  const notices: string[] = [];
  region.raw.on('message', (topic) => notices.push(topic));
  await region.raw.subscribeAsync(`${region.topics.root}/away/#`);
  const answered = region.raw.subscribeAsync(region.topics.receipts('issuer-a'));
  await answered;
  await region.raw.publishAsync(region.topics.up('issuer-a'), Buffer.from(early));
  await region.submit(registerIssuer('issuer-a'));
  await until(() => notices.length > 0, 'the receipt of the early segment');
  expect(notices[0]).toBe(region.topics.receipts('issuer-a'));
});

test('an object, its absence and a block of long ago are proved by questions alone', async () => {
  region = await LiveRegion.open();
  await region.start();
  await region.submit(registerIssuer('issuer-a'));
  for (const id of ['b', 'c', 'd']) await region.submit(registerIssuer(id));
  await region.settled();
  const options = { line: region.line, light: region.light, timeoutMs: 3_000 };
  const found = await findObject(options, { shard: 'r', key: 'account/issuer-a' });
  expect(found).toMatchObject({ ok: true, value: { kind: 'present' } });
  const absent = await findObject(options, { shard: 'r', key: 'account/nobody' });
  expect(absent.ok && absent.value.kind === 'absent' && absent.value.by).toHaveLength(2);
  const nowhere = await findObject(options, { shard: 'c/4012345000009', key: 'series' });
  expect(nowhere).toMatchObject({ ok: true, value: { kind: 'absent' } });
  const first = await findBlock(options, 1);
  expect(first).toMatchObject({ ok: true, value: { header: { height: 1 } } });
  expect(await findBlock(options, 1_000_000)).toMatchObject({ ok: false, reason: 'UNPROVED' });
});

test('a till that follows series by checkpoint comes to the region’s root without hearing a block of them', async () => {
  region = await LiveRegion.open({ heartbeatMs: 200, checkpointMs: 1_000 });
  await region.start();
  const gcn = withCheckDigit('401234512345');
  const shard = seriesShard(gcn);
  const issuer = new TestAuthor(region.chainId, 'issuer-a');
  await region.submit(registerIssuer('issuer-a'));
  const send = async (...operations: readonly Operation[]): Promise<void> => {
    const bytes = issuer.seal(...operations.map((operation) => ({ operation })));
    await region.raw.publishAsync(region.topics.up('issuer-a'), Buffer.from(bytes), { qos: 1 });
  };
  const issue = (firstSerial: number): Operation => {
    return { kind: 'coupon.issue', gcn, firstSerial, count: 1, keyCommitments: new Uint8Array() };
  };
  const store = openShardStore({ path: join(region.folder, 'shard.db'), log, clock: systemClock });
  const wanted = { store: null, series: 'all', batches: 'all', reference: 'checkpoint' } as const;
  const sync = new ShardSync({ line: region.line, light: region.light, store, wanted, clock: systemClock, log });
  const deltas = new Set<string>();
  region.line.on('delta', ({ delta }) => deltas.add(`${delta.shard} ${delta.height}`));
  sync.start();
  await sync.ready;
  await send({ kind: 'series.define', gcn, terms: coffeeTerms }, issue(0));
  await until(() => store.holds(shard), 'the series');
  await send(issue(1));
  await send(issue(2));
  const root = () => toHex(store.rootOf(shard) ?? new Uint8Array());
  const held = root();
  await until(() => root() !== held && store.leafCount(shard) > 0, 'the changes of a checkpoint');
  expect([...deltas].filter((place) => place.startsWith(shard)).length).toBeGreaterThan(0);
  sync.stop();
  store.close();
}, 40_000);
