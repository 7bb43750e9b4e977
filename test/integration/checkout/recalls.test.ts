import { afterEach, describe, expect, it } from 'vitest';
import { itemStatus } from '#ledger/coupons/read';
import { readRight } from '#ledger/rights/right-book';
import { coupon, gcn, Shop, store, until } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

/** The issuer asks for items of `lease-1`, or for all of it, back; nobody is told before the gateway publishes. */
function recall(ranges: { first: number; last: number }[] = []): void {
  const { timeMs } = shop.region.head.header;
  const operation = { kind: 'right.recall', store, rightId: 'lease-1', deadlineMs: timeMs + 60_000, ranges } as const;
  shop.region.commit(shop.issuer.seal({ operation }));
}

const statusOf = (serial: number) => itemStatus(shop.region.state, gcn, serial);

describe('a recalled lease', () => {
  it('is given back by a hub that is online, and its coupons are taken like any other from then on', async () => {
    shop = await Shop.open({ lanes: ['lane-1'] });
    const hub = await shop.start('lane-1');
    expect(await hub.scan({ data: coupon(1) })).toMatchObject({ finality: 'guaranteed' });
    await until(() => hub.queue().length === 0, 'the first coupon to settle');
    recall();
    shop.gateway.publish();
    await until(() => statusOf(2) === 'available', 'the lease to go home');
    expect(readRight(shop.region.state, store, 'lease-1')).toMatchObject({ status: 1, spentCount: 1 });
    await expect.poll(async () => (await hub.scan({ data: coupon(2) })).finality, { timeout: 5_000 }).toBe('final');
    expect(hub.books()).toMatchObject({ balanced: true });
  });

  it('keeps what was promised while the line was cut, and gives back the rest', async () => {
    shop = await Shop.open();
    const hub = await shop.start('lane-1');
    const lane2 = await shop.start('lane-2');
    await shop.cut();
    expect(await lane2.scan({ data: coupon(3) })).toMatchObject({ decision: 'accept', finality: 'guaranteed' });
    recall([{ first: 3, last: 5 }]);
    await shop.restore();
    await until(() => statusOf(4) === 'available' && statusOf(3) === 'redeemed', 'the promise kept, the rest at home');
    expect([statusOf(5), statusOf(6)]).toEqual(['available', 'leased']);
    await until(() => hub.queue().length + lane2.queue().length === 0, 'the queues to drain');
    expect(lane2.books()).toMatchObject({ balanced: true, conflicted: { count: 0 } });
    // What was not recalled is the store's as before.
    expect(await lane2.scan({ data: coupon(6) })).toMatchObject({ decision: 'accept', finality: 'guaranteed' });
  });
});
