import { describe, expect, it } from 'vitest';
import { matchOffers } from '#ledger/market/match-offers';
import type { Settlement } from '#ledger/market/match-turn';
import { marketAmountMax, matchLimits } from '#ledger/market/offer';
import { beaconOf, fate, lotOf, match, nameOf, offerOf, told } from './market-offers.ts';

const [A, B, C, D] = ['points-a', 'points-b', 'points-c', 'points-d'];
const coupon = 'coupon';

describe('one new offer', () => {
  it('trades at the price of the resting offer: what that leaves below its own limit is its own', () => {
    const seller = offerOf('seller', { give: coupon, want: A, amount: 1n, price: [80n, 1n] });
    const buyer = offerOf('buyer', { give: A, want: coupon, amount: 100n, price: [1n, 100n] });
    const result = match([seller], [buyer]);
    expect(told(result)).toEqual(['buyer: 80 points-a buyer>seller, 1 coupon seller>buyer']);
    expect(fate(result, 'seller')).toBe('closed 0');
    // 20 of the 100 do not buy another coupon at its limit: they are its own again.
    expect(fate(result, 'buyer')).toBe('closed 20');
  });

  it('takes no more than it wants, however cheap', () => {
    const seller = offerOf('seller', { give: coupon, want: A, amount: 5n, price: [40n, 1n] });
    const buyer = offerOf('buyer', { give: A, want: coupon, amount: 100n, price: [1n, 100n], wantLeft: 1n });
    const result = match([seller], [buyer]);
    expect(told(result)).toEqual(['buyer: 40 points-a buyer>seller, 1 coupon seller>buyer']);
    expect([fate(result, 'buyer'), fate(result, 'seller')]).toEqual(['closed 60', 'resting 4']);
  });

  it('takes the best rate first, then the fewest hops, then the oldest', () => {
    const older = offerOf('older', { give: B, want: A, amount: 100n, price: [1n, 1n] });
    const younger = offerOf('younger', { give: B, want: A, amount: 100n, price: [2n, 2n] });
    const first = offerOf('first', { give: C, want: A, amount: 100n, price: [1n, 1n] });
    const second = offerOf('second', { give: B, want: C, amount: 100n, price: [1n, 1n] });
    const best = offerOf('best', { give: B, want: A, amount: 50n, price: [9n, 10n] });
    const taker = offerOf('taker', { give: A, want: B, amount: 345n, price: [1n, 1n] });
    expect(told(match([first, second, older, younger, best], [taker]))).toEqual([
      'taker: 45 points-a taker>best, 50 points-b best>taker',
      'taker: 100 points-a taker>older, 100 points-b older>taker',
      'taker: 100 points-a taker>younger, 100 points-b younger>taker',
      'taker: 100 points-a taker>first, 100 points-c first>second, 100 points-b second>taker',
    ]);
  });

  it('of paths of one rate and length takes that whose first differing offer is older', () => {
    const even = { amount: 10n, price: [1n, 1n] } as const;
    const book = [
      offerOf('d-b', { ...even, give: B, want: D }),
      offerOf('a-c', { ...even, give: C, want: A }),
      offerOf('a-d', { ...even, give: D, want: A }),
      offerOf('c-b', { ...even, give: B, want: C }),
    ];
    const result = match(book, [offerOf('taker', { ...even, give: A, want: B })]);
    expect(told(result)).toEqual(['taker: 10 points-a taker>a-c, 10 points-c a-c>c-b, 10 points-b c-b>taker']);
  });

  it('closes a ring of offers of which no two want what the other gives', () => {
    const one = offerOf('one', { give: A, want: B, amount: 60n, price: [2n, 1n] });
    const two = offerOf('two', { give: B, want: C, amount: 90n, price: [1n, 3n] });
    const three = offerOf('three', { give: C, want: A, amount: 40n, price: [3n, 2n] });
    const result = match([one, two], [three]);
    expect(told(result)).toEqual(['three: 30 points-c three>two, 90 points-b two>one, 45 points-a one>three']);
    expect([fate(result, 'one'), fate(result, 'two'), fate(result, 'three')]).toEqual([
      'resting 15',
      'closed 0',
      'resting 10',
    ]);
  });

  it('passes six offers one after the other, and not seven', () => {
    const chain = (hops: number) =>
      Array.from({ length: hops }, (_, at) =>
        offerOf(`hop-${at}`, { give: `asset-${at + 1}`, want: `asset-${at}`, amount: 10n, price: [1n, 1n] }),
      );
    const wish = { give: 'asset-0', amount: 10n, price: [1n, 1n] } as const;
    expect(match(chain(6), [offerOf('taker', { ...wish, want: 'asset-6' })]).fills[0]?.hops).toHaveLength(6);
    expect(match(chain(7), [offerOf('taker', { ...wish, want: 'asset-7' })]).fills).toEqual([]);
  });

  it('tells rates apart that differ by one part in 2^96', () => {
    const buyer = offerOf('buyer', { give: A, want: B, amount: 1_000n, price: [1n, 1n] });
    const sellerAt = (num: bigint, den: bigint) =>
      offerOf('seller', { give: B, want: A, amount: 1_000n, price: [num, den] });
    expect(match([sellerAt(marketAmountMax, marketAmountMax - 1n)], [buyer]).fills).toEqual([]);
    expect(match([sellerAt(marketAmountMax - 1n, marketAmountMax)], [buyer]).fills).toHaveLength(1);
  });
});

