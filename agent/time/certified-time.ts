/**
 * Calendar time in a shop whose machine may have no clock: an interval around the truth, from certified block times,
 * time elapsed since, and the wall clock as an upper bound only (ARCHITECTURE D7).
 */
import { assert } from '#core/assert';
import type { Clock, Timer } from '#core/clock';

/** How often the lower bound is persisted, ms. */
export const persistPeriodMs = 60_000;
/** How much faster or slower than true time a machine's monotonic clock may run, parts per million. */
export const driftPpmMax = 500;
/** How far an undisturbed wall clock or a delivery of a head may be behind, ms. */
export const slackMsDefault = 2_000;

/** A wall clock that is so far behind certified time was never set: nothing but a certificate then bounds the time, ms. */
export const wallLagMsMax = 300_000;
/** How long a machine without a clock may have been off, ms: the upper bound where nothing better is known. */
export const offMsMax = 10 * 365 * 86_400_000;

/** The truth lies in [lowMs, highMs], ms since 1970. */
export interface TimeInterval {
  readonly lowMs: number;
  readonly highMs: number;
  /** Whether a certificate was seen since the process started; before it the bounds rest on the last run alone. */
  readonly trusted: boolean;
}

/** What a `CertifiedTime` is made of. `persist` gets the lower bound, which never falls. */
export interface CertifiedTimeOptions {
  readonly clock: Clock;
  /** What `persist` was given last in earlier runs; null on the first start ever. */
  readonly persistedMs: number | null;
  readonly persist: (lowMs: number) => void;
  readonly slackMs?: number;
}

/** One terminal's interval of time. The lower bound never moves back, not across restarts either. */
export class CertifiedTime {
  readonly #clock: Clock;
  readonly #persist: (lowMs: number) => void;
  readonly #slackMs: number;
  /** Certified (or persisted) time `#baseMs` was known at monotonic `#baseAtMs`. */
  #baseMs: number;
  #baseAtMs: number;
  #lowMs = 0;
  #trusted = false;
  #persistedMs: number;
  #timer: Timer | null = null;

  constructor(options: CertifiedTimeOptions) {
    this.#clock = options.clock;
    this.#persist = options.persist;
    this.#slackMs = options.slackMs ?? slackMsDefault;
    this.#baseMs = options.persistedMs ?? 0;
    this.#baseAtMs = options.clock.monotonicMs();
    this.#persistedMs = this.#baseMs;
  }

  /** Takes the time of a certified block or of the hub. An older one than known changes nothing but `trusted`. */
  observe(certifiedMs: number): void {
    assert(Number.isSafeInteger(certifiedMs) && certifiedMs >= 0, `certified time ${certifiedMs}`);
    const first = !this.#trusted;
    this.#trusted = true;
    if (certifiedMs > this.#low()) {
      this.#baseMs = certifiedMs;
      this.#baseAtMs = this.#clock.monotonicMs();
    }
    if (first) {
      this.#save();
      this.#schedule();
    }
  }

  /**
   * The interval now. The upper bound is the wall clock's time where that is later than certified time allows. Before the
   * first certificate of this run, with a wall clock that was never set, it is as good as none.
   */
  interval(): TimeInterval {
    const lowMs = this.#low();
    const runMs = (this.#clock.monotonicMs() - this.#baseAtMs) * (1 + driftPpmMax / 1e6);
    const fromCertificate = Math.ceil(this.#baseMs + runMs);
    const wallMs = Math.ceil(this.#clock.wallMs());
    const unbounded = !this.#trusted && wallMs + wallLagMsMax < lowMs;
    const highMs = Math.max(fromCertificate + (unbounded ? offMsMax : 0), wallMs, lowMs) + this.#slackMs;
    return { lowMs, highMs, trusted: this.#trusted };
  }

  /** Persists the lower bound once more and stops doing so. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#trusted) this.#save();
  }

  #low(): number {
    const runMs = (this.#clock.monotonicMs() - this.#baseAtMs) * (1 - driftPpmMax / 1e6);
    this.#lowMs = Math.max(this.#lowMs, Math.floor(this.#baseMs + runMs));
    return this.#lowMs;
  }

  #save(): void {
    const lowMs = this.#low();
    if (lowMs <= this.#persistedMs) return;
    this.#persistedMs = lowMs;
    this.#persist(lowMs);
  }

  #schedule(): void {
    this.#timer = this.#clock.setTimer(persistPeriodMs, () => {
      this.#save();
      this.#schedule();
    });
  }
}
