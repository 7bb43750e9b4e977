import { describe, expect, it } from 'vitest';
import { equalBytes } from '#core/bytes';
import { encode } from '#core/format';
import { taggedHash } from '#core/hash';
import { readBalance } from '#ledger/assets/balance';
import { readItemStatus } from '#ledger/coupons/item-status';
import { ownerOf } from '#ledger/coupons/owners';
import { openSlots, ownOffersMax, readMarket, readOwnOffers } from '#ledger/market/market-book';
import { endedPerBlockMax, pathFormat } from '#ledger/market/match-block';
import { offerMsMax, placingDebit } from '#ledger/market/place-offer';
import { withdrawalDebit } from '#ledger/market/withdraw-offer';
import type { Operation } from '#ledger/operation';
import { act, ann, bob, cleo, consentTo, define, done, has, issue, no, pay, points } from './asset-world.ts';
import { anyItem, anyUnits, checkMarket, items, nextBlock, openMarket, place, units } from './market-world.ts';
import { baseTerms, basketOf, capture, day, gcn, issuer, reserve, storeA, type World } from './world.ts';

const lane = `${storeA}/lane-1`;

const withdraw = (owner: string, author: string, sequence: number, more: object = {}): Operation => ({
  kind: 'offer.withdraw',
  owner,
  offer: { author, epoch: 0, sequence },
  consent: null,
  ...more,
});

/** Applied, whatever its value. */
function placed(world: World, author: string, operation: Operation): void {
  expect(world.do(author, operation)).toMatchObject({ outcome: 'applied', reasons: [] });
  checkMarket(world);
}

describe('the whitepaper, case 3 (SPEC M1 to M5)', () => {
  it('a holder sells a coupon of 100 for 80, and the buyer uses it for 100', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [items(0), anyUnits('card'), [80n, 1n]]));
    expect(readItemStatus(world.state, gcn, 0)).toBe('offered');
    // While it is on offer its owner cannot use it.
    const what = ['coupon.reserve', gcn, 0, basketOf(1)];
    const consentOf = (owner: string) => ({
      kind: 'holder' as const,
      ...consentTo(owner, { owner, what, author: lane, notAfterMs: world.timeMs + 60_000 }),
    });
    const use = (owner: string) => reserve(0, { holder: owner, consent: consentOf(owner) });
    expect(world.do(lane, use(ann))).toEqual(no('RESERVED_ELSEWHERE'));

    placed(world, cleo, place(world, cleo, [units('card', 90n), anyItem, [1n, 90n]], { wantMax: 1n }));
    expect(nextBlock(world).told).toEqual([`cleo>ann 80 card, ann>cleo 1 c/${gcn}`]);
    expect([has(world, ann, 'card'), has(world, cleo, 'card')]).toEqual([5_080n, 4_920n]);
    expect([ownerOf(world.state, gcn, 0), readItemStatus(world.state, gcn, 0)]).toEqual([cleo, 'available']);

    expect(world.do(lane, use(ann))).toEqual(no('NOT_OWNER'));
    const sequence = world.next(lane);
    expect(world.do(lane, use(cleo))).toEqual(done(100n));
    expect(world.do(lane, capture(sequence))).toEqual(done(100n));
    expect(readItemStatus(world.state, gcn, 0)).toBe('redeemed');
  });
});

describe('two gateways (SPEC M4)', () => {
  it('points of one buy points of the other by way of a third asset, without a direct offer', () => {
    const world = openMarket();
    world.all('issuer-x', [define('miles', points), issue('miles', cleo, 900n)]);
    placed(world, cleo, place(world, cleo, [units('miles', 300n), anyUnits('card'), [2n, 1n]]));
    placed(world, issuer, place(world, bob, [units('card', 800n), anyUnits('points'), [1n, 4n]]));
    placed(world, ann, place(world, ann, [units('points', 100n), anyUnits('miles'), [3n, 2n]]));
    // 100 points buy 400 cents, and these 200 miles.
    expect(nextBlock(world).told).toEqual(['ann>bob 100 points, bob>cleo 400 card, cleo>ann 200 miles']);
    expect(has(world, ann, 'miles')).toBe(200n);
  });

  it('a coupon is bought with points that its seller does not take', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [items(0, 1, 2), anyUnits('card'), [80n, 1n]]));
    placed(world, issuer, place(world, bob, [units('card', 1_000n), anyUnits('points'), [1n, 4n]]));
    placed(world, cleo, place(world, cleo, [units('points', 50n), anyItem, [1n, 25n]], { wantMax: 2n }));
    expect(nextBlock(world).told).toEqual([`cleo>bob 40 points, bob>ann 160 card, ann>cleo 2 c/${gcn}`]);
    expect([0, 1, 2].map((serial) => ownerOf(world.state, gcn, serial))).toEqual([cleo, cleo, ann]);
    // What the better price left of the 50 is hers again.
    expect([has(world, cleo, 'points'), has(world, bob, 'points')]).toEqual([960n, 1_040n]);
    expect(readOwnOffers(world.state, cleo)).toEqual([]);
  });
});

