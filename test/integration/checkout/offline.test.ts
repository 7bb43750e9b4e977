import { afterEach, describe, expect, it } from 'vitest';
import { unanchoredUnitsMax } from '#agent/checkout/start-guard';
import { itemStatus, readTerms } from '#ledger/coupons/read';
import { seriesShard } from '#ledger/ids';
import { budgetOf } from '#ledger/rights/usual-grants';
import { redeemElsewhere } from '../../fixtures/elsewhere.ts';
import { coupon, gcn, Shop, until, usualRights } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const wideBudget = [usualRights[0], { id: 'budget-1', grant: budgetOf(gcn, 8, 80_000n) }] as const;

describe('a lane whose hub is away', () => {
  it('spends its own share of the budget and nothing that the store owns', async () => {
    shop = await Shop.open({ rights: wideBudget });
    await shop.start('lane-1');
    const lane2 = await shop.start('lane-2');
    await shop.cut();
    await shop.stop('lane-1');
    // 8 coupons, half of them split among two lanes: 2 each.
    for (const serial of [20, 21]) {
      expect(await lane2.scan({ data: coupon(serial) })).toMatchObject({ decision: 'accept', finality: 'provisional' });
    }
    expect(await lane2.scan({ data: coupon(22) })).toMatchObject({ decision: 'refuse', reasons: ['BUDGET_EXHAUSTED'] });
    expect(await lane2.scan({ data: coupon(1) })).toMatchObject({ decision: 'refuse', reasons: ['HUB_UNREACHABLE'] });
    const hub = await shop.startCold('lane-1');
    await until(() => lane2.status().hub.reachable, 'the hub to be back');
    // What was taken meanwhile is in the hub's used-set again.
    await until(() => hub.status().hub.self, 'the hub to know itself');
    await expect
      .poll(async () => (await hub.scan({ data: coupon(20) })).reasons, { timeout: 5_000 })
      .toEqual(['USED_HERE']);
  });
});

describe('an outage that somebody else used', () => {
  it('ends conflicted within the budget, and the books say so', async () => {
    shop = await Shop.open({ lanes: ['lane-1'] });
    const lane = await shop.start('lane-1');
    await shop.cut();
    const verdict = await lane.scan({ data: coupon(40) });
    expect(verdict.finality).toBe('provisional');
    expect(lane.status().exposure.budgets[0]).toMatchObject({ outstandingCount: 1, worstCaseValue: '30000' });
    redeemElsewhere(shop, 40);
    await shop.restore();
    expect(lane.books()).toMatchObject({ balanced: true, conflicted: { count: 2 } });
    const settlement = shop.events.get('lane-1')?.find((event) => event.type === 'settlement');
    expect(settlement).toMatchObject({
      settlement: { verdictId: verdict.id, state: 'conflicted', reasons: ['ALREADY_REDEEMED'] },
    });
    await until(() => lane.status().exposure.budgets[0]?.conflictedCount === 1, 'the loss to show');
    expect(lane.status().exposure.byUnit).toEqual([{ unit: 'CNY', value: '20000' }]);
  });
});

describe('terms that change while the line is cut', () => {
  it('do not reach a right that was granted before: what was guaranteed stays so', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], terms: { lateRule: 1 } });
    const lane = await shop.start('lane-1');
    const change = (version: number): void => {
      const terms = readTerms(shop.region.state, gcn, 1);
      if (terms === null) throw new Error('the series has terms');
      const operation = {
        kind: 'series.define',
        gcn,
        terms: { ...terms, version, value: { kind: 'fixed', amount: 20_000n } },
      } as const;
      shop.region.commit(shop.issuer.seal({ operation }));
    };
    change(2);
    shop.gateway.publish();
    await until(
      () =>
        lane
          .status()
          .shards.some(({ shard, height }) => shard === seriesShard(gcn) && height === shop.region.head.header.height),
      'the change to arrive',
    );
    await shop.cut();
    const owned = await lane.scan({ data: coupon(1) });
    const risked = await lane.scan({ data: coupon(40) });
    expect([owned.finality, risked.finality]).toEqual(['guaranteed', 'provisional']);
    expect([owned.value, risked.value]).toEqual(['10000', '10000']);
    change(3);
    await shop.restore();
    expect(lane.books()).toMatchObject({ balanced: true, refused: { count: 0 }, conflicted: { count: 0 } });
    expect([1, 40].map((serial) => itemStatus(shop.region.state, gcn, serial))).toEqual(['redeemed', 'redeemed']);
  });
});

