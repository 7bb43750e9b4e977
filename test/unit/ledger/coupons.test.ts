import { describe, expect, it } from 'vitest';
import { commitmentOfCode } from '#ledger/coupons/consent';
import { itemStatus, keyCommitmentOf, readTerms, seriesIssuedCount } from '#ledger/coupons/read';
import type { Operation } from '#ledger/operation';
import { readRights } from '#ledger/rights/read';
import { readRight } from '#ledger/rights/right-book';
import { usualGrant } from '#ledger/rights/usual-grants';
import {
  allocate,
  baseTerms,
  basketOf,
  budget,
  capture,
  codeSeed,
  consentFor,
  gcn,
  issuer,
  lease,
  owned,
  release,
  reserve,
  startMs,
  storeA,
  storeB,
  World,
} from './world.ts';

const lane1 = `${storeA}/lane-1`;
const lane2 = `${storeA}/lane-2`;
const laneB = `${storeB}/lane-1`;
describe('series and items (SPEC C1, C2)', () => {
  it('C1: terms are immutable versions, one after the other, by one issuer', () => {
    const world = World.withSeries(3);
    const define = (version: number, more = {}): Operation => ({
      kind: 'series.define',
      gcn,
      terms: { ...baseTerms, version, value: { kind: 'fixed', amount: 50n }, ...more },
    });
    expect(world.do(issuer, define(1)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do(issuer, define(3)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, define(2, { consent: 1 })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, define(2, { unit: 'USD' })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('issuer-x', define(2)).reasons).toEqual(['NOT_AUTHORISED', 'ALREADY_EXISTS']);
    expect(world.do(issuer, define(2)).outcome).toBe('applied');
    expect(readTerms(world.state, gcn)?.value).toEqual({ kind: 'fixed', amount: 50n });
    expect(readTerms(world.state, gcn, 1)?.value).toEqual({ kind: 'fixed', amount: 100n });
    expect(readTerms(world.state, gcn, 3)).toBeNull();
  });

  it('C1: a GCN has its check digit, a first version is 1, a window does not end before it begins', () => {
    const world = World.open();
    const define = (of: string, more = {}): Operation => ({
      kind: 'series.define',
      gcn: of,
      terms: { ...baseTerms, ...more },
    });
    expect(world.do(issuer, define('4012345678902')).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, define(gcn, { version: 2 })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, define(gcn, { validUntilMs: 0 })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, define(gcn, { value: { kind: 'fixed', amount: 2n ** 64n } })).reasons).toEqual([
      'LIMIT_EXCEEDED',
    ]);
    expect(world.do(issuer, define(gcn)).outcome).toBe('applied');
  });

  it('C2: serials are dense, and key commitments are there exactly when the terms ask for consent', () => {
    const world = World.withSeries(1_500);
    const issue = (firstSerial: number, count: number, bytes = 0): Operation => ({
      kind: 'coupon.issue',
      gcn,
      firstSerial,
      count,
      keyCommitments: new Uint8Array(bytes),
    });
    expect(world.do(issuer, issue(1_499, 2)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do(issuer, issue(1_501, 2)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, issue(1_500, 2, 32)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, issue(1_500, 0)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('issuer-x', issue(1_500, 2)).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, issue(1_500, 2))).toEqual({ outcome: 'applied', reasons: [], value: 200n });
    expect(seriesIssuedCount(world.state, gcn)).toBe(1_502);
    expect(itemStatus(world.state, gcn, 1_501)).toBe('available');
    expect(itemStatus(world.state, gcn, 1_502)).toBeNull();
  });

  it('C2: key commitments of later issues follow the earlier ones across chunks', () => {
    const world = World.withSeries(1_020, { consent: 1 });
    const table = new Uint8Array(10 * 16);
    for (let n = 0; n < 10; n++) table.set(commitmentOfCode(gcn, 1_020 + n, codeSeed(1_020 + n)), n * 16);
    world.all(issuer, [{ kind: 'coupon.issue', gcn, firstSerial: 1_020, count: 10, keyCommitments: table }]);
    for (const serial of [0, 1_019, 1_020, 1_023, 1_024, 1_029]) {
      expect(keyCommitmentOf(world.state, gcn, serial)).toEqual(commitmentOfCode(gcn, serial, codeSeed(serial)));
    }
    expect(keyCommitmentOf(world.state, gcn, 1_030)).toBeNull();
  });
});

describe('reserve online (SPEC C3)', () => {
  it('takes an available item once', () => {
    const world = World.withSeries();
    expect(world.do(lane1, reserve(7))).toEqual({ outcome: 'applied', reasons: [], value: 100n });
    expect(world.do(laneB, reserve(7)).reasons).toEqual(['RESERVED_ELSEWHERE']);
    expect(world.do(lane1, capture(0))).toEqual({ outcome: 'applied', reasons: [], value: 100n });
    expect(world.do(laneB, reserve(7)).reasons).toEqual(['ALREADY_REDEEMED']);
    expect(itemStatus(world.state, gcn, 7)).toBe('redeemed');
  });

  it('names what does not exist', () => {
    const world = World.withSeries();
    expect(world.do(lane1, reserve(100)).reasons).toEqual(['NO_SUCH_ITEM']);
    expect(world.do(lane1, reserve(1, { gcn: '9999999999994' })).reasons).toEqual(['NO_SUCH_SERIES']);
    expect(world.do(lane1, reserve(1, { termsVersion: 2 })).reasons).toEqual(['BAD_OPERATION']);
    expect(
      world.do(lane1, reserve(1, { basis: { kind: 'owned', rightId: 'none', allocation: null } })).reasons,
    ).toEqual(['NO_SUCH_RIGHT']);
  });

  it('refuses surely out of its window only, and never trusts a time later than the block', () => {
    const world = World.withSeries(10, { validFromMs: startMs, validUntilMs: startMs + 1_000 });
    const at = (timeLowMs: number, timeHighMs: number) => ({ timeLowMs, timeHighMs });
    expect(world.do(lane1, reserve(1), at(startMs - 2, startMs - 1)).reasons).toEqual(['NOT_YET_VALID']);
    expect(world.do(lane1, reserve(1), at(startMs - 2, startMs)).outcome).toBe('applied');
    world.timeMs = startMs + 5_000;
    expect(world.do(lane1, reserve(2), at(startMs + 1_001, startMs + 2_000)).reasons).toEqual(['EXPIRED']);
    expect(world.do(lane1, reserve(2), at(startMs + 1_000, startMs + 2_000)).outcome).toBe('applied');
    world.timeMs = startMs - 1;
    expect(world.do(lane1, reserve(3), at(startMs + 500, startMs + 500)).reasons).toEqual(['NOT_YET_VALID']);
  });

  it('is taken only where the terms say', () => {
    const world = World.withSeries(10, { acceptedBy: { kind: 'merchants', accounts: [issuer] } });
    expect(world.do(laneB, reserve(1)).reasons).toEqual(['NOT_ACCEPTED_HERE']);
    expect(world.do(lane1, reserve(1)).outcome).toBe('applied');
  });

  it('after notAfter counts on the fallback budget, or is too late', () => {
    const world = World.withSeries();
    world.all(issuer, [budget(2)]);
    world.timeMs += 10_000;
    const late = { notAfterMs: world.timeMs - 1 };
    expect(world.do(lane1, reserve(1), late).reasons).toEqual(['TOO_LATE']);
    expect(world.do(lane1, reserve(1), { notAfterMs: world.timeMs }).outcome).toBe('applied');
    const fallback = { basis: { kind: 'online', fallbackRightId: 'budget-1' } } as const;
    expect(world.do(lane1, reserve(2, fallback), late).outcome).toBe('applied');
    expect(world.do(lane2, reserve(2, fallback), late)).toMatchObject({
      outcome: 'conflicted',
      reasons: ['RESERVED_ELSEWHERE'],
    });
    expect(world.do(lane2, reserve(2, fallback))).toMatchObject({
      outcome: 'refused',
      reasons: ['RESERVED_ELSEWHERE'],
    });
  });

  it('needs the consent of the item key, bound to this terminal and basket', () => {
    const world = World.withSeries(10, { consent: 1 });
    const take = (consent: ReturnType<typeof consentFor> | null) => world.do(lane1, reserve(3, { consent })).reasons;
    expect(take(null)).toEqual(['CONSENT_MISSING']);
    expect(take(consentFor(4, lane1))).toEqual(['CONSENT_INVALID']);
    expect(take(consentFor(3, lane2))).toEqual(['CONSENT_INVALID']);
    expect(take(consentFor(3, lane1, basketOf(2)))).toEqual(['CONSENT_INVALID']);
    expect(take(consentFor(3, lane1))).toEqual([]);
    expect(itemStatus(world.state, gcn, 3)).toBe('reserved');
  });

  it('keeps at most 256 reservations of a lane open', () => {
    const world = World.withSeries(300);
    world.all(
      lane1,
      Array.from({ length: 256 }, (_, serial) => reserve(serial, { basket: basketOf(serial >> 6) })),
    );
    expect(world.do(lane1, reserve(256, { basket: basketOf(9) })).reasons).toEqual(['TOO_MANY_OPEN']);
    expect(world.do(lane1, release(0)).outcome).toBe('applied');
    expect(world.do(lane1, reserve(256, { basket: basketOf(9) })).outcome).toBe('applied');
  });
});

describe('owned spends (SPEC C3, R1, R2)', () => {
  const leased = (): World => {
    const world = World.withSeries();
    world.all(issuer, [lease(10, 19)]);
    return world;
  };

  it('a lease locks its items at home, all or none', () => {
    const world = leased();
    expect(itemStatus(world.state, gcn, 10)).toBe('leased');
    expect(world.do(laneB, reserve(10)).reasons).toEqual(['LEASED_TO_OTHER']);
    expect(world.do(issuer, lease(15, 25, 'lease-2')).reasons).toEqual(['LEASED_TO_OTHER']);
    expect(itemStatus(world.state, gcn, 25)).toBe('available');
    world.do(laneB, reserve(30));
    expect(world.do(issuer, lease(29, 31, 'lease-2')).reasons).toEqual(['RESERVED_ELSEWHERE']);
    expect(itemStatus(world.state, gcn, 29)).toBe('available');
  });

  it("is spent with the hub's allocation to this lane for this unit, and never without", () => {
    const world = leased();
    const spend = (more: Parameters<typeof allocate>[1], signer?: string) =>
      world.do(lane2, reserve(10, owned(allocate(10, more, signer)))).reasons;
    expect(world.do(lane2, reserve(10, owned(null))).reasons).toEqual(['ALLOCATION_MISSING']);
    expect(spend({ lane: lane1 })).toEqual(['ALLOCATION_INVALID']);
    expect(spend({ unit: { kind: 'item', gcn, serial: 11 } })).toEqual(['ALLOCATION_INVALID']);
    expect(spend({ rightId: 'other' })).toEqual(['ALLOCATION_INVALID']);
    expect(spend({ hub: lane2 })).toEqual(['ALLOCATION_INVALID']);
    expect(spend({}, lane2)).toEqual(['ALLOCATION_INVALID']);
    expect(spend({ hubEpoch: 2 })).toEqual(['ALLOCATION_INVALID']);
    expect(spend({ hubEpoch: 0 })).toEqual(['HUB_FENCED']);
    expect(spend({})).toEqual([]);
    expect(world.do(lane2, capture(8)).outcome).toBe('applied');
    expect(readRight(world.state, storeA, 'lease-1')?.spentCount).toBe(1);
  });

  it("A4: needs no allocation from the hub's own lane; another hub only while no lease is open, and yesterday's is fenced", () => {
    const world = leased();
    const assign: Operation = { kind: 'hub.assign', store: storeA, lane: 'lane-2', hubEpoch: 2 };
    expect(world.do(lane1, reserve(11, owned(null))).outcome).toBe('applied');
    expect(world.do('admin', assign).reasons).toEqual(['LEASE_OPEN']);
    expect(world.do(lane1, { kind: 'right.release', rightId: 'lease-1', part: null }).outcome).toBe('applied');
    world.all('admin', [assign]);
    world.all(issuer, [{ ...lease(12, 19), rightId: 'lease-2' } as Operation]);
    const ownedAnew = (allocation: ReturnType<typeof allocate> | null) =>
      ({ basis: { kind: 'owned', rightId: 'lease-2', allocation } }) as const;
    expect(world.do(lane1, reserve(12, ownedAnew(null))).reasons).toEqual(['ALLOCATION_MISSING']);
    expect(world.do(lane2, reserve(12, ownedAnew(allocate(12, { rightId: 'lease-2' })))).reasons).toEqual([
      'HUB_FENCED',
    ]);
    expect(world.do(lane2, reserve(12, ownedAnew(null))).outcome).toBe('applied');
  });

  it('covers only its own serials, and serves only its own store', () => {
    const world = leased();
    expect(world.do(lane1, reserve(20, owned(null))).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(laneB, reserve(10, owned(null))).reasons).toEqual(['NO_SUCH_RIGHT']);
    world.do(lane1, reserve(10, owned(null)));
    expect(world.do(lane2, reserve(10, owned(allocate(10)))).reasons).toEqual(['RESERVED_ELSEWHERE']);
  });

  it("R2: the hub's record of an allocation is checked and moves nothing", () => {
    const world = leased();
    const record = (more = {}): Operation => ({ kind: 'right.allocate', allocation: allocate(10, more) });
    const before = world.state.shardRootOf(`c/${gcn}`);
    expect(world.do(lane1, record()).outcome).toBe('applied');
    expect(world.do(lane2, record()).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(lane1, record({ number: 30, unit: { kind: 'item', gcn, serial: 30 } })).reasons).toEqual([
      'RIGHT_DOES_NOT_COVER',
    ]);
    expect(world.do(lane1, record({ rightId: 'x' })).reasons).toEqual(['NO_SUCH_RIGHT']);
    expect(world.do(lane1, record({ hubEpoch: 0 })).reasons).toEqual(['HUB_FENCED']);
    expect(world.state.shardRootOf(`c/${gcn}`)).toEqual(before);
  });

  it('R3: release brings unspent items home and leaves baskets their reservations', () => {
    const world = leased();
    world.do(lane1, reserve(10, owned(null)));
    world.do(lane1, reserve(11, owned(null)));
    world.do(lane1, reserve(12, owned(null)));
    world.do(lane1, capture(0));
    expect(world.do(lane1, release(2)).outcome).toBe('applied');
    expect(itemStatus(world.state, gcn, 12)).toBe('leased');
    expect(readRights(world.state, storeA).map(({ id }) => id)).toEqual(['lease-1']);
    expect(world.do(lane2, { kind: 'right.release', rightId: 'lease-1', part: null }).reasons).toEqual([
      'NOT_AUTHORISED',
    ]);
    expect(world.do(lane1, { kind: 'right.release', rightId: 'lease-1', part: null }).outcome).toBe('applied');
    expect([10, 11, 12, 19].map((serial) => itemStatus(world.state, gcn, serial))).toEqual([
      'redeemed',
      'reserved',
      'available',
      'available',
    ]);
    expect(readRights(world.state, storeA)).toEqual([]);
    expect(world.do(lane1, reserve(13, owned(null))).reasons).toContain('RIGHT_CLOSED');
    expect(world.do(lane1, release(1)).outcome).toBe('applied');
    expect(itemStatus(world.state, gcn, 11)).toBe('available');
    expect(world.do(lane1, { kind: 'right.release', rightId: 'lease-1', part: null }).reasons).toEqual([
      'RIGHT_CLOSED',
    ]);
  });

  it('R1: a grant names a store that takes the coupon, a new id, ascending ranges of issued items, and the policy allows it', () => {
    const world = World.withSeries(100, { offline: { kind: 'owned-only' } });
    const ranges = (...pairs: [number, number][]): Operation => ({
      kind: 'right.grant',
      rightId: 'r',
      store: storeA,
      ...usualGrant,
      grant: { kind: 'lease', gcn, ranges: pairs.map(([first, last]) => ({ first, last })) },
    });
    expect(world.do(issuer, ranges([5, 4])).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, ranges([5, 9], [9, 12])).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(issuer, ranges([99, 100])).reasons).toEqual(['NO_SUCH_ITEM']);
    expect(world.do(issuer, budget(5)).reasons).toEqual(['OFFLINE_NOT_ALLOWED']);
    expect(world.do('issuer-x', ranges([1, 2])).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, lease(1, 2, 'r', '4012345000016')).reasons).toEqual(['NO_SUCH_STORE']);
    expect(world.do(issuer, ranges([1, 2], [4, 4])).outcome).toBe('applied');
    expect(world.do(issuer, ranges([10, 11])).reasons).toEqual(['ALREADY_EXISTS']);
    expect(itemStatus(world.state, gcn, 3)).toBe('available');
    const never = World.withSeries(10, {
      offline: { kind: 'never' },
      acceptedBy: { kind: 'merchants', accounts: [issuer] },
    });
    expect(never.do(issuer, lease(1, 2)).reasons).toEqual(['OFFLINE_NOT_ALLOWED']);
    expect(never.do(issuer, lease(1, 2, 'r', storeB)).reasons).toEqual(['NOT_ACCEPTED_HERE']);
  });
});
