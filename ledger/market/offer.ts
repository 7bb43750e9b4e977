/** What an offer says, what matching may cost, and an offer's state while a block is matched. */
import { inverse, logOf, logOfRate, type Rate, scaleDown, scaleUp } from './rate.ts';

/** Greatest amount, and greatest numerator or denominator of a price. */
export const marketAmountMax = 2n ** 96n - 1n;

/**
 * Bounds of the work in one block. A step looks at one edge or one offer and costs at most two comparisons of fractions whose
 * parts have six times 96 bits; a crossing costs a few divisions of 192 bits by 96. A block costs at most `stepsPerBlock`
 * steps and those of one more search, `searchesPerTurn` attempts to fill a path for each new offer, and `crossedPerBlock`
 * crossings. What a bound keeps from its turn waits for the next block, in which it comes first;
 * the work of one turn always fits into one block.
 */
export interface MatchLimits {
  /** Most trades on one path: resting offers crossed, one after the other. */
  readonly hops: number;
  /** Paths that one new offer takes in one block. */
  readonly pathsPerTurn: number;
  /** Searches that one new offer makes in one block, whether their path was taken or not. */
  readonly searchesPerTurn: number;
  /**
   * So many paths found that cannot be taken in whole units shorten the paths of the turn by a hop: in the end a new offer is
   * compared with direct, partly fillable offers only, which nobody can hide from it.
   */
  readonly refusalsPerHop: number;
  /** Open all-or-nothing offers looked at on one edge, the best first. */
  readonly wholeOnEdge: number;
  /** Resting offers crossed on one path: more than one a hop where one has not enough for a unit of the next asset. */
  readonly crossingsPerPath: number;
  /** Paths compared before one is taken, where rounding takes more than a per cent off each. */
  readonly comparedPerPath: number;
  readonly stepsPerSearch: number;
  readonly stepsPerBlock: number;
  /** Resting offers crossed in one block, one crossed twice counted twice. */
  readonly crossedPerBlock: number;
}

/** The ledger's bounds. */
export const matchLimits: MatchLimits = {
  hops: 6,
  pathsPerTurn: 64,
  searchesPerTurn: 128,
  refusalsPerHop: 4,
  wholeOnEdge: 8,
  crossingsPerPath: 31,
  comparedPerPath: 4,
  stepsPerSearch: 20_000,
  stepsPerBlock: 40_000_000,
  crossedPerBlock: 24_576,
};

/**
 * An offer of one asset for another. `give` and `want` name what is fungible: an asset, or the items of one coupon series,
 * whose unit is an item. Amounts are whole units, 1 to `marketAmountMax`.
 */
export interface Offer {
  /** Account and sequence, as bytes: nothing that its author could choose freely. Unique. */
  readonly id: Uint8Array;
  readonly give: string;
  readonly want: string;
  /** What it gave at most when it was placed, no more than `costOf` what it wanted then; and what it still gives at most. */
  readonly giveTotal: bigint;
  readonly giveLeft: bigint;
  /** What it still takes at most; null: whatever it gets for all that it gives. */
  readonly wantLeft: bigint | null;
  /** The limit: at least `num` units of `want` for `den` units of `give`, each 1 to `marketAmountMax`. */
  readonly price: Rate;
  /** All or nothing: takes all of `wantLeft`, or gives all of `giveLeft` where that is null; until then it is kept. */
  readonly whole: boolean;
}

/** An offer of the book. */
export interface RestingOffer extends Offer {
  /** Its age: the lower the older. Unique in the book. */
  readonly placed: number;
}

/** An offer that has not had its turn, or has not finished it. */
export interface NewOffer extends Offer {
  /** Height of the block that gathered it. */
  readonly gatheredAt: number;
}

/** The most that an offer of that price gives for `want` units. */
export function costOf(want: bigint, price: Rate): bigint {
  return scaleDown(want, inverse(price));
}

/**
 * Whether an offer has ended: all given, all taken, or only dust left, which stays with its giver. Dust is less than a
 * hundredth of what the offer was placed with, or what at its price is worth less than one unit of the other asset.
 */
export function isFinished(
  { giveTotal, price }: Pick<Offer, 'giveTotal' | 'price'>,
  giveLeft: bigint,
  wantLeft: bigint | null,
): boolean {
  const cost = wantLeft === null ? giveLeft : costOf(wantLeft, price);
  const most = cost < giveLeft ? cost : giveLeft;
  return most === 0n || most * 100n < giveTotal || scaleDown(giveLeft, price) === 0n;
}

/** What one path can change of an offer. */
export type OfferAmounts = Readonly<Pick<OpenOffer, 'giveLeft' | 'wantLeft' | 'received'>>;

/** An offer while a block is matched. */
export class OpenOffer {
  readonly offer: Offer;
  /** What crossing it yields: units that it gives for units that it takes. */
  readonly yield: Rate;
  readonly yieldLog: number;
  /** For all or nothing, log2 of what it takes in one go; 0 for others. */
  readonly wholeLog: number;
  placed: number;
  giveLeft: bigint;
  wantLeft: bigint | null;
  received = 0n;
  closed: boolean;
  /** The turn in which a path with this offer could not be taken; 0 for none. */
  refusedIn = 0;
  /** The caller has said that it can give what it has left. */
  isKnown = false;

  constructor(offer: Offer, placed: number) {
    this.offer = offer;
    this.placed = placed;
    this.giveLeft = offer.giveLeft;
    this.wantLeft = offer.wantLeft;
    this.yield = inverse(offer.price);
    this.yieldLog = logOfRate(this.yield);
    this.wholeLog = offer.whole ? logOf(offer.wantLeft ?? scaleUp(offer.giveLeft, offer.price)) : 0;
    this.closed = isFinished(offer, offer.giveLeft, offer.wantLeft);
  }

  /** Gives and takes; what was agreed lies within what is left. */
  exchange(given: bigint, taken: bigint): void {
    this.giveLeft -= given;
    this.received += taken;
    if (this.wantLeft !== null) this.wantLeft -= taken;
    this.closed = isFinished(this.offer, this.giveLeft, this.wantLeft);
  }

  /** Back to earlier amounts, at which it was open. */
  restore({ giveLeft, wantLeft, received }: OfferAmounts): void {
    this.giveLeft = giveLeft;
    this.wantLeft = wantLeft;
    this.received = received;
    this.closed = false;
  }
}
