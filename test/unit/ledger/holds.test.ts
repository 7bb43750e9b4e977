import { describe, expect, it } from 'vitest';
import { encode } from '#core/format';
import { writeMember } from '#ledger/alliances/alliance';
import { readAsset } from '#ledger/assets/asset';
import { lockedOf, readBalance } from '#ledger/assets/balance';
import { holdDebit } from '#ledger/assets/debited';
import { type OpenHold, openHoldFormat } from '#ledger/assets/hold';
import { openReservationsFormat, openReservationsMax } from '#ledger/baskets/open-reservations';
import type { Operation } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import type { Grant } from '#ledger/rights/right';
import { readRight } from '#ledger/rights/right-book';
import { ann, bob, card, cleo, consentTo, define, done, has, no, openAssets, pay, points } from './asset-world.ts';
import { voidSale } from './coupon-world.ts';
import { actHold, captureParts, hold, lane } from './hold-world.ts';
import { basketOf, capture, day, grant, issuer, publicOf, release, storeA, storeB, type World } from './world.ts';

const lockedBy = (world: World, owner: string, asset = 'card'): bigint =>
  lockedOf(readBalance(world.state, { owner, asset }));
const voidOf = (sequence: number): Operation => ({
  kind: 'basket.void',
  lane: 'lane-1',
  epoch: 0,
  capture: sequence,
  reason: 'mistake',
});
const budgetOf = (asset: string, valueMax: bigint, countMax = 9): Grant => ({
  kind: 'budget',
  of: { kind: 'asset', asset },
  countMax,
  valueMax,
  shardAgeMsMax: 90 * day,
});
const grantTo = (rightId: string, given: Grant): Operation => grant(given, { rightId, store: storeB });
const budgetOn = (asset: string, valueMax: bigint, countMax = 9): Operation =>
  grantTo('budget-1', budgetOf(asset, valueMax, countMax));
const onBudget = { basis: { kind: 'budget', rightId: 'budget-1', shardHeight: 0 } } as const;
const inEscrow = { basis: { kind: 'owned', rightId: 'escrow-1', allocation: null } } as const;
const escrow = (owner: string, amount: bigint): Operation =>
  grantTo('escrow-1', { kind: 'amount', asset: 'card', owner, amount });

