import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Terminal } from '#agent/terminal';
import { readCustodyCounts } from '#ledger/trace/custody';
import { productsIn, readProduct } from '#ledger/trace/read';
import { gtin, lot, product, Shop, store, until } from '../../fixtures/shop.ts';
import { ssccOf } from '../../unit/ledger/world.ts';

let shop: Shop;
let lane: Terminal;
const drugLots = ['D1', 'D2', 'D3'] as const;
const drugCode = (lotAt: number, n: number): string => `8123456${700_000_000_000 + lotAt}${n}`;
const mode = (name: string) => lane.scan({ data: `BZC:MODE=${name}` });
const status = (serial: string) => {
  const found = readProduct(shop.region.state, { tradeItem: gtin, lot, serial });
  return typeof found === 'object' ? found : null;
};
const queueEmpty = () => until(() => lane.queue().length === 0, 'the facts to be on the ledger');
/** Waits until the till's own shards show what the region has. */
const caughtUp = () =>
  until(
    () => lane.status().shards.every(({ height }) => height !== null) && lane.queue().length === 0,
    'the shards to arrive',
  );

beforeAll(async () => {
  shop = await Shop.open({ lanes: ['lane-1'] });
  const fields = { kind: 'batch.commission', name: 'Pills', expiryMs: 4_000_000_000_000, markets: [] } as const;
  const drug = { ...fields, tradeItem: 'cn.drug.8123456', complete: true } as const;
  const own = { ...fields, tradeItem: 'own.brand.soap', lot: 'W1', serials: ['K7'], complete: true } as const;
  const open = { ...fields, tradeItem: gtin, lot: 'OPEN', serials: ['N1'], complete: false } as const;
  const dated = { ...fields, tradeItem: gtin, lot: 'DATED', serials: ['E1'], expiryMs: Date.UTC(2031, 5, 30, 23, 59) };
  shop.region.commit(
    shop.brand.seal(
      ...drugLots.map((name, at) => ({
        operation: { ...drug, lot: name, serials: [1, 2].map((n) => drugCode(at, n).slice(7)) },
      })),
      { operation: own },
      { operation: open },
      { operation: { ...dated, complete: true } },
    ),
  );
  lane = await shop.start('lane-1');
});
afterAll(() => shop.close());

describe('the warehouse without a keyboard', () => {
  it('receives, inspects, rejects, ships and takes back what it scans', async () => {
    await mode('RECEIVE');
    expect(await lane.scan({ data: product('S1') })).toMatchObject({ decision: 'accept', text: { en: 'Received' } });
    await queueEmpty();
    await mode('REJECT');
    expect(await lane.scan({ data: product('S1') })).toMatchObject({
      text: { en: 'Inspected: rejected', zh: '检验不合格' },
    });
    await queueEmpty();
    expect(status('S1')).toMatchObject({ inspection: 'failed', store });
    await expect
      .poll(async () => (await lane.verify({ data: product('S1') })).reasons, { timeout: 5_000 })
      .toEqual(['NOT_INSPECTED']);
    await mode('INSPECT');
    expect(await lane.scan({ data: product('S1') })).toMatchObject({ decision: 'accept', finality: 'provisional' });
    await mode('SHIP');
    expect(await lane.scan({ data: '(414)4098765000003' })).toMatchObject({
      text: { en: 'Shipping to 4098765000003' },
    });
    expect((await lane.scan({ data: product('S1') })).entry).toMatchObject({ stream: 1 });
    await queueEmpty();
    expect(status('S1')).toMatchObject({ inspection: 'passed', store: null });
    const counts = readCustodyCounts(shop.region.state, store, { tradeItem: gtin, lot });
    expect(counts).toMatchObject({ received: 1, shipped: 1 });
  });

  it('a product that came back may be sold again by the lane that took it back', async () => {
    await mode('SELL');
    expect(await lane.scan({ data: product('S2') })).toMatchObject({ reasons: ['NOT_RECEIVED'] });
    expect(await lane.scan({ data: product('S2') })).toMatchObject({ reasons: ['ALREADY_SOLD_HERE', 'NOT_RECEIVED'] });
    await queueEmpty();
    await mode('RETURN');
    await expect
      .poll(async () => (await lane.verify({ data: product('S2') })).reasons, { timeout: 5_000 })
      .toContain('ALREADY_SOLD_HERE');
    expect(await lane.scan({ data: product('S2') })).toMatchObject({ decision: 'accept', text: { en: 'Taken back' } });
    await queueEmpty();
    expect(status('S2')).toMatchObject({ status: 'returned', store });
    await mode('SELL');
    await expect
      .poll(async () => (await lane.verify({ data: product('S2') })).decision, { timeout: 5_000 })
      .toBe('accept');
    expect(await lane.scan({ data: product('S2') })).toMatchObject({
      decision: 'accept',
      text: { en: 'Genuine. Sold' },
    });
    await mode('RETURN');
    expect(await lane.scan({ data: product('S4') })).toMatchObject({ decision: 'warn', reasons: ['NOT_SOLD'] });
  });

  it('packs into the box that was scanned first, takes out the last, and moves the box as a whole', async () => {
    const [box, pallet] = [ssccOf(1), ssccOf(2)];
    await mode('PACK');
    expect(await lane.scan({ data: product('S3') })).toMatchObject({ text: { en: 'Scan the box first' }, entry: null });
    expect(await lane.scan({ data: `(00)${box}` })).toMatchObject({ text: { en: 'Box open' }, entry: null });
    for (const serial of ['S3', 'S4', 'S5']) {
      expect((await lane.scan({ data: product(serial) })).entry, serial).not.toBeNull();
    }
    expect(await lane.scan({ data: 'BZC:UNDO' })).toMatchObject({ text: { en: 'Taken out' } });
    expect(await lane.scan({ data: 'BZC:CONFIRM' })).toMatchObject({ text: { en: 'Box closed' } });
    await lane.scan({ data: `(00)${pallet}` });
    await queueEmpty();
    await expect.poll(() => productsIn(shop.region.state, box)?.map(({ serial }) => serial)).toEqual(['S3', 'S4']);
    await until(() => lane.status().shards.some(({ shard }) => shard.startsWith('b/00/')), 'the units to arrive');
    await expect.poll(async () => (await lane.scan({ data: `(00)${box}` })).entry, { timeout: 5_000 }).not.toBeNull();
    await lane.scan({ data: 'BZC:CONFIRM' });
    await queueEmpty();
    expect(productsIn(shop.region.state, pallet)).toHaveLength(2);
    await mode('RECEIVE');
    await expect
      .poll(async () => (await lane.scan({ data: `(00)${pallet}` })).decision, { timeout: 5_000 })
      .toBe('accept');
    await queueEmpty();
    expect(status('S3')).toMatchObject({ store, packedIn: box });
    await mode('SELL');
    await expect
      .poll(async () => (await lane.verify({ data: product('S3') })).reasons, { timeout: 5_000 })
      .toEqual(['STILL_PACKED']);
    expect(await lane.scan({ data: `(00)${pallet}` })).toMatchObject({ decision: 'warn', entry: null });
  });

  it('records nothing of a unit that it does not know', async () => {
    await mode('RECEIVE');
    const before = lane.status().journal.nextSequence;
    expect(await lane.scan({ data: `(00)${ssccOf(99)}` })).toMatchObject({ decision: 'warn', entry: null });
    expect(lane.status().journal.nextSequence).toEqual(before);
  });
});

