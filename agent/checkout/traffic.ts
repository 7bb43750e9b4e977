/** How busy the till usually is, and what its last coupons could have been taken on: the ground of autonomy and rehearsal. */

import type { CouponFindings } from '#agent/verdict/judge-coupon';
import { assert } from '#core/assert';
import type { Clock } from '#core/clock';
import { decode, encode, type Infer, list, optional, record, text, uint, versioned } from '#core/format';
import { ok } from '#core/result';
import { valueMaxOf } from '#ledger/coupons/terms';
import { amountFormat, gcnFormat, rightIdFormat } from '#ledger/ids';

/** Coupon scans remembered. */
export const recentScansMax = 200;
/** Weight of the past in the rate of scans: it falls to 1/e in this time. */
export const rateMemoryMs = 6 * 3_600_000;
/** The rate is not given before this much was seen. */
const rateKnownAfterMs = 60_000;

const recentScanFormat = record('recent-scan', {
  gcn: gcnFormat,
  /** 1: an item that the store owned. */
  owned: uint({ max: 1 }),
  /** The first budget that could have borne it; null for none. */
  budget: optional(rightIdFormat),
  value: amountFormat,
  unit: text({ min: 0, max: 3 }),
});
/** One remembered coupon scan. */
export type RecentScan = Infer<typeof recentScanFormat>;

const trafficFormat = versioned(
  'traffic',
  1,
  { bytesMax: 48 * 1_024 },
  {
    /** Scans an hour, times 1,000. */
    ratePerHourMilli: uint({}),
    seenMs: uint({}),
    recent: list(recentScanFormat, { max: recentScansMax }),
  },
);

const nothingSeen = ok({ ratePerHourMilli: 0, seenMs: 0, recent: [] });

/** Traffic of one till. Save `export()` now and then and give it to the next run. */
export class Traffic {
  readonly #clock: Clock;
  /** Exponentially weighted number of scans, as of `#atMs`. */
  #weight: number;
  #seenMs: number;
  #atMs: number;
  readonly #recent: RecentScan[];

  constructor(clock: Clock, stored: Uint8Array | null) {
    this.#clock = clock;
    this.#atMs = clock.monotonicMs();
    const before = stored === null ? nothingSeen : decode(trafficFormat, stored);
    assert(before.ok, 'stored traffic decodes');
    const { seenMs, ratePerHourMilli, recent } = before.value;
    this.#seenMs = seenMs;
    this.#weight = (ratePerHourMilli / 1_000) * (effectiveMs(seenMs) / 3_600_000);
    this.#recent = [...recent];
  }

  /** Takes a coupon scan of a genuine code into account. */
  note(gcn: string, found: CouponFindings): void {
    this.#advance();
    this.#weight += 1;
    if (found.terms === null) return;
    const value = valueMaxOf(found.terms);
    const { unit } = found.terms;
    const budget = found.terms.offline.kind === 'budget' ? (found.budgets[0]?.id ?? null) : null;
    this.#recent.push({ gcn, owned: found.owned === null ? 0 : 1, budget, value, unit });
    if (this.#recent.length > recentScansMax) this.#recent.shift();
  }

  /** Scans an hour; null before a minute was seen. */
  perHour(): number | null {
    this.#advance();
    if (this.#seenMs < rateKnownAfterMs) return null;
    return this.#weight / (effectiveMs(this.#seenMs) / 3_600_000);
  }

  /** The last coupon scans, oldest first. */
  get recent(): readonly RecentScan[] {
    return this.#recent;
  }

  /** For the next run. */
  export(): Uint8Array {
    const rate = this.perHour() ?? 0;
    const ratePerHourMilli = Math.min(Number.MAX_SAFE_INTEGER, Math.round(rate * 1_000));
    return encode(trafficFormat, { ratePerHourMilli, seenMs: Math.round(this.#seenMs), recent: this.#recent });
  }

  #advance(): void {
    const nowMs = this.#clock.monotonicMs();
    const elapsedMs = nowMs - this.#atMs;
    this.#atMs = nowMs;
    this.#seenMs = Math.min(this.#seenMs + elapsedMs, Number.MAX_SAFE_INTEGER);
    this.#weight *= Math.exp(-elapsedMs / rateMemoryMs);
  }
}

/** The time that the weights of `seenMs` of steady traffic add up to. */
function effectiveMs(seenMs: number): number {
  return Math.max(1, rateMemoryMs * (1 - Math.exp(-seenMs / rateMemoryMs)));
}