describe('a region that does not answer in time', () => {
  it('leaves a released reservation and a no, and the coupon is free again afterwards', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], rights: [usualRights[0]], config: { deadlines: { onlineMs: 200 } } });
    const lane = await shop.start('lane-1');
    shop.gateway.behaviour.blockMs = null;
    const verdict = await lane.scan({ data: coupon(30) });
    expect(verdict).toMatchObject({ decision: 'refuse', reasons: ['NO_ANSWER'] });
    expect(lane.queue().map(({ kind }) => kind)).toEqual(['coupon.reserve', 'basket.release']);
    expect(await lane.scan({ data: coupon(30) })).toMatchObject({ decision: 'refuse', reasons: ['NO_ANSWER'] });
    shop.gateway.behaviour.blockMs = 5;
    shop.gateway.commit();
    await until(() => lane.queue().length === 0, 'the release to be receipted');
    expect(await lane.scan({ data: coupon(30) })).toMatchObject({ decision: 'accept', finality: 'final' });
  });

  it('falls back on the budget when there is one, and is charged for what it loses', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], config: { deadlines: { onlineMs: 200 } } });
    const lane = await shop.start('lane-1');
    shop.gateway.behaviour.blockMs = null;
    redeemElsewhere(shop, 31);
    const verdict = await lane.scan({ data: coupon(31) });
    expect(verdict).toMatchObject({ decision: 'accept', finality: 'provisional' });
    const kinds = lane.queue().map(({ kind }) => kind);
    expect(kinds).toEqual(['coupon.reserve', 'basket.release', 'coupon.reserve', 'basket.capture']);
    shop.gateway.behaviour.blockMs = 5;
    shop.gateway.commit();
    await until(() => lane.queue().length === 0, 'the queue to drain');
    const settlement = shop.events.get('lane-1')?.find((event) => event.type === 'settlement');
    expect(settlement).toMatchObject({ settlement: { verdictId: verdict.id, state: 'conflicted' } });
    await until(() => lane.status().exposure.budgets[0]?.conflictedCount === 1, "the loss to be the budget's");
  });
});

describe('an outage policy of the series', () => {
  it('owned-only: nothing unowned is taken without the region', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], terms: { offline: { kind: 'owned-only' } }, rights: [usualRights[0]] });
    const lane = await shop.start('lane-1');
    await shop.cut();
    expect(await lane.scan({ data: coupon(40) })).toMatchObject({
      decision: 'refuse',
      reasons: ['OFFLINE_NOT_ALLOWED'],
    });
    expect(await lane.scan({ data: coupon(2) })).toMatchObject({ decision: 'accept', finality: 'guaranteed' });
  });

  it('never: nothing at all is taken without the region', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], terms: { offline: { kind: 'never' } }, rights: [] });
    const lane = await shop.start('lane-1');
    expect(await lane.scan({ data: coupon(41) })).toMatchObject({ decision: 'accept', finality: 'final' });
    await shop.cut();
    expect(await lane.scan({ data: coupon(40) })).toMatchObject({
      decision: 'refuse',
      reasons: ['OFFLINE_NOT_ALLOWED'],
    });
  });

  it('an old shard is too old for the budget', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], terms: { offline: { kind: 'budget', shardAgeMsMax: 1 } } });
    const lane = await shop.start('lane-1');
    await shop.cut();
    await until(
      () => (lane.status().shards.find(({ shard }) => shard.startsWith('c/'))?.ageMs ?? 0) > 1,
      'the shard to age',
    );
    expect(await lane.scan({ data: coupon(40) })).toMatchObject({ decision: 'refuse', reasons: ['SHARD_TOO_OLD'] });
  });
});

describe('a start that nobody could vouch for', () => {
  it('takes its few units and no more, also where the line is up and the region silent', async () => {
    const rights = [{ id: 'budget-1', grant: budgetOf(gcn, 60, 600_000n) }] as const;
    shop = await Shop.open({ lanes: ['lane-1'], rights, config: { deadlines: { onlineMs: 100 } } });
    await shop.start('lane-1');
    await shop.stop('lane-1');
    Object.assign(shop.gateway.behaviour, { blockMs: null, answer: () => undefined });
    const lane = await shop.startCold('lane-1');
    await until(() => lane.status().line.connected, 'the line');
    expect(lane.status().journal.anchored).toBe(false);
    for (let serial = 0; serial < unanchoredUnitsMax; serial++)
      expect(await lane.scan({ data: coupon(serial) })).toMatchObject({ finality: 'provisional' });
    expect(await lane.scan({ data: coupon(99) })).toMatchObject({ decision: 'refuse', finality: 'none' });
  });
});

describe('a loss that the cached right does not show yet', () => {
  it('still counts after a restart without the line', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], gateway: { deltas: false } });
    const lane = await shop.start('lane-1');
    await shop.cut();
    expect(await lane.scan({ data: coupon(40) })).toMatchObject({ finality: 'provisional' });
    redeemElsewhere(shop, 40);
    // Only receipts get through: the store's shard stays as it was.
    shop.gateway.behaviour.answer = ({ query }, _validator, honest) => (query.kind === 'receipts' ? honest : undefined);
    await shop.restore();
    await shop.cut();
    await shop.stop('lane-1');
    const again = await shop.startCold('lane-1');
    expect(again.status().exposure.budgets[0]).toMatchObject({ conflictedCount: 0, outstandingCount: 1 });
    const taken: string[] = [];
    for (const serial of [41, 42, 43]) taken.push((await again.scan({ data: coupon(serial) })).finality);
    expect(taken.filter((finality) => finality === 'provisional').length).toBeLessThanOrEqual(2);
  });
});
