/** Operations of the market: codec numbers 100 to 109. */
import { bool, type Cases, optional, record } from '#core/format';
import { debitConsentFormat } from '../accounts/debit-consent.ts';
import { accountIdFormat, amountFormat, timeMsFormat } from '../ids.ts';
import { goodsFormat, wantedFormat } from './goods.ts';
import { offerIdFormat, priceFormat } from './market-book.ts';

/** See SPEC.md, section Market. */
export const marketOperations = {
  'offer.place': {
    tag: 100,
    format: record('offer.place', {
      owner: accountIdFormat,
      give: goodsFormat,
      want: wantedFormat,
      /** The limit: at least `num` of what is wanted for `den` of what is given. */
      price: priceFormat,
      /** Most that it takes; null: whatever it gets for all that it gives. */
      wantMax: optional(amountFormat),
      /** All or nothing: takes all of `wantMax`, or gives all that it gives where that is null. */
      whole: bool(),
      /** The last block time at which it counts. */
      goodUntilMs: timeMsFormat,
      /** Null where the author needs none: the owner itself, or its custodian. */
      consent: optional(debitConsentFormat),
    }),
  },
  'offer.withdraw': {
    tag: 101,
    format: record('offer.withdraw', {
      owner: accountIdFormat,
      /** The entry that placed it. */
      offer: offerIdFormat,
      consent: optional(debitConsentFormat),
    }),
  },
} as const satisfies Cases;
