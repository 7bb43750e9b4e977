/** `basket.review`: a word about a purchase, by whoever paid with something that proves it; one a sale (SPEC B6). */
import { encodeCbor } from '#core/codec';
import { readHolder } from '../accounts/holder.ts';
import { readItemStatus } from '../coupons/item-status.ts';
import { keyConsents } from '../coupons/key-consent.ts';
import { readOwner } from '../coupons/owners.ts';
import { type Authorship, applied, type Handler, type OperationOf, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { readSale, type Sale, type SaleOf, writeSale } from './sale.ts';

/** The bytes that the item key signs for a review of the sale it was used in. */
export function reviewMessage(
  chainId: Uint8Array,
  sale: SaleOf,
  review: { readonly rating: number; readonly textHash: Uint8Array | null },
): Uint8Array {
  const { store, lane, epoch, sequence } = sale;
  return encodeCbor([chainId, 'review', store, lane, epoch, sequence, review.rating, review.textHash]);
}

/** Whether the author speaks for the holder: itself, or its custodian. */
function speaksFor(view: LedgerView, by: Authorship, holder: string | null): boolean {
  if (holder === null) return false;
  if (by.author === holder) return true;
  const known = readHolder(view, holder);
  return known !== null && known.publicKey === null && known.issuer === by.author;
}

/** Whether anything that the part was used on was kept. */
function isKept({ lines, returned }: Sale, part: number): boolean {
  const sum = (all: Sale['lines']): bigint =>
    all.reduce((total, line) => (line.part === part ? total + line.amount : total), 0n);
  return sum(returned) < sum(lines);
}

function isBuyer(view: LedgerView, by: Authorship, sale: Sale, op: OperationOf<'basket.review'>): boolean {
  const part = sale.parts[op.part];
  // What somebody else had paid with before, or what was brought back, bought nothing.
  if (part === undefined || part.conflict !== 0n || !isKept(sale, op.part)) return false;
  if (part.kind === 'hold') return speaksFor(view, by, part.owner);
  if (part.holder !== null) return speaksFor(view, by, part.holder);
  // Who has a coupon that is used up has used it; what is left of one may have been passed on since.
  if (!part.isUsedUp || readItemStatus(view, part.gcn, part.serial) !== 'redeemed') return false;
  const holder = readOwner(view, part.gcn, part.serial);
  if (holder !== null) return speaksFor(view, by, holder);
  const of = { store: op.store, lane: op.lane, epoch: op.epoch, sequence: op.capture };
  return op.consent !== null && keyConsents(view, part, op.consent, reviewMessage(by.chainId, of, op));
}

/** Rule B6. */
export const reviewBasket: Handler<'basket.review'> = (tx, by, op) => {
  const of = { store: op.store, lane: op.lane, epoch: op.epoch, sequence: op.capture };
  const sale = readSale(tx, of, op.period);
  if (op.rating === 0) return refused(reason.BAD_OPERATION);
  if (sale === null || sale.isVoided) return refused(reason.NOT_PURCHASED);
  if (!isBuyer(tx, by, sale, op)) return refused(reason.NOT_PURCHASED);
  if (sale.review !== null) return refused(reason.ALREADY_EXISTS);
  writeSale(tx, of, { ...sale, review: { rating: op.rating, textHash: op.textHash } });
  return applied();
};
