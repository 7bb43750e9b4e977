import { describe, expect, it } from 'vitest';
import { authorOf } from '#ledger/authority';
import { itemStatus } from '#ledger/coupons/read';
import { authorKey, streamHead } from '#ledger/journal/stream-head';
import type { Operation } from '#ledger/operation';
import { readHub } from '#ledger/rights/read';
import { capture, gcn, gtin, issuer, lot, publicOf, reserve, storeA, storeB, World } from './world.ts';

const register = (id: string): Operation => ({
  kind: 'account.register',
  id,
  role: 2,
  publicKey: publicOf(id),
  name: id,
});
const enroll = (lane: string, epoch: number, key = `${storeA}/${lane}`): Operation => ({
  kind: 'terminal.enroll',
  store: storeA,
  lane,
  publicKey: publicOf(key),
  epoch,
});

describe('accounts (SPEC A1 to A4)', () => {
  it('A1: an account is registered once, and never under a terminal name', () => {
    const world = World.open();
    expect(world.do('admin', register('m2')).outcome).toBe('applied');
    expect(world.do('admin', register('m2')).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('admin', register('m2/lane')).reasons).toEqual(['BAD_OPERATION']);
    expect(authorKey(world.state, 'm2')).toEqual({ publicKey: publicOf('m2'), epoch: 0 });
  });

  it('A1: nobody but the admin lets anyone in', () => {
    const world = World.open();
    for (const author of [issuer, 'brand', 'merchant-c', `${storeA}/lane-1`]) {
      expect(world.do(author, register('m2'))).toMatchObject({ outcome: 'refused', reasons: ['NOT_AUTHORISED'] });
    }
    expect(authorKey(world.state, 'm2')).toBeNull();
  });

  it('A2: a store opens once, for a merchant or issuer that exists', () => {
    const world = World.open();
    const open = (store: string, merchant: string): Operation => ({ kind: 'store.open', store, merchant, name: 's' });
    expect(world.do('admin', open(storeA, issuer)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('admin', open('4012345000016', 'nobody')).reasons).toEqual(['UNKNOWN_ACCOUNT']);
    expect(world.do('admin', open('4012345000016', 'brand')).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('admin', open('4012345000016', 'merchant-d')).outcome).toBe('applied');
  });

  it('A3: an epoch only rises, and the old key no longer speaks', () => {
    const world = World.open();
    expect(world.do('admin', enroll('lane-1', 0)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('admin', enroll('lane-1', 3, `${storeA}/lane-1#3`)).outcome).toBe('applied');
    expect(authorKey(world.state, `${storeA}/lane-1`)?.epoch).toBe(3);
    const old = world.segment(`${storeA}/lane-1`, [reserve(0)]);
    expect(world.commit([old]).skipped).toEqual([{ index: 0, reason: 'STALE_EPOCH' }]);
  });

  it('A3: what the old epoch had reserved goes back to what it was', () => {
    const world = World.withSeries();
    const lane = `${storeA}/lane-2`;
    world.do(lane, reserve(5));
    expect(itemStatus(world.state, gcn, 5)).toBe('reserved');
    world.all('admin', [enroll('lane-2', 1, `${lane}#1`)]);
    expect(itemStatus(world.state, gcn, 5)).toBe('available');
    world.setEpoch(lane, 1);
    expect(world.do(lane, capture(0)).reasons).toEqual(['NOT_RESERVED']);
  });

  it('A4: the hub is an enrolled lane, and its epoch only rises', () => {
    const world = World.open();
    const assign = (lane: string, hubEpoch: number, store = storeA): Operation => ({
      kind: 'hub.assign',
      store,
      lane,
      hubEpoch,
    });
    expect(world.do('admin', assign('lane-9', 2)).reasons).toEqual(['UNKNOWN_ACCOUNT']);
    expect(world.do('admin', assign('lane-2', 1)).reasons).toEqual(['HUB_FENCED']);
    expect(world.do('admin', assign('lane-2', 2)).outcome).toBe('applied');
    expect(world.do('admin', assign('lane-2', 9, '4012345000016')).reasons).toEqual(['NO_SUCH_STORE']);
    expect(readHub(world.state, storeA)).toEqual({ terminal: `${storeA}/lane-2`, hubEpoch: 2 });
  });

  it('every operation is refused from every role that the table does not name', () => {
    const world = World.withSeries();
    const samples: Operation[] = [
      register('m2'),
      { kind: 'store.open', store: storeB, merchant: issuer, name: 's' },
      enroll('lane-1', 9),
      { kind: 'hub.assign', store: storeA, lane: 'lane-1', hubEpoch: 9 },
      { kind: 'coupon.issue', gcn, firstSerial: 100, count: 1, keyCommitments: new Uint8Array(0) },
      reserve(1),
      capture(0),
      { kind: 'coupon.release', reservations: [0] },
      { kind: 'right.grant', rightId: 'x', store: storeA, gcn, grant: { kind: 'budget', countMax: 1, valueMax: 1n } },
      { kind: 'right.release', rightId: 'x' },
      { kind: 'batch.commission', gtin, lot, name: 'n', expiryMs: 0, serials: ['1'] },
      { kind: 'trace.sell', gtin, lot, serial: '1', basket: new Uint8Array(16) },
      { kind: 'batch.recall', gtin, lot, reason: 'r' },
    ];
    const authors = {
      admin: 'admin',
      issuer,
      brand: 'brand',
      merchant: 'merchant-c',
      hub: `${storeA}/lane-1`,
      terminal: `${storeA}/lane-2`,
    };
    const allowed = {
      admin: ['admin'],
      issuer: ['issuer'],
      brand: ['brand'],
      terminal: ['terminal', 'hub'],
      hub: ['hub'],
    };
    let refusals = 0;
    for (const operation of samples) {
      for (const [role, author] of Object.entries(authors)) {
        if ((allowed[authorOf[operation.kind]] as string[]).includes(role)) continue;
        expect(world.do(author, operation), `${role} ${operation.kind}`).toEqual({
          outcome: 'refused',
          reasons: ['NOT_AUTHORISED'],
          value: 0n,
        });
        refusals++;
      }
    }
    expect(refusals).toBe(61);
    expect(streamHead(world.state, 'merchant-c', 0, 0)?.nextSequence).toBe(12);
  });
});
