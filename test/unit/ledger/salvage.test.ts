import { describe, expect, it } from 'vitest';
import { decode } from '#core/format';
import { itemStatus } from '#ledger/coupons/read';
import { authorKey } from '#ledger/journal/author-key';
import { segmentFormat, segmentHead } from '#ledger/journal/segment';
import { streamHead } from '#ledger/journal/stream-head';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { outcomes } from '#ledger/receipt';
import { capture, gcn, gtin, issuer, lot, publicOf, reserve, storeA, World } from './world.ts';

const lane = `${storeA}/lane-2`;

function placeOf(bytes: Uint8Array) {
  const decoded = decode(segmentFormat, bytes);
  if (!decoded.ok) throw new Error(decoded.reason);
  const { firstSequence, previousHash, entries, stream } = decoded.value;
  const end = { throughSequence: firstSequence + entries.length - 1, headHash: segmentHead(decoded.value) };
  return { firstSequence, previousHash, stream, end };
}

/** The admin names a branch by its segments. */
function salvage(...segments: readonly Uint8Array[]): Extract<Operation, { kind: 'journal.salvage' }> {
  const places = segments.map(placeOf);
  const { firstSequence: fromSequence, previousHash, stream } = placeOf(segments[0] as Uint8Array);
  const ends = places.map(({ end }) => end);
  return { kind: 'journal.salvage', author: lane, epoch: 0, stream, fromSequence, previousHash, segments: ends };
}

const answers = (executed: ReturnType<World['commit']>) => ({
  skipped: executed.skipped.map(({ reason }) => reason),
  receipts: executed.receipts.map(({ sequence, outcome, reasons, value }) => [
    sequence,
    outcomes[outcome],
    ...reasonsIn(reasons),
    Number(value),
  ]),
});
const revoke: Operation = { kind: 'terminal.revoke', store: storeA, lane: 'lane-2' };
const enroll: Operation = {
  kind: 'terminal.enroll',
  store: storeA,
  lane: 'lane-2',
  publicKey: publicOf(`${lane}#1`),
  epoch: 1,
};

/** The lane sold item 1 in its first two segments and item 2 in its third, then it was revoked before any was sent. */
function revoked(): { world: World; segments: Uint8Array[] } {
  const world = World.withSeries();
  const segments = [[reserve(1)], [capture(0)], [reserve(2), capture(2)]].map((of) => world.segment(lane, of));
  world.all(issuer, [revoke]);
  return { world, segments };
}

/** The lane has two journals: one sold item 1, the ledger has it; the other sold item 2, and froze the lane. */
function forked(): { world: World; losing: Uint8Array[] } {
  const world = World.withSeries();
  const twin = world.copy();
  world.do(lane, reserve(1));
  const losing = [[reserve(2)], [capture(0)]].map((of) => twin.segment(lane, of));
  world.commit([losing[0] as Uint8Array]);
  return { world, losing };
}

