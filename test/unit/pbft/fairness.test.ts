/** Nobody is favoured in who leads: statistics over the production schedule, and over shuffles that are known to be unfair. */
import { describe, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { epochSeed, firstSeed, mixBeacon } from '#sync/pbft/beacon';
import { permutation, primaryOf } from '#sync/pbft/schedule';
import { cheapKeys } from '../../simulation/pbft/test-keys.ts';

const epochs = 10_000;

/** Seeds of consecutive epochs, each from the one two before and what was mixed in it: fixed, so that nothing here ever flickers. */
const seeds: Uint8Array[] = [firstSeed(sha256(utf8('fair')), 0), firstSeed(sha256(utf8('fair')), 1)];
while (seeds.length < epochs) {
  const { length: epoch } = seeds;
  const mix = mixBeacon(new Uint8Array(32), sha256(utf8(`outputs of epoch ${epoch - 2}`)));
  seeds.push(epochSeed(seeds[epoch - 2] as Uint8Array, mix));
}

type Shuffle = (seed: Uint8Array, turn: number, count: number) => number[];

/** Sum of (seen - expected)^2 / expected over cells that are equally likely. */
function chiSquare(counts: Iterable<number>, cells: number, draws: number): number {
  const expected = draws / cells;
  let sum = cells * expected;
  for (const count of counts) sum += (count - expected) ** 2 / expected - expected;
  return sum;
}

/** Over all orders of four: 23 degrees of freedom, 49.73 is exceeded once in a thousand times. */
function ordersOfFour(shuffle: Shuffle): number {
  const seen = new Map<string, number>();
  for (const seed of seeds) {
    const order = shuffle(seed, 0, 4).join('');
    seen.set(order, (seen.get(order) ?? 0) + 1);
  }
  return chiSquare(seen.values(), 24, epochs);
}
const ordersLimit = 49.73;

/** Who is due in which place among seven: 36 degrees of freedom (rows and columns add up), 67.99 once in a thousand times. */
function placesOfSeven(shuffle: Shuffle, turn: number): number {
  const seen = new Array<number>(49).fill(0);
  for (const seed of seeds) {
    for (const [place, validator] of shuffle(seed, turn, 7).entries()) {
      const cell = place * 7 + validator;
      seen[cell] = (seen[cell] ?? 0) + 1;
    }
  }
  // The cells of one epoch are not independent: (n - 1) / n of the sum is chi-square with (n - 1)^2 degrees of freedom.
  return (chiSquare(seen, 49, epochs * 7) * 6) / 7;
}
const placesLimit = 67.99;

const wordsOf = (seed: Uint8Array): number[] => [...new Uint16Array(seed.slice().buffer)];

/** Every place is swapped with any place: n^n outcomes for n! orders. */
const swapsWithAny: Shuffle = (seed, _turn, count) => {
  const words = wordsOf(seed);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let at = 0; at < count; at++) {
    const chosen = (words[at] as number) % count;
    [order[at], order[chosen]] = [order[chosen] as number, order[at] as number];
  }
  return order;
};

/** Fisher-Yates on draws of four bits without rejection: remainders favour the low indices. */
const fewBits: Shuffle = (seed, _turn, count) => {
  const words = wordsOf(seed);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) {
    const chosen = ((words[last] as number) & 15) % (last + 1);
    [order[last], order[chosen]] = [order[chosen] as number, order[last] as number];
  }
  return order;
};

/** Entropy only for the first place, the others follow from it. */
const onlyFirst: Shuffle = (seed, _turn, count) => {
  const first = (wordsOf(seed)[0] as number) % count;
  return Array.from({ length: count }, (_, at) => (first + at) % count);
};

describe('R2: the schedule over 10,000 epochs', () => {
  test('takes every order of four validators equally often', () => {
    expect(ordersOfFour(permutation)).toBeLessThan(ordersLimit);
  });

  test.each([0, 1, 15])('puts each of seven validators in each place of turn %i equally often', (turn) => {
    expect(placesOfSeven(permutation, turn)).toBeLessThan(placesLimit);
  });

  test('the turns of one epoch have nothing to do with each other', () => {
    const seen = new Map<string, number>();
    for (const seed of seeds) {
      const pair = `${permutation(seed, 0, 5)[0]}${permutation(seed, 1, 5)[0]}`;
      seen.set(pair, (seen.get(pair) ?? 0) + 1);
    }
    // 24 degrees of freedom: 51.18 once in a thousand times.
    expect(chiSquare(seen.values(), 25, epochs)).toBeLessThan(51.18);
  });

  test.each([
    ['swaps with any place', swapsWithAny],
    ['draws few bits', fewBits],
    ['spends entropy on the first place only', onlyFirst],
  ])('the same statistics reject a shuffle that %s', (_, shuffle) => {
    expect(Math.max(ordersOfFour(shuffle) / ordersLimit, placesOfSeven(shuffle, 0) / placesLimit)).toBeGreaterThan(1.5);
  });
});

test.each(Array.from({ length: 13 }, (_, at) => at + 4))(
  'R2: of %i validators each leads equally often in an epoch',
  (count) => {
    const epochTurns = 3;
    const { validators } = cheapKeys(count);
    const led = new Array<number>(count).fill(0);
    for (let height = 0; height < epochTurns * count; height++) {
      const primary = primaryOf({ height, epochStart: 1, validators, seed: seeds[count] as Uint8Array, failed: [] }, 0);
      led[primary] = (led[primary] ?? 0) + 1;
    }
    expect(led).toEqual(new Array<number>(count).fill(epochTurns));
  },
);