describe('codes that say less, or otherwise, than the maker', () => {
  it('a drug code of 20 digits is found in its lot, though it names none', async () => {
    await mode('RECEIVE');
    await caughtUp();
    const known = await lane.scan({ data: drugCode(1, 2) });
    expect(known).toMatchObject({ decision: 'accept', title: 'Pills', kind: 'drug-code' });
    await queueEmpty();
    const inLot = { tradeItem: 'cn.drug.8123456', lot: 'D2', serial: drugCode(1, 2).slice(7) };
    expect(readProduct(shop.region.state, inLot)).toMatchObject({ status: 'received' });
    expect(await lane.scan({ data: drugCode(7, 1) })).toMatchObject({ decision: 'warn', reasons: ['NO_SUCH_BATCH'] });
  });

  it('a code of our own names a product without a GTIN', async () => {
    await mode('RECEIVE');
    expect(await lane.scan({ data: 'BZT:BRAND.SOAP/K7' })).toMatchObject({ decision: 'accept', title: 'Pills' });
  });

  it('not listed yet is no fake, a wrong lot or date on the pack is one', async () => {
    const verdict = async (data: string) => {
      const { identity, decision, reasons } = await lane.verify({ data });
      return [identity, decision, ...reasons.filter((reason) => reason !== 'NOT_RECEIVED')];
    };
    expect(await verdict(`(01)${gtin}(10)OPEN(21)N2`)).toEqual(['unverifiable', 'warn', 'NOT_COMMISSIONED']);
    expect(await verdict(`(01)${gtin}(10)${lot}(21)N1`)).toEqual(['no-match', 'refuse', 'LOT_MISMATCH']);
    expect(await verdict(`(01)${gtin}(10)${lot}(21)N7`)).toEqual(['no-match', 'refuse', 'NO_SUCH_SERIAL']);
    expect(await verdict(`(01)${gtin}(10)DATED(17)310630(21)E1`)).toEqual(['match', 'warn']);
    expect(await verdict(`(01)${gtin}(10)DATED(17)310600(21)E1`)).toEqual(['match', 'warn']);
    expect(await verdict(`(01)${gtin}(10)DATED(17)320630(21)E1`)).toEqual(['no-match', 'refuse', 'EXPIRY_MISMATCH']);
  });
});
