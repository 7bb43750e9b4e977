/** How late this process gets to what is due: the event loop's delay, which every vote and every answer waits for. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '#core/clock';

const resolutionMs = 10;
/** A quiet hour must not hide the last bad minute. */
const windowMs = 60_000;
const nanosecondsInMs = 1e6;

/** Delay beyond the sampling interval over the last window, milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Watches the loop from its making until `stop`. */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  #last: LoopDelay = { p50: 0, p99: 0, max: 0 };
  #sinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.monotonicMs();
    this.#histogram.enable();
  }

  /** The worse of the window in work and the one before it. */
  read(): LoopDelay {
    const now = this.#measured();
    const worse = {
      p50: Math.max(now.p50, this.#last.p50),
      p99: Math.max(now.p99, this.#last.p99),
      max: Math.max(now.max, this.#last.max),
    };
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#sinceMs >= windowMs) {
      this.#last = now;
      this.#sinceMs = nowMs;
      this.#histogram.reset();
    }
    return worse;
  }

  stop(): void {
    this.#histogram.disable();
  }

  #measured(): LoopDelay {
    const delayMs = (nanoseconds: number): number => Math.max(0, nanoseconds / nanosecondsInMs - resolutionMs);
    const histogram = this.#histogram;
    if (histogram.count === 0) return { p50: 0, p99: 0, max: 0 };
    return {
      p50: delayMs(histogram.percentile(50)),
      p99: delayMs(histogram.percentile(99)),
      max: delayMs(histogram.max),
    };
  }
}
