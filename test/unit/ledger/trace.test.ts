import { describe, expect, it } from 'vitest';
import type { Operation } from '#ledger/operation';
import { readCustodyCounts } from '#ledger/trace/custody';
import { readCustody, readProduct } from '#ledger/trace/read';
import { basketOf, day, gtin, issuer, lot, startMs, storeA, storeB, World } from './world.ts';

const lane1 = `${storeA}/lane-1`;
const laneB = `${storeB}/lane-1`;
const serials = Array.from({ length: 2_500 }, (_, n) => `S${String(n * 3).padStart(5, '0')}`);
const commission = (more: Partial<Extract<Operation, { kind: 'batch.commission' }>> = {}): Operation => ({
  kind: 'batch.commission',
  gtin,
  lot,
  name: 'Tea',
  expiryMs: startMs + day,
  serials,
  ...more,
});
const receive = (serial: string): Operation => ({ kind: 'trace.receive', gtin, lot, serial });
const sell = (serial: string, ofLot = lot): Operation => ({
  kind: 'trace.sell',
  gtin,
  lot: ofLot,
  serial,
  basket: basketOf(1),
});
const recall: Operation = { kind: 'batch.recall', gtin, lot, reason: 'glass' };

function withBatch(): World {
  const world = World.open();
  world.all('brand', [commission()]);
  return world;
}

describe('trace (SPEC T1 to T4)', () => {
  it('T1: a lot is commissioned once, with sorted unique serials and a right GTIN', () => {
    const world = World.open();
    expect(world.do('brand', commission({ serials: ['b', 'a'] })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', commission({ serials: ['a', 'a'] })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('brand', commission({ gtin: '04012345678902' })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, commission()).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('brand', commission()).outcome).toBe('applied');
    expect(world.do('brand', commission()).reasons).toEqual(['ALREADY_EXISTS']);
  });

  it('T1: every listed serial is found, and no other', () => {
    const world = withBatch();
    for (const serial of serials)
      expect(readProduct(world.state, gtin, lot, serial)).toMatchObject({ status: 'commissioned' });
    for (const serial of ['S00001', 'A', 'S99999', 'S07498']) {
      expect(readProduct(world.state, gtin, lot, serial)).toBe('no-such-serial');
    }
    expect(readProduct(world.state, gtin, 'other', 'S00000')).toBeNull();
  });

  it('T2, T3: received and sold once is clean', () => {
    const world = withBatch();
    expect(world.do(lane1, receive('S00003'))).toEqual({ outcome: 'applied', reasons: [], value: 0n });
    expect(world.do(lane1, receive('S00003')).outcome).toBe('applied');
    expect(readProduct(world.state, gtin, lot, 'S00003')).toMatchObject({ status: 'received' });
    expect(world.do(lane1, sell('S00003'))).toEqual({ outcome: 'applied', reasons: [], value: 0n });
    expect(readProduct(world.state, gtin, lot, 'S00003')).toMatchObject({ status: 'sold' });
    expect(readCustodyCounts(world.state, storeA, { gtin, lot })).toEqual({ received: 1, sold: 1, conflicted: 0 });
    expect(readCustody(world.state, storeA, { gtin, lot, serial: 'S00003' })).toEqual({
      receivedHere: true,
      soldHere: true,
    });
    expect(readCustody(world.state, storeB, { gtin, lot, serial: 'S00003' })).toEqual({
      receivedHere: false,
      soldHere: false,
    });
  });

  it('T3: a second sale is recorded as a conflict and tells here from elsewhere', () => {
    const world = withBatch();
    world.do(lane1, sell('S00006'));
    expect(world.do(lane1, sell('S00006'))).toMatchObject({
      outcome: 'conflicted',
      reasons: ['ALREADY_SOLD_HERE', 'NOT_RECEIVED'],
    });
    expect(world.do(laneB, sell('S00006'))).toMatchObject({
      outcome: 'conflicted',
      reasons: ['ALREADY_SOLD_ELSEWHERE', 'NOT_RECEIVED'],
    });
    expect(world.do(laneB, receive('S00006'))).toMatchObject({ outcome: 'applied', reasons: ['ALREADY_SOLD_HERE'] });
    expect(readProduct(world.state, gtin, lot, 'S00006')).toMatchObject({ status: 'sold-again' });
  });

  it('T2, T3: a serial outside the batch is recorded as a conflict, an unknown batch is refused', () => {
    const world = withBatch();
    expect(world.do(lane1, sell('S00001'))).toMatchObject({ outcome: 'conflicted', reasons: ['NO_SUCH_SERIAL'] });
    expect(world.do(lane1, receive('S00001'))).toMatchObject({ outcome: 'conflicted', reasons: ['NO_SUCH_SERIAL'] });
    expect(world.do(lane1, sell('S00001', 'nolot'))).toMatchObject({ outcome: 'refused', reasons: ['NO_SUCH_BATCH'] });
    expect(readCustodyCounts(world.state, storeA, { gtin, lot })).toEqual({ received: 0, sold: 0, conflicted: 2 });
  });

  it('T4: a recall flags what happens after it and refuses no physical fact', () => {
    const world = withBatch();
    world.do(lane1, receive('S00009'));
    expect(world.do(issuer, recall).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('brand', recall).outcome).toBe('applied');
    expect(world.do('brand', recall).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do(lane1, sell('S00009'))).toEqual({ outcome: 'applied', reasons: ['RECALLED'], value: 0n });
    expect(world.do('brand', { ...recall, lot: 'x' } as Operation).reasons).toEqual(['NO_SUCH_BATCH']);
  });

  it('T3: only what is surely expired is flagged so', () => {
    const world = withBatch();
    world.timeMs = startMs + 2 * day;
    const around = { timeLowMs: startMs + day, timeHighMs: startMs + day + 1 };
    expect(world.do(lane1, receive('S00012'), around).reasons).toEqual([]);
    expect(world.do(lane1, sell('S00012'), { timeLowMs: startMs + day + 1 }).reasons).toEqual(['PRODUCT_EXPIRED']);
  });
});
