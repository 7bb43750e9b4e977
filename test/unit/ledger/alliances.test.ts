import { describe, expect, it } from 'vitest';
import { isMember, readDebt, readMember, termsInForce } from '#ledger/alliances/alliance';
import { cover } from '#ledger/alliances/operations';
import { statementOf } from '#ledger/alliances/statement';
import { lockedOf, readBalance, totalOf } from '#ledger/assets/balance';
import { bizAsset } from '#ledger/assets/biz';
import { commitmentOfCode } from '#ledger/coupons/consent';
import { itemStatus } from '#ledger/coupons/read';
import { salesPeriodOf } from '#ledger/ids';
import type { Operation } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import {
  ann,
  bob,
  cleo,
  fund,
  merchantC,
  openRing,
  propose,
  redeem,
  referral,
  ring,
  ringCoupon,
  ringTerms,
  ringWithCoupons,
  sign,
  token,
  withdraw,
} from './alliance-world.ts';
import { codeSeed, consentFor, day, gcn, issuer, startMs, storeA, storeB, type World } from './world.ts';

const laneA = `${storeA}/lane-1`;
const laneB = `${storeB}/lane-1`;
const has = (world: World, owner: string, asset = token): bigint => totalOf(readBalance(world.state, { owner, asset }));
const coverOf = (world: World, account: string): bigint => readMember(world.state, ring, account)?.cover ?? -1n;
const debtOf = (world: World, account: string): bigint => readMember(world.state, ring, account)?.debt ?? -1n;

