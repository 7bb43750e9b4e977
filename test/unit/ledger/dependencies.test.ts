import { describe, expect, it } from 'vitest';
import { holdMsMax } from '#ledger/journal/dependency';
import { streamHead } from '#ledger/journal/stream-head';
import { reasonsIn } from '#ledger/reasons';
import { capture, gcn, issuer, reserve, storeA, World } from './world.ts';

const hub = `${storeA}/lane-1`;
const lane = `${storeA}/lane-2`;
const on = (author: string, sequence: number, epoch = 0) => ({ dependsOn: { author, epoch, stream: 0, sequence } });
const answers = (executed: ReturnType<World['commit']>) => ({
  skipped: executed.skipped.map(({ reason }) => reason),
  receipts: executed.receipts.map(({ author, sequence, reasons }) => [author, sequence, ...reasonsIn(reasons)]),
});

/** A segment of the lane: the first entry rests on nothing, the second on the hub's first, the third on nothing. */
function mixed(world: World): Uint8Array {
  const entries = [
    world.entryBytes(0, reserve(1)),
    world.entryBytes(1, reserve(2), on(hub, 0)),
    world.entryBytes(2, reserve(3)),
  ];
  return world.rawSegment(lane, 0, entries);
}

describe('entries that rest on another journal (SPEC J8)', () => {
  it('J8: a segment goes as far as it can, waits, and goes on when the other has come', () => {
    const world = World.withSeries();
    const segment = mixed(world);
    expect(answers(world.commit([segment]))).toEqual({ skipped: ['WAITING'], receipts: [[lane, 0]] });
    expect(streamHead(world.state, lane, 0, 0)).toMatchObject({
      nextSequence: 1,
      hold: { sinceMs: world.timeMs, on: { author: hub, sequence: 0 } },
    });
    expect(answers(world.commit([segment]))).toEqual({ skipped: ['WAITING'], receipts: [] });
    expect(answers(world.commit([world.segment(hub, [reserve(9)]), segment]))).toEqual({
      skipped: [],
      receipts: [
        [hub, 0],
        [lane, 1],
        [lane, 2],
      ],
    });
    expect(streamHead(world.state, lane, 0, 0)).toMatchObject({ nextSequence: 3, hold: null });
  });

  it('J8: within one block the order decides, and what came too early is taken in the next', () => {
    const world = World.withSeries();
    const segment = mixed(world);
    expect(answers(world.commit([segment, world.segment(hub, [reserve(9)])])).skipped).toEqual(['WAITING']);
    expect(answers(world.commit([segment])).receipts).toEqual([
      [lane, 1],
      [lane, 2],
    ]);
  });

  it('J8: whoever waits for nothing that comes goes on after ten minutes, with a flag', () => {
    const world = World.withSeries();
    const segment = world.segment(lane, [reserve(1)], on(`${storeA}/lane-9`, 7));
    world.commit([segment]);
    const sinceMs = world.timeMs;
    world.timeMs += holdMsMax - 1;
    expect(answers(world.commit([segment])).skipped).toEqual(['WAITING']);
    expect(streamHead(world.state, lane, 0, 0)?.hold?.sinceMs).toBe(sinceMs);
    world.timeMs += 1;
    expect(answers(world.commit([segment]))).toEqual({ skipped: [], receipts: [[lane, 0, 'DEPENDENCY_MISSING']] });
    expect(world.do(lane, capture(0)).outcome).toBe('applied');
  });

  it('J8: the wait is counted for each entry anew', () => {
    const world = World.withSeries();
    const entries = [0, 1].map((n) => world.entryBytes(n, reserve(n), on(hub, 5)));
    const segment = world.rawSegment(lane, 0, entries);
    world.commit([segment]);
    world.timeMs += holdMsMax;
    expect(answers(world.commit([segment]))).toEqual({
      skipped: ['WAITING'],
      receipts: [[lane, 0, 'DEPENDENCY_MISSING']],
    });
    expect(streamHead(world.state, lane, 0, 0)?.hold?.sinceMs).toBe(world.timeMs);
  });

  it('J8: two streams that wait for each other both go on, one flagged', () => {
    const world = World.withSeries();
    const a = world.segment(lane, [reserve(1)], on(hub, 0));
    const b = world.segment(hub, [reserve(2)], on(lane, 0));
    expect(answers(world.commit([a, b])).skipped).toEqual(['WAITING', 'WAITING']);
    world.timeMs += holdMsMax;
    expect(answers(world.commit([a, b]))).toEqual({
      skipped: [],
      receipts: [
        [lane, 0, 'DEPENDENCY_MISSING'],
        [hub, 0],
      ],
    });
  });

  it('J8: an entry that names itself or a later one of its own journal waits in vain, an earlier one never', () => {
    const world = World.withSeries();
    const entries = [
      world.entryBytes(0, reserve(1)),
      world.entryBytes(1, reserve(2), on(lane, 0)),
      world.entryBytes(2, reserve(3), on(lane, 2)),
    ];
    const executed = world.commit([world.rawSegment(lane, 0, entries)]);
    expect(answers(executed)).toEqual({
      skipped: ['WAITING'],
      receipts: [
        [lane, 0],
        [lane, 1],
      ],
    });
  });

  it('J8: an entry that is refused has come all the same', () => {
    const world = World.withSeries();
    const foreign = { kind: 'coupon.issue', gcn, firstSerial: 0, count: 1, keyCommitments: new Uint8Array(0) } as const;
    world.do(hub, foreign);
    expect(answers(world.commit([world.segment(lane, [reserve(1)], on(hub, 0))])).skipped).toEqual([]);
    expect(world.next(issuer)).toBeGreaterThan(0);
  });
});
