import { afterEach, describe, expect, it } from 'vitest';
import { openReservationsMax } from '#ledger/baskets/open-reservations';
import { itemStatus } from '#ledger/coupons/read';
import { leaseOf } from '#ledger/rights/usual-grants';
import { coupon, gcn, Shop, store, until, usualRights } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

const manual = { basket: 'manual' } as const;

describe('a basket that gathers scans', () => {
  it('captures all of its coupons in one write when it is closed', async () => {
    shop = await Shop.open({ lanes: ['lane-1'], config: manual });
    const lane = await shop.start('lane-1');
    const first = await lane.scan({ data: coupon(50) });
    const second = await lane.scan({ data: coupon(1) });
    expect([first.finality, second.finality]).toEqual(['final', 'guaranteed']);
    expect(second.basket).toBe(first.basket);
    const twice = await lane.scan({ data: coupon(50) });
    expect(twice).toMatchObject({ decision: 'refuse', text: { en: 'Already in this basket' } });
    expect(lane.status().openBaskets).toEqual([{ id: first.basket, coupons: 2 }]);
    const closed = await lane.closeBasket(first.basket ?? '', { basketHash: 'ab'.repeat(32) });
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

  it('keeps what was final when the ledger refuses another of its coupons afterwards', async () => {
    const rights = usualRights.filter(({ grant }) => grant.kind === 'budget');
    shop = await Shop.open({ config: manual, rights });
    const lane = await shop.start('lane-1');
    const first = await lane.scan({ data: coupon(50) });
    await shop.cut();
    const second = await lane.scan({ data: coupon(1) });
    expect([first.finality, second.finality]).toEqual(['final', 'provisional']);
    // The office makes another lane the hub, and that one ends the budget: what this lane spends from now on is refused.
    const { admin } = shop.region;
    shop.region.commit(admin.seal({ operation: { kind: 'hub.assign', store, lane: 'lane-2', hubEpoch: 2 } }));
    const newHub = shop.authors[1] as (typeof shop.authors)[number];
    shop.region.commit(newHub.seal({ operation: { kind: 'right.release', rightId: 'budget-1', part: null } }));
    expect(await lane.closeBasket(first.basket ?? '')).toMatchObject({ done: true, coupons: 2 });
    await shop.restore();
    expect([50, 1].map((serial) => itemStatus(shop.region.state, gcn, serial))).toEqual(['redeemed', 'available']);
    expect(lane.books()).toMatchObject({ balanced: true, final: { values: [{ unit: 'CNY', value: '10000' }] } });
    expect(await lane.scan({ data: coupon(50) })).toMatchObject({ decision: 'refuse', reasons: ['USED_HERE'] });
  });

  it('takes no more than the ledger keeps open for one lane, so that no yes is refused later', async () => {
    const lease = { id: 'lease-1', grant: leaseOf(gcn, 0, 299) } as const;
    shop = await Shop.open({ lanes: ['lane-1'], config: manual, issued: 300, rights: [lease] });
    const lane = await shop.start('lane-1');
    await shop.cut();
    const scan = (serial: number) =>
      lane.scan({ data: coupon(serial), basket: String(Math.floor(serial / 60)).padStart(32, '0') });
    for (let serial = 0; serial < openReservationsMax; serial++)
      expect((await scan(serial)).finality).toBe('guaranteed');
    expect(await scan(280)).toMatchObject({ decision: 'refuse', reasons: ['TOO_MANY_OPEN'], finality: 'none' });
    await shop.restore();
    expect(lane.books()).toMatchObject({ balanced: true, refused: { count: 0 } });
  });
});
