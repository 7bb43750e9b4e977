import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { coupon, Shop, until } from '../../fixtures/shop.ts';

let shop: Shop;
afterEach(() => shop.close());

describe('a terminal whose disk was put back to an older state', () => {
  it('takes nothing once the region shows that entries are missing, and says so', async () => {
    shop = await Shop.open({ lanes: ['lane-1'] });
    const state = join(shop.folder, 'lane-1');
    const first = await shop.start('lane-1');
    await first.scan({ data: coupon(50) });
    await until(() => first.queue().length === 0, 'the first coupon');
    await shop.stop('lane-1');
    cpSync(state, `${state}-backup`, { recursive: true });
    const second = await shop.start('lane-1');
    expect(await second.scan({ data: coupon(1) })).toMatchObject({ finality: 'guaranteed' });
    await until(() => second.queue().length === 0, 'the second coupon');
    await shop.stop('lane-1');
    rmSync(state, { recursive: true });
    cpSync(`${state}-backup`, state, { recursive: true });

    const restored = await shop.startCold('lane-1');
    await until(() => !restored.status().journal.writable, 'the gap to be noticed');
    expect(restored.status().journal.anchored).toBe(false);
    expect(await restored.scan({ data: coupon(2) })).toMatchObject({
      decision: 'refuse',
      reasons: ['UNANCHORED'],
      entry: null,
    });
    const alarms = shop.events.get('lane-1')?.flatMap((event) => (event.type === 'alarm' ? [event.code] : []));
    expect(alarms).toContain('JOURNAL_BEHIND');
  });

  it('takes a little, and never as guaranteed, while nobody can be asked', async () => {
    shop = await Shop.open({ lanes: ['lane-1'] });
    await shop.start('lane-1');
    await shop.stop('lane-1');
    shop.line.cut();
    const lane = await shop.startCold('lane-1');
    expect(lane.status().journal.anchored).toBe(false);
    expect(await lane.scan({ data: coupon(1) })).toMatchObject({ decision: 'accept', finality: 'provisional' });
    await shop.restore();
    await until(() => lane.status().journal.anchored, 'the anchor');
    expect(await lane.scan({ data: coupon(2) })).toMatchObject({ decision: 'accept', finality: 'guaranteed' });
  });
});

describe('a start that fails', () => {
  it('leaves nothing open: the next one with a right configuration goes through', async () => {
    shop = await Shop.open({ lanes: ['lane-1'] });
    const scanners = [{ transport: 'tcp-client', host: '127.0.0.1', port: 1, profile: 'no/such-profile' }];
    await expect(shop.startCold('lane-1', { scanners })).rejects.toMatchObject({ code: 'PROFILE_NOT_FOUND' });
    const taken = { listen: { host: '127.0.0.1', port: shop.line.port } };
    await expect(shop.startCold('lane-1', { hub: taken })).rejects.toMatchObject({ code: 'HUB_PORT_TAKEN' });
    const lane = await shop.start('lane-1');
    expect(await lane.scan({ data: coupon(1) })).toMatchObject({ decision: 'accept' });
  });
});
