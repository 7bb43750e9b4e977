/**
 * Matching of one block: the new offers have their turns in the order of the beacon, those gathered in an earlier block
 * first, and what is not exchanged rests in the book. Pure: the same offers, beacon and limits give the same trades, in whatever
 * order the offers are listed. What the goods are, expiry and receipts are the caller's.
 */
import { assert } from '#core/assert';
import { compareBytes } from '#core/bytes';
import { taggedHash } from '#core/hash';
import { type Settlement, type TurnResult, takeTurn, type Work } from './match-turn.ts';
import {
  type MatchLimits,
  marketAmountMax,
  matchLimits,
  type NewOffer,
  type Offer,
  OpenOffer,
  type RestingOffer,
} from './offer.ts';
import { OfferBook } from './offer-book.ts';
import type { PathFill } from './path-fill.ts';

/** What is matched. Ids are unique over both lists. */
export interface MatchInput {
  /** Bytes that nobody knew when the offers were made. */
  readonly beacon: Uint8Array;
  readonly resting: readonly RestingOffer[];
  readonly arrived: readonly NewOffer[];
  /** Above the `placed` of every resting offer: the first to be given. */
  readonly nextPlaced: number;
  /** Default `matchLimits`. */
  readonly limits?: MatchLimits;
  /** Default: every offer can give what it says, and whatever is agreed happens. */
  readonly settlement?: Settlement;
}

/** An offer that has changed, or was new. */
export interface OfferAfter {
  readonly offer: Offer;
  readonly giveLeft: bigint;
  readonly wantLeft: bigint | null;
  /** Units of `want` that this block brought. */
  readonly received: bigint;
  /**
   * `resting`: in the book, at the age `placed`. `waiting`: new in the next block too, for a bound of the work was met.
   * `closed`: nothing more to exchange; `giveLeft` is its giver's again.
   */
  readonly state: 'resting' | 'waiting' | 'closed';
  readonly placed: number | null;
}

/** What matching gives. */
export interface MatchResult {
  /** Paths taken, in the order of execution. The amounts of the offers in them are those after the block. */
  readonly fills: readonly PathFill[];
  /** Those that were crossed, and all new ones; not those that turned out unable to give. */
  readonly changed: readonly OfferAfter[];
  readonly nextPlaced: number;
  readonly steps: number;
  readonly crossings: number;
}

const trusting: Settlement = { canGive: () => true, settle: () => true };

function assertSound({ give, want, giveTotal, giveLeft, wantLeft, price }: Offer): void {
  const inRange = (value: bigint): boolean => value >= 1n && value <= marketAmountMax;
  assert(give !== want, 'an offer of an asset for itself');
  assert(inRange(giveTotal) && giveLeft <= giveTotal, 'a total out of range');
  assert(inRange(giveLeft) && (wantLeft === null || inRange(wantLeft)), 'an amount out of range');
  assert(inRange(price.num) && inRange(price.den), 'a price out of range');
}

function assertLimits(limits: MatchLimits): void {
  assert(limits.stepsPerBlock >= limits.searchesPerTurn * limits.stepsPerSearch, 'a block has steps for a turn');
  assert(limits.crossedPerBlock >= limits.pathsPerTurn * limits.crossingsPerPath, 'a block has crossings for a turn');
  assert(limits.crossingsPerPath >= limits.hops, 'a path has crossings for its hops');
}

/** The order of turns. */
function inTurnOrder(arrived: readonly NewOffer[], beacon: Uint8Array): NewOffer[] {
  return arrived
    .map((offer) => ({ offer, lot: taggedHash('bizain/market-turn/1', beacon, offer.id) }))
    .sort((a, b) => a.offer.gatheredAt - b.offer.gatheredAt || compareBytes(a.lot, b.lot))
    .map(({ offer }) => offer);
}

function afterOf(open: OpenOffer, waiting: boolean): OfferAfter {
  const { offer, giveLeft, wantLeft, received, closed, placed } = open;
  const state = closed ? 'closed' : waiting ? 'waiting' : 'resting';
  return { offer, giveLeft, wantLeft, received, state, placed: state === 'resting' ? placed : null };
}

/** Whether an offer waits for the next block: not where that would end as this one, for then it rests. */
function goesOn({ cut, fills }: TurnResult, isBlockUsed: boolean): boolean {
  if (cut === 'turn') return fills.length > 0;
  return cut === 'block' || (cut === 'room' && isBlockUsed);
}

/** See the file's head. Asserts that offers are sound; takes the time that `limits` allow. */
export function matchOffers(input: MatchInput): MatchResult {
  const { limits = matchLimits, settlement = trusting } = input;
  assertLimits(limits);
  const left = { steps: limits.stepsPerBlock, crossings: limits.crossedPerBlock };
  const work: Work = { limits, left, settlement };
  const book = new OfferBook();
  /** Whether it waits, by offer. */
  const changed = new Map<OpenOffer, boolean>();
  for (const resting of [...input.resting].sort((a, b) => a.placed - b.placed)) {
    assertSound(resting);
    assert(resting.placed < input.nextPlaced, 'a resting offer younger than the next');
    const offer = new OpenOffer(resting, resting.placed);
    if (offer.closed) changed.set(offer, false);
    else book.insert(offer);
  }
  const fills: PathFill[] = [];
  let nextPlaced = input.nextPlaced;
  for (const [index, arrived] of inTurnOrder(input.arrived, input.beacon).entries()) {
    assertSound(arrived);
    const taker = new OpenOffer(arrived, nextPlaced);
    const turn = taker.closed ? null : takeTurn(taker, index + 1, book, work);
    if (turn?.cut === 'cannot-give') continue;
    for (const fill of turn?.fills ?? []) {
      fills.push(fill);
      for (const { maker } of fill.hops.flat()) changed.set(maker, false);
    }
    // No room is left in the block: nobody else has a turn.
    if (turn?.cut === 'room') left.steps = 0;
    const waiting = turn !== null && goesOn(turn, fills.length > 0);
    changed.set(taker, waiting);
    if (taker.closed || waiting) continue;
    book.insert(taker);
    nextPlaced++;
  }
  return {
    fills,
    changed: [...changed].map(([offer, waiting]) => afterOf(offer, waiting)),
    nextPlaced,
    steps: limits.stepsPerBlock - left.steps,
    crossings: limits.crossedPerBlock - left.crossings,
  };
}
