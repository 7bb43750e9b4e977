import { describe, expect, it } from 'vitest';
import type { OperationOf } from '#ledger/effect';
import type { Operation } from '#ledger/operation';
import { readCustodyCounts } from '#ledger/trace/custody';
import { readCustody, readProduct } from '#ledger/trace/read';
import { basketOf, day, gtin, issuer, lot, publicOf, startMs, storeA, storeB, World } from './world.ts';

const lane1 = `${storeA}/lane-1`;
const laneB = `${storeB}/lane-1`;
const serials = Array.from({ length: 2_500 }, (_, n) => `S${String(n * 3).padStart(5, '0')}`);
const batch = { tradeItem: gtin, lot };
const product = (serial: string) => ({ ...batch, serial });
const commission = (more: Partial<OperationOf<'batch.commission'>> = {}): Operation => ({
  kind: 'batch.commission',
  ...batch,
  name: 'Tea',
  expiryMs: startMs + day,
  markets: [],
  serials,
  complete: true,
  ...more,
});
const append = (more: readonly string[], complete = false): Operation => ({
  kind: 'batch.append',
  ...batch,
  serials: more,
  complete,
});
const receive = (serial: string): Operation => ({
  kind: 'trace.receive',
  target: { kind: 'product', ...product(serial) },
});
const ship = (serial: string, to: string | null = null): Operation => ({
  kind: 'trace.ship',
  target: { kind: 'product', ...product(serial) },
  to,
});
const sell = (serial: string, ofLot = lot): Operation => ({
  kind: 'trace.sell',
  ...product(serial),
  lot: ofLot,
  basket: basketOf(1),
});
const takeBack = (serial: string): Operation => ({ kind: 'trace.return', ...product(serial) });
const inspect = (serial: string, passed: boolean): Operation => ({ kind: 'trace.inspect', ...product(serial), passed });
const destroy = (serial: string): Operation => ({ kind: 'trace.destroy', ...product(serial) });
const recall = (...some: string[]): Operation => ({ kind: 'batch.recall', ...batch, reason: 'glass', serials: some });
const clean = { outcome: 'applied', reasons: [], value: 0n };

function withBatch(): World {
  const world = World.open();
  world.all('brand', [commission()]);
  return world;
}

const seen = (world: World, serial: string) => readProduct(world.state, product(serial));