describe('terms signed by every member (SPEC L1, L2)', () => {
  it('L2: are in force with the last signature, for nobody before', () => {
    const world = openRing({}, 0n);
    const amended = { ...ringTerms, version: 2, members: [issuer, merchantC, 'merchant-d'], bond: 5n };
    expect(world.do(merchantC, propose(amended)).outcome).toBe('applied');
    expect(world.do(issuer, sign(amended)).outcome).toBe('applied');
    expect(termsInForce(world.state, ring, world.timeMs)?.version).toBe(1);
    expect(isMember(world.state, ring, 'merchant-d', world.timeMs)).toBe(false);
    world.timeMs += 1_000;
    expect(world.do('merchant-d', sign(amended)).outcome).toBe('applied');
    expect(isMember(world.state, ring, 'merchant-d', world.timeMs)).toBe(true);
    expect(termsInForce(world.state, ring, world.timeMs)?.version).toBe(2);
    // What happened before the amendment is settled by the terms of its time.
    expect(termsInForce(world.state, ring, world.timeMs - 1)?.version).toBe(1);
  });

  it('L2: a member is dropped with its own signature only', () => {
    const world = openRing({ members: [issuer, merchantC, 'merchant-d'] }, 0n);
    const without = { ...ringTerms, version: 2 };
    world.all(issuer, [propose(without)]);
    world.all(merchantC, [sign(without)]);
    expect(isMember(world.state, ring, 'merchant-d', world.timeMs)).toBe(true);
    world.all('merchant-d', [sign(without)]);
    expect(isMember(world.state, ring, 'merchant-d', world.timeMs)).toBe(false);
  });

  it('L2: nobody signs twice, for others, for other terms, or a proposal that has been replaced', () => {
    const world = openRing({}, 0n);
    const second = { ...ringTerms, version: 2, members: [issuer, merchantC, 'merchant-d'] };
    const third = { ...second, version: 3 };
    world.all(issuer, [propose(second)]);
    expect(world.do(issuer, sign(second)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('clearing-house', sign(second)).reasons).toEqual(['NOT_A_MEMBER']);
    expect(world.do(merchantC, { ...sign({ ...second, bond: 1n }) }).reasons).toEqual(['BAD_OPERATION']);
    world.all(issuer, [propose(third)]);
    expect(world.do(merchantC, sign(second)).reasons).toEqual(['TERMS_SUPERSEDED']);
    expect(world.do(merchantC, { ...sign(third), alliance: 'none' } as Operation).reasons).toEqual([
      'NO_SUCH_ALLIANCE',
    ]);
  });

  it('L1: contradictory terms and strangers are refused', () => {
    const world = openRing({}, 0n);
    const next = { ...ringTerms, version: 2 };
    const refused = (author: string, terms: typeof next) => world.do(author, propose(terms)).reasons;
    expect(refused('merchant-d', next)).toEqual(['NOT_A_MEMBER']);
    expect(refused('merchant-d', { ...next, members: ['merchant-d', issuer] })).toEqual(['NOT_A_MEMBER']);
    expect(refused(issuer, ringTerms)).toEqual(['ALREADY_EXISTS']);
    expect(refused(issuer, { ...next, version: 3 })).toEqual(['BAD_OPERATION']);
    expect(refused(issuer, { ...next, members: [issuer, issuer] })).toEqual(['BAD_OPERATION']);
    expect(refused(issuer, { ...next, members: [issuer, 'nobody'] })).toEqual(['UNKNOWN_ACCOUNT']);
    expect(refused(issuer, { ...next, settlementAsset: 'none' })).toEqual(['BAD_OPERATION', 'NO_SUCH_ASSET']);
    const flow = (payer: number, payee: number) => [{ payer, payee, amount: { kind: 'fixed', amount: 1n } as const }];
    expect(refused(issuer, { ...next, flows: flow(2, 0), referralDepth: 2 })).toEqual(['BAD_OPERATION']);
    expect(refused(issuer, { ...next, flows: flow(0, 2) })).toEqual(['BAD_OPERATION']);
    expect(refused(issuer, { ...next, flows: flow(0, 0) })).toEqual(['BAD_OPERATION']);
    expect(refused(issuer, { ...next, unit: 'USD' })).toEqual(['BAD_OPERATION']);
  });
});

describe('settlement when a basket closes (SPEC L7, L8)', () => {
  it('L8: C pays A 50 for a coupon worth 100; A in its own store pays nobody', () => {
    const world = ringWithCoupons();
    expect(redeem(world, laneA, 1)).toMatchObject({ outcome: 'applied', value: 10_000n });
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_000_000n, 1_000_000n]);
    expect(redeem(world, laneB, 2)).toMatchObject({ outcome: 'applied', value: 10_000n });
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_005_000n, 995_000n]);
    expect([coverOf(world, issuer), coverOf(world, merchantC)]).toEqual([100_000n, 95_000n]);
    expect(lockedOf(readBalance(world.state, { owner: merchantC, asset: token }))).toBe(95_000n);
  });

  it('L7: no member, no cover, a debt, another unit or another series: not accepted', () => {
    const world = ringWithCoupons({}, {});
    world.all(merchantC, [withdraw(99_000n)]);
    // 50.00 may become due, and 10.00 are there.
    expect(redeem(world, laneB, 1).reasons).toEqual(['NOT_ACCEPTED_HERE', 'BOND_EXHAUSTED']);
    world.all(merchantC, [fund(99_000n), { kind: 'alliance.leave', alliance: ring }]);
    expect(redeem(world, laneB, 1).outcome).toBe('applied');
    world.timeMs += ringTerms.noticeMs;
    expect(redeem(world, laneB, 2).reasons).toEqual(['NOT_ACCEPTED_HERE', 'NOT_A_MEMBER']);
    expect(redeem(world, laneA, 2).outcome).toBe('applied');
    const other = ringWithCoupons({ series: ['9999999999994'] });
    expect(redeem(other, laneB, 1).reasons).toEqual(['NOT_ACCEPTED_HERE']);
    const dollars = ringWithCoupons({}, { unit: 'USD' });
    expect(redeem(dollars, laneB, 1).reasons).toEqual(['NOT_ACCEPTED_HERE']);
  });

  it('L8: what cover does not suffice for is a debt, that stops acceptance until it is collected', () => {
    const world = ringWithCoupons({ bond: 0n });
    const lane = laneB;
    const first = world.next(lane);
    // Two reservations are open while the cover would do for either one alone.
    world.all(merchantC, [withdraw(93_000n)]);
    const reserve = (serial: number): Operation => ({
      kind: 'coupon.reserve',
      gcn,
      serial,
      termsVersion: 1,
      basket: new Uint8Array(16),
      basis: { kind: 'online', fallbackRightId: null },
      purchase: { spend: 100_000n, products: [] },
      holder: null,
      consent: null,
    });
    world.all(lane, [reserve(1), reserve(2)]);
    const captures = [first, first + 1].map((reservation) => ({ reservation, purchase: null, lines: [] }));
    world.all(lane, [{ kind: 'basket.capture', basket: new Uint8Array(16), captures, basketHash: new Uint8Array(32) }]);
    expect([coverOf(world, merchantC), debtOf(world, merchantC)]).toEqual([0n, 3_000n]);
    expect(readDebt(world.state, ring, merchantC, issuer)).toBe(3_000n);
    expect(has(world, issuer)).toBe(1_007_000n);
    const collect: Operation = { kind: 'alliance.collect', alliance: ring, debtor: merchantC, creditor: issuer };
    expect(world.do(issuer, collect).reasons).toEqual(['BOND_EXHAUSTED']);
    world.all(merchantC, [fund(50_000n)]);
    expect(redeem(world, lane, 3).reasons).toEqual(['NOT_ACCEPTED_HERE', 'BOND_EXHAUSTED']);
    expect(world.do('clearing-house', collect).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, collect)).toMatchObject({ outcome: 'applied', value: 3_000n });
    expect(world.do(issuer, collect).reasons).toEqual(['BAD_OPERATION']);
    expect([debtOf(world, merchantC), has(world, issuer)]).toEqual([0n, 1_010_000n]);
    expect(redeem(world, lane, 3).outcome).toBe('applied');
  });

  it('L6, L8: a fee is paid in BIZ at its discount while BIZ lasts, else in the settlement asset', () => {
    const fee = {
      of: { numerator: 1, denominator: 100 },
      payee: 'clearing-house',
      bizRate: { numerator: 4, denominator: 5 },
    };
    const world = ringWithCoupons({ fee });
    world.all('admin', [
      { kind: 'asset.pay', asset: bizAsset, from: 'admin', to: merchantC, amount: 1_000n, consent: null },
    ]);
    world.all(merchantC, [fund(100n, cover.biz)]);
    redeem(world, laneB, 1);
    expect([has(world, 'clearing-house'), has(world, 'clearing-house', bizAsset)]).toEqual([100n, 0n]);
    world.all(merchantC, [{ kind: 'alliance.prefer', alliance: ring, feeInBiz: true }]);
    redeem(world, laneB, 2);
    expect([has(world, 'clearing-house'), has(world, 'clearing-house', bizAsset)]).toEqual([100n, 80n]);
    redeem(world, laneB, 3);
    expect([has(world, 'clearing-house'), has(world, 'clearing-house', bizAsset)]).toEqual([200n, 80n]);
    expect(world.do(merchantC, withdraw(20n, cover.biz)).outcome).toBe('applied');
    expect(world.do(merchantC, withdraw(1n, cover.biz)).reasons).toEqual(['INSUFFICIENT_BALANCE']);
  });

  it('L3, L5: the bond stays while a member, and as long again after its exit', () => {
    const world = openRing();
    expect(world.do(merchantC, withdraw(99_001n)).reasons).toEqual(['BOND_EXHAUSTED']);
    world.all(merchantC, [{ kind: 'alliance.leave', alliance: ring }]);
    expect(world.do(merchantC, { kind: 'alliance.leave', alliance: ring }).reasons).toEqual(['ALREADY_EXISTS']);
    world.timeMs += ringTerms.noticeMs + ringTerms.bondHoldMs - 1;
    expect(world.do(merchantC, withdraw(100_000n)).reasons).toEqual(['BOND_EXHAUSTED']);
    world.timeMs += 1;
    expect(world.do(merchantC, withdraw(100_000n)).outcome).toBe('applied');
    expect(lockedOf(readBalance(world.state, { owner: merchantC, asset: token }))).toBe(0n);
    expect(world.do('clearing-house', fund(1n)).reasons).toEqual(['NOT_A_MEMBER']);
  });
});