describe('units that do not divide', () => {
  it('round up what a resting offer gets, and never below the limit of the new one', () => {
    const seller = offerOf('seller', { give: B, want: A, amount: 10n, price: [2n, 3n] });
    const buyerAt = (num: bigint, den: bigint) =>
      offerOf('buyer', { give: A, want: B, amount: 9n, price: [num, den], wantLeft: 10n });
    expect(told(match([seller], [buyerAt(10n, 7n)]))).toEqual([
      'buyer: 6 points-a buyer>seller, 9 points-b seller>buyer',
    ]);
    expect(told(match([seller], [buyerAt(3n, 2n)]))).toEqual([
      'buyer: 6 points-a buyer>seller, 9 points-b seller>buyer',
    ]);
  });

  it('dust goes back to its giver: what is worth less than a unit, and less than a hundredth', () => {
    const gold = offerOf('gold', { give: 'gold', want: A, amount: 3n, price: [1_000n, 1n] });
    const coarse = match([gold], [offerOf('taker', { give: A, want: 'gold', amount: 2_999n, price: [1n, 1_000n] })]);
    expect(fate(coarse, 'taker')).toBe('closed 999');
    expect(fate(coarse, 'gold')).toBe('resting 1');

    const even = { amount: 1_000n, price: [1n, 1n] } as const;
    const fine = match(
      [offerOf('old', { ...even, give: B, want: A })],
      [offerOf('taker', { ...even, give: A, want: B, amount: 991n })],
    );
    expect(fate(fine, 'old')).toBe('closed 9');
    const kept = match(
      [offerOf('old', { ...even, give: B, want: A })],
      [offerOf('taker', { ...even, give: A, want: B, amount: 990n })],
    );
    expect(fate(kept, 'old')).toBe('resting 10');
  });

  it('a coupon is paid with points of several sellers where none has enough', () => {
    const book = [
      offerOf('coupon', { give: coupon, want: B, amount: 1n, price: [80n, 1n] }),
      offerOf('b-1', { give: B, want: A, amount: 30n, price: [1n, 1n] }),
      offerOf('b-2', { give: B, want: A, amount: 30n, price: [1n, 1n] }),
      offerOf('b-3', { give: B, want: A, amount: 30n, price: [3n, 2n] }),
    ];
    const buyer = offerOf('buyer', { give: A, want: coupon, amount: 95n, price: [1n, 95n] });
    const result = match(book, [buyer]);
    expect(told(result)).toEqual([
      'buyer: 30 points-a buyer>b-1, 30 points-a buyer>b-2, 30 points-a buyer>b-3, ' +
        '30 points-b b-1>coupon, 30 points-b b-2>coupon, 20 points-b b-3>coupon, 1 coupon coupon>buyer',
    ]);
    expect(match(book, [{ ...buyer, giveLeft: 89n }]).fills).toEqual([]);
  });

  it('a path counts for what it yields in whole units', () => {
    // 13 to 10 on paper by way of gold, but its owner has one piece and B's owner breaks none.
    const book = [
      offerOf('gold', { give: 'gold', want: A, amount: 1n, price: [100n, 1n] }),
      offerOf('breaker', { give: B, want: 'gold', amount: 130n, price: [1n, 130n], wantLeft: 1n }),
      offerOf('direct', { give: B, want: A, amount: 100n, price: [10n, 12n] }),
    ];
    const taker = offerOf('taker', { give: A, want: B, amount: 60n, price: [1n, 1n] });
    expect(told(match(book, [taker]))).toEqual(['taker: 60 points-a taker>direct, 72 points-b direct>taker']);
    const richer = told(match(book, [offerOf('taker', { give: A, want: B, amount: 160n, price: [1n, 1n] })]));
    expect(richer).toEqual([
      'taker: 100 points-a taker>gold, 1 gold gold>breaker, 130 points-b breaker>taker',
      'taker: 60 points-a taker>direct, 72 points-b direct>taker',
    ]);
  });

  it('an offer that was passed over to compare another path is there for the next', () => {
    const book = [
      offerOf('converter', { give: B, want: A, amount: 900n, price: [2n, 3n] }),
      offerOf('coupon-1', { give: coupon, want: B, amount: 1n, price: [80n, 1n] }),
      offerOf('coupon-2', { give: coupon, want: B, amount: 1n, price: [80n, 1n] }),
    ];
    // 54 points for what 53 1/3 would buy: more than a hundredth is lost, and there is nothing better.
    const result = match(book, [offerOf('taker', { give: A, want: coupon, amount: 110n, price: [1n, 55n] })]);
    expect(told(result)).toEqual([
      'taker: 54 points-a taker>converter, 80 points-b converter>coupon-1, 1 coupon coupon-1>taker',
      'taker: 54 points-a taker>converter, 80 points-b converter>coupon-2, 1 coupon coupon-2>taker',
    ]);
  });

  it('one unit against 2^96 - 1 is exchanged as exactly as two against three', () => {
    const most = marketAmountMax;
    const book = [offerOf('whale', { give: A, want: coupon, amount: most, price: [1n, most] })];
    const result = match(book, [offerOf('minnow', { give: coupon, want: A, amount: 1n, price: [most, 1n] })]);
    expect(told(result)).toEqual([`minnow: 1 coupon minnow>whale, ${most} points-a whale>minnow`]);
  });
});