describe('holding an amount (SPEC V8)', () => {
  it('V8: what is held is locked, and nobody else can take it', () => {
    const world = openAssets();
    expect(actHold(world, lane, hold(world, 3_000n))).toEqual(done(3_000n));
    expect([has(world, ann, 'card'), lockedBy(world, ann)]).toEqual([2_000n, 3_000n]);
    expect(actHold(world, ann, pay('card', ann, cleo, 2_001n))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(actHold(world, lane, hold(world, 2_001n, { basket: basketOf(2) }))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(actHold(world, lane, hold(world, 2_000n, { basket: basketOf(2) }))).toEqual(done(2_000n));
  });

  it('V8: nothing, too much, unknown assets and unknown terms are no hold', () => {
    const world = openAssets();
    expect(actHold(world, lane, hold(world, 0n))).toEqual(no('BAD_OPERATION'));
    expect(actHold(world, lane, hold(world, 2n ** 64n))).toEqual(no('LIMIT_EXCEEDED'));
    expect(actHold(world, lane, hold(world, 2n ** 64n - 1n))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(actHold(world, lane, hold(world, 1n, { asset: 'nothing' }))).toEqual(no('NO_SUCH_ASSET'));
    expect(actHold(world, lane, hold(world, 1n, { termsVersion: 2 }))).toEqual(no('BAD_OPERATION'));
    expect(actHold(world, lane, hold(world, 1n, { owner: `@${'0'.repeat(32)}` }))).toEqual(
      no('UNKNOWN_ACCOUNT', 'INSUFFICIENT_BALANCE'),
    );
    for (const author of ['merchant-c', issuer, ann])
      expect(actHold(world, author, hold(world, 1n))).toEqual(no('NOT_AUTHORISED'));
  });

  it('V8: a member number alone holds nothing; a consent is for one amount, basket and lane, and once', () => {
    const world = openAssets();
    expect(actHold(world, lane, hold(world, 100n, { consent: null }))).toEqual(no('CONSENT_MISSING'));
    const good = hold(world, 100n);
    const elsewhere = `${storeA}/lane-1`;
    expect(actHold(world, elsewhere, good)).toEqual(no('CONSENT_INVALID'));
    expect(actHold(world, lane, { ...good, amount: 101n })).toEqual(no('CONSENT_INVALID'));
    expect(actHold(world, lane, { ...good, basket: basketOf(2) })).toEqual(no('CONSENT_INVALID'));
    expect(actHold(world, lane, { ...good, asset: 'points' })).toEqual(no('CONSENT_INVALID'));
    expect(actHold(world, lane, { ...good, owner: cleo })).toEqual(no('CONSENT_INVALID'));
    expect(actHold(world, lane, good)).toEqual(done(100n));
    expect(actHold(world, lane, good)).toEqual(no('CONSENT_SPENT'));
    // Behind a PIN, the custodian's key speaks for a holder without one.
    expect(actHold(world, lane, hold(world, 100n, { owner: bob }))).toEqual(done(100n));
  });

  it('V8: terms say whose tills take it', () => {
    for (const [acceptedBy, here] of [
      [{ kind: 'issuer' }, false],
      [{ kind: 'merchants', accounts: ['merchant-d'] }, false],
      [{ kind: 'merchants', accounts: ['merchant-c'] }, true],
      [null, true],
    ] as const) {
      const world = openAssets({ card: { acceptedBy } });
      expect(actHold(world, lane, hold(world, 1n))).toEqual(here ? done(1n) : no('NOT_ACCEPTED_HERE'));
    }
  });

  it('V8: of an alliance only members take it, and what a member owns of it stands after its exit', () => {
    const world = openAssets({ card: { acceptedBy: { kind: 'alliance', id: 'street' } } });
    const notAMember = no('NOT_ACCEPTED_HERE', 'NOT_A_MEMBER');
    expect(actHold(world, lane, hold(world, 1n))).toEqual(notAMember);
    expect(actHold(world, cleo, escrow(cleo, 10n))).toEqual(notAMember);
    const tx = world.state.overlay();
    const leavesAtMs = world.timeMs + 1_000;
    const member = { leavesAtMs, cover: 0n, bizCover: 0n, feeInBiz: false, debt: 0n };
    writeMember(tx, 'street', 'merchant-c', member);
    world.state.commit(world.state.evaluate(tx, world.height));
    expect(actHold(world, lane, hold(world, 1n))).toEqual(done(1n));
    expect(actHold(world, cleo, escrow(cleo, 10n))).toEqual(done(0n));
    world.timeMs = leavesAtMs;
    expect(actHold(world, lane, hold(world, 1n))).toEqual(notAMember);
    expect(actHold(world, lane, hold(world, 1n), { timeLowMs: leavesAtMs - 1 })).toEqual(done(1n));
    expect(actHold(world, lane, hold(world, 9n, { owner: cleo, ...inEscrow }))).toEqual(done(9n));
  });

  it('V8: superseded terms hold for what happened before the next ones', () => {
    const world = openAssets();
    const before = world.timeMs;
    world.timeMs += day;
    world.all(issuer, [define('points', { ...points, version: 2 })]);
    world.timeMs += 10_000;
    expect(actHold(world, lane, hold(world, 5n, { asset: 'points' }))).toEqual(no('TERMS_SUPERSEDED'));
    expect(actHold(world, lane, hold(world, 5n, { asset: 'points', termsVersion: 2 }))).toEqual(done(5n));
    const at = { timeLowMs: before + 1, timeHighMs: before + 1 };
    const what = holdDebit({ asset: 'points', amount: 5n, basket: basketOf(1) });
    const consent = consentTo(ann, { owner: ann, what, author: lane, notAfterMs: before + 60_000 });
    expect(actHold(world, lane, hold(world, 5n, { asset: 'points', consent }), at)).toEqual(done(5n));
  });

  it('V8: a frozen account holds nothing; what was held before is still paid', () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 100n));
    const freeze: Operation = { kind: 'asset.freeze', asset: 'card', owner: ann, frozen: true };
    expect(actHold(world, 'issuer-x', freeze)).toEqual(done(0n));
    expect(actHold(world, lane, hold(world, 100n, { basket: basketOf(2) }))).toEqual(no('FROZEN'));
    expect(actHold(world, lane, capture(0))).toEqual(done(100n));
    expect(has(world, 'merchant-c', 'card')).toBe(100n);
  });

  it('V8: a lane that has as much open as fits reserves no more, and the list fits its leaf', () => {
    const world = openAssets();
    const owners = [ann, bob, cleo, 'merchant-c'];
    actHold(world, ann, pay('card', ann, 'merchant-c', 100n));
    for (const owner of owners) {
      const holds = Array.from({ length: openReservationsMax / 4 }, (_, n) =>
        hold(world, 1n, { basket: basketOf(n), owner }),
      );
      world.all(lane, holds);
    }
    world.timeMs += 10 * 60_000;
    expect(actHold(world, lane, hold(world, 1n))).toEqual(no('TOO_MANY_OPEN'));
    const long = (bytes: number): string => 'x'.repeat(bytes);
    const largest: OpenHold = {
      epoch: 0xffff_ffff,
      sequence: Number.MAX_SAFE_INTEGER,
      basket: basketOf(1),
      asset: long(32),
      owner: long(48),
      termsVersion: 0xffff,
      value: 2n ** 96n - 1n,
      rightId: long(32),
      isOwned: true,
      conflict: 2n ** 128n - 1n,
    };
    expect(encode(openHoldFormat, largest).length).toBeGreaterThan(180);
    const items = new Array(openReservationsMax).fill({ kind: 'hold', ...largest });
    expect(encode(openReservationsFormat, { items }).length).toBeLessThan(56 * 1024);
  });
});

