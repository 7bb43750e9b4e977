import { afterEach, expect, it } from 'vitest';
import { headMessageFormat } from '#sync/wire/gateway-message';
import { Shop, until } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

it('a region that certifies two results for one block is an alarm, told once however often it is repeated', async () => {
  shop = await Shop.open({ lanes: ['lane-1'] });
  const lane = await shop.start('lane-1');
  await until(() => lane.status().line.connected, 'the line');
  const { region, gateway } = shop;
  const { header } = region.head.lightBlock;
  const certificate = region.certify(header, new Uint8Array(32).fill(9));
  for (let time = 0; time < 3; time++) {
    gateway.send(gateway.topics.head, headMessageFormat, { lightBlock: { header, certificate } });
  }
  gateway.commit();
  await until(() => lane.status().head?.height === region.head.header.height, 'the next block');
  const alarms = (shop.events.get('lane-1') ?? []).filter((event) => event.type === 'alarm');
  expect(alarms).toMatchObject([{ code: 'FORKED_REGION' }]);
});
