/** Items: issued by the hundred thousand, keyed, claimed, passed on, ended. */
import { describe, expect, it } from 'vitest';
import { accountKey, accounts } from '#ledger/accounts/account';
import { commitmentOfCode } from '#ledger/coupons/consent';
import { moveItem, offerItem, sellItem, withdrawItem } from '#ledger/coupons/move-item';
import { ownerOf } from '#ledger/coupons/owners';
import { itemStatus, keyCommitmentOf, seriesIssuedCount } from '#ledger/coupons/read';
import { regionShard } from '#ledger/ids';
import type { Operation } from '#ledger/operation';
import { reasonsIn } from '#ledger/reasons';
import type { LedgerOverlay } from '#ledger/state/view';
import { ann, bob, cleo, consentTo, done, no } from './asset-world.ts';
import {
  claim,
  claimConsent,
  defineSeries,
  holderConsent,
  issueItems,
  keysOf,
  transfer,
  voidSale,
  withCoupons,
} from './coupon-world.ts';
import {
  capture,
  codeSeed,
  consentFor,
  day,
  gcn,
  issuer,
  lease,
  release,
  reserve,
  startMs,
  storeA,
  storeB,
  type World,
} from './world.ts';

const lane1 = `${storeA}/lane-1`;
const laneB = `${storeB}/lane-1`;
const none = new Uint8Array(0);
const nobody = `@${'99'.repeat(16)}`;

/** Changes the state beside the journals, as a rule of another room would. */
function directly<T>(world: World, work: (tx: LedgerOverlay) => T): T {
  const tx = world.state.overlay();
  const result = work(tx);
  world.state.commit(world.state.evaluate(tx, world.height));
  return result;
}

describe('issuing (SPEC C2, C7)', () => {
  it('100,000 items are one operation, and not one more', () => {
    const world = withCoupons(0);
    expect(world.do(issuer, issueItems(100_000))).toEqual(done(10_000_000n));
    expect(seriesIssuedCount(world.state, gcn)).toBe(100_000);
    expect([0, 1_023, 1_024, 99_999].map((serial) => itemStatus(world.state, gcn, serial))).toEqual(
      Array(4).fill('available'),
    );
    expect(itemStatus(world.state, gcn, 100_000)).toBeNull();
    expect(() => world.do(issuer, issueItems(100_001, none, gcn, 100_000))).toThrow();
  });

  it('keys follow their items, dense and once, and an item without its key cannot be used', () => {
    const world = withCoupons(0, { consent: 1 });
    const keys = (firstSerial: number, keyCommitments: Uint8Array): Operation => ({
      kind: 'coupon.keys',
      gcn,
      firstSerial,
      keyCommitments,
    });
    expect(world.do(issuer, issueItems(20, keysOf(0, 21)))).toEqual(no('BAD_OPERATION'));
    expect(world.do(issuer, issueItems(20, keysOf(0, 5)))).toEqual(done(2_000n));
    const use = (serial: number) => world.do(lane1, reserve(serial, { consent: consentFor(serial, lane1) }));
    expect(use(4)).toEqual(done(100n));
    expect(use(5)).toEqual(no('CONSENT_INVALID'));
    expect(world.do(issuer, keys(4, keysOf(4, 1)))).toEqual(no('ALREADY_EXISTS'));
    expect(world.do(issuer, keys(6, keysOf(6, 1)))).toEqual(no('BAD_OPERATION'));
    expect(world.do(issuer, keys(5, keysOf(5, 16)))).toEqual(no('BAD_OPERATION'));
    expect(world.do(issuer, keys(5, none))).toEqual(no('BAD_OPERATION'));
    expect(world.do(issuer, keys(5, new Uint8Array(17)))).toEqual(no('BAD_OPERATION'));
    expect(world.do('issuer-x', keys(5, keysOf(5, 1)))).toEqual(no('NOT_AUTHORISED'));
    expect(world.do(issuer, keys(5, keysOf(5, 15)))).toEqual(done(0n));
    expect(keyCommitmentOf(world.state, gcn, 19)).toEqual(commitmentOfCode(gcn, 19, codeSeed(19)));
    expect(use(5)).toEqual(done(100n));
    // The next items' keys begin where the last ones ended, however many items there are.
    expect(world.do(issuer, issueItems(3, keysOf(20, 2), gcn, 20))).toEqual(done(300n));
    expect(keyCommitmentOf(world.state, gcn, 21)).toEqual(commitmentOfCode(gcn, 21, codeSeed(21)));
    expect(keyCommitmentOf(world.state, gcn, 22)).toBeNull();
  });

  it("counts against the issuer's day", () => {
    const world = withCoupons(0);
    directly(world, (tx) => {
      const account = accounts.read(tx, regionShard, accountKey(issuer));
      if (account !== null) accounts.write(tx, regionShard, accountKey(issuer), { ...account, itemsPerDayMax: 10 });
    });
    expect(world.do(issuer, issueItems(11))).toEqual(no('MINT_LIMIT'));
    expect(world.do(issuer, issueItems(10))).toEqual(done(1_000n));
    expect(world.do(issuer, issueItems(1, none, gcn, 10))).toEqual(no('MINT_LIMIT'));
    world.timeMs += day;
    expect(world.do(issuer, issueItems(1, none, gcn, 10))).toEqual(done(100n));
  });
});