describe('returns, referrals, reviews and statements', () => {
  const bring = (world: World, capture: number, soldAtMs: number, lines: readonly (readonly [number, bigint])[]) =>
    world.do(laneB, {
      kind: 'basket.return',
      store: storeB,
      lane: 'lane-1',
      epoch: 0,
      capture,
      period: salesPeriodOf(soldAtMs),
      lines: lines.map(([line, amount]) => ({ line, part: 0, amount })),
    });

  it('B5, L10: three months later a line is brought back, then the other, and not a cent is left', () => {
    const world = ringWithCoupons({
      flows: [
        { payer: 0, payee: 1, amount: { kind: 'share', of: { numerator: 1, denominator: 3 } } },
        { payer: 1, payee: 0, amount: { kind: 'fixed', amount: 7n } },
      ],
    });
    const soldAtMs = world.timeMs;
    const before = [has(world, issuer), has(world, merchantC)];
    redeem(world, laneB, 5);
    const capture = world.next(laneB) - 1;
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_003_326n, 996_674n]);
    world.timeMs += 92 * day;
    expect(bring(world, capture, soldAtMs, [[1, 6_001n]]).reasons).toEqual(['RETURN_EXCEEDS_SALE']);
    expect(bring(world, capture, soldAtMs, [[3, 1n]]).reasons).toEqual(['RETURN_EXCEEDS_SALE']);
    expect(bring(world, capture, soldAtMs, [[1, 6_000n]])).toMatchObject({ outcome: 'applied', value: 6_000n });
    // 60 % of 33.33 and of 0.07, rounded down.
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_003_326n - 1_999n + 4n, 996_674n + 1_999n - 4n]);
    expect(itemStatus(world.state, gcn, 5)).toBe('redeemed');
    expect(bring(world, capture, soldAtMs, [[1, 1n]]).reasons).toEqual(['RETURN_EXCEEDS_SALE']);
    expect(bring(world, capture, soldAtMs, [[2, 4_000n]]).outcome).toBe('applied');
    expect([has(world, issuer), has(world, merchantC)]).toEqual(before);
    expect(itemStatus(world.state, gcn, 5)).toBe('available');
    expect(bring(world, capture, world.timeMs, [[2, 1n]]).reasons).toEqual(['NO_SUCH_SALE']);
  });

  it('B5: by the terms a coupon comes back to life, or is lost', () => {
    const world = ringWithCoupons({}, { returnRule: 2 });
    redeem(world, laneB, 5);
    const capture = world.next(laneB) - 1;
    const all = [
      [1, 6_000n],
      [2, 4_000n],
    ] as const;
    expect(bring(world, capture, world.timeMs, all).outcome).toBe('applied');
    expect(itemStatus(world.state, gcn, 5)).toBe('redeemed');
  });

  it('B3, L10: a void books everything back, and what was voided is not brought back again', () => {
    const world = ringWithCoupons();
    redeem(world, laneB, 5);
    const capture = world.next(laneB) - 1;
    const undo: Operation = { kind: 'basket.void', lane: 'lane-1', epoch: 0, capture, reason: 'mistyped' };
    expect(world.do(laneB, undo).outcome).toBe('applied');
    expect([has(world, issuer), has(world, merchantC)]).toEqual([1_000_000n, 1_000_000n]);
    expect([coverOf(world, issuer), coverOf(world, merchantC)]).toEqual([95_000n, 95_000n]);
    expect(bring(world, capture, world.timeMs, [[1, 1n]]).reasons).toEqual(['VOIDED']);
  });

  it('L10: who has left and emptied its cover owes what is brought back', () => {
    const world = ringWithCoupons({ bond: 0n, bondHoldMs: 0 });
    const soldAtMs = world.timeMs;
    redeem(world, laneB, 5);
    const capture = world.next(laneB) - 1;
    world.all(issuer, [withdraw(100_000n)]);
    expect(bring(world, capture, soldAtMs, [[1, 6_000n]]).outcome).toBe('applied');
    expect(readDebt(world.state, ring, issuer, merchantC)).toBe(3_000n);
  });

  it('L9: commissions go along the path, the last one first, once', () => {
    const flows = [2, 3].map((payee) => ({
      payer: 0,
      payee,
      amount: { kind: 'share', of: { numerator: 6 - payee, denominator: 100 } } as const,
    }));
    const world = openRing({ flows, referralDepth: 2 });
    const keys = new Uint8Array(10 * 16);
    for (let n = 0; n < 10; n++) keys.set(commitmentOfCode(gcn, n, codeSeed(n)), n * 16);
    world.all(issuer, [
      { kind: 'series.define', gcn, terms: { ...ringCoupon, consent: 1 } },
      { kind: 'coupon.issue', gcn, firstSerial: 0, count: 10, keyCommitments: keys },
    ]);
    expect(world.do(laneA, referral(3, ann)).outcome).toBe('applied');
    expect(world.do(laneA, referral(3, ann)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do(laneA, { ...referral(4, bob), serial: 3 } as Operation).reasons).toEqual(['CONSENT_INVALID']);
    expect(world.do(laneA, referral(3, bob)).outcome).toBe('applied');
    expect(world.do(laneA, referral(3, cleo)).reasons).toEqual(['REFERRAL_TOO_DEEP']);
    expect(redeem(world, laneB, 3, 1, consentFor(3, laneB)).outcome).toBe('applied');
    expect([ann, bob, cleo].map((holder) => has(world, holder))).toEqual([300n, 400n, 0n]);
    expect(has(world, merchantC)).toBe(1_000_000n - 700n);
  });

  it('L9: a coupon of no key is passed on by its holder alone, who is paid when it is used', () => {
    const flows = [{ payer: 0, payee: 2, amount: { kind: 'fixed', amount: 40n } as const }];
    const world = openRing({ flows, referralDepth: 1 });
    world.all(issuer, [
      { kind: 'series.define', gcn, terms: { ...ringCoupon, consent: 2 } },
      { kind: 'coupon.issue', gcn, firstSerial: 0, count: 10, keyCommitments: new Uint8Array(0) },
      { kind: 'coupon.transfer', gcn, serial: 3, to: ann, consent: null },
    ]);
    const add: Operation = { kind: 'referral.add', gcn, serial: 3, referrer: ann, consent: null };
    expect(world.do(laneA, add).reasons).toEqual(['CONSENT_INVALID']);
    expect(world.do(ann, add).outcome).toBe('applied');
    expect(world.do(ann, { kind: 'coupon.transfer', gcn, serial: 3, to: bob, consent: null }).outcome).toBe('applied');
  });

  it('B6: a review needs a purchase that was kept, the buyer, and is one', () => {
    const world = ringWithCoupons({}, { perHolderMax: 5 });
    const reservation = world.next(laneB);
    world.all(laneB, [
      {
        kind: 'coupon.reserve',
        gcn,
        serial: 1,
        termsVersion: 1,
        basket: new Uint8Array(16),
        basis: { kind: 'online', fallbackRightId: null },
        purchase: { spend: 100_000n, products: [] },
        holder: ann,
        consent: null,
      },
      {
        kind: 'basket.capture',
        basket: new Uint8Array(16),
        captures: [{ reservation, purchase: null, lines: [] }],
        basketHash: new Uint8Array(32),
      },
    ]);
    const review = (more: object = {}): Operation => ({
      kind: 'basket.review',
      store: storeB,
      lane: 'lane-1',
      epoch: 0,
      capture: reservation + 1,
      period: salesPeriodOf(startMs),
      part: 0,
      rating: 5,
      textHash: null,
      consent: null,
      ...more,
    });
    expect(world.do(bob, review()).reasons).toEqual(['NOT_PURCHASED']);
    expect(world.do(ann, review({ capture: reservation })).reasons).toEqual(['NOT_PURCHASED']);
    expect(world.do(ann, review({ rating: 0 })).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(ann, review()).outcome).toBe('applied');
    expect(world.do(ann, review({ rating: 1 })).reasons).toEqual(['ALREADY_EXISTS']);
    world.all(laneB, [{ kind: 'basket.void', lane: 'lane-1', epoch: 0, capture: reservation + 1, reason: 'x' }]);
    expect(world.do(ann, review()).reasons).toEqual(['NOT_PURCHASED']);
  });

  it('the statements of all accounts are made of receipts and add up', () => {
    const world = ringWithCoupons();
    const receipts: Receipt[] = [];
    const commit = world.commit.bind(world);
    world.commit = (segments) => {
      const executed = commit(segments);
      receipts.push(...executed.receipts);
      return executed;
    };
    for (let serial = 0; serial < 5; serial++) redeem(world, serial % 2 === 0 ? laneB : laneA, serial);
    expect(statementOf(merchantC, receipts)).toEqual([{ asset: token, with: issuer, received: 0n, paid: 15_000n }]);
    expect(statementOf(issuer, receipts)).toEqual([{ asset: token, with: merchantC, received: 15_000n, paid: 0n }]);
  });
});
