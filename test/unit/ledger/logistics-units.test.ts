import { describe, expect, it } from 'vitest';
import type { OperationOf } from '#ledger/effect';
import type { Operation } from '#ledger/operation';
import { readCustodyCounts } from '#ledger/trace/custody';
import { productsIn, readCustody, readProduct } from '#ledger/trace/read';
import { basketOf, day, gtin, issuer, lot, publicOf, ssccOf, startMs, storeA, storeB, World } from './world.ts';

const lane1 = `${storeA}/lane-1`;
const laneB = `${storeB}/lane-1`;
const batch = { tradeItem: gtin, lot };
const serials = Array.from({ length: 40 }, (_, n) => `S${String(n).padStart(2, '0')}`);
const clean = { outcome: 'applied', reasons: [], value: 0n };

const [box, box2, pallet, deep1, deep2] = [1, 2, 3, 4, 5].map(ssccOf) as [string, string, string, string, string];
const pack = (
  sscc: string,
  some: readonly string[],
  units: readonly string[] = [],
): OperationOf<'trace.aggregate'> => ({
  kind: 'trace.aggregate',
  sscc,
  products: some.length === 0 ? [] : [{ ...batch, serials: [...some] }],
  units: [...units],
});
const unpack = (sscc: string, some: readonly string[] = [], units: readonly string[] = []): Operation => ({
  ...pack(sscc, some, units),
  kind: 'trace.disaggregate',
});
const receive = (sscc: string): Operation => ({ kind: 'trace.receive', target: { kind: 'unit', sscc } });
const ship = (sscc: string): Operation => ({ kind: 'trace.ship', target: { kind: 'unit', sscc }, to: storeB });
const sell = (serial: string): Operation => ({ kind: 'trace.sell', ...batch, serial, basket: basketOf(1) });

function withBatch(): World {
  const world = World.open();
  const fields = { ...batch, name: 'Tea', expiryMs: startMs + day, markets: [], serials, complete: true };
  world.all('brand', [{ kind: 'batch.commission', ...fields }]);
  return world;
}
const inUnit = (world: World, sscc: string) => productsIn(world.state, sscc)?.map(({ serial }) => serial);
const packedIn = (world: World, serial: string) => {
  const product = readProduct(world.state, { ...batch, serial });
  return typeof product === 'object' ? product?.packedIn : undefined;
};

