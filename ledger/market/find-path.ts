/**
 * The best path of resting offers from one asset to another: the highest yield, then the fewest hops, then the oldest offers
 * (of the first two that differ, counted from where the path begins). Bellman-Ford in layers, a hop each; a layer extends the
 * best ways of the one before by one offer. One best way is kept an asset. Where resting offers among themselves form a
 * circle that yields more than it takes, the path found may be second best; it is never worse than the best direct offer.
 * Such circles are formed only by offers that could not be exchanged: all-or-nothing ones, and rests of few units.
 */
import type { AssetNode, Edge, Hop, Way } from './asset-graph.ts';
import type { OpenOffer } from './offer.ts';
import { compareOffers } from './offer-book.ts';
import { compareRates, LOG_SLACK, logOf, type Rate } from './rate.ts';

/** What to search, and for whom. */
export interface PathSearch {
  readonly from: AssetNode;
  readonly to: AssetNode;
  /** Units at the start: an asset of which they buy not even one unit leads nowhere. */
  readonly amount: bigint;
  readonly hopsMax: number;
  /** Offers refused in this turn are passed over. */
  readonly turn: number;
  /** Pass over all-or-nothing offers. */
  readonly partialOnly: boolean;
  /** Open all-or-nothing offers of one edge that are looked at, the best first. */
  readonly wholeMax: number;
  /** The search ends with what it has found when these are used up. */
  readonly stepsMax: number;
}

/** What was found, and at which cost. */
export interface PathFound {
  /** In the order of crossing; null where nothing leads there. */
  readonly hops: readonly Hop[] | null;
  /** The product of the offers' yields. */
  readonly yield: Rate;
  readonly steps: number;
}

const one: Rate = { num: 1n, den: 1n };

/** The yield of a way, remembered. */
function yieldOf(way: Way): Rate {
  if (way.exact !== null) return way.exact;
  if (way.before === null || way.hop === null) return one;
  const { num, den } = yieldOf(way.before);
  way.exact = { num: num * way.hop.offer.yield.num, den: den * way.hop.offer.yield.den };
  return way.exact;
}

/** Of two ways of equally many hops, negative where a crossed the older offer at the first place where they differ. */
function compareAges(a: Way, b: Way): number {
  if (a.before === null || b.before === null) return 0;
  return compareAges(a.before, b.before) || (a.hop?.offer.placed ?? 0) - (b.hop?.offer.placed ?? 0);
}

function isBetter(way: Way, known: Way): boolean {
  const apart = way.log - known.log;
  if (Math.abs(apart) > LOG_SLACK) return apart > 0;
  const byYield = compareRates(yieldOf(way), yieldOf(known));
  if (byYield !== 0) return byYield > 0;
  return way.hops === known.hops ? compareAges(way, known) < 0 : way.hops < known.hops;
}

function visits(way: Way, node: AssetNode): boolean {
  for (let at: Way | null = way; at !== null; at = at.before) if (at.node === node) return true;
  return false;
}

class Search {
  readonly #search: PathSearch;
  readonly #amountLog: number;
  #stepsLeft: number;

  constructor(search: PathSearch) {
    this.#search = search;
    this.#amountLog = logOf(search.amount);
    this.#stepsLeft = search.stepsMax;
  }

  get steps(): number {
    return this.#search.stepsMax - this.#stepsLeft;
  }

  #firstOf(queue: readonly OpenOffer[], wholeLogMax: number): OpenOffer | null {
    let looked = 0;
    for (const offer of queue) {
      this.#stepsLeft--;
      if (offer.closed || offer.refusedIn === this.#search.turn) continue;
      if (offer.wholeLog <= wholeLogMax) return offer;
      if (++looked === this.#search.wholeMax) break;
    }
    return null;
  }

  /** The best offer of an edge that may be crossed with about 2^amountLog units. */
  #head({ partial, whole }: Edge, amountLog: number): OpenOffer | null {
    this.#stepsLeft--;
    const best = this.#firstOf(partial, Number.MAX_SAFE_INTEGER);
    if (this.#search.partialOnly || whole.length === 0) return best;
    const other = this.#firstOf(whole, amountLog + LOG_SLACK);
    return best === null || (other !== null && compareOffers(other, best) < 0) ? other : best;
  }

  /** Crosses the edge's best offer where that is the best way so far to its asset; whether it is. */
  #cross(way: Way, edge: Edge): boolean {
    const { to } = edge;
    const offer = this.#head(edge, this.#amountLog + way.log);
    if (offer === null) return false;
    const log = way.log + offer.yieldLog;
    const known = to.waySearch === this ? to.way : null;
    if (known !== null && log < known.log - LOG_SLACK) return false;
    const next: Way = { node: to, before: way, hop: { edge, offer }, hops: way.hops + 1, log, exact: null };
    if (known !== null && !isBetter(next, known)) return false;
    to.way = next;
    to.waySearch = this;
    return true;
  }

  #extend(way: Way, reached: Set<AssetNode>): void {
    if (this.#amountLog + way.log < -LOG_SLACK) return;
    for (const edge of way.node.edges.values()) {
      if (this.#stepsLeft <= 0) return;
      if (visits(way, edge.to)) this.#stepsLeft--;
      else if (this.#cross(way, edge)) reached.add(edge.to);
    }
  }

  run(): Way | null {
    const { from, to, hopsMax } = this.#search;
    const start: Way = { node: from, before: null, hop: null, hops: 0, log: 0, exact: one };
    // First of all, so that a search that runs out of steps has seen it.
    const direct = from.edges.get(to);
    if (direct !== undefined) this.#cross(start, direct);
    let layer = hopsMax > 1 ? [start] : [];
    for (let hop = 0; hop < hopsMax && layer.length > 0; hop++) {
      const reached = new Set<AssetNode>();
      for (const way of layer) this.#extend(way, reached);
      reached.delete(to);
      // Taken now: a way of the next layer may replace it at its asset before it is extended itself.
      layer = [...reached].map((node) => node.way as Way);
    }
    return to.waySearch === this ? to.way : null;
  }
}

/** Searches as told; see the file's head for what is best. Changes nothing but the scratch fields of nodes. */
export function findPath(search: PathSearch): PathFound {
  const run = new Search(search);
  const way = run.run();
  if (way === null) return { hops: null, yield: one, steps: run.steps };
  const hops: Hop[] = [];
  for (let at: Way | null = way; at !== null && at.hop !== null; at = at.before) hops.unshift(at.hop);
  return { hops, yield: yieldOf(way), steps: run.steps };
}
