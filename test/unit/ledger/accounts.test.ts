import { describe, expect, it } from 'vitest';
import { authorsOf } from '#ledger/authority';
import { itemStatus } from '#ledger/coupons/read';
import { authorKey } from '#ledger/journal/author-key';
import { streamHead } from '#ledger/journal/stream-head';
import type { Operation } from '#ledger/operation';
import { readHub } from '#ledger/rights/read';
import { budgetOf, usualGrant } from '#ledger/rights/usual-grants';
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

const hash = new Uint8Array(32);
const span = { firstSequence: 0, lastSequence: 0, previousHash: hash, headHash: hash, signature: new Uint8Array(64) };
const gapOf = (store: string, lane: string): Operation => ({
  kind: 'journal.gap',
  store,
  lane,
  stream: 0,
  gap: { fromSequence: 0, throughSequence: 0, headHash: hash, lostUnits: [] },
  signature: new Uint8Array(64),
});
const salvageOf = (author: string): Operation => ({
  kind: 'journal.salvage',
  author,
  epoch: 0,
  stream: 0,
  fromSequence: 0,
  previousHash: hash,
  segments: [{ throughSequence: 0, headHash: hash }],
});

describe('accounts (SPEC A1 to A4)', () => {
  it('A1: an account is registered once, and never under a terminal name', () => {
    const world = World.open();
    expect(world.do('admin', register('m2')).outcome).toBe('applied');
    expect(world.do('admin', register('m2')).reasons).toEqual(['ALREADY_EXISTS']);
    for (const id of ['m2/lane', `@${'0'.repeat(32)}`])
      expect(world.do('admin', register(id)).reasons).toEqual(['BAD_OPERATION']);
    expect(authorKey(world.state, 'm2')).toEqual({
      publicKey: publicOf('m2'),
      epoch: 0,
      standing: 'good',
    });
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
    const open = (store: string, merchant: string): Operation => ({
      kind: 'store.open',
      store,
      merchant,
      name: 's',
      market: 'DE',
    });
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
      { kind: 'store.open', store: storeB, merchant: issuer, name: 's', market: 'DE' },
      enroll('lane-1', 9),
      { kind: 'hub.assign', store: storeA, lane: 'lane-1', hubEpoch: 9 },
      { kind: 'coupon.issue', gcn, firstSerial: 100, count: 1, keyCommitments: new Uint8Array(0) },
      {
        kind: 'account.govern',
        account: 'x',
        governors: [],
        threshold: 0,
        itemsPerDayMax: 1,
        version: 1,
        approvals: [],
      },
      { kind: 'account.rekey', account: 'x', publicKey: publicOf('x'), approvals: [] },
      { kind: 'account.revoke', account: 'x', approvals: [] },
      { kind: 'terminal.revoke', store: storeB, lane: 'lane-9' },
      { kind: 'mint.allow', account: 'x', day: 1, extra: 1, approvals: [] },
      { kind: 'holder.register', holder: `@${'0'.repeat(32)}`, publicKey: null },
      { kind: 'holder.rebind', holder: `@${'0'.repeat(32)}`, publicKey: null },
      { kind: 'holder.keep' },
      gapOf(storeA, 'lane-2'),
      { kind: 'journal.accuse', terminal: `${storeA}/lane-2`, epoch: 0, stream: 0, one: span, other: span },
      salvageOf(`${storeA}/lane-2`),
      reserve(1),
      capture(0),
      { kind: 'basket.release', reservations: [0] },
      { kind: 'right.grant', rightId: 'x', store: storeA, ...usualGrant, grant: budgetOf(gcn, 1, 1n) },
      { kind: 'right.release', rightId: 'x', part: null },
      { kind: 'right.renew', store: storeA, rightId: 'x', closeoutAfterMs: 86_400_000 },
      { kind: 'right.recall', store: storeA, rightId: 'x', deadlineMs: 0, ranges: [] },
      { kind: 'right.closeout', store: storeA, rightId: 'x' },
      { kind: 'right.sublease', rightId: 'x', subId: 'y', lane: 'lane-2', part: { kind: 'uses', count: 1 } },
      {
        kind: 'batch.commission',
        tradeItem: gtin,
        lot,
        name: 'n',
        expiryMs: 0,
        markets: [],
        serials: ['1'],
        complete: true,
      },
      { kind: 'batch.append', tradeItem: gtin, lot, serials: ['2'], complete: true },
      { kind: 'trace.receive', target: { kind: 'product', tradeItem: gtin, lot, serial: '1' } },
      { kind: 'trace.ship', target: { kind: 'unit', sscc: '340123450000000016' }, to: null },
      { kind: 'trace.inspect', tradeItem: gtin, lot, serial: '1', passed: true },
      { kind: 'trace.return', tradeItem: gtin, lot, serial: '1' },
      { kind: 'trace.destroy', tradeItem: gtin, lot, serial: '1' },
      { kind: 'trace.aggregate', sscc: '340123450000000016', products: [], units: [] },
      { kind: 'trace.disaggregate', sscc: '340123450000000016', products: [], units: [] },
      { kind: 'trace.sell', tradeItem: gtin, lot, serial: '1', basket: new Uint8Array(16) },
      { kind: 'batch.recall', tradeItem: gtin, lot, reason: 'r', serials: [] },
    ];
    const authors = {
      admin: 'admin',
      issuer,
      brand: 'brand',
      merchant: 'merchant-c',
      hub: `${storeA}/lane-1`,
      terminal: `${storeA}/lane-2`,
    };
    const refusals = new Map<string, number>();
    for (const operation of samples) {
      for (const [role, author] of Object.entries(authors)) {
        const roles = role === 'hub' ? ['hub', 'terminal'] : [role];
        if (roles.some((one) => (authorsOf[operation.kind] as readonly string[]).includes(one))) continue;
        expect(world.do(author, operation), `${role} ${operation.kind}`).toEqual({
          outcome: 'refused',
          reasons: ['NOT_AUTHORISED'],
          value: 0n,
        });
        refusals.set(author, (refusals.get(author) ?? 0) + 1);
      }
    }
    // A refusal is an entry like any other: its stream goes on.
    const merchantRefusals = refusals.get('merchant-c') ?? 0;
    expect(merchantRefusals).toBeGreaterThan(12);
    const traced = streamHead(world.state, 'merchant-c', 0, 1)?.nextSequence ?? 0;
    expect((streamHead(world.state, 'merchant-c', 0, 0)?.nextSequence ?? 0) + traced).toBe(merchantRefusals);
  });
});