describe('all or nothing', () => {
  const even = { price: [1n, 1n] } as const;

  it('a new offer takes every path that it needs, or none and rests', () => {
    const book = [
      offerOf('one', { ...even, give: B, want: A, amount: 60n }),
      offerOf('two', { ...even, give: B, want: A, amount: 60n }),
    ];
    const wholeOf = (amount: bigint) => offerOf('taker', { ...even, give: A, want: B, amount, whole: true });
    expect(told(match(book, [wholeOf(120n)]))).toHaveLength(2);
    const kept = match(book, [wholeOf(121n)]);
    expect(kept.fills).toEqual([]);
    expect([fate(kept, 'one'), fate(kept, 'two'), fate(kept, 'taker')]).toEqual([
      'untouched',
      'untouched',
      'resting 121',
    ]);
    // What was undone is there for the next one.
    const next = match(book, [wholeOf(121n), offerOf('small', { ...even, give: A, want: B, amount: 60n })]);
    expect(told(next)).toEqual(['small: 60 points-a small>one, 60 points-b one>small']);
  });

  it('a resting offer is crossed in one go, and passed over by whoever cannot', () => {
    const book = [
      offerOf('whole', { ...even, give: B, want: A, amount: 100n, price: [9n, 10n], whole: true }),
      offerOf('partial', { ...even, give: B, want: A, amount: 100n }),
    ];
    const takerOf = (amount: bigint) => offerOf('taker', { ...even, give: A, want: B, amount });
    expect(told(match(book, [takerOf(89n)]))).toEqual(['taker: 89 points-a taker>partial, 89 points-b partial>taker']);
    expect(told(match(book, [takerOf(90n)]))).toEqual(['taker: 90 points-a taker>whole, 100 points-b whole>taker']);
  });

  it('a buyer of ten gets ten and pays what they cost, or gets none', () => {
    const book = [offerOf('seller', { give: coupon, want: A, amount: 12n, price: [80n, 1n] })];
    const buyerOf = (count: bigint) =>
      offerOf('buyer', { give: A, want: coupon, amount: 2_000n, price: [1n, 100n], wantLeft: count, whole: true });
    expect(told(match(book, [buyerOf(10n)]))).toEqual(['buyer: 800 points-a buyer>seller, 10 coupon seller>buyer']);
    expect(match(book, [buyerOf(13n)]).fills).toEqual([]);
  });

  it('any number of better all-or-nothing offers that nobody can fill hides no other offer', () => {
    const traps = Array.from({ length: 500 }, (_, at) =>
      offerOf(`trap-${at}`, { give: B, want: A, amount: 1_000_000n, price: [1n, 2n], wantLeft: 90n, whole: true }),
    );
    const honest = offerOf('honest', { ...even, give: B, want: A, amount: 50n });
    const taker = offerOf('taker', { ...even, give: A, want: B, amount: 50n });
    expect(told(match([...traps, honest], [taker]))).toEqual([
      'taker: 50 points-a taker>honest, 50 points-b honest>taker',
    ]);
  });
});

