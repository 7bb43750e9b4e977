import { describe, expect, it } from 'vitest';
import { lockedOf, readBalance, spendable } from '#ledger/assets/balance';
import { readUses } from '#ledger/coupons/series-uses';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import { readRight } from '#ledger/rights/right-book';
import { escrowDebit } from '#ledger/rights/right-home';
import { checkAssets } from './all-balances.ts';
import { ann, bob, consentTo, openAssets } from './asset-world.ts';
import { captureHeld, type Hold, hold, returnHeld } from './right-spends.ts';
import {
  allocate,
  baseTerms,
  budget,
  capture,
  day,
  gcn,
  giveBack,
  grant,
  issuer,
  onBudget,
  release,
  reserve,
  storeA,
  storeB,
  World,
} from './world.ts';

const lane1 = `${storeA}/lane-1`;
const lane2 = `${storeA}/lane-2`;
const laneB = `${storeB}/lane-1`;

describe('escrow of uses (SPEC R1, R8)', () => {
  const use = { kind: 'use', gcn } as const;
  const uses = (count: number, store: string, rightId = 'uses-1') =>
    grant({ kind: 'uses', gcn, count }, { store, rightId });
  const onUses = (allocation: ReturnType<typeof allocate> | null = null, rightId = 'uses-1') =>
    reserve(0, { basis: { kind: 'owned', rightId, allocation } });

  /** A public code for ten uses: four for each store. */
  function open(): World {
    const world = World.open();
    world.all(issuer, [
      { kind: 'series.define', gcn, terms: { ...baseTerms, open: true, totalMax: 10 } },
      uses(4, storeA),
      uses(4, storeB),
    ]);
    return world;
  }

  it('R1: is charged to the total beforehand, so that all stores together never exceed it', () => {
    const world = open();
    expect(readUses(world.state, gcn)).toBe(8);
    expect(world.do(issuer, uses(3, storeA, 'uses-2')).reasons).toEqual(['TOTAL_LIMIT']);
    expect(world.do(issuer, uses(0, storeA, 'uses-2')).reasons).toEqual(['BAD_OPERATION']);
    world.all(lane1, [onUses(), onUses(), onUses(), onUses()]);
    world.all(laneB, [onUses(), onUses(), onUses(), onUses()]);
    expect(world.do(laneB, onUses()).reasons).toEqual(['TOTAL_LIMIT']);
    world.all(lane1, [reserve(0), reserve(0)]);
    expect(world.do(lane1, reserve(0)).reasons).toEqual(['TOTAL_LIMIT']);
    world.all(lane1, [capture(0, 1, 2, 3, 4, 5)]);
    expect(readUses(world.state, gcn)).toBe(10);
    expect(readRight(world.state, storeA, 'uses-1')).toMatchObject({ spentCount: 4, heldCount: 0 });
  });

  it('R8: a lane needs a number of its own for each use', () => {
    const world = open();
    const word = allocate(0, { rightId: 'uses-1', unit: use, number: 7 });
    expect(world.do(lane2, onUses()).reasons).toEqual(['ALLOCATION_MISSING']);
    expect(world.do(lane2, onUses(word)).outcome).toBe('applied');
    expect(world.do(lane2, onUses(word)).reasons).toEqual(['ALLOCATION_INVALID']);
    const item = allocate(0, { rightId: 'uses-1', number: 8 });
    expect(world.do(lane2, onUses(item)).reasons).toEqual(['ALLOCATION_INVALID']);
  });

  it('R3: returned uses are the right’s again, and go back to the total when it ends', () => {
    const world = open();
    world.all(lane1, [onUses(), onUses(), capture(0), release(1)]);
    expect(readRight(world.state, storeA, 'uses-1')).toMatchObject({ spentCount: 1, heldCount: 0 });
    expect(world.do(lane1, giveBack('uses-1', { kind: 'uses', count: 4 })).reasons).toEqual(['TOTAL_LIMIT']);
    world.all(lane1, [onUses(), giveBack('uses-1', { kind: 'uses', count: 1 }), giveBack('uses-1')]);
    // One captured, one still in a basket, four of the other store.
    expect(readUses(world.state, gcn)).toBe(6);
    world.all(lane1, [release(5)]);
    expect(readUses(world.state, gcn)).toBe(5);
  });

  it('R7: part of it is a lane’s own', () => {
    const world = open();
    const part = { kind: 'uses', count: 3 } as const;
    world.all(lane1, [{ kind: 'right.sublease', rightId: 'uses-1', subId: 'sub-1', lane: 'lane-2', part }]);
    const mine = onUses(null, 'sub-1');
    world.all(lane2, [mine, mine, mine]);
    expect(world.do(lane2, mine).reasons).toEqual(['TOTAL_LIMIT']);
    world.all(lane1, [onUses()]);
    expect(world.do(lane1, onUses()).reasons).toEqual(['TOTAL_LIMIT']);
  });

  it('R9: late uses count while the total has room', () => {
    const world = World.open();
    world.all(issuer, [
      { kind: 'series.define', gcn, terms: { ...baseTerms, open: true, totalMax: 2, validUntilMs: 2 ** 42 } },
      grant({ kind: 'uses', gcn, count: 2 }, { rightId: 'uses-1', lateRule: 1 }),
    ]);
    world.timeMs += 30 * day;
    world.all(issuer, [{ kind: 'right.closeout', store: storeA, rightId: 'uses-1' }]);
    world.do(laneB, reserve(0));
    expect(world.do(lane1, onUses())).toMatchObject({ outcome: 'applied', reasons: ['CLOSED_OUT'] });
    expect(world.do(lane1, onUses())).toMatchObject({
      outcome: 'conflicted',
      reasons: ['TOTAL_LIMIT', 'CLOSED_OUT'],
    });
    expect(readUses(world.state, gcn)).toBe(2);
  });
});

