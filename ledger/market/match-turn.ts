/**
 * The turn of one new offer: path after path, the best first, until nothing within its limit is left. A path counts for what
 * it yields in whole units: one that loses more than a per cent by rounding is compared with those behind it.
 */
import type { AssetNode, Hop } from './asset-graph.ts';
import { findPath } from './find-path.ts';
import type { MatchLimits, Offer, OfferAmounts, OpenOffer } from './offer.ts';
import type { OfferBook } from './offer-book.ts';
import { fillPath, type PathFill } from './path-fill.ts';
import { compareRates } from './rate.ts';

/** What is left of the block's work. */
export interface WorkLeft {
  steps: number;
  crossings: number;
}

/** What the caller knows of the goods, and does with them. */
export interface Settlement {
  /** Whether the offer can give all that it has left; asked once, before its first path. If not, it is passed over. */
  canGive(offer: Offer): boolean;
  /** Makes the paths of one turn happen, all or none; false where the block has no room for them. */
  settle(fills: readonly PathFill[]): boolean;
}

/** The block's bounds, what is left of them, and whoever settles. */
export interface Work {
  readonly limits: MatchLimits;
  readonly left: WorkLeft;
  readonly settlement: Settlement;
}

/** How a turn ended. */
export interface TurnResult {
  readonly fills: readonly PathFill[];
  /**
   * There may be more for it, but its own bound or the block's was met first, or there was no room to settle what it had taken;
   * or it turned out unable to give.
   */
  readonly cut: 'turn' | 'block' | 'room' | 'cannot-give' | null;
}

/** Whether the block's bounds leave room for one more search and its path. */
function hasWork({ left, limits }: Work): boolean {
  return left.steps > 0 && left.crossings >= limits.crossingsPerPath;
}

class Turn {
  readonly #taker: OpenOffer;
  readonly #number: number;
  readonly #work: Work;
  readonly #book: OfferBook;
  readonly #from: AssetNode;
  readonly #to: AssetNode;
  #searches = 0;
  #refusals = 0;
  #paths = 0;
  /** The bound because of which the last search was not made. */
  cut: TurnResult['cut'] = null;

  constructor(taker: OpenOffer, number: number, book: OfferBook, work: Work) {
    this.#taker = taker;
    this.#number = number;
    this.#work = work;
    this.#book = book;
    this.#from = book.node(taker.offer.give);
    this.#to = book.node(taker.offer.want);
  }

  /** The best path whose yield, apart from rounding, is within the limit. */
  #search(): ReturnType<typeof findPath> | null {
    const { hops, pathsPerTurn, refusalsPerHop, searchesPerTurn, stepsPerSearch, wholeOnEdge } = this.#work.limits;
    const isDone = this.#paths >= pathsPerTurn || this.#searches >= searchesPerTurn;
    this.cut = isDone ? 'turn' : hasWork(this.#work) ? null : 'block';
    if (this.cut !== null) return null;
    this.#searches++;
    const hopsLeft = Math.max(1, hops - Math.floor(this.#refusals / refusalsPerHop));
    const found = findPath({
      from: this.#from,
      to: this.#to,
      amount: this.#taker.giveLeft,
      hopsMax: hopsLeft,
      turn: this.#number,
      partialOnly: hopsLeft === 1 && this.#refusals > 0,
      wholeMax: wholeOnEdge,
      stepsMax: stepsPerSearch,
    });
    this.#work.left.steps -= found.steps;
    return found.hops !== null && compareRates(found.yield, this.#taker.offer.price) >= 0 ? found : null;
  }

  /** The path to take next; null where there is none. */
  next(): PathFill | null {
    let fill = this.#choose();
    while (fill !== null && !this.#canGive(fill)) fill = this.#choose();
    if (fill === null) return null;
    this.#paths++;
    for (const crossings of fill.hops) this.#work.left.crossings -= crossings.length;
    return fill;
  }

  /** Takes offers that cannot give out of the book; whether there were none on the path. */
  #canGive({ hops }: PathFill): boolean {
    let all = true;
    for (const { maker } of hops.flat()) {
      if (maker.isKnown) continue;
      maker.isKnown = this.#work.settlement.canGive(maker.offer);
      if (maker.isKnown) continue;
      all = false;
      this.#book.remove(maker);
    }
    return all;
  }

  /** The best path, in whole units. */
  #choose(): PathFill | null {
    let best: PathFill | null = null;
    const compared: OpenOffer[] = [];
    for (let found = this.#search(); found !== null && found.hops !== null; found = this.#search()) {
      if (best !== null && compareRates(found.yield, best.rate) <= 0) break;
      const { crossingsPerPath: crossingsMax, comparedPerPath } = this.#work.limits;
      const path = { taker: this.#taker, hops: found.hops, yield: found.yield, turn: this.#number, crossingsMax };
      const fill = fillPath(path);
      const blamed = (found.hops[fill.blame] as Hop).offer;
      if ('rate' in fill) {
        if (best === null || compareRates(fill.rate, best.rate) > 0) best = fill;
        if (fill.close || compared.length === comparedPerPath) break;
        compared.push(blamed);
      } else {
        this.#refusals++;
      }
      blamed.refusedIn = this.#number;
    }
    // Those were not refused, only compared: they are as good for the next path.
    for (const offer of compared) offer.refusedIn = 0;
    return best;
  }
}

function exchange({ taker, given, taken, hops }: PathFill): void {
  for (const { maker, ...amounts } of hops.flat()) maker.exchange(amounts.given, amounts.taken);
  taker.exchange(given, taken);
}

/** An all-or-nothing offer has all that it asked for. */
function isWhole({ wantLeft, giveLeft }: OpenOffer): boolean {
  return wantLeft === null ? giveLeft === 0n : wantLeft === 0n;
}

/**
 * Takes paths for `taker`, which is not in the book, and writes the amounts of all that take part. An all-or-nothing offer
 * that is not filled leaves everything as it was. `number` is the turn's own, above 0.
 */
export function takeTurn(taker: OpenOffer, number: number, book: OfferBook, work: Work): TurnResult {
  if (!work.settlement.canGive(taker.offer)) return { fills: [], cut: 'cannot-give' };
  taker.isKnown = true;
  const turn = new Turn(taker, number, book, work);
  const before = new Map<OpenOffer, OfferAmounts>();
  const fills: PathFill[] = [];
  for (let fill = turn.next(); fill !== null; fill = taker.closed ? null : turn.next()) {
    for (const offer of [taker, ...fill.hops.flat().map(({ maker }) => maker)]) {
      const { giveLeft, wantLeft, received } = offer;
      if (!before.has(offer)) before.set(offer, { giveLeft, wantLeft, received });
    }
    exchange(fill);
    fills.push(fill);
  }
  const isKept = taker.offer.whole && !isWhole(taker);
  if (fills.length > 0 && (isKept || !work.settlement.settle(fills))) {
    for (const [offer, amounts] of before) offer.restore(amounts);
    return { fills: [], cut: isKept ? turn.cut : 'room' };
  }
  for (const offer of before.keys()) if (offer.closed && offer !== taker) book.remove(offer);
  return { fills, cut: turn.cut };
}
