// The unfinished frame of a framer: grows up to the limit, then only remembers that it overflowed.

import { assert } from '#core/assert';

const INITIAL_BYTES = 256;

/** Collects the bytes of one frame. Beyond `bytesMax` the bytes are dropped and `overflowed` says so. */
export class FrameBuffer {
  readonly #bytesMax: number;
  #bytes: Uint8Array;
  #count = 0;
  #overflowed = false;

  constructor(bytesMax: number) {
    assert(bytesMax > 0, 'a frame holds at least one byte');
    this.#bytesMax = bytesMax;
    this.#bytes = new Uint8Array(Math.min(INITIAL_BYTES, bytesMax));
  }

  /** Whether the frame had more bytes than allowed. */
  get overflowed(): boolean {
    return this.#overflowed;
  }

  /** Whether nothing was added since the last take. */
  get empty(): boolean {
    return this.#count === 0 && !this.#overflowed;
  }

  /** Adds `chunk[start..end)`. */
  add(chunk: Uint8Array, start: number, end: number): void {
    const count = end - start;
    if (count <= 0 || this.#overflowed) return;
    if (this.#count + count > this.#bytesMax) {
      this.#overflowed = true;
      this.#count = 0;
      return;
    }
    this.#reserve(this.#count + count);
    this.#bytes.set(chunk.subarray(start, end), this.#count);
    this.#count += count;
  }

  /** A copy of the bytes; the buffer is empty afterwards. */
  take(): Uint8Array {
    const taken = this.#bytes.slice(0, this.#count);
    this.clear();
    return taken;
  }

  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
    this.#overflowed = false;
  }

  #reserve(count: number): void {
    if (count <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.min(this.#bytesMax, Math.max(count, this.#bytes.length * 2)));
    grown.set(this.#bytes.subarray(0, this.#count));
    this.#bytes = grown;
  }
}