describe('offer.place (SPEC M1)', () => {
  const sell = (world: World, more: object = {}) =>
    place(world, ann, [units('points', 100n), anyUnits('card'), [2n, 1n]], more);

  it('locks what is given, and gathers the reasons why it cannot', () => {
    const world = openMarket();
    expect(act(world, ann, sell(world))).toEqual(done(100n));
    checkMarket(world);
    expect(has(world, ann, 'points')).toBe(900n);
    expect(act(world, ann, { ...sell(world), give: units('points', 901n) })).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(act(world, ann, { ...sell(world), give: units('pints', 1n) })).toEqual(no('NO_SUCH_ASSET'));
    expect(act(world, ann, { ...sell(world), want: { kind: 'items', gcn: '4012345678918' } })).toEqual(
      no('NO_SUCH_SERIES'),
    );
    expect(act(world, cleo, sell(world))).toEqual(no('CONSENT_MISSING'));
    const forMerchant = place(world, 'merchant-c', [units('card', 5n), anyItem, [1n, 5n]]);
    expect(act(world, 'merchant-c', forMerchant)).toEqual(no('UNKNOWN_ACCOUNT'));
    expect(act(world, 'merchant-c', { ...forMerchant, want: anyUnits('points') })).toEqual(no('INSUFFICIENT_BALANCE'));
  });

  it('refuses what makes no sense', () => {
    const world = openMarket();
    const { timeMs } = world;
    const senseless: Partial<ReturnType<typeof sell>>[] = [
      { give: units('points', 0n) },
      { want: anyUnits('points') },
      { price: { num: 0n, den: 1n } },
      { price: { num: 1n, den: 0n } },
      { give: items(0, 0) },
      { goodUntilMs: timeMs },
      { goodUntilMs: timeMs + offerMsMax + 1 },
      { wantMax: 199n },
      { wantMax: 0n },
      // 100 points are worth less than a cent.
      { price: { num: 1n, den: 101n } },
    ];
    for (const one of senseless)
      expect(act(world, ann, { ...sell(world), ...one }), JSON.stringify(Object.keys(one))).toEqual(
        no('BAD_OPERATION'),
      );
    expect(act(world, ann, { ...sell(world), wantMax: 200n, goodUntilMs: timeMs + offerMsMax })).toEqual(done(100n));
  });

  it('an asset that is not tradable is on neither side', () => {
    const world = openMarket({ assets: { card: { tradable: false } } });
    expect(act(world, ann, sell(world))).toEqual(no('NOT_TRANSFERABLE'));
    const other = place(world, ann, [units('card', 100n), anyUnits('points'), [2n, 1n]]);
    expect(act(world, ann, other)).toEqual(no('NOT_TRANSFERABLE'));
  });

  it('is the word of the owner, its custodian, or a consent to all of it', () => {
    const world = openMarket();
    const offer = sell(world);
    const signed = (what = placingDebit(offer)) =>
      consentTo(ann, { owner: ann, what, author: lane, notAfterMs: world.timeMs + 60_000 });
    expect(act(world, lane, { ...offer, price: { num: 1n, den: 1n }, consent: signed() })).toEqual(
      no('CONSENT_INVALID'),
    );
    expect(act(world, lane, { ...offer, whole: true, consent: signed() })).toEqual(no('CONSENT_INVALID'));
    const consent = signed();
    expect(act(world, lane, { ...offer, consent })).toEqual(done(100n));
    expect(act(world, lane, { ...offer, consent })).toEqual(no('CONSENT_SPENT'));
    // Bob is a member number without a key.
    expect(act(world, issuer, { ...offer, owner: bob })).toEqual(done(100n));
    checkMarket(world);
  });

  it('items are offered by whom they are bound to, available and unused', () => {
    const world = openMarket();
    const offer = (owner: string, ...serials: number[]) =>
      place(world, owner, [items(...serials), anyUnits('card'), [80n, 1n]]);
    expect(act(world, cleo, offer(cleo, 0))).toEqual(no('NOT_OWNER'));
    expect(act(world, ann, offer(ann, 0, 1))).toEqual(done(2n));
    expect(act(world, ann, offer(ann, 1, 2))).toEqual(no('RESERVED_ELSEWHERE'));
    expect(readItemStatus(world.state, gcn, 2)).toBe('available');
    // The issuer brings out what is bound to nobody.
    expect(act(world, issuer, offer(issuer, 7))).toEqual(done(1n));
    checkMarket(world);
    const bound = openMarket({ series: { transferable: false } });
    expect(act(bound, ann, place(bound, ann, [items(0), anyUnits('card'), [80n, 1n]]))).toEqual(no('NOT_TRANSFERABLE'));
  });

  it('an owner has 64 open offers, and its slots are used again', () => {
    const world = openMarket();
    const small = place(world, ann, [units('points', 2n), anyUnits('card'), [9n, 1n]]);
    world.all(ann, Array<Operation>(ownOffersMax).fill(small));
    expect(act(world, ann, small)).toEqual(no('TOO_MANY_OPEN'));
    world.all(
      ann,
      [5, 6, 7].map((sequence) => withdraw(ann, ann, sequence)),
    );
    world.all(ann, [small, small, small]);
    checkMarket(world);
    expect(readMarket(world.state)).toMatchObject({
      slotCount: ownOffersMax,
      openCount: ownOffersMax,
      firstFree: null,
    });
  });
});