describe('logistics units (SPEC T4, T5, T10, T11)', () => {
  it('T10: what is packed is in one unit, the one it was put into last', () => {
    const world = withBatch();
    expect(world.do('brand', pack(box, ['S00', 'S01']))).toEqual(clean);
    expect(world.do('brand', pack(box, ['S01', 'S02']))).toEqual(clean);
    expect(world.do('brand', pack(box2, ['S02', 'S03']))).toMatchObject({
      outcome: 'applied',
      reasons: ['STILL_PACKED'],
    });
    expect(inUnit(world, box)).toEqual(['S00', 'S01']);
    expect(inUnit(world, box2)).toEqual(['S02', 'S03']);
    expect(packedIn(world, 'S02')).toBe(box2);
    expect(packedIn(world, 'S09')).toBeNull();
  });

  it('T10: what is out of order, without check digit, empty, unknown or not its own is refused', () => {
    const world = withBatch();
    world.all('admin', [
      { kind: 'account.register', id: 'brand-2', role: 1, publicKey: publicOf('brand-2'), name: 'x' },
    ]);
    expect(world.do('brand', pack(box, [])).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', pack(box, ['S01', 'S00'])).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', pack(`${box.slice(0, 17)}${(Number(box[17]) + 1) % 10}`, ['S00'])).reasons).toEqual([
      'BAD_OPERATION',
    ]);
    expect(world.do('brand', pack(box, [], [box2])).reasons).toEqual(['NO_SUCH_BATCH']);
    expect(world.do('brand-2', pack(box, ['S00'])).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, pack(box, ['S00'])).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(lane1, receive(box)).reasons).toEqual(['NO_SUCH_BATCH']);
    expect(world.do(lane1, unpack(box)).reasons).toEqual(['NO_SUCH_BATCH']);
    expect(inUnit(world, box)).toBeUndefined();
  });

  it('T10: sold and unlisted products stay out, the others are packed', () => {
    const world = withBatch();
    world.do(lane1, sell('S00'));
    const packed = world.do(lane1, pack(box, ['S00', 'S01', 'X']));
    expect(packed.outcome).toBe('conflicted');
    expect(packed.reasons).toEqual(['NO_SUCH_SERIAL', 'ALREADY_SOLD_HERE', 'NOT_RECEIVED']);
    expect(inUnit(world, box)).toEqual(['S01']);
    expect(readCustodyCounts(world.state, storeA, batch)).toMatchObject({ conflicted: 2 });
  });

  it('T10: four levels and no more, and no unit in itself', () => {
    const world = withBatch();
    world.all('brand', [
      pack(box, ['S00']),
      pack(pallet, [], [box]),
      pack(deep1, ['S01'], [pallet]),
      pack(deep2, [], [deep1]),
    ]);
    expect(world.do('brand', pack(box2, [], [deep2])).reasons).toEqual(['LIMIT_EXCEEDED']);
    expect(world.do('brand', pack(box, [], [deep2])).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', pack(box, [], [box])).reasons).toEqual(['BAD_OPERATION']);
    world.do('brand', pack(box2, ['S02']));
    expect(world.do('brand', pack(box, [], [box2])).reasons).toEqual(['LIMIT_EXCEEDED']);
    expect(inUnit(world, deep2)?.sort()).toEqual(['S00', 'S01']);
  });

  it('T10: a unit holds at most 1,024 products, and a tree of units 2,048', () => {
    const world = World.open();
    const many = Array.from({ length: 3_000 }, (_, n) => `M${String(n).padStart(4, '0')}`);
    const fields = { ...batch, name: 'Tea', expiryMs: startMs + day, markets: [], serials: many, complete: true };
    world.all('brand', [{ kind: 'batch.commission', ...fields }]);
    world.all('brand', [pack(box, many.slice(0, 1_024))]);
    expect(world.do('brand', pack(box, [many[1_024] as string])).reasons).toEqual(['LIMIT_EXCEEDED']);
    expect(packedIn(world, many[1_024] as string)).toBeNull();
    world.all('brand', [pack(box2, many.slice(1_024, 2_048)), pack(deep1, many.slice(2_048, 2_100))]);
    world.all('brand', [pack(pallet, [], [box, box2])]);
    expect(world.do('brand', pack(pallet, [], [deep1])).reasons).toEqual(['LIMIT_EXCEEDED']);
    expect(world.do(lane1, receive(pallet))).toEqual(clean);
    expect(readCustodyCounts(world.state, storeA, batch)).toMatchObject({ received: 2_048 });
  });

  it('T4, T5: a unit moves with everything in it and stays packed; twice is one arrival', () => {
    const world = withBatch();
    world.all('brand', [pack(box, ['S00', 'S01']), pack(pallet, ['S02'], [box])]);
    expect(world.do(lane1, receive(pallet))).toEqual(clean);
    expect(world.do(lane1, receive(pallet))).toEqual(clean);
    expect(readCustodyCounts(world.state, storeA, batch)).toMatchObject({ received: 3 });
    expect(inUnit(world, pallet)?.sort()).toEqual(['S00', 'S01', 'S02']);
    expect(world.do(lane1, ship(box)).reasons).toEqual(['STILL_PACKED']);
    expect(inUnit(world, pallet)).toEqual(['S02']);
    expect(world.do(laneB, receive(box))).toEqual(clean);
    expect(readCustody(world.state, storeB, { ...batch, serial: 'S01' })).toMatchObject({ isHere: true });
    expect(readCustody(world.state, storeA, { ...batch, serial: 'S01' })).toMatchObject({ isHere: false });
    expect(readCustody(world.state, storeA, { ...batch, serial: 'S02' })).toMatchObject({ isHere: true });
    expect(world.do(laneB, receive(pallet)).reasons).toEqual(['NOT_IN_CUSTODY']);
  });

  it('T14: a product that is sold out of its box is flagged, and is in it no more', () => {
    const world = withBatch();
    world.all('brand', [pack(box, ['S00', 'S01'])]);
    world.do(lane1, receive(box));
    expect(world.do(lane1, sell('S00')).reasons).toEqual(['STILL_PACKED']);
    expect(inUnit(world, box)).toEqual(['S01']);
    expect(world.do(lane1, sell('S01')).reasons).toEqual(['STILL_PACKED']);
    expect(world.do(laneB, receive(box))).toEqual(clean);
  });

  it('T11: what is taken out is out, all of it where nothing is named', () => {
    const world = withBatch();
    world.all('brand', [pack(box, ['S00', 'S01']), pack(pallet, ['S02', 'S03'], [box]), pack(box2, ['S04'])]);
    expect(world.do(lane1, unpack(pallet, ['S02', 'S09']))).toEqual(clean);
    expect(world.do(lane1, unpack(pallet, ['S04'])).reasons).toEqual(['STILL_PACKED']);
    expect(world.do(lane1, unpack(pallet, ['X']))).toMatchObject({
      outcome: 'conflicted',
      reasons: ['NO_SUCH_SERIAL'],
    });
    expect(inUnit(world, pallet)?.sort()).toEqual(['S00', 'S01', 'S03']);
    expect(world.do(lane1, unpack(pallet))).toEqual(clean);
    expect(inUnit(world, pallet)).toEqual([]);
    expect(inUnit(world, box)).toEqual(['S00', 'S01']);
    expect(inUnit(world, box2)).toEqual(['S04']);
    expect(packedIn(world, 'S03')).toBeNull();
  });
});