describe('capturing and releasing a hold (SPEC V10, B1, B2)', () => {
  it('V10: a part is captured, the merchant is paid, and the rest is free again', () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 3_000n));
    const { receipts } = world.commit([world.segment(lane, [captureParts([0, 1_250n])])]);
    const { value, movements, lines } = receipts[0] as Receipt;
    expect(value).toBe(1_250n);
    expect(movements).toEqual([{ asset: 'card', from: ann, to: 'merchant-c', amount: 1_250n }]);
    expect(lines).toEqual([{ line: 0, reservation: 0, amount: 1_250n }]);
    expect([has(world, ann, 'card'), lockedBy(world, ann)]).toEqual([3_750n, 0n]);
    expect(has(world, 'merchant-c', 'card')).toBe(1_250n);
  });

  it('V10: points that pay are burned', () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 600n, { asset: 'points' }));
    expect(actHold(world, lane, captureParts([0, 250n]))).toEqual(done(250n));
    expect(readAsset(world.state, 'points')).toMatchObject({ issued: 3_000n, burned: 250n });
    expect(has(world, ann, 'points')).toBe(750n);
  });

  it('V10: nothing, or more than is held, is not captured, and then nothing of the basket is', () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 100n));
    actHold(world, lane, hold(world, 100n, { owner: bob }));
    expect(actHold(world, lane, captureParts([0, 100n], [1, 101n]))).toEqual(no('BAD_OPERATION'));
    expect(actHold(world, lane, captureParts([0, 100n], [1, 0n]))).toEqual(no('BAD_OPERATION'));
    expect(lockedBy(world, ann)).toBe(100n);
    expect(actHold(world, lane, captureParts([0, 100n], [1, 1n]))).toEqual(done(101n));
  });

  it('V10: a hold is captured once, by its own lane and basket, and not after its release', () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 100n));
    expect(actHold(world, `${storeA}/lane-1`, capture(0))).toEqual(no('NOT_RESERVED'));
    const other = { ...capture(0), basket: basketOf(2) } as Operation;
    expect(actHold(world, lane, other)).toEqual(no('NOT_RESERVED'));
    expect(actHold(world, lane, captureParts([0, 60n], [0, 40n]))).toEqual(no('BAD_OPERATION'));
    expect(actHold(world, lane, capture(0))).toEqual(done(100n));
    expect(actHold(world, lane, capture(0))).toEqual(no('NOT_RESERVED'));
    const sequence = world.next(lane);
    actHold(world, lane, hold(world, 50n));
    expect(actHold(world, lane, release(sequence))).toEqual(done(50n));
    expect(actHold(world, lane, capture(sequence))).toEqual(no('NOT_RESERVED'));
    expect([has(world, ann, 'card'), lockedBy(world, ann)]).toEqual([4_900n, 0n]);
  });

  it('V10: a new epoch of the lane gives back what the old one held', () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 100n));
    const enroll: Operation = {
      kind: 'terminal.enroll',
      store: storeB,
      lane: 'lane-1',
      publicKey: publicOf(`${lane}#1`),
      epoch: 1,
    };
    expect(actHold(world, 'admin', enroll)).toEqual(done(0n));
    expect([has(world, ann, 'card'), lockedBy(world, ann)]).toEqual([5_000n, 0n]);
  });

  it('V9, V10: what expired while it was held pays all the same, and comes back expired from a release', () => {
    const world = openAssets({ points: { onRedeem: 1 } });
    actHold(world, lane, hold(world, 300n, { asset: 'points' }));
    actHold(world, lane, hold(world, 200n, { asset: 'points' }));
    world.timeMs += 400 * day;
    expect(actHold(world, lane, captureParts([0, 250n]))).toEqual(done(250n));
    expect(has(world, 'merchant-c', 'points')).toBe(250n);
    actHold(world, lane, release(1));
    expect(has(world, ann, 'points')).toBe(0n);
    // The merchant's are no longer good for ever: to the end of the running 30 days.
    world.timeMs += 31 * day;
    expect(has(world, 'merchant-c', 'points')).toBe(0n);
  });
});