describe('bearer codes (SPEC C3.3, C8)', () => {
  it('who listens to a spend or a claim can do nothing with what was heard', () => {
    const world = withCoupons(9, { consent: 1 });
    const heard = consentFor(3, lane1);
    expect(world.do(laneB, reserve(3, { consent: heard }))).toEqual(no('CONSENT_INVALID'));
    const claimed = claimConsent(3, ann);
    expect(world.do(cleo, claim(3, cleo, claimed))).toEqual(no('CONSENT_INVALID'));
    expect(world.do(cleo, claim(4, ann, claimed))).toEqual(no('CONSENT_INVALID'));
    const asSpend = { kind: 'bearer', ...claimed } as const;
    expect(world.do(lane1, reserve(3, { consent: asSpend }))).toEqual(no('CONSENT_INVALID'));
    // Whoever passes the claim on serves the one that it names.
    expect(world.do(cleo, claim(3, ann, claimed))).toEqual(done(100n));
    expect(ownerOf(world.state, gcn, 3)).toBe(ann);
  });

  it('a claimed item is its holder’s: the code alone is worth nothing any more', () => {
    const world = withCoupons(200, { consent: 1 });
    expect(ownerOf(world.state, gcn, 130)).toBeNull();
    expect(world.do(issuer, claim(130, ann))).toEqual(done(100n));
    expect(world.do(issuer, claim(130, bob))).toEqual(no('NOT_OWNER'));
    expect([129, 131].map((serial) => ownerOf(world.state, gcn, serial))).toEqual([null, null]);
    const bearer = consentFor(130, lane1);
    expect(world.do(lane1, reserve(130, { consent: bearer }))).toEqual(no('NOT_OWNER'));
    expect(world.do(lane1, reserve(130, { consent: bearer, holder: ann }))).toEqual(no('CONSENT_INVALID'));
    expect(world.do(lane1, reserve(130, { holder: ann }))).toEqual(no('CONSENT_MISSING'));
    const consent = holderConsent(world, ann, 130, lane1);
    expect(world.do(laneB, reserve(130, { holder: ann, consent }))).toEqual(no('CONSENT_INVALID'));
    expect(world.do(lane1, reserve(131, { holder: ann, consent }))).toEqual(no('CONSENT_INVALID'));
    expect(world.do(lane1, reserve(130, { holder: cleo, consent }))).toEqual(no('NOT_OWNER'));
    expect(world.do(lane1, reserve(130, { holder: ann, consent }))).toEqual(done(100n));
    // Given back, it needs a new word.
    world.do(lane1, release(world.next(lane1) - 1));
    expect(world.do(lane1, reserve(130, { holder: ann, consent }))).toEqual(no('CONSENT_SPENT'));
  });

  it('a claim is refused for what is bound, taken, unknown or over', () => {
    const world = withCoupons(9, { consent: 1 });
    expect(world.do(issuer, claim(9, ann))).toEqual(no('NO_SUCH_ITEM'));
    expect(world.do(issuer, claim(1, nobody))).toEqual(no('UNKNOWN_ACCOUNT'));
    world.do(lane1, reserve(1, { consent: consentFor(1, lane1) }));
    expect(world.do(issuer, claim(1, ann))).toEqual(no('RESERVED_ELSEWHERE'));
    world.timeMs = startMs + 31 * day;
    expect(world.do(issuer, claim(2, ann))).toEqual(no('EXPIRED'));
    expect(withCoupons(2).do(issuer, claim(1, ann))).toEqual(no('BAD_OPERATION'));
  });
});

