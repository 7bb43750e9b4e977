import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MatchResult, matchOffers } from '#ledger/market/match-offers';
import { marketAmountMax, matchLimits, type NewOffer, type Offer } from '#ledger/market/offer';
import { type Leg, legsOf } from '#ledger/market/path-legs';
import { compareRates, LOG_SLACK, logOf, logOfRate, type Rate } from '#ledger/market/rate';
import { beaconOf, lotOf, match, nameOf, offerOf, type Wish } from '../../unit/ledger/market-offers.ts';
import { isCrossed, matchByTrying } from './market-oracle.ts';

const assetNames = (count: number) => Array.from({ length: count }, (_, at) => `asset-${at}`);

/** Give and want that differ. */
const pairOf = (assets: number) =>
  fc
    .tuple(fc.nat(assets - 1), fc.nat(assets - 2))
    .map(
      ([give, step]) => [assetNames(assets)[give], assetNames(assets)[(give + 1 + step) % assets]] as [string, string],
    );

/** Amounts that divide by 2 and 3 as often as small books need. */
const divisible = 6n ** 24n;
const third = fc.constantFrom(1n, 2n, 3n);

const divisibleWish = (assets: number): fc.Arbitrary<Wish> =>
  fc
    .record({
      pair: pairOf(assets),
      units: fc.bigInt(1n, 6n),
      price: fc.tuple(third, third),
      wantUnits: fc.option(fc.bigInt(1n, 6n), { freq: 4 }),
    })
    .map(({ pair: [give, want], units, price, wantUnits }) => ({
      give,
      want,
      amount: units * divisible,
      price,
      ...(wantUnits === null ? {} : { wantLeft: wantUnits * divisible }),
    }));

const amount = fc.oneof(
  fc.bigInt(1n, 9n),
  fc.bigInt(1n, 2_000n),
  fc.bigInt(1n, marketAmountMax),
  fc.constantFrom(1n, 2n, marketAmountMax - 1n, marketAmountMax),
);

/** Whatever a stranger may place. */
const hostileWish = (assets: number): fc.Arbitrary<Wish> =>
  fc
    .record({
      pair: pairOf(assets),
      amount,
      price: fc.tuple(amount, amount),
      wantLeft: fc.option(amount, { freq: 3 }),
      whole: fc.boolean(),
    })
    .map(({ pair: [give, want], wantLeft, ...rest }) => ({
      ...rest,
      give,
      want,
      ...(wantLeft === null ? {} : { wantLeft }),
    }));

/** Prices around one value of each asset, so that most books cross; units from coarse to fine. */
const marketWish = (values: readonly bigint[]): fc.Arbitrary<Wish> =>
  fc
    .record({
      pair: fc.tuple(fc.nat(values.length - 1), fc.nat(values.length - 2)),
      worth: fc.bigInt(2_000n, 2_000_000n),
      percent: fc.bigInt(80n, 115n),
      isBuyer: fc.boolean(),
      whole: fc.integer({ min: 0, max: 9 }).map((roll) => roll === 0),
    })
    .map(({ pair: [give, step], worth, percent, isBuyer, whole }) => {
      const want = (give + 1 + step) % values.length;
      const [giveValue, wantValue] = [values[give] as bigint, values[want] as bigint];
      return {
        give: `asset-${give}`,
        want: `asset-${want}`,
        amount: worth / giveValue + 1n,
        price: [giveValue * percent, wantValue * 100n],
        whole,
        ...(isBuyer ? { wantLeft: worth / wantValue + 1n } : {}),
      };
    });

const named = (wishes: readonly Wish[]): Offer[] => wishes.map((wish, at) => offerOf(`offer-${at}`, wish));
const sum = (legs: readonly Leg[]): bigint => legs.reduce((total, leg) => total + leg.amount, 0n);
const isOffer = (offer: Offer) => (other: Offer) => nameOf(other.id) === nameOf(offer.id);