describe('offer.withdraw (SPEC M2)', () => {
  it('gives back what is left, once, to the owner', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [units('points', 100n), anyUnits('card'), [2n, 1n]]));
    placed(world, cleo, place(world, cleo, [units('card', 60n), anyUnits('points'), [1n, 2n]]));
    nextBlock(world);
    expect(has(world, ann, 'points')).toBe(900n);
    expect(act(world, ann, withdraw(ann, ann, 1))).toEqual(no('NO_SUCH_OFFER'));
    expect(act(world, cleo, withdraw(cleo, ann, 0))).toEqual(no('NO_SUCH_OFFER'));
    expect(act(world, cleo, withdraw(ann, ann, 0))).toEqual(no('CONSENT_MISSING'));
    const consent = consentTo(ann, {
      owner: ann,
      what: withdrawalDebit({ author: ann, epoch: 0, sequence: 0 }),
      author: lane,
      notAfterMs: world.timeMs + 1,
    });
    expect(act(world, lane, withdraw(ann, ann, 0, { consent }))).toEqual(done(70n));
    checkMarket(world);
    expect([has(world, ann, 'points'), has(world, ann, 'card')]).toEqual([970n, 5_060n]);
    expect(act(world, ann, withdraw(ann, ann, 0))).toEqual(no('NO_SUCH_OFFER'));
  });

  it('makes items available again, also before their turn', () => {
    const world = openMarket();
    world.all(ann, [place(world, ann, [items(0, 1), anyUnits('card'), [80n, 1n]]), withdraw(ann, ann, 0)]);
    checkMarket(world);
    expect([0, 1].map((serial) => readItemStatus(world.state, gcn, serial))).toEqual(['available', 'available']);
    expect(readMarket(world.state)).toMatchObject({ openCount: 0, waitingCount: 0 });
  });
});