describe('passing on (SPEC C9)', () => {
  it('an issuer brings out items for holders, who pass them on by their own word', () => {
    const world = withCoupons(9, { consent: 2 });
    expect(ownerOf(world.state, gcn, 1)).toBe(issuer);
    expect(world.do(lane1, reserve(1, { holder: ann }))).toEqual(no('NOT_OWNER'));
    expect(world.do('issuer-x', transfer(1, ann))).toEqual(no('CONSENT_MISSING'));
    expect(world.do(issuer, transfer(1, nobody))).toEqual(no('UNKNOWN_ACCOUNT'));
    expect(world.do(issuer, transfer(1, ann))).toEqual(done(0n));
    expect(world.do(issuer, transfer(1, cleo))).toEqual(no('CONSENT_MISSING'));
    expect(world.do(cleo, transfer(1, cleo))).toEqual(no('CONSENT_MISSING'));
    expect(world.do(ann, transfer(1, bob))).toEqual(done(0n));
    // The custodian speaks for a holder without a key.
    expect(world.do(issuer, transfer(1, cleo))).toEqual(done(0n));
    expect(ownerOf(world.state, gcn, 1)).toBe(cleo);
    expect(world.do(ann, transfer(9, bob))).toEqual(no('NO_SUCH_ITEM'));
  });

  it('a consent serves the receiver that it names', () => {
    const world = withCoupons(9, { consent: 2 });
    world.do(issuer, transfer(1, ann));
    const what = ['coupon.transfer', gcn, 1, bob];
    const consent = consentTo(ann, { owner: ann, what, author: lane1, notAfterMs: world.timeMs + 1_000 });
    expect(world.do(lane1, transfer(1, cleo, consent))).toEqual(no('CONSENT_INVALID'));
    expect(world.do(lane1, transfer(1, bob, consent))).toEqual(done(0n));
  });

  it('stops where the terms say so, but not before the item is out', () => {
    const world = withCoupons(9, { consent: 2, transferable: false });
    expect(world.do(issuer, transfer(1, ann))).toEqual(done(0n));
    expect(world.do(ann, transfer(1, cleo))).toEqual(no('NOT_TRANSFERABLE'));
    const bearers = withCoupons(9, { consent: 1 });
    expect(bearers.do(issuer, transfer(1, ann))).toEqual(no('NOT_OWNER'));
  });

  it('ends with the validity, and spares what is taken', () => {
    const world = withCoupons(9, { consent: 2 });
    world.all(issuer, [transfer(1, ann), transfer(2, ann)]);
    world.do(lane1, reserve(1, { holder: ann, consent: holderConsent(world, ann, 1, lane1) }));
    expect(world.do(ann, transfer(1, cleo))).toEqual(no('RESERVED_ELSEWHERE'));
    world.timeMs = startMs + 31 * day;
    expect(world.do(ann, transfer(2, cleo))).toEqual(no('EXPIRED'));
  });

  it('an item on offer can be neither used nor moved, until it is sold or withdrawn', () => {
    const world = withCoupons(9, { consent: 2 });
    world.all(issuer, [transfer(1, ann)]);
    const { timeMs: blockTimeMs } = world;
    const item = { gcn, serial: 1 };
    const names = (bits: bigint) => reasonsIn(bits);
    expect(directly(world, (tx) => names(offerItem(tx, item, cleo, blockTimeMs)))).toEqual(['NOT_OWNER']);
    expect(directly(world, (tx) => names(sellItem(tx, { ...item, from: ann, to: cleo, blockTimeMs })))).toEqual([
      'NO_SUCH_OFFER',
    ]);
    expect(directly(world, (tx) => offerItem(tx, item, ann, blockTimeMs))).toBe(0n);
    expect(itemStatus(world.state, gcn, 1)).toBe('offered');
    const consent = holderConsent(world, ann, 1, lane1);
    expect(world.do(lane1, reserve(1, { holder: ann, consent }))).toEqual(no('RESERVED_ELSEWHERE'));
    expect(world.do(ann, transfer(1, cleo))).toEqual(no('RESERVED_ELSEWHERE'));
    expect(world.do(issuer, { kind: 'coupon.void', gcn, firstSerial: 1, count: 1, reason: 'r' })).toEqual(
      no('RESERVED_ELSEWHERE'),
    );
    expect(directly(world, (tx) => names(sellItem(tx, { ...item, from: ann, to: 'merchant-c', blockTimeMs })))).toEqual(
      ['UNKNOWN_ACCOUNT'],
    );
    expect(directly(world, (tx) => sellItem(tx, { ...item, from: ann, to: cleo, blockTimeMs }))).toBe(0n);
    expect(ownerOf(world.state, gcn, 1)).toBe(cleo);
    expect(itemStatus(world.state, gcn, 1)).toBe('available');
    expect(directly(world, (tx) => names(withdrawItem(tx, item)))).toEqual(['NO_SUCH_OFFER']);
    directly(world, (tx) => offerItem(tx, item, cleo, blockTimeMs));
    expect(directly(world, (tx) => withdrawItem(tx, item))).toBe(0n);
    expect(directly(world, (tx) => moveItem(tx, { ...item, from: cleo, to: ann, blockTimeMs }))).toBe(0n);
    expect(ownerOf(world.state, gcn, 1)).toBe(ann);
  });
});

