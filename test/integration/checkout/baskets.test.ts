import { afterEach, describe, expect, it } from 'vitest';
import { coupon, Shop, until } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const manual = { basket: 'manual' } as const;

describe('a basket that gathers scans', () => {
  it('captures all of its coupons in one entry when it is closed', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], config: manual });
    const lane = await shop.start('lane-1');
    const first = await lane.scan({ data: coupon(50) });
    const second = await lane.scan({ data: coupon(1) });
    expect([first.finality, second.finality]).toEqual(['final', 'guaranteed']);
    expect(second.basket).toBe(first.basket);
    const twice = await lane.scan({ data: coupon(50) });
    expect(twice).toMatchObject({ decision: 'refuse', text: { en: 'Already in this basket' } });
    expect(lane.status().openBaskets).toEqual([{ id: first.basket, coupons: 2 }]);
    const closed = await lane.closeBasket(first.basket ?? '', 'ab'.repeat(32));
    expect(closed).toMatchObject({ done: true, coupons: 2, values: [{ unit: 'CNY', value: '20000' }] });
    await until(() => lane.queue().length === 0, 'the capture to settle');
    expect(lane.books()).toMatchObject({ balanced: true, final: { values: [{ unit: 'CNY', value: '20000' }] } });
    expect(await lane.scan({ data: coupon(50) })).toMatchObject({ reasons: ['USED_HERE'] });
    expect(await lane.closeBasket(first.basket ?? '')).toMatchObject({ done: false });
  });

  it('gives its coupons back when it is released', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], config: manual });
    const lane = await shop.start('lane-1');
    const { basket } = await lane.scan({ data: coupon(51) });
    expect(await lane.releaseBasket(basket ?? '')).toMatchObject({ done: true, coupons: 1 });
    await until(() => lane.queue().length === 0, 'the release to settle');
    expect(await lane.scan({ data: coupon(51) })).toMatchObject({ decision: 'accept', finality: 'final' });
    expect(lane.books()).toMatchObject({ balanced: true, voided: { count: 1 } });
  });

  it('is released by the next start when the terminal ends in the middle of it', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], config: manual });
    const before = await shop.start('lane-1');
    await before.scan({ data: coupon(52) });
    await shop.cut();
    await shop.stop('lane-1');
    shop.line.restore();
    const after = await shop.start('lane-1');
    await until(() => after.queue().length === 0, 'the release to settle');
    expect(after.status().openBaskets).toEqual([]);
    expect(await after.scan({ data: coupon(52) })).toMatchObject({ decision: 'accept', finality: 'final' });
  });
});
