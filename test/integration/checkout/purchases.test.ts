/** Coupons whose value rests on the purchase, on the customer, or on how often they were used, at a till. */
import { afterEach, describe, expect, it } from 'vitest';
import { readSale } from '#ledger/baskets/sale';
import { itemStatus } from '#ledger/coupons/read';
import type { Terms } from '#ledger/coupons/terms';
import { salesPeriodOf } from '#ledger/ids';
import { coupon, gcn, Shop, store, until, usualRights } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const manual = { basket: 'manual' } as const;
const tenPercent: Partial<Terms> = {
  value: { kind: 'percentage', numerator: 10, denominator: 100, cap: 10_000n },
  minimumSpend: 2_000n,
};
const tea = '04012345123456';
const holder = `@${'a1'.repeat(16)}`;

describe('a percentage', () => {
  it('is worked out on the basket that closes, per line, and the region keeps it so', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], config: manual, terms: { ...tenPercent, products: [tea] } });
    const lane = await shop.start('lane-1');
    const { basket, value } = await lane.scan({ data: coupon(50) });
    expect(value).toBe('10000');
    const lines = [
      { line: 1, amount: 3_000n, product: tea },
      { line: 2, amount: 9_000n, product: null },
      { line: 3, amount: 1_050n, product: tea },
    ];
    expect(await lane.closeBasket(basket ?? '')).toMatchObject({ done: false });
    expect(await lane.closeBasket(basket ?? '', { lines: lines.slice(1) })).toMatchObject({ done: false });
    const closed = await lane.closeBasket(basket ?? '', { lines });
    expect(closed).toMatchObject({ done: true, values: [{ unit: 'CNY', value: '405' }] });
    await until(() => lane.queue().length === 0, 'the capture to settle');
    expect(lane.books()).toMatchObject({ balanced: true, final: { values: [{ unit: 'CNY', value: '405' }] } });
    const of = { store, lane: 'lane-1', epoch: 1, sequence: closed.entry?.sequence ?? -1 };
    const { timeMs } = shop.region.head.header;
    expect(readSale(shop.region.state, of, salesPeriodOf(timeMs))?.lines).toEqual([
      { line: 1, part: 0, amount: 300n },
      { line: 3, part: 0, amount: 105n },
    ]);
  });

  it('of a till that closes with every scan needs the purchase with the scan, and is refused before it is taken', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], terms: tenPercent, rights: usualRights });
    const lane = await shop.start('lane-1');
    expect(await lane.scan({ data: coupon(50) })).toMatchObject({
      decision: 'refuse',
      reasons: ['MINIMUM_SPEND'],
      entry: null,
    });
    const spending = (spend: bigint) => ({ purchase: { spend, products: [] } });
    const little = await lane.scan({ data: coupon(50), ...spending(1_999n) });
    expect(little).toMatchObject({ decision: 'refuse', reasons: ['MINIMUM_SPEND'], entry: null });
    expect(await lane.scan({ data: coupon(50), ...spending(2_009n) })).toMatchObject({
      finality: 'final',
      value: '200',
    });
    await shop.cut();
    expect(await lane.scan({ data: coupon(1), ...spending(5_000n) })).toMatchObject({
      finality: 'guaranteed',
      value: '500',
    });
    expect(await lane.scan({ data: coupon(51), ...spending(7_000n) })).toMatchObject({
      finality: 'provisional',
      value: '700',
    });
    await shop.restore();
    expect(lane.books()).toMatchObject({ balanced: true, final: { values: [{ unit: 'CNY', value: '1400' }] } });
  });
});

describe('a limit for each customer', () => {
  it('is kept by the region; with the line cut the yes is provisional at most', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], terms: { perHolderMax: 1 }, rights: [usualRights[1]] });
    const operation = { kind: 'holder.register', holder, publicKey: null } as const;
    shop.region.commit(shop.issuer.seal({ operation }));
    const lane = await shop.start('lane-1');
    expect(await lane.scan({ data: coupon(50) })).toMatchObject({ decision: 'refuse', reasons: ['HOLDER_LIMIT'] });
    expect(await lane.scan({ data: coupon(50), holder })).toMatchObject({ finality: 'final' });
    expect(await lane.scan({ data: coupon(51), holder })).toMatchObject({
      decision: 'refuse',
      reasons: ['HOLDER_LIMIT'],
    });
    await until(() => lane.queue().length === 0, 'the queue to drain');
    await shop.cut();
    expect(await lane.scan({ data: coupon(52), holder })).toMatchObject({ finality: 'provisional' });
    await shop.restore();
    expect(lane.books()).toMatchObject({ balanced: true, conflicted: { values: [{ unit: 'CNY', value: '10000' }] } });
    expect(itemStatus(shop.region.state, gcn, 52)).toBe('available');
  });
});

describe('one public code for everybody', () => {
  it('is taken at every scan until the series is used up', async () => {
    shop = await Shop.open({
      lanes: ['lane-1'],
      issued: 0,
      rights: [],
      terms: { open: true, totalMax: 2, consent: 0 },
    });
    const lane = await shop.start('lane-1');
    const data = `(255)${gcn}`;
    expect(await lane.scan({ data })).toMatchObject({ finality: 'final', kind: 'coupon', value: '10000' });
    expect(await lane.scan({ data })).toMatchObject({ finality: 'final' });
    expect(await lane.scan({ data })).toMatchObject({ decision: 'refuse', reasons: ['TOTAL_LIMIT'] });
    await until(() => lane.queue().length === 0, 'the queue to drain');
    expect(lane.books()).toMatchObject({ balanced: true, final: { values: [{ unit: 'CNY', value: '20000' }] } });
  });
});

describe('a coupon that is used in parts', () => {
  it('is taken again for what is left of it, here and elsewhere, until nothing is', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], terms: { partial: true } });
    const lane = await shop.start('lane-1');
    const spend = (amount: bigint) => lane.scan({ data: coupon(50), purchase: { spend: amount, products: [] } });
    expect(await spend(4_000n)).toMatchObject({ finality: 'final', value: '4000' });
    await until(() => lane.queue().length === 0, 'the capture to settle');
    expect(await spend(9_000n)).toMatchObject({ finality: 'final', value: '6000' });
    await until(() => lane.queue().length === 0, 'the capture to settle');
    expect(await spend(9_000n)).toMatchObject({ decision: 'refuse', reasons: ['ALREADY_REDEEMED'] });
    expect(lane.books()).toMatchObject({ balanced: true, final: { values: [{ unit: 'CNY', value: '10000' }] } });
  });
});
