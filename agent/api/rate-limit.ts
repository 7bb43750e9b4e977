/** Token buckets, one a client, bounded in number: a flood is answered cheaply and never reaches the terminal. */
import type { Clock } from '#core/clock';

/** `perSecond` requests go on for ever, `burst` at once. */
export interface RateLimitOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** Clients remembered; the longest unseen is forgotten first. */
  readonly clientsMax: number;
}

interface Bucket {
  level: number;
  atMs: number;
}

/** Counts the requests of each client. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();
  readonly #options: RateLimitOptions;
  readonly #clock: Clock;

  constructor(options: RateLimitOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** Takes one request; false when the client has none left. */
  take(client: string): boolean {
    const { perSecond, burst, clientsMax } = this.#options;
    const nowMs = this.#clock.monotonicMs();
    const known = this.#buckets.get(client);
    const bucket = known ?? { level: burst, atMs: nowMs };
    bucket.level = Math.min(burst, bucket.level + ((nowMs - bucket.atMs) * perSecond) / 1_000);
    bucket.atMs = nowMs;
    // Insertion order is order of last use.
    this.#buckets.delete(client);
    if (this.#buckets.size >= clientsMax) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    this.#buckets.set(client, bucket);
    if (bucket.level < 1) return false;
    bucket.level -= 1;
    return true;
  }
}
