import { afterEach, expect, it } from 'vitest';
import { itemStatus } from '#ledger/coupons/read';
import { coupon, gcn, Shop, until } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

it('a lane spends its own part of a lease as guaranteed while hub and region are away, and nothing else of it', async () => {
  shop = await Shop.open();
  const [hub] = shop.authors;
  const part = { kind: 'items', ranges: [{ first: 4, last: 5 }] } as const;
  const sublease = { kind: 'right.sublease', rightId: 'lease-1', subId: 'lane-2-own', lane: 'lane-2', part } as const;
  if (hub !== undefined) shop.region.commit(hub.seal({ operation: sublease }));
  shop.gateway.publish();
  const lane2 = await shop.start('lane-2');
  await shop.cut();
  expect(await lane2.scan({ data: coupon(4) })).toMatchObject({ decision: 'accept', finality: 'guaranteed' });
  expect(await lane2.scan({ data: coupon(4) })).toMatchObject({ decision: 'refuse', reasons: ['USED_HERE'] });
  expect(await lane2.scan({ data: coupon(6) })).toMatchObject({ decision: 'refuse', reasons: ['HUB_UNREACHABLE'] });
  await shop.restore();
  await until(() => itemStatus(shop.region.state, gcn, 4) === 'redeemed', 'the part to be spent');
  expect(lane2.books()).toMatchObject({ balanced: true, conflicted: { count: 0 } });
});
