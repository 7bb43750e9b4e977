/** Who gives whom how much on a path that was taken. */
import { assert } from '#core/assert';
import type { Offer } from './offer.ts';
import type { PathFill } from './path-fill.ts';

/** One giving: units of what `from` gives. */
export interface Leg {
  readonly from: Offer;
  readonly to: Offer;
  readonly amount: bigint;
}

interface Party {
  readonly offer: Offer;
  readonly amount: bigint;
}

/** Pairs those who give one asset with those who take it, both in their order. Their sums are equal. */
function paired(givers: readonly Party[], takers: readonly Party[]): Leg[] {
  const legs: Leg[] = [];
  let at = 0;
  let left = givers[0]?.amount ?? 0n;
  for (const taker of takers) {
    for (let missing = taker.amount; missing > 0n; ) {
      const { offer } = givers[at] as Party;
      const amount = missing < left ? missing : left;
      legs.push({ from: offer, to: taker.offer, amount });
      missing -= amount;
      left -= amount;
      if (left === 0n) left = givers[++at]?.amount ?? 0n;
    }
  }
  assert(at === givers.length, 'what is given is taken');
  return legs;
}

/** The circle of givings that starts and ends with the taker, hop by hop; fewer than two for each offer crossed, and one. */
export function legsOf({ taker, given, taken, hops }: PathFill): Leg[] {
  const legs: Leg[] = [];
  let givers: Party[] = [{ offer: taker.offer, amount: given }];
  for (const crossings of hops) {
    const takers = crossings.map((crossing) => ({ offer: crossing.maker.offer, amount: crossing.taken }));
    legs.push(...paired(givers, takers));
    givers = crossings.map((crossing) => ({ offer: crossing.maker.offer, amount: crossing.given }));
  }
  legs.push(...paired(givers, [{ offer: taker.offer, amount: taken }]));
  return legs;
}