/** What must hold of any result; `offers` are all that went in. */
function checkFair(offers: readonly Offer[], result: MatchResult): void {
  const paths = result.fills.map(legsOf);
  const legs = paths.flat();
  expect(legs.every((leg) => leg.amount > 0n)).toBe(true);
  for (const path of paths) {
    for (const offer of offers) {
      const isMine = isOffer(offer);
      const given = path.filter(({ from }) => isMine(from));
      const taken = path.filter(({ to }) => isMine(to));
      expect(taken.every(({ from }) => from.give === offer.want)).toBe(true);
      expect(sum(taken) * offer.price.den >= sum(given) * offer.price.num, `${nameOf(offer.id)} below its limit`).toBe(
        true,
      );
    }
  }
  for (const offer of offers) {
    const isMine = isOffer(offer);
    const given = sum(legs.filter(({ from }) => isMine(from)));
    const taken = sum(legs.filter(({ to }) => isMine(to)));
    const after = result.changed.find((one) => isMine(one.offer));
    if (after === undefined) {
      expect([given, taken]).toEqual([0n, 0n]);
      continue;
    }
    expect(after.giveLeft).toBe(offer.giveLeft - given);
    expect(after.giveLeft >= 0n && (after.wantLeft ?? 0n) >= 0n, 'overfilled').toBe(true);
    expect(after.received).toBe(taken);
    expect(after.wantLeft).toBe(offer.wantLeft === null ? null : offer.wantLeft - taken);
    if (offer.whole && given > 0n) expect(offer.wantLeft === null ? after.giveLeft : after.wantLeft).toBe(0n);
  }
}

const shuffled = <T>(list: readonly T[], keys: readonly number[]): T[] =>
  list
    .map((item, at) => ({ item, key: keys[at % keys.length] as number, at }))
    .sort((a, b) => a.key - b.key || b.at - a.at)
    .map(({ item }) => item);