describe('escrow of an amount (SPEC R1, R8, R11)', () => {
  const amount = (of: bigint, store = storeA, owner = bob) =>
    ({ rightId: 'escrow', store, grant: { kind: 'amount', asset: 'points', owner, amount: of } }) as const;
  const granted = (of: ReturnType<typeof amount>, more = {}): Operation => grant(of.grant, { ...of, ...more });
  const spend = (of: bigint, owner = bob) => ({ kind: 'amount', asset: 'points', owner, amount: of }) as const;
  const basis = (allocation: ReturnType<typeof allocate> | null = null) =>
    ({ kind: 'owned', rightId: 'escrow', allocation }) as const;
  const free = (world: World, owner = bob) =>
    spendable(readBalance(world.state, { owner, asset: 'points' }), world.timeMs);
  const locked = (world: World, owner = bob) => lockedOf(readBalance(world.state, { owner, asset: 'points' }));
  const held = (made: Hold | bigint): Hold => {
    if (typeof made === 'bigint') throw new Error(reasonsIn(made).join(' '));
    return made;
  };
  const why = (made: Hold | bigint) => (typeof made === 'bigint' ? reasonsIn(made) : []);

  it('R1: takes the owner’s word: its own, its custodian’s, or a consent for just this', () => {
    const world = openAssets();
    expect(world.do(issuer, granted(amount(600n))).outcome).toBe('applied');
    const anns = amount(600n, storeB, ann);
    expect(world.do(issuer, granted(anns)).reasons).toEqual(['CONSENT_MISSING']);
    const consent = consentTo(ann, {
      owner: ann,
      what: escrowDebit('escrow', storeB, anns.grant),
      author: issuer,
      notAfterMs: world.timeMs,
    });
    expect(world.do(issuer, granted({ ...anns, store: storeA }, { consent, rightId: 'other' })).reasons).toEqual([
      'CONSENT_INVALID',
    ]);
    expect(world.do(issuer, granted(anns, { consent })).outcome).toBe('applied');
    expect(world.do(ann, granted(anns, { rightId: 'mine' })).reasons).toEqual(['INSUFFICIENT_BALANCE']);
    expect(
      world.do(ann, granted({ ...anns, grant: { ...anns.grant, amount: 400n } }, { rightId: 'mine' })).outcome,
    ).toBe('applied');
    expect([free(world, ann), locked(world, ann)]).toEqual([0n, 1_000n]);
    expect(world.do(issuer, granted(amount(2n ** 96n - 1n), { rightId: 'all' })).reasons).toEqual([
      'INSUFFICIENT_BALANCE',
    ]);
    expect(world.do(issuer, granted(amount(0n), { rightId: 'none' })).reasons).toEqual(['BAD_OPERATION']);
    checkAssets(world.state);
  });

  it('R8: two stores cannot spend the same points', () => {
    const world = openAssets();
    world.all(issuer, [granted(amount(600n))]);
    expect(world.do(issuer, granted(amount(600n, storeB))).reasons).toEqual(['INSUFFICIENT_BALANCE']);
    world.all(issuer, [granted(amount(400n, storeB))]);
    captureHeld(world, held(hold(world, lane1, spend(600n), basis())), 600n);
    expect(why(hold(world, lane1, spend(1n), basis()))).toEqual(['INSUFFICIENT_BALANCE']);
    expect(why(hold(world, laneB, spend(401n), basis()))).toEqual(['INSUFFICIENT_BALANCE']);
    captureHeld(world, held(hold(world, laneB, spend(400n), basis())), 400n);
    expect([free(world), locked(world)]).toEqual([0n, 0n]);
    expect(why(hold(world, lane1, spend(1n, ann), basis()))).toEqual(['RIGHT_DOES_NOT_COVER']);
    checkAssets(world.state);
  });

  it('R11: what a capture leaves stays with the right, and goes to its owner when that ends', () => {
    const world = openAssets();
    world.all(issuer, [granted(amount(600n))]);
    captureHeld(world, held(hold(world, lane1, spend(500n), basis())), 200n);
    expect(locked(world)).toBe(400n);
    const open = held(hold(world, lane1, spend(300n), basis()));
    returnHeld(world, held(hold(world, lane1, spend(100n), basis())));
    expect(readRight(world.state, storeA, 'escrow')).toMatchObject({ spentValue: 200n, heldValue: 300n, heldCount: 1 });
    world.all(lane1, [giveBack('escrow')]);
    // A hundred go home at once; the basket keeps what was promised to it, and gives back what it does not take.
    expect([free(world), locked(world)]).toEqual([500n, 300n]);
    captureHeld(world, open, 250n);
    expect([free(world), locked(world)]).toEqual([550n, 0n]);
    checkAssets(world.state);
  });

  it('R8: an allocation is for one hold of just this amount', () => {
    const world = openAssets();
    world.all(issuer, [granted(amount(600n))]);
    const word = allocate(0, { rightId: 'escrow', unit: spend(100n) });
    expect(why(hold(world, lane2, spend(100n), basis()))).toEqual(['ALLOCATION_MISSING']);
    expect(why(hold(world, lane2, spend(200n), basis(word)))).toEqual(['ALLOCATION_INVALID']);
    held(hold(world, lane2, spend(100n), basis(word)));
    expect(why(hold(world, lane2, spend(100n), basis(word)))).toEqual(['ALLOCATION_INVALID']);
  });

  it('R9: a late hold finds what is left at home, or is in conflict', () => {
    const world = openAssets();
    world.all(issuer, [granted(amount(600n), { lateRule: 1 })]);
    world.timeMs += 30 * day;
    world.all(issuer, [{ kind: 'right.closeout', store: storeA, rightId: 'escrow' }]);
    expect([free(world), locked(world)]).toEqual([1_000n, 0n]);
    captureHeld(world, held(hold(world, lane1, spend(700n), basis())), 700n);
    expect(reasonsIn(held(hold(world, lane1, spend(600n), basis())).held.conflict)).toEqual([
      'INSUFFICIENT_BALANCE',
      'CLOSED_OUT',
    ]);
    expect(free(world)).toBe(300n);
    checkAssets(world.state);
  });
});