describe('the order of turns', () => {
  const even = { amount: 10n, price: [1n, 1n] } as const;
  const seller = offerOf('seller', { ...even, give: B, want: A });
  const buyers = ['w', 'x', 'y', 'z'].map((name) => offerOf(name, { ...even, give: A, want: B }));

  it('is the beacon, not the order of arrival', () => {
    const winners = new Set<string>();
    for (let number = 0; number < 40; number++) {
      const beacon = beaconOf(number);
      const [first] = [...buyers].sort((a, b) => (lotOf(beacon, a.id) < lotOf(beacon, b.id) ? -1 : 1));
      for (const arrived of [buyers, [...buyers].reverse()]) {
        const winner = nameOf(match([seller], arrived, { beacon }).fills[0]?.taker.offer.id ?? new Uint8Array());
        expect(winner).toBe(nameOf(first?.id ?? new Uint8Array()));
        winners.add(winner);
      }
    }
    expect([...winners].sort()).toEqual(['w', 'x', 'y', 'z']);
  });

  it('puts those first that have waited since an earlier block', () => {
    const arrived = buyers.map((offer, at) => ({ ...offer, gatheredAt: at === 2 ? 4 : 5 }));
    for (let number = 0; number < 20; number++) {
      const resting = [{ ...seller, placed: 0 }];
      const result = matchOffers({ beacon: beaconOf(number), resting, arrived, nextPlaced: 1 });
      expect(told(result)).toEqual(['y: 10 points-a y>seller, 10 points-b seller>y']);
    }
  });
});

