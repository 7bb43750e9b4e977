/** Short forms of offers and results, for the tests of matching. */
import { taggedHash } from '#core/hash';
import { type MatchResult, matchOffers } from '#ledger/market/match-offers';
import { costOf, type MatchLimits, type NewOffer, type Offer, type RestingOffer } from '#ledger/market/offer';
import { legsOf } from '#ledger/market/path-legs';

/** 32 bytes that differ in the first. */
export const beaconOf = (number: number): Uint8Array => Uint8Array.of(number, ...new Uint8Array(31));

/** What an offer says apart from its id. `price` is what it wants for what it gives, e.g. [80, 1]. */
export interface Wish {
  readonly give: string;
  readonly want: string;
  readonly amount: bigint;
  readonly price: readonly [bigint, bigint];
  readonly wantLeft?: bigint;
  readonly whole?: boolean;
}

/** An offer whose id is its name; it gives no more than what it wants can cost. */
export function offerOf(name: string, { give, want, amount: most, price: [num, den], wantLeft, whole }: Wish): Offer {
  const cost = wantLeft === undefined ? most : costOf(wantLeft, { num, den });
  const amount = cost > 0n && cost < most ? cost : most;
  return {
    id: Uint8Array.from(Buffer.from(name)),
    give,
    want,
    giveTotal: amount,
    giveLeft: amount,
    wantLeft: wantLeft ?? null,
    price: { num, den },
    whole: whole ?? false,
  };
}

export const nameOf = (id: Uint8Array): string => Buffer.from(id).toString();

/** The place of an offer among those of its block, as SHA-256 gives it. */
export const lotOf = (beacon: Uint8Array, id: Uint8Array): string =>
  Buffer.from(taggedHash('bizain/market-turn/1', beacon, id)).toString('hex');

/** Matches new offers, all gathered in one block, with resting ones of which the first is the oldest. */
export function match(
  resting: readonly Offer[],
  arrived: readonly Offer[],
  options: { readonly beacon?: Uint8Array; readonly limits?: MatchLimits } = {},
): MatchResult {
  return matchOffers({
    beacon: options.beacon ?? beaconOf(0),
    resting: resting.map((offer, placed): RestingOffer => ({ ...offer, placed })),
    arrived: arrived.map((offer): NewOffer => ({ ...offer, gatheredAt: 1 })),
    nextPlaced: resting.length,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
}

/** Paths as text: `taker: amount asset from>to, ...`. */
export function told(result: MatchResult): string[] {
  return result.fills.map((fill) => {
    const steps = legsOf(fill).map(
      ({ from, to, amount }) => `${amount} ${from.give} ${nameOf(from.id)}>${nameOf(to.id)}`,
    );
    return `${nameOf(fill.taker.offer.id)}: ${steps.join(', ')}`;
  });
}

/** State of an offer after matching: `resting 30`, with what it still gives; `untouched` where it does not appear. */
export function fate(result: MatchResult, name: string): string {
  const after = result.changed.find(({ offer }) => nameOf(offer.id) === name);
  return after === undefined ? 'untouched' : `${after.state} ${after.giveLeft}`;
}
