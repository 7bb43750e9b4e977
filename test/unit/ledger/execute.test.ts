import { describe, expect, it } from 'vitest';
import { decode } from '#core/format';
import { itemStatus } from '#ledger/coupons/read';
import { streamSeed } from '#ledger/journal/entry';
import { sealSegment, segmentFormat, verifySegment } from '#ledger/journal/segment';
import { streamHead } from '#ledger/journal/stream-head';
import type { Operation } from '#ledger/operation';
import { receiptLeaf, receiptsRoot } from '#ledger/receipt';
import { resultRoot } from '#ledger/state/roots';
import {
  answerOf,
  baseTerms,
  capture,
  chainId,
  gcn,
  issuer,
  publicOf,
  reserve,
  seedOf,
  storeA,
  World,
} from './world.ts';

const lane = `${storeA}/lane-1`;
const skippedOf = (world: World, ...segments: Uint8Array[]) =>
  world.execute(segments).skipped.map(({ reason }) => reason);

describe('segments (SPEC J1 to J7)', () => {
  it('J1: bytes that are no segment are skipped', () => {
    const world = World.open();
    expect(skippedOf(world, new Uint8Array(0), new Uint8Array(9), new Uint8Array(1_000_000))).toEqual([
      'BAD_FORMAT',
      'BAD_FORMAT',
      'BAD_FORMAT',
    ]);
  });

  it('J2: an unknown author, another epoch and a foreign signature are skipped', () => {
    const world = World.withSeries();
    const unsigned = {
      author: lane,
      epoch: 0,
      stream: 0,
      firstSequence: 0,
      previousHash: streamSeed(chainId, lane, 0, 0),
      entries: [world.entryBytes(0, reserve(1))],
    };
    const seal = (more: Partial<typeof unsigned>, signer = lane) =>
      sealSegment(chainId, { ...unsigned, ...more }, seedOf(signer));
    expect(skippedOf(world, seal({ author: 'nobody' }))).toEqual(['UNKNOWN_AUTHOR']);
    expect(skippedOf(world, seal({ author: `${storeA}/lane-9` }))).toEqual(['UNKNOWN_AUTHOR']);
    expect(skippedOf(world, seal({ epoch: 1 }))).toEqual(['STALE_EPOCH']);
    expect(skippedOf(world, seal({}, issuer))).toEqual(['BAD_SIGNATURE']);
    expect(skippedOf(world, sealSegment(new Uint8Array(32), unsigned, seedOf(lane)))).toEqual(['BAD_SIGNATURE']);
    expect(skippedOf(world, seal({}))).toEqual([]);
  });

  it('J3: a segment that continues the stream is executed, a gap is not', () => {
    const world = World.withSeries();
    const first = world.segment(lane, [reserve(1)]);
    const second = world.segment(lane, [reserve(2)]);
    expect(skippedOf(world, second)).toEqual(['GAP']);
    const { receipts, skipped } = world.commit([first, second]);
    expect([receipts.length, skipped.length]).toEqual([2, 0]);
    expect(streamHead(world.state, lane, 0, 0)?.nextSequence).toBe(2);
  });

  it('J4: what was executed before is not executed again, and the new tail of an overlap is', () => {
    const world = World.withSeries();
    const entries = [1, 2, 3].map((serial, at) => world.entryBytes(at, reserve(serial)));
    const seal = (...kept: Uint8Array[]) =>
      sealSegment(
        chainId,
        {
          author: lane,
          epoch: 0,
          stream: 0,
          firstSequence: 0,
          previousHash: streamSeed(chainId, lane, 0, 0),
          entries: kept,
        },
        seedOf(lane),
      );
    const [a, b, c] = entries as [Uint8Array, Uint8Array, Uint8Array];
    world.commit([seal(a)]);
    const { receipts, skipped } = world.commit([seal(a), seal(a, b), seal(a, b, c), seal(a, b)]);
    expect(receipts.map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(skipped).toEqual([
      { index: 0, reason: 'DUPLICATE' },
      { index: 3, reason: 'DUPLICATE' },
    ]);
    expect([1, 2, 3, 4].map((serial) => itemStatus(world.state, gcn, serial))).toEqual([
      'reserved',
      'reserved',
      'reserved',
      'available',
    ]);
  });

  it('J5: another hash at a known sequence is a fork: it changes nothing but that its terminal is frozen', () => {
    const world = World.withSeries();
    const seed = streamSeed(chainId, lane, 0, 0);
    const seal = (previousHash: Uint8Array, firstSequence: number, ...serials: number[]) =>
      sealSegment(
        chainId,
        {
          author: lane,
          epoch: 0,
          stream: 0,
          firstSequence,
          previousHash,
          entries: serials.map((serial, at) => world.entryBytes(firstSequence + at, reserve(serial))),
        },
        seedOf(lane),
      );
    expect(skippedOf(world, seal(new Uint8Array(32), 0, 1))).toEqual(['FORK']);
    const { receipts, change } = world.execute([seal(new Uint8Array(32), 0, 1)]);
    expect(receipts).toEqual([]);
    const changed = change.deltas.flatMap(({ shard, leaves }) => leaves.map(({ key }) => `${shard} ${key}`));
    expect(changed).toEqual([`s/${storeA} terminal/lane-1`]);
    world.commit([seal(seed, 0, 1)]);
    expect(skippedOf(world, seal(seed, 0, 2))).toEqual(['FORK']);
    expect(skippedOf(world, seal(seed, 0, 2, 3))).toEqual(['FORK']);
    expect(skippedOf(world, seal(seed, 1, 3))).toEqual(['FORK']);
  });

  it('J6: every entry of a genuine segment gets one receipt, undecodable ones too, and those behind it go on', () => {
    const world = World.withSeries();
    const entries = [
      Uint8Array.of(1),
      world.entryBytes(7, reserve(1)),
      world.entryBytes(2, {
        kind: 'trace.sell',
        tradeItem: '04012345678901',
        lot: 'x',
        serial: '1',
        basket: new Uint8Array(16),
      }),
      world.entryBytes(3, reserve(3), { timeLowMs: 2, timeHighMs: 1 }),
      world.entryBytes(4, reserve(4), { seenHeight: world.height + 1 }),
      world.entryBytes(5, reserve(5)),
    ];
    const { receipts } = world.commit([world.rawSegment(lane, 0, entries)]);
    expect(receipts.map((receipt) => answerOf(receipt).reasons.join())).toEqual([
      'BAD_OPERATION',
      'BAD_OPERATION',
      'BAD_OPERATION',
      'BAD_OPERATION',
      'BAD_OPERATION',
      '',
    ]);
    expect(receipts.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('J7: the signature covers chain, author, place and every entry', () => {
    const world = World.withSeries();
    const decoded = decode(segmentFormat, world.segment(lane, [reserve(1), reserve(2)]));
    if (!decoded.ok) throw new Error(decoded.reason);
    const segment = decoded.value;
    const publicKey = publicOf(lane);
    expect(verifySegment(chainId, segment, publicKey)).toBe(true);
    const changed = [
      { ...segment, author: issuer },
      { ...segment, epoch: 1 },
      { ...segment, stream: 1 },
      { ...segment, firstSequence: 1 },
      { ...segment, previousHash: new Uint8Array(32) },
      { ...segment, entries: segment.entries.slice(0, 1) },
      { ...segment, entries: [...segment.entries].reverse() },
    ];
    for (const other of changed) expect(verifySegment(chainId, other, publicKey)).toBe(false);
  });
});

describe('blocks', () => {
  it('executing changes nothing until the change is committed', () => {
    const world = World.withSeries();
    const segment = world.segment(lane, [reserve(1), capture(0)]);
    const before = world.state.stateRoot;
    const first = world.execute([segment]);
    expect(world.state.stateRoot).toEqual(before);
    expect(itemStatus(world.state, gcn, 1)).toBe('available');
    const second = world.execute([segment]);
    expect(second.resultRoot).toEqual(first.resultRoot);
    world.state.commit(second.change);
    expect(world.state.stateRoot).toEqual(first.stateRoot);
    expect(() => world.state.commit(first.change)).toThrow('has changed');
  });

  it('the result root commits to state and receipts', () => {
    const world = World.withSeries();
    const {
      receipts,
      receiptLeaves,
      receiptsRoot: root,
      stateRoot,
      resultRoot: result,
    } = world.commit([world.segment(lane, [reserve(1), capture(0)])]);
    expect(receiptLeaves).toEqual(receipts.map(receiptLeaf));
    expect(root).toEqual(receiptsRoot(receiptLeaves));
    expect(result).toEqual(resultRoot(stateRoot, root));
  });

  it('an empty block changes no shard', () => {
    const world = World.open();
    const { receipts, change, stateRoot } = world.execute([]);
    expect([receipts.length, change.deltas.length]).toEqual([0, 0]);
    expect(stateRoot).toEqual(world.state.stateRoot);
  });

  it('J9: what would outgrow one delta of a shard waits with what follows, and the next block takes it', () => {
    const world = World.withSeries(1, { consent: 1 });
    const count = 32_768;
    const issue = (n: number): Operation => ({
      kind: 'coupon.issue',
      gcn,
      firstSerial: 1 + n * count,
      count,
      keyCommitments: new Uint8Array(count * 16),
    });
    const segments = Array.from({ length: 16 }, (_, n) => world.segment(issuer, [issue(n)]));
    const first = world.commit(segments);
    const fitting = first.receipts.length;
    expect(fitting).toBeGreaterThan(10);
    expect(fitting).toBeLessThan(16);
    expect(first.skipped.map(({ reason }) => reason)).toEqual(['WAITING', ...Array(15 - fitting).fill('GAP')]);
    const bytes = first.change.deltas.flatMap(({ leaves }) => leaves).reduce((sum, { value }) => sum + value.length, 0);
    expect(bytes).toBeLessThan(8 * 1024 * 1024);
    const second = world.commit(segments.slice(fitting));
    expect(second.skipped).toEqual([]);
    const answers = [...first.receipts, ...second.receipts].map((receipt) => answerOf(receipt).outcome);
    expect(answers).toEqual(Array(16).fill('applied'));
  });

  it('J9: entries of other shards go on while one shard is full', () => {
    const world = World.withSeries(1, { consent: 1 });
    const count = 32_768;
    const keyCommitments = new Uint8Array(count * 16);
    const segments = Array.from({ length: 16 }, (_, n) =>
      world.segment(issuer, [{ kind: 'coupon.issue', gcn, firstSerial: 1 + n * count, count, keyCommitments }]),
    );
    const late = world.segment('issuer-x', [
      { kind: 'series.define', gcn: '9999999999994', terms: { ...baseTerms, acceptedBy: { kind: 'issuer' } } },
    ]);
    const { receipts } = world.commit([...segments, late]);
    expect(receipts.at(-1)).toMatchObject({ author: 'issuer-x', outcome: 0 });
  });
});
