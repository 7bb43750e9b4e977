/** Terms of an alliance: immutable versions, in force once every member has signed. */
import { encode, type Infer, list, optional, record, text, uint, variant, versioned } from '#core/format';
import { taggedHash } from '#core/hash';
import { accountIdFormat, amountFormat, assetIdFormat, gcnFormat, nameFormat } from '../ids.ts';

/** Most members of an alliance. */
export const membersMax = 32;
/** Longest path of people who passed a coupon on. */
export const referralDepthMax = 6;
/** Longest notice, and longest time for which a bond outlives its member. */
export const noticeMsMax = 366 * 86_400_000;
/** Most flows of an alliance; with the fee, no redemption makes more postings. */
export const flowsMax = 8;

/** Parts by number: who takes the coupon, who issued it, and from 2 on who passed it on, the last one first. */
export const roleFormat = uint({ max: 1 + referralDepthMax });
/** Numbers of the first two roles, and of the first of those who passed it on. */
export const role = { acceptor: 0, issuer: 1, referrer: 2 } as const;

/** A fraction: numerator / denominator. */
export const fractionFormat = record('fraction', {
  numerator: uint({ max: 1_000_000_000 }),
  denominator: uint({ max: 1_000_000_000 }),
});
/** A fraction. */
export type Fraction = Infer<typeof fractionFormat>;

/** What one pays another for each redemption: splits, rebates and commissions alike. */
export const flowFormat = record('flow', {
  payer: roleFormat,
  payee: roleFormat,
  amount: variant('flow-amount', {
    /** Base units of the settlement asset, whatever was redeemed. */
    fixed: { tag: 0, format: record('fixed-flow', { amount: amountFormat }) },
    /** Of what was redeemed, rounded down to a base unit. */
    share: { tag: 1, format: record('share-flow', { of: fractionFormat }) },
  }),
});
/** A decoded flow. */
export type Flow = Infer<typeof flowFormat>;

/** What the acceptor pays for the alliance's service at each redemption. */
export const feeFormat = record('fee', {
  /** Of what was redeemed, base units of the settlement asset, rounded down. */
  of: fractionFormat,
  payee: accountIdFormat,
  /** Base units of BIZ for one base unit of the settlement asset, discount included; null: not payable in BIZ. */
  bizRate: optional(fractionFormat),
});
/** A decoded fee. */
export type Fee = Infer<typeof feeFormat>;

/** One version of the terms. */
export const allianceTermsFormat = record('alliance-terms', {
  version: uint({ max: 0xffff }),
  name: nameFormat,
  /** Everyone whose signature brings it into force; stores of these take the coupons. */
  members: list(accountIdFormat, { min: 2, max: membersMax }),
  /** What is settled in: an asset that neither expires nor can be frozen. */
  settlementAsset: assetIdFormat,
  /** Unit of the settlement asset; coupons are accepted in this unit alone, base unit for base unit. */
  unit: text({ min: 3, max: 3, pattern: /^[A-Z]{3}$/ }),
  /** Series that are accepted; empty: every series of a member that names the alliance. */
  series: list(gcnFormat, { max: 256 }),
  flows: list(flowFormat, { max: flowsMax }),
  fee: optional(feeFormat),
  /** Cover that a member must have in the alliance for its stores to accept. */
  bond: amountFormat,
  /** Time between a member's word that it leaves and its exit. */
  noticeMs: uint({ max: noticeMsMax }),
  /** How long cover stays locked after the exit, for what is brought back. */
  bondHoldMs: uint({ max: noticeMsMax }),
  /** How many times a coupon can be passed on with a commission. */
  referralDepth: uint({ max: referralDepthMax }),
});
/** Terms of an alliance. */
export type AllianceTerms = Infer<typeof allianceTermsFormat>;

/** `terms/<version>` in the alliance's shard. */
export const storedAllianceTermsFormat = versioned(
  'stored-alliance-terms',
  1,
  { bytesMax: 16 * 1024 },
  { terms: allianceTermsFormat },
);

/** What a member signs for: the hash of the terms as stored. */
export function allianceTermsHash(terms: AllianceTerms): Uint8Array {
  return taggedHash('bizain/alliance-terms/1', encode(storedAllianceTermsFormat, { terms }));
}

/** amount x fraction, rounded down: no remainder is ever booked. */
export function partOf(amount: bigint, { numerator, denominator }: Fraction): bigint {
  return (amount * BigInt(numerator)) / BigInt(denominator);
}

/** What a flow comes to for a redemption of this value. */
export function flowAmount({ amount }: Flow, value: bigint): bigint {
  return amount.kind === 'fixed' ? amount.amount : partOf(value, amount.of);
}