describe('matching at the start of a block (SPEC M3)', () => {
  it('sees what was gathered before, not what the block itself brings', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [units('points', 10n), anyUnits('card'), [1n, 1n]]));
    const crossing = place(world, cleo, [units('card', 10n), anyUnits('points'), [1n, 1n]]);
    expect(act(world, cleo, crossing)).toEqual(done(10n));
    expect(has(world, ann, 'card')).toBe(5_000n);
    expect(nextBlock(world).told).toEqual(['cleo>ann 10 card, ann>cleo 10 points']);
    expect(nextBlock(world).told).toEqual([]);
  });

  it('is drawn by the beacon of the block that matches', () => {
    const winners = new Set<string>();
    for (let draw = 0; draw < 12; draw++) {
      const world = openMarket();
      placed(world, ann, place(world, ann, [items(0), anyUnits('card'), [80n, 1n]]));
      nextBlock(world);
      const bid = (owner: string) => place(world, owner, [units('card', 80n), anyItem, [1n, 80n]]);
      world.commit([world.segment(cleo, [bid(cleo)]), world.segment(issuer, [bid(bob)])]);
      world.beacon = Uint8Array.of(draw, ...new Uint8Array(63));
      const { told } = nextBlock(world);
      expect(told).toHaveLength(1);
      winners.add(told[0]?.slice(0, 3) ?? '');
    }
    expect([...winners].sort()).toEqual(['bob', 'cle']);
  });

  it('gives the same roots to whoever rebuilt the state from its leaves', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [items(0, 1), anyUnits('card'), [80n, 1n]]));
    placed(world, cleo, place(world, cleo, [units('card', 170n), anyItem, [1n, 85n]]));
    const copy = world.copy();
    copy.beacon = world.beacon;
    const [here, there] = [world.commit([]), copy.commit([])];
    expect(here.receipts.length).toBeGreaterThan(0);
    expect(equalBytes(here.resultRoot, there.resultRoot)).toBe(true);
  });
});

describe('the end of an offer (SPEC M6)', () => {
  it('comes by its time, without anybody asking', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [items(0), anyUnits('card'), [80n, 1n]]));
    placed(
      world,
      ann,
      place(world, ann, [units('points', 5n), anyUnits('card'), [80n, 1n]], { goodUntilMs: world.timeMs + day }),
    );
    world.timeMs += day;
    nextBlock(world);
    expect(openSlots(world.state)).toHaveLength(2);
    world.timeMs += 1;
    nextBlock(world);
    expect(openSlots(world.state)).toHaveLength(1);
    expect(has(world, ann, 'points')).toBe(1_000n);
    world.timeMs += 7 * day;
    // Too late by now: the buyer finds nothing.
    placed(world, cleo, place(world, cleo, [units('card', 100n), anyItem, [1n, 100n]]));
    expect(nextBlock(world).told).toEqual([]);
    expect(readItemStatus(world.state, gcn, 0)).toBe('available');
  });

  it('comes when what it promised has gone out of date, for what is no longer in date only', () => {
    const world = openMarket();
    world.timeMs += 30 * day;
    const sell = (amount: bigint, price: bigint) =>
      place(world, ann, [units('points', amount), anyUnits('card'), [price, 1n]], {
        goodUntilMs: world.timeMs + offerMsMax,
      });
    placed(world, ann, sell(100n, 1n));
    const sellLater = sell(50n, 2n);
    nextBlock(world);
    // Points live for 360 days and up to 30 more.
    world.timeMs += 361 * day;
    world.all(issuer, [issue('points', ann, 50n)]);
    placed(world, ann, sellLater);
    placed(world, cleo, place(world, cleo, [units('card', 300n), anyUnits('points'), [1n, 2n]]));
    expect(nextBlock(world).told).toEqual(['cleo>ann 100 card, ann>cleo 50 points']);
    expect(readOwnOffers(world.state, ann)).toEqual([]);
    expect(readBalance(world.state, { owner: ann, asset: 'points' })).toMatchObject({ expired: 1_000n });
  });

  it('what is in date of an owner is given once, to the offer that is reached first', () => {
    const world = openMarket();
    world.all(ann, [pay('points', ann, cleo, 970n)]);
    world.timeMs += 200 * day;
    world.all(issuer, [issue('points', ann, 50n)]);
    const sell = (price: bigint) =>
      place(world, ann, [units('points', 40n), anyUnits('card'), [price, 1n]], {
        goodUntilMs: world.timeMs + offerMsMax,
      });
    world.all(ann, [sell(1n), sell(2n)]);
    nextBlock(world);
    // Of the 80 that are locked 30 are out of date by now.
    world.timeMs += 191 * day;
    placed(world, cleo, place(world, cleo, [units('card', 300n), anyUnits('points'), [1n, 2n]]));
    expect(nextBlock(world).told).toEqual(['cleo>ann 40 card, ann>cleo 40 points']);
    expect(readOwnOffers(world.state, ann)).toEqual([]);
    expect(readBalance(world.state, { owner: ann, asset: 'points' })).toMatchObject({ expired: 30n });
    expect(has(world, ann, 'points')).toBe(10n);
  });

  it('comes for items that may no longer be passed on', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [items(0), anyUnits('card'), [80n, 1n]]));
    placed(world, ann, place(world, ann, [items(1), anyUnits('card'), [80n, 1n]]));
    nextBlock(world);
    world.all(issuer, [
      { kind: 'series.define', gcn, terms: { ...baseTerms, consent: 2, version: 2, transferable: false } },
    ]);
    placed(world, cleo, place(world, cleo, [units('card', 80n), anyItem, [1n, 80n]]));
    expect(nextBlock(world).told).toEqual([]);
    expect([0, 1].map((serial) => readItemStatus(world.state, gcn, serial))).toEqual(['available', 'available']);
    expect(openSlots(world.state).map(({ offer }) => offer.owner)).toEqual([cleo]);
  });

  it('comes for at most 256 in a block, and for the others in the next', () => {
    const world = openMarket();
    const owners = [ann, cleo, bob, issuer, 'issuer-x'];
    world.all('issuer-x', [issue('card', issuer, 64n), issue('card', 'issuer-x', 64n)]);
    for (const owner of owners) {
      const offer = place(world, owner, [units('card', 1n), anyUnits('points'), [9n, 1n]], {
        goodUntilMs: world.timeMs + 5,
      });
      world.all(owner === bob ? issuer : owner, Array<Operation>(ownOffersMax).fill(offer));
    }
    const count = owners.length * ownOffersMax;
    nextBlock(world);
    expect(openSlots(world.state)).toHaveLength(count);
    world.timeMs += 6;
    nextBlock(world);
    expect(openSlots(world.state)).toHaveLength(count - endedPerBlockMax);
    nextBlock(world);
    expect(openSlots(world.state)).toHaveLength(0);
  });
});