describe('budgets (SPEC R10, R11)', () => {
  /** Store B has taken items 1 to 9 before the line of store A came back. */
  function taken(countMax: number, valueMax: bigint): World {
    const world = World.withSeries();
    world.all(issuer, [budget(countMax, valueMax)]);
    world.all(
      laneB,
      Array.from({ length: 9 }, (_, n) => reserve(1 + n)),
    );
    return world;
  }

  it('R11: bear conflicts within their number and their value, and are never booked beyond', () => {
    for (const [countMax, valueMax] of [
      [2, 10_000n],
      [10, 299n],
    ] as const) {
      const world = taken(countMax, valueMax);
      expect(world.do(lane1, reserve(1, onBudget)).reasons).toEqual(['RESERVED_ELSEWHERE']);
      expect(world.do(lane1, reserve(2, onBudget)).reasons).toEqual(['RESERVED_ELSEWHERE']);
      expect(world.do(lane1, reserve(3, onBudget)).reasons).toEqual(['RESERVED_ELSEWHERE', 'BUDGET_EXHAUSTED']);
      expect(readRight(world.state, storeA, 'budget-1')).toMatchObject({ conflictedCount: 2, conflictedValue: 200n });
      // What it did not bear is not given back to it; what it bore is.
      world.all(lane1, [release(2)]);
      expect(readRight(world.state, storeA, 'budget-1')?.conflictedCount).toBe(2);
      world.all(lane1, [release(1)]);
      expect(world.do(lane1, reserve(4, onBudget)).reasons).toEqual(['RESERVED_ELSEWHERE']);
    }
  });

  it('R10: what was judged by a shard that is surely too old is refused', () => {
    const world = World.withSeries();
    world.all(issuer, [budget(9)]);
    const judgedAt = world.height;
    for (let hour = 0; hour < 25; hour++) {
      world.timeMs += 3_600_000;
      world.commit([]);
    }
    const on = (shardHeight: number, rightId = 'budget-1') =>
      world.do(lane1, reserve(1, { basis: { kind: 'budget', rightId, shardHeight } })).reasons;
    // The terms allow a day, less than the budget does.
    expect(on(judgedAt)).toEqual(['SHARD_TOO_OLD']);
    world.all(issuer, [
      grant(
        { kind: 'budget', of: { kind: 'series', gcn }, countMax: 1, valueMax: 1n, shardAgeMsMax: 3_600_000 },
        { rightId: 'strict' },
      ),
    ]);
    expect(on(world.height - 4, 'strict')).toEqual(['SHARD_TOO_OLD']);
    expect(on(judgedAt + 2)).toEqual([]);
  });

  it('R10: a part of a budget is one lane’s, and the parts bear no more than the whole', () => {
    const world = taken(2, 10_000n);
    const part = { kind: 'budget', count: 1, value: 500n } as const;
    const sub: Operation = { kind: 'right.sublease', rightId: 'budget-1', subId: 'sub-1', lane: 'lane-2', part };
    world.all(lane1, [sub]);
    const onSub = { basis: { kind: 'budget', rightId: 'sub-1', shardHeight: 0 } } as const;
    expect(world.do(lane1, reserve(20, onSub)).reasons).toEqual(['RIGHT_DOES_NOT_COVER']);
    expect(world.do(lane2, reserve(1, onSub)).reasons).toEqual(['RESERVED_ELSEWHERE']);
    expect(world.do(lane2, reserve(2, onSub)).reasons).toEqual(['RESERVED_ELSEWHERE', 'BUDGET_EXHAUSTED']);
    expect(world.do(lane1, reserve(3, onBudget)).reasons).toEqual(['RESERVED_ELSEWHERE']);
    expect(world.do(lane1, { ...sub, subId: 'sub-2' }).reasons).toEqual(['BUDGET_EXHAUSTED']);
    world.all(lane2, [giveBack('sub-1')]);
    expect(readRight(world.state, storeA, 'budget-1')).toMatchObject({
      conflictedCount: 2,
      grant: { countMax: 2, valueMax: 10_000n },
    });
  });

  it('R9: a budget that was closed out bears nothing any more', () => {
    const world = taken(5, 10_000n);
    world.all(issuer, [budget(5, 10_000n, 'budget-2')]);
    const late = grant(
      { kind: 'budget', of: { kind: 'series', gcn }, countMax: 5, valueMax: 500n, shardAgeMsMax: day },
      { rightId: 'late', lateRule: 1 },
    );
    world.all(issuer, [late]);
    world.timeMs += 30 * day;
    for (const rightId of ['budget-2', 'late']) {
      world.all(issuer, [{ kind: 'right.closeout', store: storeA, rightId }]);
    }
    const on = (rightId: string) => reserve(1, { basis: { kind: 'budget', rightId, shardHeight: world.height } });
    expect(world.do(lane1, on('budget-2')).reasons).toEqual(['RESERVED_ELSEWHERE', 'RIGHT_CLOSED', 'CLOSED_OUT']);
    expect(world.do(lane1, on('late'))).toMatchObject({
      outcome: 'conflicted',
      reasons: ['RESERVED_ELSEWHERE', 'BUDGET_EXHAUSTED', 'CLOSED_OUT'],
    });
    expect(readRight(world.state, storeA, 'late')?.conflictedCount).toBe(0);
  });
});
