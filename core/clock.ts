/**
 * Time as a thing that is passed in: the machine's clock, and one that stands still until a test or
 * the simulator moves it. Monotonic time measures, wall time is only ever a hint (it may jump).
 */
import { assert } from './assert.ts';

/** Longest delay of a timer: what Node's 32-bit timers hold, 24.8 days. */
export const TIMER_DELAY_MS_MAX = 2 ** 31 - 1;

/** A pending timer. Cancelling one that fired or was cancelled does nothing. */
export interface Timer {
  cancel(): void;
}

/** Source of time. All times are milliseconds; monotonic time counts from an arbitrary zero. */
export interface Clock {
  monotonicMs(): number;
  wallMs(): number;
  /** Calls `fire` once, not before `delayMs` (0 to `TIMER_DELAY_MS_MAX`) has passed, never inside this call. */
  setTimer(delayMs: number, fire: () => void): Timer;
}

function assertDelay(delayMs: number): void {
  assert(delayMs >= 0 && delayMs <= TIMER_DELAY_MS_MAX, `timer delay ${delayMs} ms is out of range`);
}

/** The machine's clock. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  setTimer(delayMs, fire) {
    assertDelay(delayMs);
    const handle = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(handle) };
  },
};

interface VirtualTimer {
  readonly dueMs: number;
  readonly order: number;
  readonly fire: () => void;
}

/** A clock that moves only by `advance`. Monotonic time starts at 0, wall time at `startMs`. */
export class VirtualClock implements Clock {
  readonly #startMs: number;
  #elapsedMs = 0;
  #order = 0;
  /** Sorted by (dueMs, order). */
  readonly #timers: VirtualTimer[] = [];

  constructor(options: { readonly startMs?: number } = {}) {
    this.#startMs = options.startMs ?? 0;
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  wallMs(): number {
    return this.#startMs + this.#elapsedMs;
  }

  setTimer(delayMs: number, fire: () => void): Timer {
    assertDelay(delayMs);
    const timer = { dueMs: this.#elapsedMs + delayMs, order: this.#order++, fire };
    let low = 0;
    let high = this.#timers.length;
    // A later timer sorts behind every equal due time, so insertion order is kept.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#timers[middle]?.dueMs ?? 0) <= timer.dueMs) low = middle + 1;
      else high = middle;
    }
    this.#timers.splice(low, 0, timer);
    return {
      cancel: () => {
        const index = this.#timers.indexOf(timer);
        if (index >= 0) this.#timers.splice(index, 1);
      },
    };
  }

  /** Due time of the earliest pending timer in monotonic ms, or `undefined` when none is pending. */
  nextTimerMs(): number | undefined {
    return this.#timers[0]?.dueMs;
  }

  /**
   * Moves time on by `ms` (at least 0). Timers due by then fire in order of due time, then of
   * insertion, each at its own time; timers that they set fire too when due in the same window.
   */
  advance(ms: number): void {
    assert(ms >= 0 && Number.isFinite(ms), `cannot advance by ${ms} ms`);
    const untilMs = this.#elapsedMs + ms;
    for (;;) {
      const timer = this.#timers[0];
      if (timer === undefined || timer.dueMs > untilMs) break;
      this.#timers.shift();
      this.#elapsedMs = timer.dueMs;
      timer.fire();
    }
    this.#elapsedMs = untilMs;
  }
}

/** Resolves once `ms` has passed on the clock. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => {
    clock.setTimer(ms, resolve);
  });
}

/**
 * Waits for the promise, at most `ms`. A rejection in time is passed on; one after the deadline is
 * swallowed (the caller has gone on), so whoever starts the work logs its failures.
 */
export function withDeadline<T>(
  clock: Clock,
  promise: Promise<T>,
  ms: number,
): Promise<{ readonly ok: true; readonly value: T } | { readonly ok: false }> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimer(ms, () => resolve({ ok: false }));
    promise.then(
      (value) => {
        timer.cancel();
        resolve({ ok: true, value });
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
