/**
 * What one path moves, in whole units. The resting offers' prices hold: each gets its price for what it gives, rounded up to a
 * whole unit, and what a path yields above the new offer's limit is the new offer's. So rounding costs resting offers nothing,
 * and the new offer less than a unit for each offer crossed and never its limit. A hop gives just what the next one takes.
 */
import type { Edge, Hop } from './asset-graph.ts';
import type { OpenOffer } from './offer.ts';
import { compareRates, type Rate, scaleDown, scaleUp } from './rate.ts';

/** One resting offer on a path. */
export interface Crossing {
  readonly maker: OpenOffer;
  readonly taken: bigint;
  readonly given: bigint;
}

/** A path that can be taken. */
export interface PathFill {
  readonly taker: OpenOffer;
  /** What the taker gives and gets. */
  readonly given: bigint;
  readonly taken: bigint;
  /** Hop by hop, the first takes what the taker gives. */
  readonly hops: readonly (readonly Crossing[])[];
  /** What the taker gets for what it gives. */
  readonly rate: Rate;
  /** Rounding takes at most one per cent off the path's yield. */
  readonly close: boolean;
  /** Index of the hop that rounding makes dearest. */
  readonly blame: number;
}

/** A path that cannot be taken in whole units, and the hop that stands in the way. */
export interface PathRefusal {
  readonly blame: number;
}

/** Units of the coarsest asset in the parcels that are tried: rounding weighs less in more. */
const parcelUnits = [1n, 16n, 256n];

/** A path, and for whom it is filled. */
export interface PathToFill {
  readonly taker: OpenOffer;
  readonly hops: readonly Hop[];
  /** The product of the yields of the hops' best offers. */
  readonly yield: Rate;
  /** Offers refused in this turn are passed over. */
  readonly turn: number;
  /** Most offers crossed on the path. */
  readonly crossingsMax: number;
}

function least(a: bigint, b: bigint | null): bigint {
  return b === null || a < b ? a : b;
}

/** The most that can go in without any maker giving less than it could for what it takes. 0 where units are too coarse. */
function fairInput({ taker, hops }: PathToFill): bigint {
  let cap = taker.wantLeft;
  for (let at = hops.length - 1; at >= 0; at--) {
    const { offer } = hops[at] as Hop;
    cap = least(scaleDown(least(offer.giveLeft, cap), offer.offer.price), offer.wantLeft);
  }
  return least(taker.giveLeft, cap);
}

/** The hop whose offers get most beyond their prices. */
function dearest(hops: readonly (readonly Crossing[])[]): number {
  let index = 0;
  let most: Rate = { num: 0n, den: 1n };
  for (const [at, crossings] of hops.entries()) {
    for (const { maker, taken, given } of crossings) {
      const paid = { num: taken * maker.offer.price.den, den: given * maker.offer.price.num };
      if (compareRates(paid, most) <= 0) continue;
      most = paid;
      index = at;
    }
  }
  return index;
}

/** All-or-nothing offers are crossed in one go only. */
function isSplit({ maker, taken, given }: Crossing): boolean {
  if (!maker.offer.whole) return false;
  return maker.wantLeft === null ? given !== maker.giveLeft : taken !== maker.wantLeft;
}

/** Checks the taker's limit; `narrow` is the hop to blame where that fails, if one had not enough for all that came in. */
function checked(
  path: PathToFill,
  hops: readonly (readonly Crossing[])[],
  narrow: number | null,
): PathFill | PathRefusal {
  const split = hops.findIndex((crossings) => crossings.some(isSplit));
  if (split >= 0) return { blame: split };
  let given = 0n;
  for (const crossing of hops[0] ?? []) given += crossing.taken;
  let taken = 0n;
  for (const crossing of hops.at(-1) ?? []) taken += crossing.given;
  const rate = { num: taken, den: given };
  const blame = dearest(hops);
  if (compareRates(rate, path.taker.offer.price) < 0) return { blame: narrow ?? blame };
  const close = compareRates({ num: taken * 100n, den: given * 99n }, path.yield) >= 0;
  return { taker: path.taker, given, taken, hops, rate, close, blame };
}