describe('holds on a budget and out of an escrow (SPEC V8, V10)', () => {
  it('V8: on a budget a balance that does not suffice is a conflict that the budget bears, once the unit is gone', () => {
    const world = openAssets();
    world.all('issuer-x', [budgetOn('card', 6_000n, 3)]);
    expect(actHold(world, lane, hold(world, 4_000n, onBudget))).toEqual(done(4_000n));
    expect(actHold(world, lane, hold(world, 4_000n, onBudget))).toEqual({
      outcome: 'conflicted',
      reasons: ['INSUFFICIENT_BALANCE'],
      value: 4_000n,
    });
    expect(actHold(world, lane, hold(world, 4_000n, onBudget)).reasons).toEqual([
      'BUDGET_EXHAUSTED',
      'INSUFFICIENT_BALANCE',
    ]);
    const charged = (): unknown => readRight(world.state, storeB, 'budget-1');
    expect(charged()).toMatchObject({ conflictedCount: 1, conflictedValue: 4_000n });
    expect(lockedBy(world, ann)).toBe(4_000n);
    // The basket was sold: what was held is paid, what was not pays nobody.
    expect(actHold(world, lane, captureParts([0, 4_000n], [1, 1_000n]))).toMatchObject({
      outcome: 'conflicted',
      value: 4_000n,
    });
    // V10: the loss is what was taken.
    expect(charged()).toMatchObject({ conflictedCount: 1, conflictedValue: 1_000n });
    expect(has(world, 'merchant-c', 'card')).toBe(4_000n);
    actHold(world, lane, release(2));
    expect(charged()).toMatchObject({ conflictedCount: 1, conflictedValue: 1_000n });
  });

  it('V10: a sale of less than a conflicted hold leaves nothing on the budget once it is voided', () => {
    const world = openAssets();
    world.all('issuer-x', [budgetOn('card', 9_000n)]);
    actHold(world, lane, hold(world, 5_001n, onBudget));
    actHold(world, lane, captureParts([0, 2_000n]));
    expect(readRight(world.state, storeB, 'budget-1')).toMatchObject({ conflictedCount: 1, conflictedValue: 2_000n });
    expect(actHold(world, lane, voidSale(1)).outcome).toBe('applied');
    expect(readRight(world.state, storeB, 'budget-1')).toMatchObject({ conflictedCount: 0, conflictedValue: 0n });
  });

  it('V8: a conflicted hold that is released is off its budget', () => {
    const world = openAssets();
    world.all('issuer-x', [budgetOn('card', 9_000n)]);
    actHold(world, lane, hold(world, 5_001n, onBudget));
    expect(readRight(world.state, storeB, 'budget-1')).toMatchObject({ conflictedCount: 1, conflictedValue: 5_001n });
    actHold(world, lane, release(0));
    expect(readRight(world.state, storeB, 'budget-1')).toMatchObject({ conflictedCount: 0, conflictedValue: 0n });
    expect([has(world, ann, 'card'), lockedBy(world, ann)]).toEqual([5_000n, 0n]);
  });

  it("V8: a budget of another asset or without the owner's consent carries nothing", () => {
    const world = openAssets();
    world.all('issuer-x', [budgetOn('card', 9_000n)]);
    const points = hold(world, 5n, { asset: 'points', ...onBudget });
    expect(actHold(world, lane, points)).toEqual(no('RIGHT_DOES_NOT_COVER'));
    expect(actHold(world, lane, hold(world, 5n, { ...onBudget, consent: null }))).toEqual(no('CONSENT_MISSING'));
  });

  it('V8: a right holds to the terms it was granted under, however many came since, and to no others', () => {
    const world = openAssets();
    world.all('issuer-x', [budgetOn('card', 9_000n)]);
    world.timeMs += 60_000;
    world.all('issuer-x', [define('card', { ...card, version: 2 })]);
    world.timeMs += 60_000;
    expect(actHold(world, lane, hold(world, 5n))).toEqual(no('TERMS_SUPERSEDED'));
    expect(actHold(world, lane, hold(world, 5n, onBudget))).toEqual(done(5n));
    world.all('issuer-x', [grantTo('budget-2', budgetOf('card', 9_000n))]);
    const onNew = { basis: { kind: 'budget', rightId: 'budget-2', shardHeight: 0 } } as const;
    expect(actHold(world, lane, hold(world, 5n, onNew))).toEqual(no('TERMS_SUPERSEDED'));
    expect(actHold(world, lane, hold(world, 5n, { ...onNew, termsVersion: 2 }))).toEqual(done(5n));
  });

  it('V8: online and too late it counts on the budget that the entry names, or is refused', () => {
    const world = openAssets();
    world.all('issuer-x', [budgetOn('card', 9_000n)]);
    const late = { notAfterMs: world.timeMs - 1 };
    expect(actHold(world, lane, hold(world, 10n), late)).toEqual(no('TOO_LATE'));
    const withFallback = { basis: { kind: 'online', fallbackRightId: 'budget-1' } } as const;
    expect(actHold(world, lane, hold(world, 10n, withFallback), late)).toEqual(done(10n));
  });

  it('V8, V10: an escrow pays what its owner has set aside, and keeps the rest locked for the store', () => {
    const world = openAssets();
    const owner = cleo;
    expect(actHold(world, cleo, escrow(ann, 800n))).toEqual(no('CONSENT_MISSING'));
    expect(actHold(world, cleo, escrow(cleo, 5_001n))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(actHold(world, cleo, escrow(cleo, 800n))).toEqual(done(0n));
    expect(lockedBy(world, owner)).toBe(800n);
    const from = { owner, ...inEscrow };
    expect(actHold(world, lane, hold(world, 801n, from))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(actHold(world, lane, hold(world, 500n, from))).toEqual(done(500n));
    expect(actHold(world, lane, hold(world, 301n, from))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect([has(world, owner, 'card'), lockedBy(world, owner)]).toEqual([4_200n, 800n]);
    const first = world.next(lane) - 2;
    expect(actHold(world, lane, captureParts([first, 120n]))).toEqual(done(120n));
    expect([has(world, owner, 'card'), lockedBy(world, owner)]).toEqual([4_200n, 680n]);
    const second = world.next(lane);
    expect(actHold(world, lane, hold(world, 680n, from))).toEqual(done(680n));
    actHold(world, lane, release(second));
    expect(lockedBy(world, owner)).toBe(680n);
    expect(actHold(world, lane, { kind: 'right.release', rightId: 'escrow-1', part: null })).toEqual(done(0n));
    expect([has(world, owner, 'card'), lockedBy(world, owner)]).toEqual([4_880n, 0n]);
  });

  it('V10: what a basket holds of an escrow that was released stays with the basket and then goes home', () => {
    const world = openAssets();
    const owner = cleo;
    actHold(world, cleo, escrow(cleo, 800n));
    actHold(world, lane, hold(world, 500n, { owner, ...inEscrow }));
    actHold(world, lane, { kind: 'right.release', rightId: 'escrow-1', part: null });
    expect([has(world, owner, 'card'), lockedBy(world, owner)]).toEqual([4_500n, 500n]);
    expect(actHold(world, lane, captureParts([0, 100n]))).toEqual(done(100n));
    expect([has(world, owner, 'card'), lockedBy(world, owner)]).toEqual([4_900n, 0n]);
  });
});

describe('what a hold paid goes back (SPEC V11, B3)', () => {
  it("V11: a void gives back just what was paid, out of the merchant's balance, once", () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 900n));
    actHold(world, lane, captureParts([0, 700n]));
    expect(actHold(world, lane, voidOf(1))).toEqual(done(700n));
    expect([has(world, ann, 'card'), has(world, 'merchant-c', 'card')]).toEqual([5_000n, 0n]);
    expect(actHold(world, lane, voidOf(1))).toEqual(no('VOIDED'));
  });

  it('V11: a merchant that no longer has it gives nothing back', () => {
    const world = openAssets();
    actHold(world, lane, hold(world, 900n));
    actHold(world, lane, capture(0));
    actHold(world, 'merchant-c', pay('card', 'merchant-c', 'issuer-x', 1n));
    expect(actHold(world, lane, voidOf(1))).toEqual(no('INSUFFICIENT_BALANCE'));
    actHold(world, 'issuer-x', pay('card', 'issuer-x', 'merchant-c', 1n));
    expect(actHold(world, lane, voidOf(1))).toEqual(done(900n));
  });

  it('V11: burned points come back with their old date, whatever the supply, and are renewed by no turn of it', () => {
    const world = openAssets({ points: { supplyMax: 3_000n } });
    world.timeMs += 300 * day;
    const end = readBalance(world.state, { owner: ann, asset: 'points' }).open.lots[0]?.expiryMs;
    actHold(world, lane, hold(world, 400n, { asset: 'points' }));
    actHold(world, lane, capture(0));
    expect(readAsset(world.state, 'points')).toMatchObject({ issued: 3_000n, burned: 400n });
    expect(actHold(world, lane, voidOf(1))).toEqual(done(400n));
    expect(readAsset(world.state, 'points')).toMatchObject({ issued: 3_000n, burned: 0n });
    expect(readBalance(world.state, { owner: ann, asset: 'points' }).open).toEqual({
      free: 0n,
      lots: [{ expiryMs: end, amount: 1_000n }],
    });
  });
});
