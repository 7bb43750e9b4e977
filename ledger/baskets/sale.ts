/**
 * What a store's lane has sold: `sale/<lane>/<epoch>/<sequence>` in the shard of the store's sales of that time. What each line of
 * the basket was paid with, and what has been brought back since: the base of voids and returns. No till holds it.
 */
import { bool, type Infer, list, optional, record, uint, variant, versioned } from '#core/format';
import { postingsFormat } from '../alliances/postings.ts';
import {
  accountIdFormat,
  amountFormat,
  assetIdFormat,
  couponSerialFormat,
  gcnFormat,
  hashFormat,
  holderIdFormat,
  rightIdFormat,
  salesPeriodOf,
  salesShard,
  timeMsFormat,
} from '../ids.ts';
import { reasonSetFormat } from '../reasons.ts';
import { lineAllocationsMax } from '../receipt.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { capturesMax } from './operations.ts';

/** A coupon that was captured. */
export const soldItemFormat = record('sold-item', {
  gcn: gcnFormat,
  serial: couponSerialFormat,
  termsVersion: uint({ max: 0xffff }),
  rightId: optional(rightIdFormat),
  /** Whether it rested on a right that owned the item. */
  isOwned: bool(),
  /** What it took off; where somebody else had the item, what its budget was charged. */
  value: amountFormat,
  /** Reasons where somebody else had the item. */
  conflict: reasonSetFormat,
  holder: optional(holderIdFormat),
  /** Whether nothing of the item was left. */
  isUsedUp: bool(),
});
/** A coupon that was captured, as stored. */
export type SoldItem = Infer<typeof soldItemFormat>;

/** A hold that was captured. */
export const soldHoldFormat = record('sold-hold', {
  asset: assetIdFormat,
  owner: accountIdFormat,
  /** Who was paid; null: it was burned, or nobody was, because of a conflict. */
  merchant: optional(accountIdFormat),
  amount: amountFormat,
  /** The latest date of what was burned. */
  expiryMs: optional(timeMsFormat),
  rightId: optional(rightIdFormat),
  conflict: reasonSetFormat,
});
/** A hold that was captured, as stored. */
export type SoldHold = Infer<typeof soldHoldFormat>;

/** What a basket was paid with. */
export const salePartFormat = variant('sale-part', {
  item: { tag: 0, format: soldItemFormat },
  hold: { tag: 1, format: soldHoldFormat },
});
/** A decoded part. */
export type SalePart = Infer<typeof salePartFormat>;

/** How much of one part (by its place in `parts`) went to one line. */
export const saleLineFormat = record('sale-line', {
  line: uint({ max: 9_999 }),
  part: uint({ max: capturesMax - 1 }),
  amount: amountFormat,
});

/** One closed basket. */
export const saleFormat = versioned(
  'sale',
  1,
  { bytesMax: 32 * 1024 },
  {
    /** Block time of the capture. */
    atMs: timeMsFormat,
    isVoided: bool(),
    parts: list(salePartFormat, { min: 1, max: capturesMax }),
    lines: list(saleLineFormat, { max: lineAllocationsMax }),
    /** What was brought back, added up by line and part. */
    returned: list(saleLineFormat, { max: lineAllocationsMax }),
    /** What members of alliances owed each other because of it. */
    postings: postingsFormat,
    /** The buyer's word about it. */
    review: optional(record('review', { rating: uint({ max: 5 }), textHash: optional(hashFormat) })),
  },
);
/** A sale as stored. */
export type Sale = Infer<typeof saleFormat>;

/** The capturing entry of a sale, in a store's value streams. */
export interface SaleOf {
  readonly store: string;
  readonly lane: string;
  readonly epoch: number;
  readonly sequence: number;
}

const sales = storedObject(saleFormat);
const saleKey = ({ lane, epoch, sequence }: SaleOf): string => `sale/${lane}/${epoch}/${sequence}`;

/** A sale by the span of time that its capture was ordered in (`salesPeriodOf`), or null. */
export function readSale(view: LedgerView, of: SaleOf, period: number): Sale | null {
  return sales.read(view, salesShard(of.store, period), saleKey(of));
}

/** Creates or replaces a sale. */
export function writeSale(tx: LedgerOverlay, of: SaleOf, sale: Sale): void {
  sales.write(tx, salesShard(of.store, salesPeriodOf(sale.atMs)), saleKey(of), sale);
}