/** The most that `input` buys of the hops' best offers, and the least input that buys as much. */
function flow(path: PathToFill, input: bigint): PathFill | PathRefusal {
  const amounts = [input];
  let narrow: number | null = null;
  for (const [at, { offer }] of path.hops.entries()) {
    const taken = least(amounts[at] as bigint, offer.wantLeft);
    const given = scaleDown(taken, offer.yield);
    if (given === 0n) return { blame: narrow ?? at };
    if (taken < (amounts[at] as bigint) || given > offer.giveLeft) narrow = at;
    amounts.push(least(given, offer.giveLeft));
  }
  let given = least(amounts[path.hops.length] as bigint, path.taker.wantLeft);
  const hops: Crossing[][] = [];
  for (let at = path.hops.length - 1; at >= 0; at--) {
    const { offer } = path.hops[at] as Hop;
    const taken = scaleUp(given, offer.offer.price);
    hops.unshift([{ maker: offer, taken, given }]);
    given = taken;
  }
  return checked(path, hops, narrow);
}

/** The best offers of an edge that together give that much; null where so many of them do not. */
function gather({ partial }: Edge, amount: bigint, turn: number, crossingsMax: number): Crossing[] | null {
  const crossings: Crossing[] = [];
  let missing = amount;
  for (const maker of partial) {
    if (crossings.length === crossingsMax) break;
    if (maker.closed || maker.refusedIn === turn) continue;
    const most =
      maker.wantLeft === null ? maker.giveLeft : least(maker.giveLeft, scaleDown(maker.wantLeft, maker.yield));
    const given = least(most, missing);
    if (given === 0n) continue;
    crossings.push({ maker, taken: scaleUp(given, maker.offer.price), given });
    missing -= given;
    if (missing === 0n) return crossings;
  }
  return null;
}

/**
 * A small amount, of several offers a hop where one has not enough: what a few units of the coarsest asset on the path yield.
 * Whoever wants one coupon gets the points for it from as many as it takes.
 */
function parcel(path: PathToFill, units: bigint): PathFill | PathRefusal {
  let amount = units;
  for (const { offer } of path.hops) amount = scaleDown(amount, offer.yield) || 1n;
  amount = least(amount, path.taker.wantLeft);
  const hops: Crossing[][] = [];
  let crossingsLeft = path.crossingsMax;
  for (let at = path.hops.length - 1; at >= 0; at--) {
    // One is left for each hop before this.
    const crossings = gather((path.hops[at] as Hop).edge, amount, path.turn, crossingsLeft - at);
    if (crossings === null) return { blame: at };
    crossingsLeft -= crossings.length;
    hops.unshift(crossings);
    amount = 0n;
    for (const { taken } of crossings) amount += taken;
  }
  return amount > path.taker.giveLeft ? { blame: 0 } : checked(path, hops, null);
}

/**
 * What the taker can exchange along a path: as much as the amounts of the best offers allow. Where units are coarse, the
 * better of two: no more than each of them can match in full, or as much as comes through; and if neither can be taken, the
 * smallest parcel that can.
 */
export function fillPath(path: PathToFill): PathFill | PathRefusal {
  const fair = flow(path, fairInput(path));
  if ('rate' in fair && fair.close) return fair;
  const most = flow(path, path.taker.giveLeft);
  if ('rate' in fair && 'rate' in most) return compareRates(most.rate, fair.rate) > 0 ? most : fair;
  if ('rate' in fair) return fair;
  if ('rate' in most) return most;
  for (const units of parcelUnits) {
    const some = parcel(path, units);
    if ('rate' in some) return some;
  }
  return most;
}
