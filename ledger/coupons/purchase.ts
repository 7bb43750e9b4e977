/** What a coupon is used on, as the lane states it (prices are the POS program's business), and what it then takes off (SPEC C6). */
import { type Infer, list, record } from '#core/format';
import { amountFormat } from '../ids.ts';
import { reason } from '../reasons.ts';
import { productNameFormat, type Terms } from './terms.ts';

/** The part of a basket that one coupon applies to. */
export const purchaseFormat = record('purchase', {
  /** Price of the eligible lines, base units of the series. */
  spend: amountFormat,
  /** The trade items among them that the terms name. */
  products: list(productNameFormat, { max: 32 }),
});
/** A decoded purchase. */
export type Purchase = Infer<typeof purchaseFormat>;

/** Whether the terms can only be judged, or the value only be told, with a purchase. */
export function needsPurchase(terms: Terms): boolean {
  return terms.value.kind === 'percentage' || terms.minimumSpend > 0n || terms.products.length > 0;
}

/** Reason bits against using the coupon on this purchase. */
export function purchaseFaults(terms: Terms, purchase: Purchase): bigint {
  let faults = purchase.spend < terms.minimumSpend ? reason.MINIMUM_SPEND : 0n;
  if (terms.products.length > 0) {
    const covered = purchase.products.length > 0 && purchase.products.every((name) => terms.products.includes(name));
    if (!covered) faults |= reason.PRODUCT_NOT_COVERED;
  }
  return faults;
}

/**
 * What the coupon takes off the purchase: of a fixed value what is `left` of it, and never more than the spend. Without a
 * purchase it is the most that it could be.
 */
export function valueOn({ value }: Terms, purchase: Purchase | null, left: bigint): bigint {
  if (purchase === null) return left;
  const { spend } = purchase;
  if (value.kind === 'fixed') return left < spend ? left : spend;
  // Bigint division drops the fraction: the rounding rule. A percentage is at most 100.
  const part = (spend * BigInt(value.numerator)) / BigInt(value.denominator);
  return part < value.cap ? part : value.cap;
}
