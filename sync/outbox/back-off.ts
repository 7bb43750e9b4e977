/** Waiting times between attempts: exponential with full jitter, so that a shop's lanes do not come back in step. */
import { type Entropy, uniformInt } from '#core/entropy';

/** Bounds of the waiting time, ms. */
export interface BackOffLimits {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Counts failures in a row; each doubles the bound of the next wait up to the maximum. */
export class BackOff {
  readonly #limits: BackOffLimits;
  readonly #entropy: Entropy;
  #failures = 0;

  constructor(limits: BackOffLimits, entropy: Entropy) {
    this.#limits = limits;
    this.#entropy = entropy;
  }

  /** Forgets the failures: the next wait is short again. */
  reset(): void {
    this.#failures = 0;
  }

  /** The next wait, ms: uniform in 0 to the bound. */
  nextMs(): number {
    const { baseMs, maxMs } = this.#limits;
    const boundMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return uniformInt(this.#entropy, Math.floor(boundMs) + 1);
  }
}
