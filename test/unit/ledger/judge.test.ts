import { describe, expect, it } from 'vitest';
import { bookShard, type ShardId } from '#ledger/ids';
import { judgeOperation } from '#ledger/judge';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { budgetOf, usualGrant } from '#ledger/rights/usual-grants';
import type { LedgerView } from '#ledger/state/view';
import { ann, openAssets } from './asset-world.ts';
import { captureParts, lane as heldAt, hold } from './hold-world.ts';
import { chainId, gcn, gtin, lot, reserve, startMs, storeA, storeB, World } from './world.ts';

const lane = `${storeA}/lane-1`;

/** A view that holds some shards only. */
function cached(world: World, ...shards: ShardId[]): LedgerView {
  return {
    holds: (shard) => shards.includes(shard),
    get: (shard, key) => (shards.includes(shard) ? world.state.get(shard, key) : undefined),
  };
}

function judge(view: LedgerView, operation: Operation, low = startMs, high = low) {
  const by = { chainId, author: lane, epoch: 0, sequence: 0, seenHeight: 1 };
  const { reasons, ...rest } = judgeOperation(
    view,
    { ...by, timeLowMs: low, timeHighMs: high, notAfterMs: null },
    operation,
  );
  return { ...rest, reasons: reasonsIn(reasons) };
}

const own = `s/${storeA}`;

describe('judgeOperation', () => {
  it("needs the store's own shard and the series only", () => {
    const world = World.withSeries();
    expect(judge(cached(world, own, `c/${gcn}`), reserve(1))).toEqual({
      outcome: 'applied',
      reasons: [],
      value: 100n,
      uncertain: false,
      missing: null,
    });
  });

  it('names the first shard that it would have to ask for, and says nothing else', () => {
    const world = World.withSeries();
    const sell: Operation = { kind: 'trace.sell', tradeItem: gtin, lot, serial: '1', basket: new Uint8Array(16) };
    const unknown = { outcome: 'refused', reasons: ['NOT_CACHED'], value: 0n, uncertain: false };
    expect(judge(cached(world, own), reserve(1))).toEqual({ ...unknown, missing: `c/${gcn}` });
    expect(judge(cached(world, own), sell)).toEqual({ ...unknown, missing: `b/${gtin}/${lot}` });
    expect(judge(cached(world, `c/${gcn}`), reserve(1))).toEqual({ ...unknown, missing: own });
  });

  it('answers without the book of a holder whose amount a basket closes with', () => {
    const world = openAssets();
    world.all(heldAt, [hold(world, 500n)]);
    const closing = captureParts([0, 500n]);
    const by = { chainId, author: heldAt, epoch: 0, sequence: 1, seenHeight: 1, notAfterMs: null };
    const view = cached(world, `s/${storeB}`, 'r', 'a/card');
    const { outcome, missing } = judgeOperation(view, { ...by, timeLowMs: startMs, timeHighMs: startMs }, closing);
    expect([outcome, missing]).toEqual(['refused', bookShard(ann)]);
  });

  it('changes nothing, however often it is asked', () => {
    const world = World.withSeries();
    const root = world.state.stateRoot;
    for (let n = 0; n < 3; n++) expect(judge(world.state, reserve(1)).outcome).toBe('applied');
    expect(world.execute([]).stateRoot).toEqual(root);
  });

  it('says that it cannot tell when the window ends within the time interval', () => {
    const world = World.withSeries(10, { validFromMs: startMs, validUntilMs: startMs + 1_000 });
    expect(judge(world.state, reserve(1), startMs, startMs + 1_000)).toMatchObject({
      outcome: 'applied',
      uncertain: false,
    });
    expect(judge(world.state, reserve(1), startMs + 500, startMs + 1_500)).toEqual({
      outcome: 'refused',
      reasons: ['EXPIRED', 'CLOCK_UNCERTAIN'],
      value: 0n,
      uncertain: true,
      missing: null,
    });
    expect(judge(world.state, reserve(1), startMs - 5, startMs + 5)).toMatchObject({
      outcome: 'refused',
      reasons: ['NOT_YET_VALID', 'CLOCK_UNCERTAIN'],
      uncertain: true,
    });
    expect(judge(world.state, reserve(1), startMs + 1_001, startMs + 9_000)).toMatchObject({
      outcome: 'refused',
      reasons: ['EXPIRED'],
      uncertain: false,
    });
  });

  it('knows who may do what', () => {
    const world = World.withSeries();
    const grant: Operation = {
      kind: 'right.grant',
      rightId: 'x',
      store: storeB,
      ...usualGrant,
      grant: budgetOf(gcn, 1, 1n),
    };
    expect(judge(world.state, grant).reasons).toEqual(['NOT_AUTHORISED']);
  });
});
