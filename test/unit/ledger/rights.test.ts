import { describe, expect, it } from 'vitest';
import { itemStatus } from '#ledger/coupons/read';
import type { Operation } from '#ledger/operation';
import { readHub, readRights } from '#ledger/rights/read';
import type { Part } from '#ledger/rights/right';
import { readRight } from '#ledger/rights/right-book';
import { leaseOf } from '#ledger/rights/usual-grants';
import {
  allocate,
  basketOf,
  budget,
  capture,
  day,
  gcn,
  giveBack,
  grant,
  issuer,
  lease,
  owned,
  publicOf,
  release,
  reserve,
  storeA,
  storeB,
  World,
} from './world.ts';

const lane1 = `${storeA}/lane-1`;
const lane2 = `${storeA}/lane-2`;
const laneB = `${storeB}/lane-1`;
const renew = (closeoutAfterMs = 30 * day, rightId = 'lease-1'): Operation => ({
  kind: 'right.renew',
  store: storeA,
  rightId,
  closeoutAfterMs,
});
const recall = (ranges: readonly { first: number; last: number }[] = [], rightId = 'lease-1'): Operation => ({
  kind: 'right.recall',
  store: storeA,
  rightId,
  deadlineMs: 0,
  ranges,
});
const closeout = (rightId = 'lease-1', store = storeA): Operation => ({ kind: 'right.closeout', store, rightId });
const sublease = (part: Part, lane = 'lane-2', subId = 'sub-1', rightId = 'lease-1'): Operation => ({
  kind: 'right.sublease',
  rightId,
  subId,
  lane,
  part,
});
const items = (first: number, last: number): Part => ({ kind: 'items', ranges: [{ first, last }] });
const onSub = { basis: { kind: 'owned', rightId: 'sub-1', allocation: null } } as const;
const statusOf = (world: World, ...serials: number[]) => serials.map((serial) => itemStatus(world.state, gcn, serial));

/** Items 10 to 19 leased to store A under a late rule. */
function leased(lateRule = 0): World {
  const world = World.withSeries();
  world.all(issuer, [grant(leaseOf(gcn, 10, 19), { rightId: 'lease-1', lateRule })]);
  return world;
}

describe('closeout (SPEC R6)', () => {
  it('R6: is refused before grant + D, and then sends home what is unspent', () => {
    const world = leased();
    world.all(lane1, [reserve(10, owned(null)), reserve(11, owned(null))]);
    world.do(lane1, capture(0));
    world.timeMs += 30 * day - 1;
    expect(world.do(issuer, closeout()).reasons).toEqual(['NOT_YET_VALID']);
    world.timeMs += 1;
    expect(world.do('issuer-x', closeout()).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, closeout('none')).reasons).toEqual(['NO_SUCH_RIGHT']);
    expect(world.do(issuer, closeout()).outcome).toBe('applied');
    expect(statusOf(world, 10, 11, 12, 19)).toEqual(['redeemed', 'reserved', 'available', 'available']);
    expect(readRights(world.state, storeA)).toEqual([]);
    expect(world.do(issuer, closeout()).reasons).toEqual(['RIGHT_CLOSED']);
    // What a basket held before the closeout was promised in time.
    expect(world.do(lane1, capture(1)).outcome).toBe('applied');
  });

  it('R6: a released reservation of a right that was closed out goes home', () => {
    const world = leased();
    world.all(lane1, [reserve(11, owned(null))]);
    world.timeMs += 30 * day;
    world.all(issuer, [closeout()]);
    expect(world.do(lane1, release(0)).outcome).toBe('applied');
    expect(statusOf(world, 11)).toEqual(['available']);
  });

  it('R4: a renewal puts the closeout off, and never brings it forward', () => {
    const world = leased();
    expect(world.do(issuer, renew(day)).outcome).toBe('applied');
    expect(readRight(world.state, storeA, 'lease-1')?.closeoutFromMs).toBe(world.timeMs + 30 * day);
    world.timeMs += 20 * day;
    expect(world.do(issuer, renew(day - 1)).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('issuer-x', renew()).reasons).toEqual(['NOT_AUTHORISED']);
    world.all(issuer, [renew()]);
    world.timeMs += 29 * day;
    expect(world.do(issuer, closeout()).reasons).toEqual(['NOT_YET_VALID']);
    world.timeMs += day;
    expect(world.do(issuer, closeout()).outcome).toBe('applied');
    expect(world.do(issuer, renew()).reasons).toEqual(['RIGHT_CLOSED']);
  });
});

