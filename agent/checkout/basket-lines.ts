/** A POS program's basket: what each coupon in it is used on, what it then takes off, and off which lines. */
import { bad, ok, type Result } from '#core/result';
import { needsPurchase, type Purchase, purchaseFaults, valueOn } from '#ledger/coupons/purchase';
import { type ReasonName, reasonsIn } from '#ledger/reasons';
import { lineAllocationsMax } from '#ledger/receipt';
import type { BasketItem } from './baskets.ts';

/** Most lines of a basket. */
export const basketLinesMax = 500;
/** Most lines that one coupon is spread over, and most products that its purchase names. */
const couponLinesMax = 32;

/** One line as sold, before coupons. */
export interface BasketLine {
  /** The POS program's number of it. */
  readonly line: number;
  /** Price of the line, base units. */
  readonly amount: bigint;
  /** Trade item: GTIN-14, or a name as terms use it; null where there is none. */
  readonly product: string | null;
}

/** What a coupon of a basket came to. */
export interface SettledCoupon {
  readonly purchase: Purchase | null;
  /** Adds up to `value`; empty where no lines are known. */
  readonly lines: readonly { readonly line: number; readonly amount: bigint }[];
  readonly value: bigint;
}

interface OpenLine extends BasketLine {
  left: bigint;
}

/** A coupon's value over lines in proportion to what is left to pay of them, to the base unit. */
function spread(value: bigint, eligible: readonly OpenLine[], linesMax: number): SettledCoupon['lines'] {
  const largest = [...eligible].sort((a, b) => (a.left === b.left ? 0 : a.left > b.left ? -1 : 1)).slice(0, linesMax);
  const sum = largest.reduce((total, { left }) => total + left, 0n);
  const parts = largest.map((line) => ({ line, amount: sum === 0n ? 0n : (value * line.left) / sum }));
  let rest = value - parts.reduce((total, { amount }) => total + amount, 0n);
  for (const part of parts) {
    const room = part.line.left - part.amount;
    const more = room < rest ? room : rest;
    part.amount += more;
    rest -= more;
  }
  // More than the lines come to: it was priced before they were.
  const [first] = parts;
  if (first !== undefined) first.amount += rest;
  for (const { line, amount } of parts) line.left -= amount < line.left ? amount : line.left;
  return parts.filter(({ amount }) => amount > 0n).map(({ line, amount }) => ({ line: line.line, amount }));
}

function settleOne(item: BasketItem, open: readonly OpenLine[], linesMax: number): Result<SettledCoupon, ReasonName> {
  const { terms, isPriced } = item;
  const products = terms?.products ?? [];
  const eligible =
    products.length === 0 ? open : open.filter(({ product }) => product !== null && products.includes(product));
  if (isPriced || terms === null)
    return ok({ purchase: null, lines: spread(item.value, eligible, linesMax), value: item.value });
  const spend = eligible.reduce((total, { left }) => total + left, 0n);
  const named = products.filter((name) => eligible.some(({ product }) => product === name)).slice(0, couponLinesMax);
  const purchase = { spend, products: named };
  const [fault] = reasonsIn(purchaseFaults(terms, purchase));
  if (fault !== undefined) return bad(fault);
  const value = valueOn(terms, purchase, item.value);
  return ok({ purchase, lines: spread(value, eligible, linesMax), value });
}

/**
 * What the coupons of a basket come to, in their order: each on what the ones before it have left to pay. Without lines only those
 * that need none. A reason where one of them cannot be used on this basket.
 */
export function settleCoupons(
  items: readonly BasketItem[],
  lines: readonly BasketLine[] | undefined,
): Result<readonly SettledCoupon[], ReasonName> {
  if (lines === undefined) {
    const unpriced = items.some(({ terms, isPriced }) => !isPriced && terms !== null && needsPurchase(terms));
    return unpriced ? bad('MINIMUM_SPEND') : ok(items.map(({ value }) => ({ purchase: null, lines: [], value })));
  }
  const open = lines.map((line) => ({ ...line, left: line.amount }));
  const linesMax = Math.min(couponLinesMax, Math.floor(lineAllocationsMax / Math.max(1, items.length)));
  const settled: SettledCoupon[] = [];
  for (const item of items) {
    const one = settleOne(item, open, linesMax);
    if (!one.ok) return one;
    settled.push(one.value);
  }
  return ok(settled);
}
