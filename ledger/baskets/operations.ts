/** Operations that close or reopen a basket: codec numbers 23 to 27. */
import { type Cases, type Infer, list, optional, record, text, uint } from '#core/format';
import { keyConsentFormat } from '../coupons/operations.ts';
import { purchaseFormat } from '../coupons/purchase.ts';
import {
  amountFormat,
  basketIdFormat,
  epochFormat,
  hashFormat,
  laneFormat,
  sequenceFormat,
  storeIdFormat,
} from '../ids.ts';

/** Most reservations that one basket closes with. */
export const capturesMax = 64;

/** A reservation that the basket closes with, and what it took off which line. */
export const captureFormat = record('capture', {
  /** Sequence, in this stream, of the reserving entry. */
  reservation: sequenceFormat,
  /** What a coupon was used on, where its reservation did not tell; null otherwise. */
  purchase: optional(purchaseFormat),
  /** By the POS program's line numbers; empty: the whole value on line 0. */
  lines: list(record('captured-line', { line: uint({ max: 9_999 }), amount: amountFormat }), { max: 32 }),
});
/** A decoded capture. */
export type Capture = Infer<typeof captureFormat>;

/** Names a sale: the store, the capturing entry, and the span of 30 days (`salesPeriodOf`) of its block. */
const saleFields = {
  store: storeIdFormat,
  lane: laneFormat,
  epoch: epochFormat,
  capture: sequenceFormat,
  period: uint({ max: 0xffff }),
};

/** See SPEC.md, section Baskets. */
export const basketOperations = {
  'basket.capture': {
    tag: 23,
    format: record('basket.capture', {
      basket: basketIdFormat,
      /** All or nothing. */
      captures: list(captureFormat, { min: 1, max: capturesMax }),
      /** Hash of the POS program's basket lines; zeros where none was given. */
      basketHash: hashFormat,
    }),
  },
  'basket.release': {
    tag: 24,
    format: record('basket.release', { reservations: list(sequenceFormat, { min: 1, max: capturesMax }) }),
  },
  'basket.void': {
    tag: 25,
    format: record('basket.void', {
      /** The capturing entry: lane of the same store, epoch and sequence in its value stream. */
      lane: laneFormat,
      epoch: epochFormat,
      capture: sequenceFormat,
      reason: text({ min: 1, max: 80 }),
    }),
  },
  'basket.return': {
    tag: 26,
    format: record('basket.return', {
      ...saleFields,
      /** By line of the sale and place in its parts. */
      lines: list(
        record('returned-line', {
          line: uint({ max: 9_999 }),
          part: uint({ max: capturesMax - 1 }),
          amount: amountFormat,
        }),
        { min: 1, max: capturesMax },
      ),
    }),
  },
  'basket.review': {
    tag: 27,
    format: record('basket.review', {
      ...saleFields,
      /** What was paid with and is the reviewer's: place in the sale's parts. */
      part: uint({ max: capturesMax - 1 }),
      /** 1 to 5. */
      rating: uint({ max: 5 }),
      /** Hash of the text, which is kept elsewhere. */
      textHash: optional(hashFormat),
      /** Over `reviewMessage`, by the key in a code that is bound to nobody. */
      consent: optional(keyConsentFormat),
    }),
  },
} as const satisfies Cases;