describe('ending items (SPEC C10, C11)', () => {
  const end = (kind: 'coupon.void' | 'coupon.expire', firstSerial: number, count: number): Operation =>
    kind === 'coupon.void' ? { kind, gcn, firstSerial, count, reason: 'misprint' } : { kind, gcn, firstSerial, count };

  it('voids what is available and names what is not; a voided code is told from a used one', () => {
    const world = withCoupons(20);
    world.all(issuer, [lease(4, 5)]);
    world.do(lane1, reserve(1));
    world.do(lane1, reserve(2));
    world.do(lane1, capture(0));
    expect(world.do('issuer-x', end('coupon.void', 0, 8))).toEqual(no('NOT_AUTHORISED'));
    expect(world.do(issuer, end('coupon.void', 0, 21))).toEqual(no('NO_SUCH_ITEM'));
    expect(world.do(issuer, end('coupon.void', 0, 0))).toEqual(no('BAD_OPERATION'));
    expect(world.do(issuer, end('coupon.void', 0, 8))).toEqual({
      outcome: 'applied',
      reasons: ['ALREADY_REDEEMED', 'RESERVED_ELSEWHERE', 'LEASED_TO_OTHER'],
      value: 400n,
    });
    expect(world.do(laneB, reserve(0))).toEqual(no('VOIDED'));
    expect(world.do(issuer, end('coupon.void', 0, 1))).toEqual(no('ALREADY_EXISTS'));
    expect(world.do(issuer, end('coupon.void', 2, 1))).toEqual(no('RESERVED_ELSEWHERE'));
    // What was in a basket is sold all the same, and a sale is undone all the same.
    expect(world.do(lane1, capture(1))).toEqual(done(100n));
    expect(world.do(lane1, voidSale(3))).toEqual(done(100n));
    expect(itemStatus(world.state, gcn, 2)).toBe('available');
  });

  it('sweeps what has run out, once nothing sold in time can still come in', () => {
    const world = withCoupons(9, { validUntilMs: startMs + day });
    world.all(issuer, [defineSeries({ version: 2, validUntilMs: startMs + 2 * day })]);
    world.timeMs = startMs + 92 * day;
    expect(world.do(issuer, end('coupon.expire', 0, 9))).toEqual(no('BAD_OPERATION'));
    world.timeMs += 1;
    expect(world.do(issuer, end('coupon.expire', 0, 9))).toEqual(done(900n));
    expect(itemStatus(world.state, gcn, 8)).toBe('expired');
    expect(world.do(lane1, reserve(1)).reasons).toEqual(['EXPIRED']);
  });
});