describe('receipts of the market (SPEC M8)', () => {
  it('come first, one a path, in a stream of their own, and commit to the offers', () => {
    const world = openMarket();
    placed(world, ann, place(world, ann, [units('points', 20n), anyUnits('card'), [1n, 1n]]));
    placed(world, ann, place(world, ann, [units('points', 20n), anyUnits('card'), [2n, 1n]]));
    placed(world, cleo, place(world, cleo, [units('card', 60n), anyUnits('points'), [1n, 2n]]));
    const { receipts } = world.commit([
      world.segment(cleo, [place(world, cleo, [items(5), anyUnits('card'), [1n, 1n]])]),
    ]);
    expect(receipts.map(({ author }) => author)).toEqual(['x/market', 'x/market', cleo]);
    expect(receipts.slice(0, 2).map(({ epoch, stream, sequence, value }) => [epoch, stream, sequence, value])).toEqual([
      [0, 0, 0, 20n],
      [0, 0, 1, 20n],
    ]);
    const leg = (from: string, fromSequence: number, to: string, toSequence: number, amount: bigint) => ({
      from: { author: from, epoch: 0, sequence: fromSequence },
      to: { author: to, epoch: 0, sequence: toSequence },
      amount,
    });
    const legs = [leg(cleo, 0, ann, 1, 40n), leg(ann, 1, cleo, 0, 20n)];
    expect(receipts[1]?.entryHash).toEqual(taggedHash('bizain/market-path/1', encode(pathFormat, { legs })));
    placed(world, ann, place(world, ann, [units('points', 5n), anyUnits('card'), [1n, 1n]]));
    placed(world, cleo, place(world, cleo, [units('card', 5n), anyUnits('points'), [1n, 1n]]));
    expect(nextBlock(world).receipts.map(({ sequence }) => sequence)).toEqual([2]);
  });
});
