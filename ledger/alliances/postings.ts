/** What a redemption moves between members, as a sale keeps it so that it can be booked back to the last base unit. */
import { type Infer, list, record, uint } from '#core/format';
import { accountIdFormat, allianceIdFormat, amountFormat, assetIdFormat } from '../ids.ts';
import { flowsMax } from './terms.ts';

/** One posting: due from one account to another because of one part of a sale. */
export const postingFormat = record('posting', {
  /** Place of the coupon in the sale's parts. */
  part: uint({ max: 63 }),
  alliance: allianceIdFormat,
  asset: assetIdFormat,
  from: accountIdFormat,
  to: accountIdFormat,
  amount: amountFormat,
  /** How much of it has been booked back. */
  reversed: amountFormat,
});
/** A decoded posting. */
export type Posting = Infer<typeof postingFormat>;

/** Most postings of a sale: baskets with more coupons of alliances are refused. */
export const postingsMax = 64;
/** Most postings of one coupon: its flows and the fee. */
export const postingsOfItemMax = flowsMax + 1;
/** The postings of a sale. */
export const postingsFormat = list(postingFormat, { max: postingsMax });
