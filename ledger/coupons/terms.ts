/** Terms of a coupon series: immutable versions that operations and rights name by number. */
import { bool, type Infer, list, optional, record, text, uint, variant } from '#core/format';
import { accountIdFormat, allianceIdFormat, amountFormat, timeMsFormat } from '../ids.ts';

/** A trade item: a GTIN-14, or a name in another scheme as `cn.drug.1234567` and `own.<brand>.<name>`. */
export const productNameFormat = text({ min: 1, max: 64, pattern: /^([0-9]{14}|[a-z]+(\.[A-Za-z0-9_-]+)+)$/ });

/** What a store may do with an item of the series while the line is cut (ARCHITECTURE D4). */
export const offlinePolicyFormat = variant('offline-policy', {
  /** Only items that a right of the store owns. */
  'owned-only': { tag: 0, format: record('owned-only', {}) },
  /** Also unowned items, inside a granted risk budget, judged on a shard no older than `shardAgeMsMax`. */
  budget: { tag: 1, format: record('budget', { shardAgeMsMax: uint({ max: 90 * 86_400_000 }) }) },
  /** Never without the region's answer. */
  never: { tag: 2, format: record('never', {}) },
});
/** What may be done offline. */
export type OfflinePolicy = Infer<typeof offlinePolicyFormat>;

/** What an item takes off a purchase, base units. */
export const couponValueFormat = variant('coupon-value', {
  fixed: { tag: 0, format: record('fixed', { amount: amountFormat }) },
  /** `numerator / denominator` of the eligible spend, rounded down to a whole base unit, never more than `cap`. */
  percentage: {
    tag: 1,
    format: record('percentage', {
      numerator: uint({ max: 1_000_000 }),
      denominator: uint({ max: 1_000_000 }),
      cap: amountFormat,
    }),
  },
});
/** What an item takes off a purchase. */
export type CouponValue = Infer<typeof couponValueFormat>;

/** What may lie beside an item in one basket. */
export const stackingFormat = variant('stacking', {
  /** No other coupon. */
  alone: { tag: 0, format: record('alone', {}) },
  /** Any other coupon that says the same. */
  'with-others': { tag: 1, format: record('with-others', {}) },
  /** Only coupons of the same group, whoever issued them. */
  group: { tag: 2, format: record('group', { name: text({ min: 1, max: 32 }) }) },
});
/** What may lie beside an item in one basket. */
export type Stacking = Infer<typeof stackingFormat>;

/** Whose stores take the coupon. */
export const acceptedByFormat = variant('accepted-by', {
  issuer: { tag: 0, format: record('issuer', {}) },
  /** The issuer itself must be among them to take its own. */
  merchants: { tag: 1, format: record('merchants', { accounts: list(accountIdFormat, { max: 256 }) }) },
  /** The issuer, and who is a member when the item is reserved. */
  alliance: { tag: 2, format: record('alliance', { id: allianceIdFormat }) },
});
/** Whose stores take the coupon. */
export type AcceptedBy = Infer<typeof acceptedByFormat>;

/** What `consent` may be: the code alone; the key in the code must sign; the holder that the item is bound to must consent. */
export const consentRule = { none: 0, bearer: 1, holder: 2 } as const;
/** What `lateRule` may be. */
export const lateRule = { holds: 0, refused: 1 } as const;
/** What `returnRule` may be: the item comes back to life; the issuer gives another one; it is lost. */
export const returnRule = { reinstate: 0, reissue: 1, forfeit: 2 } as const;

/** A span of certificate time, both ends included. */
export const windowFormat = record('window', { fromMs: timeMsFormat, untilMs: timeMsFormat });

/** Most uses that a series may be limited to. */
export const totalUsesMax = 1_000_000_000;
/** Longest time after its capture that a sale can be voided in. */
export const voidWindowMsMax = 30 * 86_400_000;

/** One version of the terms of a series. */
export const termsFormat = record('terms', {
  version: uint({ max: 0xffff }),
  title: text({ min: 1, max: 80 }),
  value: couponValueFormat,
  /** ISO 4217 code. */
  unit: text({ min: 3, max: 3, pattern: /^[A-Z]{3}$/ }),
  /** Least eligible spend, base units. */
  minimumSpend: amountFormat,
  /** Products of which at least one must be in the basket, and whose prices alone are eligible; empty: any. */
  products: list(productNameFormat, { max: 128 }),
  /** An item changes hands within this span only. */
  validFromMs: timeMsFormat,
  validUntilMs: timeMsFormat,
  /** An item is redeemed within this span only; null: within the whole validity. */
  redemption: optional(windowFormat),
  /** Redemptions of one holder over all items; null: no limit, and no holder is asked for. */
  perHolderMax: optional(uint({ max: 0xffff })),
  /** Redemptions over all items; null: no limit. */
  totalMax: optional(uint({ max: totalUsesMax })),
  stacking: stackingFormat,
  /** Whether an item that is bound to a holder may be passed on. */
  transferable: bool(),
  acceptedBy: acceptedByFormat,
  /** A number of `consentRule`. An item that is bound to a holder asks for the holder's consent, whatever stands here. */
  consent: uint({ max: 2 }),
  /** One public code for everybody, at most `totalMax` times; otherwise items with serials. */
  open: bool(),
  /** Whether a fixed value may be used up in parts. */
  partial: bool(),
  offline: offlinePolicyFormat,
  /** A number of `lateRule`: whether a superseded version still holds for what is ordered after the change. */
  lateRule: uint({ max: 1 }),
  /** How long after its capture a sale can be voided. */
  voidWindowMs: uint({ max: voidWindowMsMax }),
  /** A number of `returnRule`: what becomes of an item when what was bought with it is brought back. */
  returnRule: uint({ max: 2 }),
});
/** Terms of a series. */
export type Terms = Infer<typeof termsFormat>;

/** Terms of the plainest coupon: no conditions, no limits, for one's own stores, used once, alone or with others. */
export const plainTerms = {
  minimumSpend: 0n,
  products: [],
  redemption: null,
  perHolderMax: null,
  totalMax: null,
  stacking: { kind: 'with-others' },
  transferable: true,
  acceptedBy: { kind: 'issuer' },
  consent: consentRule.bearer,
  open: false,
  partial: false,
  offline: { kind: 'owned-only' },
  lateRule: lateRule.holds,
  voidWindowMs: 86_400_000,
  returnRule: returnRule.reinstate,
} as const satisfies Partial<Terms>;

/** The span of redemption. */
export function redemptionOf(terms: Terms): { readonly fromMs: number; readonly untilMs: number } {
  return terms.redemption ?? { fromMs: terms.validFromMs, untilMs: terms.validUntilMs };
}

/** The most that one redemption can take off a purchase. */
export function valueMaxOf({ value }: Terms): bigint {
  return value.kind === 'fixed' ? value.amount : value.cap;
}

/** Whether uses are counted in the series' shard. Fixed by the first version. */
export function countsUses(terms: Terms): boolean {
  return terms.totalMax !== null;
}

/** Whether two coupons may lie in one basket. */
export function stack(one: Stacking, other: Stacking): boolean {
  if (one.kind === 'alone' || other.kind === 'alone') return false;
  if (one.kind === 'group') return other.kind === 'group' && one.name === other.name;
  return other.kind === 'with-others';
}