describe('late spends (SPEC R9)', () => {
  function closedOut(lateRule: number): World {
    const world = leased(lateRule);
    world.timeMs += 30 * day;
    world.all(issuer, [closeout()]);
    return world;
  }

  it('R9: under late rule 0 a spend that is ordered after the closeout is refused', () => {
    const world = closedOut(0);
    for (const [author, allocation] of [
      [lane1, null],
      [lane2, allocate(12)],
    ] as const) {
      expect(world.do(author, reserve(12, owned(allocation)))).toMatchObject({
        outcome: 'refused',
        reasons: ['RIGHT_CLOSED', 'CLOSED_OUT'],
      });
    }
    expect(statusOf(world, 12)).toEqual(['available']);
  });

  it('R9: under late rule 1 it counts if the unit is still there, and is a conflict if it is gone', () => {
    const world = closedOut(1);
    world.do(laneB, reserve(13));
    world.do(laneB, capture(0));
    expect(world.do(lane2, reserve(12, owned(allocate(12))))).toMatchObject({
      outcome: 'applied',
      reasons: ['CLOSED_OUT'],
    });
    expect(world.do(lane2, reserve(13, owned(allocate(13))))).toMatchObject({
      outcome: 'conflicted',
      reasons: ['ALREADY_REDEEMED', 'CLOSED_OUT'],
    });
    expect(readRight(world.state, storeA, 'lease-1')).toMatchObject({ conflictedCount: 1, conflictedValue: 100n });
    expect(world.do(lane2, capture(0, 1)).outcome).toBe('conflicted');
    expect(statusOf(world, 12, 13)).toEqual(['redeemed', 'redeemed']);
    // Its number was used up by the late spend too.
    expect(world.do(lane2, reserve(14, owned(allocate(14, { number: 13 })))).reasons).toEqual(['ALLOCATION_INVALID']);
  });

  it('R9: it still needs the word of the hub that was fenced, and a unit that the right owned', () => {
    const world = closedOut(1);
    expect(world.do(lane2, reserve(12, owned(null))).reasons).toEqual(['ALLOCATION_MISSING']);
    expect(world.do(lane2, reserve(12, owned(allocate(12, {}, lane2)))).reasons).toEqual(['ALLOCATION_INVALID']);
    expect(world.do(lane1, reserve(30, owned(null))).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
  });
});

describe('another hub (SPEC A4, R6)', () => {
  const assign: Operation = { kind: 'hub.assign', store: storeA, lane: 'lane-2', hubEpoch: 2 };

  it('A4: comes after the closeout of what the old one owns, and has no word about it', () => {
    const world = leased(1);
    world.all(issuer, [budget(1)]);
    expect(world.do('admin', assign).reasons).toEqual(['LEASE_OPEN']);
    world.timeMs += 30 * day;
    world.all(issuer, [closeout()]);
    expect(world.do('admin', assign).outcome).toBe('applied');
    expect(readHub(world.state, storeA)).toEqual({ terminal: lane2, hubEpoch: 2 });
    // The new hub cannot spend what the old one may have promised; the old one's late words still count.
    expect(world.do(lane2, reserve(12, owned(null))).reasons).toEqual(['ALLOCATION_MISSING']);
    const byNewHub = allocate(12, { hub: lane2, hubEpoch: 2, lane: lane1 }, lane2);
    expect(world.do(lane1, reserve(12, owned(byNewHub))).reasons).toEqual(['ALLOCATION_INVALID']);
    expect(world.do(lane2, reserve(12, owned(allocate(12))))).toMatchObject({
      outcome: 'applied',
      reasons: ['CLOSED_OUT'],
    });
    expect(world.do(lane1, reserve(13, owned(null)))).toMatchObject({ outcome: 'applied', reasons: ['CLOSED_OUT'] });
  });

  it('A4: does not wait for sub-leases, which go on without any hub', () => {
    const world = leased();
    world.all(lane1, [sublease(items(10, 12)), giveBack('lease-1')]);
    expect(world.do('admin', assign).outcome).toBe('applied');
    expect(world.do(lane2, reserve(10, onSub)).outcome).toBe('applied');
  });
});

describe('sub-leases (SPEC R7)', () => {
  it('R7: a unit of a lane is refused through the hub, and a unit of the hub as the lane’s', () => {
    const world = leased();
    world.all(lane1, [sublease(items(12, 13))]);
    expect(world.do(lane2, reserve(12, owned(allocate(12)))).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(lane1, reserve(12, owned(null))).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(lane2, reserve(14, onSub)).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    const word = allocate(13, { rightId: 'sub-1' });
    const through = { basis: { kind: 'owned', rightId: 'sub-1', allocation: word } } as const;
    expect(world.do(lane2, reserve(13, through)).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(lane1, reserve(13, onSub)).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(lane1, { kind: 'right.allocate', allocation: word }).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(lane2, reserve(12, onSub)).outcome).toBe('applied');
    expect(world.do(lane2, reserve(14, owned(allocate(14)))).outcome).toBe('applied');
  });

  it('R7: takes unspent units of an open right of the hub, for a lane that there is, under a new name', () => {
    const world = leased();
    world.do(lane1, reserve(10, owned(null)));
    const reasons = (operation: Operation, author = lane1) => world.do(author, operation).reasons;
    expect(reasons(sublease(items(10, 11)))).toEqual(['RESERVED_ELSEWHERE']);
    expect(reasons(sublease(items(19, 20)))).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(reasons(sublease(items(12, 11)))).toEqual(['BAD_OPERATION']);
    expect(reasons(sublease({ kind: 'uses', count: 1 }))).toEqual(['BAD_OPERATION']);
    expect(reasons(sublease(items(12, 13), 'lane-9'))).toEqual(['UNKNOWN_ACCOUNT']);
    expect(reasons(sublease(items(12, 13), 'lane-2', 'lease-1'))).toEqual(['ALREADY_EXISTS']);
    expect(reasons(sublease(items(12, 13), 'lane-2', 's', 'none'))).toEqual(['NO_SUCH_RIGHT']);
    expect(reasons(sublease(items(12, 13)), lane2)).toEqual(['NOT_AUTHORISED']);
    expect(reasons(sublease(items(12, 13)))).toEqual([]);
    expect(reasons(sublease(items(12, 12), 'lane-1', 'sub-2', 'sub-1'))).toEqual(['RIGHT_DOES_NOT_COVER']);
    world.all(issuer, [recall()]);
    expect(reasons(sublease(items(14, 15), 'lane-2', 'sub-3'))).toEqual(['RIGHT_CLOSED']);
  });

  it('R3: given back it is part of its right again, with what was spent and what baskets hold', () => {
    const world = leased();
    world.all(lane1, [sublease(items(12, 15))]);
    world.all(lane2, [reserve(12, onSub), reserve(13, onSub), capture(0)]);
    expect(world.do(lane1, giveBack('sub-1')).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(lane2, giveBack('sub-1')).outcome).toBe('applied');
    expect(readRight(world.state, storeA, 'lease-1')).toMatchObject({
      grant: leaseOf(gcn, 10, 19),
      spentCount: 1,
      spentValue: 100n,
    });
    expect(world.do(lane2, reserve(14, onSub)).reasons).toContain('RIGHT_CLOSED');
    // The open basket of the lane is now the hub's right's.
    expect(world.do(lane2, release(1)).outcome).toBe('applied');
    expect(statusOf(world, 12, 13, 14)).toEqual(['redeemed', 'leased', 'leased']);
    expect(world.do(lane2, reserve(13, owned(allocate(13)))).outcome).toBe('applied');
  });

  it('R3: a part of it goes back, and all of it goes home where its right is closed', () => {
    const world = leased();
    world.all(lane1, [sublease(items(12, 15))]);
    expect(world.do(lane2, giveBack('sub-1', items(14, 14))).outcome).toBe('applied');
    expect(readRight(world.state, storeA, 'sub-1')?.grant).toMatchObject({
      ranges: [
        { first: 12, last: 13 },
        { first: 15, last: 15 },
      ],
    });
    expect(world.do(lane1, reserve(14, owned(null))).outcome).toBe('applied');
    world.all(lane1, [giveBack('lease-1')]);
    expect(world.do(lane2, giveBack('sub-1')).outcome).toBe('applied');
    expect(statusOf(world, 11, 12, 13, 14, 15)).toEqual([
      'available',
      'available',
      'available',
      'reserved',
      'available',
    ]);
    expect(readRights(world.state, storeA)).toEqual([]);
  });
});

describe('recall (SPEC R5, R3)', () => {
  it('R5: does not invalidate a promise already made, and the hub gives back what it has not promised', () => {
    const world = leased();
    const promised = allocate(12);
    expect(world.do('issuer-x', recall()).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, recall([{ first: 19, last: 20 }])).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(issuer, recall([{ first: 12, last: 14 }])).outcome).toBe('applied');
    expect(readRight(world.state, storeA, 'lease-1')?.recall).toEqual({
      deadlineMs: 0,
      ranges: [{ first: 12, last: 14 }],
    });
    expect(world.do(lane1, giveBack('lease-1', items(13, 14))).outcome).toBe('applied');
    expect(statusOf(world, 12, 13, 14, 15)).toEqual(['leased', 'available', 'available', 'leased']);
    expect(world.do(laneB, reserve(13)).outcome).toBe('applied');
    expect(world.do(lane2, reserve(12, owned(promised))).outcome).toBe('applied');
    expect(world.do(lane2, reserve(13, owned(allocate(13)))).reasons).toContain('RIGHT_DOES_NOT_COVER');
    expect(world.do(lane1, giveBack('lease-1', items(12, 12))).reasons).toEqual(['RESERVED_ELSEWHERE']);
    world.all(issuer, [renew()]);
    expect(readRight(world.state, storeA, 'lease-1')?.recall).toBeNull();
  });

  it('R3: a part that would leave over 256 ranges is refused', () => {
    const world = World.withSeries(1_000);
    world.all(issuer, [lease(0, 999)]);
    const ranges = Array.from({ length: 256 }, (_, n) => ({ first: 1 + n * 2, last: 1 + n * 2 }));
    expect(world.do(lane1, giveBack('lease-1', { kind: 'items', ranges })).reasons).toEqual(['LIMIT_EXCEEDED']);
    const fewer = { kind: 'items', ranges: ranges.slice(0, 255) } as const;
    expect(world.do(lane1, giveBack('lease-1', fewer)).outcome).toBe('applied');
    expect(statusOf(world, 0, 1, 2)).toEqual(['leased', 'available', 'leased']);
  });
});

describe('allocations (SPEC R2, R8)', () => {
  it('R8: an allocation is good once, and its number for no other unit', () => {
    const world = leased();
    expect(world.do(lane2, reserve(10, owned(allocate(10, { number: 5 })))).outcome).toBe('applied');
    expect(world.do(lane2, reserve(11, owned(allocate(11, { number: 5 })))).reasons).toEqual(['ALLOCATION_INVALID']);
    world.do(lane2, release(0));
    expect(world.do(lane2, reserve(10, owned(allocate(10, { number: 5 })))).reasons).toEqual(['ALLOCATION_INVALID']);
    expect(world.do(lane2, reserve(10, owned(allocate(10, { number: 6 })))).outcome).toBe('applied');
  });

  it('R2: the hub records each number once, in any order and before or after the spend', () => {
    const world = leased();
    const record = (serial: number, number: number) =>
      world.do(lane1, { kind: 'right.allocate', allocation: allocate(serial, { number }) }).reasons;
    expect(world.do(lane2, reserve(11, owned(allocate(11, { number: 1_030 })))).outcome).toBe('applied');
    expect(record(11, 1_030)).toEqual([]);
    expect(record(10, 3)).toEqual([]);
    expect(record(12, 3)).toEqual(['ALLOCATION_INVALID']);
    expect(world.do(lane2, reserve(10, owned(allocate(10, { number: 3 })))).outcome).toBe('applied');
    world.all(lane1, [giveBack('lease-1')]);
    expect(record(13, 4)).toEqual(['RIGHT_CLOSED']);
  });

  it('R8: what a frozen hub allocated is refused', () => {
    const world = leased();
    const promised = allocate(12);
    const fork = world.copy();
    world.do(lane1, reserve(40));
    // The hub tells another story at the same place.
    expect(world.commit([fork.segment(lane1, [reserve(41)])]).skipped).toEqual([{ index: 0, reason: 'FORK' }]);
    expect(world.do(lane2, reserve(12, owned(promised))).reasons).toEqual(['FROZEN']);
    expect(statusOf(world, 12)).toEqual(['leased']);
  });
});

describe('settlement (SPEC R11)', () => {
  it('R11: a spend settles once, however often its segment comes', () => {
    const world = leased();
    const spend = world.segment(lane2, [reserve(10, owned(allocate(10)))]);
    const close = world.segment(lane2, [capture(0)]);
    world.commit([spend, close]);
    expect(world.commit([spend, close, close]).receipts).toEqual([]);
    expect(world.do(lane2, capture(0)).reasons).toEqual(['NOT_RESERVED']);
    expect(readRight(world.state, storeA, 'lease-1')).toMatchObject({ spentCount: 1, spentValue: 100n });
  });

  it('R11: what an older epoch of the lane reserved cannot be captured by the new one', () => {
    const world = leased();
    world.do(lane2, reserve(10, owned(allocate(10))));
    world.all('admin', [
      { kind: 'terminal.enroll', store: storeA, lane: 'lane-2', publicKey: publicOf(`${lane2}#1`), epoch: 1 },
    ]);
    world.setEpoch(lane2, 1);
    expect(world.do(lane2, capture(0)).reasons).toEqual(['NOT_RESERVED']);
    expect(statusOf(world, 10)).toEqual(['leased']);
  });

  it('R1: a right owns what nobody else has, and its name is never used again', () => {
    const world = leased();
    world.all(lane1, [giveBack('lease-1')]);
    expect(world.do(issuer, lease(10, 19)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do(issuer, grant(leaseOf(gcn, 1, 2), { closeoutAfterMs: day - 1 })).reasons).toEqual([
      'BAD_OPERATION',
    ]);
    expect(world.do(issuer, grant({ kind: 'uses', gcn, count: 1 })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do('merchant-c', lease(20, 21, 'x')).reasons).toEqual(['NOT_AUTHORISED']);
    world.do(laneB, reserve(20, { basket: basketOf(2) }));
    expect(world.do(issuer, lease(20, 21, 'x')).reasons).toEqual(['RESERVED_ELSEWHERE']);
  });
});
