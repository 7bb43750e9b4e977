/**
 * Segments whose author this validator does not know yet, though the others may: enrolled in a block that is on its way.
 * They are tried again after the next blocks for a moment before they are turned away.
 */
import type { Clock } from '#core/clock';

const heldMax = 512;
const heldBytesMax = 8 * 1024 * 1024;
const heldMs = 2_000;

interface Held {
  readonly bytes: Uint8Array;
  readonly sinceMs: number;
}

/** Bounded and short: what does not fit is turned away at once. */
export class LateComers {
  readonly #clock: Clock;
  #held: Held[] = [];
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps the segment for a moment; false when there is no room. */
  hold(bytes: Uint8Array): boolean {
    if (this.#held.length >= heldMax || this.#bytes + bytes.length > heldBytesMax) return false;
    this.#held.push({ bytes, sinceMs: this.#clock.monotonicMs() });
    this.#bytes += bytes.length;
    return true;
  }

  /** Takes out everything to be tried again; `last` where its time is up. */
  takeAll(): { readonly bytes: Uint8Array; readonly last: boolean; readonly sinceMs: number }[] {
    const nowMs = this.#clock.monotonicMs();
    const taken = this.#held.map((held) => ({ ...held, last: nowMs - held.sinceMs > heldMs }));
    this.#held = [];
    this.#bytes = 0;
    return taken;
  }

  /** Puts back what is still not known, with its age. */
  putBack(held: { readonly bytes: Uint8Array; readonly sinceMs: number }): void {
    this.#held.push({ bytes: held.bytes, sinceMs: held.sinceMs });
    this.#bytes += held.bytes.length;
  }
}