describe('batches (SPEC T1, T2)', () => {
  it('T1: a lot is commissioned once, with sorted unique serials and a right GTIN', () => {
    const world = World.open();
    expect(world.do('brand', commission({ serials: ['b', 'a'] })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', commission({ serials: ['a', 'a'] })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', commission({ markets: ['FR', 'DE'] })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', commission({ tradeItem: '04012345678902' })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, commission()).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('brand', commission()).outcome).toBe('applied');
    expect(world.do('brand', commission()).reasons).toEqual(['ALREADY_EXISTS']);
  });

  it('T1: drug codes and own names are trade items, and a name belongs to its brand', () => {
    const world = World.open();
    const drug = { tradeItem: 'cn.drug.8123456', lot, serial: '7000000000001' };
    expect(world.do('brand', commission({ tradeItem: drug.tradeItem, serials: [drug.serial] })).outcome).toBe(
      'applied',
    );
    expect(readProduct(world.state, drug)).toMatchObject({ status: 'commissioned' });
    expect(world.do('brand', commission({ tradeItem: 'own.brand.tea' })).outcome).toBe('applied');
    for (const tradeItem of ['own.other.tea', 'own.brand', 'own.brandy.tea']) {
      expect(world.do('brand', commission({ tradeItem })).reasons, tradeItem).toEqual(['BAD_OPERATION']);
    }
  });

  it('T1: every listed serial is found, and no other', () => {
    const world = withBatch();
    for (const serial of serials) expect(seen(world, serial)).toMatchObject({ status: 'commissioned' });
    for (const serial of ['S00001', 'A', 'S99999', 'S07498']) expect(seen(world, serial)).toBe('no-such-serial');
    expect(readProduct(world.state, { ...product('S00000'), lot: 'other' })).toBeNull();
  });

  it('T2: an open batch grows by its brand alone, in order, until it is complete', () => {
    const world = World.open();
    expect(world.do('brand', append(['a'])).reasons).toEqual(['NO_SUCH_BATCH']);
    world.all('brand', [commission({ serials: serials.slice(0, 1_500), complete: false })]);
    expect(world.do('brand', append(serials.slice(1_499, 1_502))).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', append([])).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, append(['z'])).reasons).toEqual(['NOT_AUTHORISED']);
    expect(seen(world, serials[1_500] as string)).toBe('not-commissioned');
    world.do(lane1, receive(serials[1_400] as string));
    world.all('brand', [append(serials.slice(1_500, 1_501)), append(serials.slice(1_501))]);
    expect(seen(world, serials[1_400] as string)).toMatchObject({ status: 'received' });
    expect(seen(world, 'S00001')).toBe('not-commissioned');
    expect(world.do('brand', append([], true)).outcome).toBe('applied');
    expect(world.do('brand', append(['z'])).reasons).toEqual(['ALREADY_EXISTS']);
    for (const serial of serials) expect(seen(world, serial)).toMatchObject({ batch: { serialCount: 2_500 } });
    expect(seen(world, 'S00001')).toBe('no-such-serial');
  });

  it('T1, T2: a brand creates no more serials in a day than it may', () => {
    const world = World.open();
    const limits = { account: 'brand', governors: [], threshold: 0, itemsPerDayMax: 4, version: 1, approvals: [] };
    world.all('admin', [{ kind: 'account.govern', ...limits }]);
    expect(world.do('brand', commission({ serials: ['a', 'b', 'c', 'd', 'e'] })).reasons).toEqual(['MINT_LIMIT']);
    world.all('brand', [commission({ serials: ['a', 'b', 'c'], complete: false })]);
    expect(world.do('brand', append(['d', 'e'])).reasons).toEqual(['MINT_LIMIT']);
    world.all('brand', [append(['d']), append([], true)]);
  });

  it('T2, T12: a brand touches nothing of another', () => {
    const world = World.open();
    world.all('admin', [
      { kind: 'account.register', id: 'brand-2', role: 1, publicKey: publicOf('brand-2'), name: 'two' },
    ]);
    world.all('brand', [commission({ complete: false })]);
    for (const operation of [append(['z']), recall(), destroy('S00003')]) {
      expect(world.do('brand-2', operation).reasons, operation.kind).toEqual(['NOT_AUTHORISED']);
    }
  });
});

describe('products on their way (SPEC T3 to T9)', () => {
  it('T4, T6: received and sold once is clean', () => {
    const world = withBatch();
    expect(world.do(lane1, receive('S00003'))).toEqual(clean);
    expect(world.do(lane1, receive('S00003')).outcome).toBe('applied');
    expect(seen(world, 'S00003')).toMatchObject({ status: 'received', store: storeA, sales: 0 });
    expect(readCustody(world.state, storeA, product('S00003'))).toMatchObject({ isHere: true, receivedHere: true });
    expect(world.do(lane1, sell('S00003'))).toEqual(clean);
    expect(seen(world, 'S00003')).toMatchObject({ status: 'sold', sales: 1 });
    expect(readCustodyCounts(world.state, storeA, batch)).toMatchObject({ received: 1, sold: 1, conflicted: 0 });
    const atA = { receivedHere: true, soldHere: true, shippedFromHere: false, isHere: false };
    expect(readCustody(world.state, storeA, product('S00003'))).toEqual(atA);
    expect(readCustody(world.state, storeB, product('S00003'))).toMatchObject({ receivedHere: false, soldHere: false });
  });

  it('T6: a second sale is recorded as a conflict and tells here from elsewhere', () => {
    const world = withBatch();
    expect(world.do(lane1, sell('S00006'))).toMatchObject({ outcome: 'applied', reasons: ['NOT_RECEIVED'] });
    const again = { outcome: 'conflicted', reasons: ['ALREADY_SOLD_HERE', 'NOT_RECEIVED'] };
    expect(world.do(lane1, sell('S00006'))).toMatchObject(again);
    const elsewhere = { outcome: 'conflicted', reasons: ['ALREADY_SOLD_ELSEWHERE', 'NOT_RECEIVED'] };
    expect(world.do(laneB, sell('S00006'))).toMatchObject(elsewhere);
    expect(world.do(laneB, receive('S00006'))).toMatchObject({ outcome: 'applied', reasons: ['ALREADY_SOLD_HERE'] });
    expect(seen(world, 'S00006')).toMatchObject({ status: 'sold-again', sales: 3, store: storeA });
  });

  it('T6: sales are counted up to 15', () => {
    const world = withBatch();
    for (let n = 0; n < 17; n++) world.do(lane1, sell('S00006'));
    expect(seen(world, 'S00006')).toMatchObject({ sales: 15 });
  });

  it('T3: a serial outside the batch is a conflict, an unknown batch is refused', () => {
    const world = withBatch();
    for (const fact of [
      sell('S00001'),
      receive('S00001'),
      ship('S00001'),
      takeBack('S00001'),
      inspect('S00001', true),
    ]) {
      expect(world.do(lane1, fact)).toMatchObject({ outcome: 'conflicted', reasons: ['NO_SUCH_SERIAL'] });
    }
    expect(world.do(lane1, sell('S00001', 'nolot'))).toMatchObject({ outcome: 'refused', reasons: ['NO_SUCH_BATCH'] });
    expect(readCustodyCounts(world.state, storeA, batch)).toMatchObject({ received: 0, sold: 0, conflicted: 5 });
    const open = World.open();
    open.all('brand', [commission({ complete: false })]);
    expect(open.do(lane1, sell('S00001'))).toMatchObject({ outcome: 'conflicted', reasons: ['NOT_COMMISSIONED'] });
  });

  it('T4, T5: a product is with one store: shipped and received, or found where it should not be', () => {
    const world = withBatch();
    const isHere = (store: string) => readCustody(world.state, store, product('S00003'))?.isHere;
    world.do(lane1, receive('S00003'));
    expect(world.do(lane1, ship('S00003', storeB))).toEqual(clean);
    expect(seen(world, 'S00003')).toMatchObject({ store: null });
    expect(readCustody(world.state, storeA, product('S00003'))).toMatchObject({ shippedFromHere: true, isHere: false });
    expect(world.do(lane1, sell('S00003', 'nolot')).reasons).toEqual(['NO_SUCH_BATCH']);
    expect(world.do(lane1, ship('S00003')).reasons).toEqual(['NOT_IN_CUSTODY']);
    expect(world.do(laneB, receive('S00003'))).toEqual(clean);
    expect([isHere(storeA), isHere(storeB)]).toEqual([false, true]);
    expect(world.do(lane1, receive('S00003')).reasons).toEqual(['NOT_IN_CUSTODY']);
    expect([isHere(storeA), isHere(storeB)]).toEqual([true, false]);
    expect(world.do(laneB, sell('S00003')).reasons).toEqual(['NOT_IN_CUSTODY']);
    expect(readCustodyCounts(world.state, storeA, batch)).toMatchObject({ received: 2, shipped: 1 });
  });

  it('T7: a return takes back one sale, at any store, and the product may be sold again', () => {
    const world = withBatch();
    expect(world.do(lane1, takeBack('S00003'))).toMatchObject({ outcome: 'conflicted', reasons: ['NOT_SOLD'] });
    world.do(lane1, sell('S00003'));
    expect(world.do(laneB, takeBack('S00003'))).toEqual(clean);
    expect(seen(world, 'S00003')).toMatchObject({ status: 'returned', store: storeB });
    expect(world.do(laneB, sell('S00003'))).toEqual(clean);
    expect(seen(world, 'S00003')).toMatchObject({ status: 'sold', sales: 2 });
    expect(world.do(lane1, sell('S00003')).reasons).toEqual(['ALREADY_SOLD_ELSEWHERE']);
    expect(readCustodyCounts(world.state, storeB, batch)).toMatchObject({ sold: 1, returned: 1 });
  });

  it('T8: what failed its last inspection is flagged when it is sold', () => {
    const world = withBatch();
    world.do(lane1, receive('S00003'));
    expect(world.do(lane1, inspect('S00003', false))).toEqual(clean);
    expect(seen(world, 'S00003')).toMatchObject({ inspection: 'failed' });
    expect(world.do(lane1, ship('S00003')).reasons).toEqual(['NOT_INSPECTED']);
    world.do(lane1, inspect('S00003', true));
    expect(seen(world, 'S00003')).toMatchObject({ inspection: 'passed' });
    world.do(lane1, receive('S00003'));
    expect(world.do(lane1, sell('S00003'))).toEqual(clean);
  });

  it('T9: what was destroyed is out of trade for good, by a store or by its own brand', () => {
    const world = withBatch();
    world.do(lane1, receive('S00003'));
    expect(world.do(lane1, destroy('S00003'))).toEqual(clean);
    expect(world.do(lane1, destroy('S00003')).reasons).toEqual(['NOT_IN_CUSTODY', 'INACTIVE']);
    expect(seen(world, 'S00003')).toMatchObject({ status: 'destroyed', store: null });
    expect(world.do(lane1, receive('S00003'))).toMatchObject({ outcome: 'applied', reasons: ['INACTIVE'] });
    expect(seen(world, 'S00003')).toMatchObject({ store: null });
    expect(world.do('brand', destroy('S00006'))).toEqual(clean);
    expect(world.do(laneB, sell('S00006')).reasons).toEqual(['NOT_RECEIVED', 'INACTIVE']);
    expect(readCustodyCounts(world.state, storeA, batch)).toMatchObject({ destroyed: 1 });
  });
});

describe('recall and expiry (SPEC T12, T14)', () => {
  it('T12: a recall flags what happens after it and refuses no physical fact', () => {
    const world = withBatch();
    world.do(lane1, receive('S00009'));
    expect(world.do(issuer, recall()).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('brand', recall()).outcome).toBe('applied');
    expect(world.do('brand', recall()).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do(lane1, sell('S00009'))).toEqual({ outcome: 'applied', reasons: ['RECALLED'], value: 0n });
    expect(world.do(lane1, takeBack('S00009'))).toEqual(clean);
    expect(world.do('brand', { ...recall(), lot: 'x' } as Operation).reasons).toEqual(['NO_SUCH_BATCH']);
  });

  it('T12: single serials are recalled, and later perhaps the whole batch', () => {
    const world = withBatch();
    for (const serial of ['S00009', 'S00012']) world.do(lane1, receive(serial));
    expect(world.do('brand', recall('S00001')).reasons).toEqual(['NO_SUCH_SERIAL']);
    expect(world.do('brand', recall('S00012', 'S00009')).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', recall('S00009')).outcome).toBe('applied');
    expect(seen(world, 'S00009')).toMatchObject({ isRecalled: true });
    expect(seen(world, 'S00012')).toMatchObject({ isRecalled: false, batch: { recall: { whole: false } } });
    expect(world.do(lane1, sell('S00009')).reasons).toEqual(['RECALLED']);
    expect(world.do(lane1, sell('S00012')).reasons).toEqual([]);
    expect(world.do('brand', recall()).outcome).toBe('applied');
    expect(seen(world, 'S00012')).toMatchObject({ isRecalled: true });
  });

  it('T14: goods that are meant for other markets are flagged where they arrive and where they are sold', () => {
    const world = World.open();
    world.all('brand', [
      commission({ markets: ['CN', 'FR'] }),
      { ...commission({ markets: ['DE'] }), lot: 'L8' } as Operation,
    ]);
    expect(world.do(lane1, receive('S00003')).reasons).toEqual(['WRONG_MARKET']);
    expect(world.do(lane1, sell('S00003')).reasons).toEqual(['WRONG_MARKET']);
    expect(world.do(lane1, sell('S00003', 'L8')).reasons).toEqual(['NOT_RECEIVED']);
  });

  it('T14: only what is surely expired is flagged so', () => {
    const world = withBatch();
    world.timeMs = startMs + 2 * day;
    const around = { timeLowMs: startMs + day, timeHighMs: startMs + day + 1 };
    expect(world.do(lane1, receive('S00012'), around).reasons).toEqual([]);
    expect(world.do(lane1, sell('S00012'), { timeLowMs: startMs + day + 1 }).reasons).toEqual(['PRODUCT_EXPIRED']);
  });
});
