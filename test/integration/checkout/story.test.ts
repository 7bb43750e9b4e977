import { afterEach, describe, expect, it } from 'vitest';
import { coupon, product, Shop, until } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

describe('a store with two lanes', () => {
  it('says final online, refuses the same code at the other lane, and survives a cut line', async () => {
    shop = await Shop.open();
    const lane1 = await shop.start('lane-1');
    const lane2 = await shop.start('lane-2');

    const first = await lane1.scan({ data: coupon(50) });
    expect(first).toMatchObject({
      decision: 'accept',
      finality: 'final',
      basis: 'certificate',
      value: '10000',
      unit: 'CNY',
    });
    const again = await lane2.scan({ data: coupon(50) });
    expect(again).toMatchObject({ decision: 'refuse', reasons: ['USED_HERE'], priorUse: { here: true } });
    expect(again.text.en).toMatch(/^Already used here, lane 1, [0-9]{2}:[0-9]{2}$/);
    expect(again.text.zh).toMatch(/^本店1号收银台 [0-9]{2}:[0-9]{2} 已使用$/);

    // The same when the shard has long heard of it: the store says who, the ledger only that.
    await expect
      .poll(async () => (await lane2.verify({ data: coupon(50) })).priorUse?.terminal, { timeout: 5_000 })
      .toBe(lane1.name);
    await until(() => lane1.queue().length === 0, 'the capture to settle');
    await expect.poll(async () => (await lane2.scan({ data: coupon(50) })).basis, { timeout: 5_000 }).not.toBe('none');
    expect((await lane2.scan({ data: coupon(50) })).text.en).toContain('lane 1');

    await shop.cut();
    expect(await lane2.scan({ data: coupon(3) })).toMatchObject({ decision: 'accept', finality: 'guaranteed' });
    expect(await lane1.scan({ data: coupon(3) })).toMatchObject({ decision: 'refuse', reasons: ['USED_HERE'] });
    expect(await lane1.scan({ data: coupon(4) })).toMatchObject({ decision: 'accept', finality: 'guaranteed' });
    for (const serial of [60, 61, 62]) {
      expect(await lane2.scan({ data: coupon(serial) })).toMatchObject({ decision: 'accept', finality: 'provisional' });
    }
    expect(await lane2.scan({ data: coupon(63) })).toMatchObject({ decision: 'refuse', reasons: ['BUDGET_EXHAUSTED'] });
    expect(await lane1.scan({ data: coupon(60) })).toMatchObject({ decision: 'refuse', reasons: ['USED_HERE'] });
    expect(await lane2.scan({ data: product('S1') })).toMatchObject({ decision: 'warn', reasons: ['NOT_RECEIVED'] });
    expect(await lane1.scan({ data: product('S1') })).toMatchObject({
      decision: 'refuse',
      reasons: ['ALREADY_SOLD_HERE', 'NOT_RECEIVED'],
    });

    await shop.restore();
    for (const lane of [lane1, lane2]) {
      const books = lane.books();
      expect(books.balanced).toBe(true);
      expect([books.conflicted.count, books.refused.count, books.pending.count]).toEqual([0, 0, 0]);
    }
    expect(lane2.books().final.values).toEqual([{ unit: 'CNY', value: '40000' }]);
    const settlements = shop.events.get('lane-2')?.filter((event) => event.type === 'settlement') ?? [];
    expect(settlements.map((event) => event.settlement.state)).toEqual(['final', 'final', 'final', 'final', 'final']);
    await until(() => lane2.status().hub.reachable, 'the hub');
  });
});