describe('bounds of the work', () => {
  const even = { amount: 10n, price: [1n, 1n] } as const;
  const sellers = Array.from({ length: 9 }, (_, at) => offerOf(`seller-${at}`, { ...even, give: B, want: A }));

  it('what is left of an offer that has taken as many paths as it may waits, and goes on in the next block', () => {
    const limits = { ...matchLimits, pathsPerTurn: 4 };
    const taker = offerOf('taker', { ...even, give: A, want: B, amount: 90n });
    const first = match(sellers, [taker], { limits });
    expect(fate(first, 'taker')).toBe('waiting 50');
    const second = match(sellers.slice(4), [{ ...taker, giveLeft: 50n }], { limits });
    expect(fate(second, 'taker')).toBe('waiting 10');
    expect(fate(match(sellers.slice(8), [{ ...taker, giveLeft: 10n }], { limits }), 'taker')).toBe('closed 0');
  });

  it('offers whose turn a block has no work left for wait unchanged', () => {
    const takers = Array.from({ length: 6 }, (_, at) => offerOf(`taker-${at}`, { ...even, give: A, want: B }));
    const few = {
      ...matchLimits,
      hops: 2,
      pathsPerTurn: 2,
      crossingsPerPath: 2,
      searchesPerTurn: 2,
      stepsPerSearch: 20,
    };
    const crossed = match(sellers, takers, { limits: { ...few, crossedPerBlock: 4 } });
    expect(crossed.fills).toHaveLength(3);
    const states = takers.map((_, at) => fate(crossed, `taker-${at}`)).sort();
    expect(states).toEqual([...Array<string>(3).fill('closed 0'), ...Array<string>(3).fill('waiting 10')]);
    const stepped = match(sellers, takers, { limits: { ...few, stepsPerSearch: 5, stepsPerBlock: 10 } });
    expect(stepped.steps).toBeLessThan(15);
    expect(stepped.fills).toHaveLength(3);
    expect(stepped.changed.filter(({ state }) => state === 'waiting')).toHaveLength(3);
  });

  it('an offer that no path in reach suits rests in the end, whatever bound it met', () => {
    const traps = Array.from({ length: 40 }, (_, at) => [
      offerOf(`in-${at}`, { give: `coarse-${at}`, want: A, amount: 1n, price: [6n, 1n] }),
      offerOf(`out-${at}`, { give: B, want: `coarse-${at}`, amount: 40n, price: [1n, 20n], whole: true }),
    ]).flat();
    const taker = offerOf('taker', { give: A, want: B, amount: 100n, price: [20n, 6n] });
    const result = match(traps, [taker], { limits: { ...matchLimits, searchesPerTurn: 3 } });
    expect(fate(result, 'taker')).toBe('resting 100');
  });
});

describe('whoever settles', () => {
  const even = { amount: 10n, price: [1n, 1n] } as const;
  const sellers = [1, 2, 3].map((at) => ({ ...offerOf(`seller-${at}`, { ...even, give: B, want: A }), placed: at }));
  const takers = ['w', 'x', 'y', 'z'].map((name) => ({
    ...offerOf(name, { ...even, give: A, want: B }),
    gatheredAt: 1,
  }));
  const run = (settlement: Settlement) =>
    matchOffers({ beacon: beaconOf(0), resting: sellers, arrived: takers, nextPlaced: 4, settlement });

  it('is asked once for each offer whether it can give, and those that cannot are passed over', () => {
    const asked: string[] = [];
    const result = run({
      canGive({ id }) {
        asked.push(nameOf(id));
        return !['seller-1', 'x'].includes(nameOf(id));
      },
      settle: () => true,
    });
    expect(new Set(asked).size).toBe(asked.length);
    expect(result.fills.flatMap(({ hops }) => hops.flat().map(({ maker }) => nameOf(maker.offer.id)))).toEqual([
      'seller-2',
      'seller-3',
    ]);
    expect([fate(result, 'seller-1'), fate(result, 'x')]).toEqual(['untouched', 'untouched']);
  });

  it('ends the block when there is no room for a turn: that offer and all behind it wait', () => {
    let turns = 0;
    const result = run({ canGive: () => true, settle: () => ++turns < 2 });
    expect(turns).toBe(2);
    expect(told(result)).toHaveLength(1);
    expect(fate(result, 'seller-2')).toBe('untouched');
    const states = takers.map(({ id }) => fate(result, nameOf(id))).sort();
    expect(states).toEqual(['closed 0', 'waiting 10', 'waiting 10', 'waiting 10']);
  });

  it('an offer whose turn does not fit into an empty block rests', () => {
    const result = run({ canGive: () => true, settle: () => false });
    expect(result.fills).toEqual([]);
    const states = takers.map(({ id }) => fate(result, nameOf(id))).sort();
    expect(states).toEqual(['resting 10', 'waiting 10', 'waiting 10', 'waiting 10']);
  });
});