describe('salvage (SPEC J12)', () => {
  it('J12: what a lane had sold before it was revoked enters by the admin alone, and counts', () => {
    const { world, segments } = revoked();
    expect(answers(world.commit(segments)).skipped).toEqual(['REVOKED', 'REVOKED', 'REVOKED']);
    expect(world.do(issuer, salvage(...segments)).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('admin', salvage(...segments)).outcome).toBe('applied');
    expect(answers(world.commit(segments))).toEqual({
      skipped: [],
      receipts: [
        [0, 'applied', 'SALVAGED', 100],
        [1, 'applied', 'SALVAGED', 100],
        [2, 'applied', 'SALVAGED', 100],
        [3, 'applied', 'SALVAGED', 100],
      ],
    });
    expect([1, 2].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['redeemed', 'redeemed']);
    expect(streamHead(world.state, lane, 0, 0)?.nextSequence).toBe(4);
    expect(authorKey(world.state, lane)?.standing).toBe('revoked');
  });

  it('J12: exactly what was named enters, in its order, once', () => {
    const { world, segments } = revoked();
    const [first, second, third] = segments as [Uint8Array, Uint8Array, Uint8Array];
    expect(world.do('admin', salvage(first, second)).outcome).toBe('applied');
    expect(answers(world.commit([second])).skipped).toEqual(['GAP']);
    expect(answers(world.commit([first, third])).skipped).toEqual(['REVOKED']);
    expect(answers(world.commit([first])).skipped).toEqual(['REVOKED']);
    expect(answers(world.commit([second, third, second])).skipped).toEqual(['REVOKED', 'REVOKED']);
    expect(itemStatus(world.state, gcn, 2)).toBe('available');
    expect(world.do('admin', salvage(first)).reasons).toEqual(['ALREADY_EXISTS']);
  });

  it('J12: another branch signed by the same key does not enter in its place', () => {
    const world = World.withSeries();
    const twin = world.copy();
    const named = world.segment(lane, [reserve(1)]);
    const other = twin.segment(lane, [reserve(2)]);
    world.all(issuer, [revoke]);
    world.all('admin', [salvage(named)]);
    const forged = Uint8Array.from(named);
    forged[forged.length - 1] = (forged.at(-1) as number) ^ 1;
    expect(answers(world.commit([other, forged])).skipped).toEqual(['REVOKED', 'BAD_SIGNATURE']);
    expect(answers(world.commit([named])).skipped).toEqual([]);
  });

  it('J12: the old key still proves its journal after the lane was enrolled anew', () => {
    const { world, segments } = revoked();
    world.all('admin', [enroll, salvage(...segments)]);
    expect(answers(world.commit(segments)).receipts).toHaveLength(4);
    world.setEpoch(lane, 1);
    expect(world.do(lane, reserve(3)).outcome).toBe('applied');
  });

  it('J12: of a fork the losing branch is told as conflicted and moves nothing', () => {
    const { world, losing } = forked();
    world.all('admin', [salvage(...losing)]);
    expect(answers(world.commit([losing[1] as Uint8Array]))).toEqual({ skipped: ['GAP'], receipts: [] });
    expect(answers(world.commit(losing))).toEqual({
      skipped: [],
      receipts: [
        [0, 'conflicted', 'SALVAGED', 100],
        [1, 'conflicted', 'SALVAGED', 100],
      ],
    });
    expect([1, 2].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(['reserved', 'available']);
    expect(streamHead(world.state, lane, 0, 0)?.nextSequence).toBe(1);
    expect(world.do('admin', salvage(losing[0] as Uint8Array)).reasons).toEqual(['ALREADY_EXISTS']);
  });

  it('J12: goods that a losing branch sold are recorded as sold', () => {
    const world = World.withSeries();
    world.all('brand', [
      {
        kind: 'batch.commission',
        tradeItem: gtin,
        lot,
        markets: [],
        complete: true,
        name: 'n',
        expiryMs: 0,
        serials: ['1', '2'],
      },
    ]);
    const twin = world.copy();
    const sell = (serial: string): Operation => ({
      kind: 'trace.sell',
      tradeItem: gtin,
      lot,
      serial,
      basket: new Uint8Array(16),
    });
    world.do(lane, sell('1'));
    const losing = twin.segment(lane, [sell('2')]);
    world.commit([losing]);
    world.all('admin', [salvage(losing)]);
    const { receipts } = world.commit([losing]);
    expect(receipts.map(({ outcome }) => outcomes[outcome])).toEqual(['conflicted']);
    expect(reasonsIn(receipts[0]?.reasons ?? 0n)).toContain('SALVAGED');
    world.all('admin', [enroll]);
    world.setEpoch(lane, 1);
    expect(world.do(lane, sell('2')).reasons).toContain('ALREADY_SOLD_HERE');
  });

  it('J12: nothing is salvaged of whoever may speak, of strangers, beyond the head or in disorder', () => {
    const { world, segments } = revoked();
    const good = salvage(...segments);
    const end = (throughSequence: number) => ({ throughSequence, headHash: new Uint8Array(32) });
    expect(world.do('admin', { ...good, author: `${storeA}/lane-1` }).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('admin', { ...good, epoch: 1 }).reasons).toEqual(['UNKNOWN_ACCOUNT']);
    expect(world.do('admin', { ...good, fromSequence: 1 }).reasons).toEqual(['OUT_OF_GAP']);
    for (const ends of [[end(1), end(1)], [end(1), end(0)], [end(1_024)], [end(Number.MAX_SAFE_INTEGER)]])
      expect(world.do('admin', { ...good, segments: ends }).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('admin', good).outcome).toBe('applied');
  });

  it('J12: what was named and has not come is replaced by what is named next', () => {
    const { world, segments } = revoked();
    world.all('admin', [salvage(...segments), salvage(segments[0] as Uint8Array)]);
    expect(answers(world.commit(segments)).skipped).toEqual(['REVOKED', 'REVOKED']);
  });
});
