/** Terms of a coupon series: immutable versions that operations and rights name by number. */
import { bigUint, type Infer, list, record, text, uint, variant } from '#core/format';
import { accountIdFormat, timeMsFormat } from '../ids.ts';

/** Amounts are integers in base units (cents for EUR); no floats anywhere. */
export const amountFormat = bigUint({ bitsMax: 96 });

/** What a store may do with an item of the series while the line is cut (ARCHITECTURE D4). */
export const offlinePolicyFormat = variant('offline-policy', {
  /** Only items that a right of the store owns. */
  'owned-only': { tag: 0, format: record('owned-only', {}) },
  /** Also unowned items, inside a granted risk budget, judged on a shard no older than `shardAgeMsMax`. */
  budget: { tag: 1, format: record('budget', { shardAgeMsMax: uint({ max: 90 * 86_400_000 }) }) },
  /** Never without the region's answer. */
  never: { tag: 2, format: record('never', {}) },
});

/** One version of the terms of a series. */
export const termsFormat = record('terms', {
  version: uint({ max: 0xffff }),
  title: text({ min: 1, max: 80 }),
  faceValue: amountFormat,
  /** ISO 4217 code. */
  unit: text({ min: 3, max: 3, pattern: /^[A-Z]{3}$/ }),
  minimumSpend: amountFormat,
  validFromMs: timeMsFormat,
  validUntilMs: timeMsFormat,
  /** 0: the code alone is enough; 1: the bearer's item key must sign (ARCHITECTURE D4, consent). */
  consent: uint({ max: 1 }),
  /** Merchants whose stores take the coupon; the issuer itself must be listed to take its own. */
  acceptedBy: list(accountIdFormat, { max: 256 }),
  offline: offlinePolicyFormat,
  /** 0: ordered after a change of terms, the version named in the entry still holds; 1: refused. */
  lateRule: uint({ max: 1 }),
});
/** Terms of a series. */
export type Terms = Infer<typeof termsFormat>;
/** What may be done offline. */
export type OfflinePolicy = Infer<typeof offlinePolicyFormat>;
