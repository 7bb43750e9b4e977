/** Terms of an asset: immutable versions, set by its issuer. */
import { bool, type Infer, list, optional, record, text, uint } from '#core/format';
import { acceptedByFormat, offlinePolicyFormat } from '../coupons/terms.ts';
import { accountIdFormat, amountFormat, nameFormat } from '../ids.ts';
import { lifetimeDaysMax } from './balance.ts';

/** What an asset is, by its number in the terms. */
export const assetKinds = ['points', 'prepaid', 'credit', 'settlement'] as const;
/** What an asset is. */
export type AssetKind = (typeof assetKinds)[number];

/** What becomes of units that pay for a basket. */
export const onRedeem = { burn: 0, payMerchant: 1 } as const;

/** Numerator and denominator of rates: what they are multiplied with stays exact. */
const rateFormat = uint({ max: 1_000_000_000 });
/** ISO 4217 code, or a unit of the issuer's own. */
const unitFormat = text({ min: 2, max: 8, pattern: /^[A-Z][A-Z0-9]*$/ });

/** How purchases earn points: spend x num / den, rounded down to a base unit. */
export const earnFormat = record('earn', {
  num: rateFormat,
  den: rateFormat,
  /** Unit of the spend, in its base units. */
  unit: unitFormat,
  /** Merchants whose terminals may book it. */
  merchants: list(accountIdFormat, { min: 1, max: 256 }),
  /** Most that one merchant's terminals book in a day of block time (UTC). */
  perDayMax: amountFormat,
});
/** How purchases earn points. */
export type Earn = Infer<typeof earnFormat>;

/** What units count for when they pay: amount x num / den base units of `unit`, rounded down. */
export const worthFormat = record('worth', { num: rateFormat, den: rateFormat, unit: unitFormat });
/** What units count for. */
export type Worth = Infer<typeof worthFormat>;

/** One version of the terms of an asset. */
export const assetTermsFormat = record('asset-terms', {
  version: uint({ max: 0xffff }),
  name: nameFormat,
  /** Index into `assetKinds`. */
  kind: uint({ max: assetKinds.length - 1 }),
  unit: unitFormat,
  /** Decimal places of the unit that people read; the ledger counts base units. */
  decimals: uint({ max: 18 }),
  /** The issuer may freeze an account's balance. */
  freezable: bool(),
  /** Holders may pay each other; with the issuer all may deal always. */
  transferable: bool(),
  /** May be offered on the market. */
  tradable: bool(),
  /** Units end so many days after they were issued, rounded up to a multiple of 30 days since 1970; null: never. */
  lifetimeDays: optional(uint({ max: lifetimeDaysMax })),
  /** Most that can ever be issued, what was burned included; null: no such limit. */
  supplyMax: optional(amountFormat),
  /** Most that the issuer issues in a day of block time (UTC). */
  mintPerDayMax: amountFormat,
  /** A number of `onRedeem`. */
  onRedeem: uint({ max: 1 }),
  /** Whose tills take it for baskets; null: every merchant's. */
  acceptedBy: optional(acceptedByFormat),
  /** Points only. */
  /** What a till may do with it while the line is cut. */
  offline: offlinePolicyFormat,
  earn: optional(earnFormat),
  worth: optional(worthFormat),
});
/** Terms of an asset. */
export type AssetTerms = Infer<typeof assetTermsFormat>;

/** amount x num / den, rounded down to a base unit: no remainder is ever booked. */
export function share(amount: bigint, { num, den }: { readonly num: number; readonly den: number }): bigint {
  return (amount * BigInt(num)) / BigInt(den);
}
