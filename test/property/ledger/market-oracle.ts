/**
 * Matching by trying everything: an independent answer for small books whose amounts divide. It knows partly fillable offers
 * only, walks every simple path of at most six offers, and computes in exact fractions of its own.
 */
import { strict as assert } from 'node:assert';
import type { Offer } from '#ledger/market/offer';

interface Open {
  readonly offer: Offer;
  left: bigint;
  wantLeft: bigint | null;
  done: boolean;
}

interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

const times = (a: Fraction, b: Fraction): Fraction => ({ top: a.top * b.top, bottom: a.bottom * b.bottom });
const over = (a: Fraction, b: Fraction): Fraction => ({ top: a.top * b.bottom, bottom: a.bottom * b.top });
const isLess = (a: Fraction, b: Fraction): boolean => a.top * b.bottom < b.top * a.bottom;
const whole = (value: bigint): Fraction => ({ top: value, bottom: 1n });
const limitOf = ({ price }: Offer): Fraction => ({ top: price.num, bottom: price.den });

function exactly({ top, bottom }: Fraction): bigint {
  assert.equal(top % bottom, 0n, 'the amounts of this book were to divide');
  return top / bottom;
}

function pathsBetween(book: readonly Open[], from: string, to: string, seen: readonly string[] = [from]): Open[][] {
  const found: Open[][] = [];
  for (const open of book) {
    const { give, want } = open.offer;
    if (open.done || want !== from || seen.includes(give)) continue;
    if (give === to) found.push([open]);
    else if (seen.length < 6) {
      found.push(...pathsBetween(book, give, to, [...seen, give]).map((rest) => [open, ...rest]));
    }
  }
  return found;
}

const yieldOf = (path: readonly Open[]): Fraction =>
  path.reduce<Fraction>((rate, { offer }) => over(rate, limitOf(offer)), whole(1n));

/** Whether a is the path to take: best rate, fewest hops, oldest. `book` lists the offers by age. */
function isBetter(a: readonly Open[], b: readonly Open[], book: readonly Open[]): boolean {
  if (isLess(yieldOf(a), yieldOf(b))) return false;
  if (isLess(yieldOf(b), yieldOf(a))) return true;
  if (a.length !== b.length) return a.length < b.length;
  const at = a.findIndex((open, index) => open !== b[index]);
  return at >= 0 && book.indexOf(a[at] as Open) < book.indexOf(b[at] as Open);
}

function exchange(open: Open, given: bigint, taken: bigint): void {
  open.left -= given;
  if (open.wantLeft !== null) open.wantLeft -= taken;
  const worth = times(whole(open.left), limitOf(open.offer));
  const cost = open.wantLeft === null ? whole(open.left) : over(whole(open.wantLeft), limitOf(open.offer));
  const most = isLess(cost, whole(open.left)) ? cost : whole(open.left);
  const isDust = isLess(times(most, whole(100n)), whole(open.offer.giveTotal));
  open.done = isDust || isLess(most, whole(1n)) || isLess(worth, whole(1n));
}

/** The most that can go in, by the amounts of all that take part. */
function inputOf(taker: Open, path: readonly Open[]): Fraction {
  let most = whole(taker.left);
  let rate = whole(1n);
  const bound = (amount: bigint | null): void => {
    if (amount !== null && isLess(over(whole(amount), rate), most)) most = over(whole(amount), rate);
  };
  for (const { offer, left, wantLeft } of path) {
    bound(wantLeft);
    rate = over(rate, limitOf(offer));
    bound(left);
  }
  bound(taker.wantLeft);
  return most;
}

/** Amounts along each path taken, the taker's own first, with the offers in the order of crossing. */
export interface OraclePath {
  readonly taker: Uint8Array;
  readonly makers: readonly Uint8Array[];
  readonly amounts: readonly bigint[];
}

/** Matches offers one after the other in the order given; nothing is in the book before the first. */
export function matchByTrying(turns: readonly Offer[]): { paths: OraclePath[]; left: Map<Offer, bigint> } {
  const book: Open[] = [];
  const paths: OraclePath[] = [];
  const left = new Map<Offer, bigint>();
  for (const offer of turns) {
    const taker: Open = { offer, left: offer.giveLeft, wantLeft: offer.wantLeft, done: false };
    while (!taker.done) {
      let best: Open[] | null = null;
      for (const path of pathsBetween(book, offer.give, offer.want)) {
        if (isLess(yieldOf(path), limitOf(offer))) continue;
        if (best === null || isBetter(path, best, book)) best = path;
      }
      if (best === null) break;
      const input = inputOf(taker, best);
      const amounts = [exactly(input)];
      let rate = whole(1n);
      for (const maker of best) {
        rate = over(rate, limitOf(maker.offer));
        amounts.push(exactly(times(input, rate)));
      }
      for (const [at, maker] of best.entries()) exchange(maker, amounts[at + 1] as bigint, amounts[at] as bigint);
      exchange(taker, amounts[0] as bigint, amounts[best.length] as bigint);
      paths.push({ taker: offer.id, makers: best.map((maker) => maker.offer.id), amounts });
    }
    book.push(taker);
  }
  for (const open of book) left.set(open.offer, open.left);
  return { paths, left };
}

/** Whether any offer could still be exchanged with others, each at its own limit, by a path of at most six. */
export function isCrossed(resting: readonly Offer[]): boolean {
  const book = resting.map((offer): Open => ({ offer, left: offer.giveLeft, wantLeft: offer.wantLeft, done: false }));
  return book.some((open) => {
    const others = book.filter((other) => other !== open);
    const paths = pathsBetween(others, open.offer.give, open.offer.want);
    return paths.some((path) => !isLess(yieldOf(path), limitOf(open.offer)));
  });
}