describe('matching of any offers', () => {
  it('conserves every asset, keeps every limit, overfills nothing and splits nothing that is whole', () => {
    const runs = (wish: fc.Arbitrary<Wish>) =>
      fc.assert(
        fc.property(fc.array(wish, { maxLength: 14 }), fc.nat(14), fc.nat(255), (wishes, restingCount, number) => {
          const offers = named(wishes);
          const result = match(offers.slice(0, restingCount), offers.slice(restingCount), { beacon: beaconOf(number) });
          checkFair(offers, result);
        }),
        { numRuns: 400 },
      );
    runs(hostileWish(4));
    runs(marketWish([1n, 3n, 10n, 997n, 80n]));
  });

  it('depends on beacon and ids alone, not on the order of the lists', () => {
    fc.assert(
      fc.property(
        fc.array(marketWish([1n, 3n, 997n, 80n]), { minLength: 2, maxLength: 16 }),
        fc.array(fc.nat(), { minLength: 5, maxLength: 16 }),
        (wishes, keys) => {
          const offers = named(wishes);
          const half = Math.floor(offers.length / 2);
          const resting = offers.slice(0, half).map((offer, placed) => ({ ...offer, placed }));
          const arrived = offers.slice(half).map((offer): NewOffer => ({ ...offer, gatheredAt: 1 }));
          const input = { beacon: beaconOf(7), resting, arrived, nextPlaced: half };
          const mixed = { ...input, resting: shuffled(resting, keys), arrived: shuffled(arrived, keys) };
          expect(matchOffers(mixed)).toEqual(matchOffers(input));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('loses no offer to a bound: each rests, is closed, or waits and ends in a later block', () => {
    const few = { hops: 3, pathsPerTurn: 2, crossingsPerPath: 6, searchesPerTurn: 4, stepsPerSearch: 50 };
    const limits = { ...matchLimits, ...few, crossedPerBlock: 12, stepsPerBlock: 200 };
    fc.assert(
      fc.property(fc.array(marketWish([1n, 3n, 80n]), { minLength: 1, maxLength: 20 }), (wishes) => {
        const offers = named(wishes);
        let resting = new Map<string, Offer & { placed: number }>();
        let arrived: NewOffer[] = offers.map((offer) => ({ ...offer, gatheredAt: 1 }));
        let nextPlaced = 0;
        // Coarse units may take an offer through hundreds of blocks: each of them must bring it on.
        for (let block = 1; arrived.length > 0 && block < 200; block++) {
          const input = { beacon: beaconOf(block), resting: [...resting.values()], arrived, nextPlaced, limits };
          const result = matchOffers(input);
          checkFair([...resting.values(), ...arrived], result);
          const known = new Map([...resting.values(), ...arrived].map((offer) => [nameOf(offer.id), offer]));
          const next: NewOffer[] = [];
          resting = new Map(resting);
          for (const {
            offer: { id },
            giveLeft,
            wantLeft,
            state,
            placed,
          } of result.changed) {
            const offer = { ...(known.get(nameOf(id)) as Offer), giveLeft, wantLeft };
            resting.delete(nameOf(id));
            if (state === 'waiting') next.push({ ...offer, gatheredAt: 1 });
            if (state === 'resting') resting.set(nameOf(id), { ...offer, placed: placed as number });
          }
          expect(result.changed.length).toBeGreaterThanOrEqual(arrived.length);
          assert.ok(result.fills.length > 0 || next.length < arrived.length, 'offers wait and nothing comes of it');
          arrived = next;
          nextPlaced = result.nextPlaced;
        }
      }),
      {
        numRuns: 150,
        examples: [
          [
            [
              { give: 'asset-2', want: 'asset-0', amount: 445n, price: [6_400n, 100n], whole: true },
              { give: 'asset-0', want: 'asset-1', amount: 28_477n, price: [80n, 300n], whole: false },
              { give: 'asset-1', want: 'asset-2', amount: 16_477n, price: [240n, 8_000n], whole: false },
              { give: 'asset-2', want: 'asset-0', amount: 371n, price: [7_120n, 100n], whole: false },
              { give: 'asset-2', want: 'asset-0', amount: 26n, price: [6_720n, 100n], whole: false },
              { give: 'asset-2', want: 'asset-1', amount: 26n, price: [6_400n, 300n], whole: false },
              { give: 'asset-2', want: 'asset-1', amount: 26n, price: [6_400n, 300n], whole: false },
            ],
          ],
        ],
      },
    );
  });
});

describe('matching of offers whose amounts divide', () => {
  const turnsOf = (offers: readonly Offer[], beacon: Uint8Array): Offer[] =>
    [...offers].sort((a, b) => (lotOf(beacon, a.id) < lotOf(beacon, b.id) ? -1 : 1));

  const agree = (wishes: readonly Wish[], number: number): void => {
    const beacon = beaconOf(number);
    const offers = named(wishes);
    const result = match([], offers, { beacon });
    const expected = matchByTrying(turnsOf(offers, beacon));
    const paths = result.fills.map((fill) => ({
      taker: fill.taker.offer.id,
      makers: fill.hops.flat().map(({ maker }) => maker.offer.id),
      amounts: legsOf(fill).map((leg) => leg.amount),
    }));
    expect(paths).toEqual(expected.paths);
    for (const { offer: after, giveLeft } of result.changed) {
      const offer = offers.find(isOffer(after)) as Offer;
      expect(giveLeft).toBe(expected.left.get(offer));
    }
  };

  it('takes path by path what trying every path takes, six offers on three assets', () => {
    fc.assert(fc.property(fc.array(divisibleWish(3), { maxLength: 6 }), fc.nat(255), agree), { numRuns: 1_500 });
  });

  it('takes path by path what trying every path takes, twelve offers on up to eight assets', () => {
    const wishes = fc.integer({ min: 4, max: 8 }).chain((assets) => fc.array(divisibleWish(assets), { maxLength: 12 }));
    fc.assert(fc.property(wishes, fc.nat(255), agree), { numRuns: 1_500 });
  });

  it('leaves no offers that could still be exchanged', () => {
    fc.assert(
      fc.property(fc.array(divisibleWish(4), { maxLength: 16 }), fc.nat(255), (wishes, number) => {
        const offers = named(wishes);
        const result = match([], offers, { beacon: beaconOf(number) });
        const resting = result.changed
          .filter(({ state }) => state === 'resting')
          .map(({ offer, giveLeft, wantLeft }) => ({ ...offer, giveLeft, wantLeft }));
        expect(isCrossed(resting)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the logarithm of rates', () => {
  const rate = fc.record({ num: amount, den: amount });

  it('is never too high, and less than 1.3 units of 2^-20 too low', () => {
    fc.assert(
      fc.property(amount, (value) => {
        // 2^(log) <= value < 2^(log + 1.3), both raised to 2^20 in doubles of far higher precision than a unit.
        const exact = Math.log2(Number(value)) * 2 ** 20;
        expect(logOf(value)).toBeLessThan(exact + 0.001);
        expect(logOf(value)).toBeGreaterThan(exact - 1.3);
      }),
    );
  });

  it('of products of six rates decides only where exact comparison agrees', () => {
    const six = fc.array(rate, { minLength: 6, maxLength: 6 });
    const product = (rates: readonly Rate[]): Rate =>
      rates.reduce((all, { num, den }) => ({ num: all.num * num, den: all.den * den }), { num: 1n, den: 1n });
    const logs = (rates: readonly Rate[]): number => rates.reduce((all, one) => all + logOfRate(one), 0);
    fc.assert(
      fc.property(six, six, fc.boolean(), (a, b, isClose) => {
        // A close second: the same rates, one of them a little better.
        const [first, ...rest] = a as [Rate, ...Rate[]];
        const second = isClose ? [{ num: first.num * 1_000_000n + 1n, den: first.den * 1_000_000n }, ...rest] : b;
        const apart = logs(a) - logs(second);
        if (Math.abs(apart) > LOG_SLACK) expect(Math.sign(apart)).toBe(compareRates(product(a), product(second)));
      }),
    );
  });
});
