/** Limits how often something is done for one asker, and for all of them together. */
import type { Clock } from '#core/clock';

/** How much may be used a second, and saved up at most. */
export interface AllowanceLimits {
  readonly perSecond: number;
  readonly perSecondEach: number;
  readonly burstSeconds: number;
}

interface Bucket {
  level: number;
  atMs: number;
}

const askersMax = 4_096;

/** Token buckets: one for everybody, one for each asker. */
export class Allowance {
  readonly #clock: Clock;
  readonly #limits: AllowanceLimits;
  readonly #all: Bucket;
  readonly #each = new Map<string, Bucket>();

  constructor(clock: Clock, limits: AllowanceLimits) {
    this.#clock = clock;
    this.#limits = limits;
    this.#all = { level: limits.perSecond * limits.burstSeconds, atMs: clock.monotonicMs() };
  }

  /** Whether the asker may; uses up one if so. */
  take(asker: string): boolean {
    const own = this.#bucketOf(asker);
    if (own.level < 1 || this.#all.level < 1) return false;
    own.level--;
    this.#all.level--;
    return true;
  }

  /** Uses up what something has cost once it was allowed: below nothing too, which later has to be made up. */
  charge(asker: string, cost: number): void {
    this.#bucketOf(asker).level -= cost;
    this.#all.level -= cost;
  }

  #bucketOf(asker: string): Bucket {
    const { perSecond, perSecondEach, burstSeconds } = this.#limits;
    const nowMs = this.#clock.monotonicMs();
    let own = this.#each.get(asker);
    if (own === undefined) {
      const oldest = this.#each.keys().next();
      if (this.#each.size >= askersMax && !oldest.done) this.#each.delete(oldest.value);
      own = { level: perSecondEach * burstSeconds, atMs: nowMs };
      this.#each.set(asker, own);
    }
    refill(own, perSecondEach, burstSeconds, nowMs);
    refill(this.#all, perSecond, burstSeconds, nowMs);
    return own;
  }
}

function refill(bucket: Bucket, perSecond: number, burstSeconds: number, nowMs: number): void {
  bucket.level = Math.min(perSecond * burstSeconds, bucket.level + ((nowMs - bucket.atMs) / 1_000) * perSecond);
  bucket.atMs = nowMs;
}
