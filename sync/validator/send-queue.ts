/** What waits to be written to one peer: votes ahead of bodies, both bounded. */

/** Bytes of votes, timeouts, proposals that may wait for one peer. */
export const urgentBytesMax = 4 * 1024 * 1024;
/** Bytes of bodies and blocks that may wait for one peer. */
export const bulkBytesMax = 24 * 1024 * 1024;

/** Two first-in-first-out lanes. Urgent frames push out the oldest urgent ones; bulk frames are refused when full. */
export class SendQueue {
  readonly #urgent: Uint8Array[] = [];
  readonly #bulk: Uint8Array[] = [];
  #urgentBytes = 0;
  #bulkBytes = 0;

  /** Takes a frame; false when it is refused. */
  add(frame: Uint8Array, urgent: boolean): boolean {
    if (!urgent) {
      if (this.#bulkBytes + frame.length > bulkBytesMax) return false;
      this.#bulk.push(frame);
      this.#bulkBytes += frame.length;
      return true;
    }
    this.#urgent.push(frame);
    this.#urgentBytes += frame.length;
    // Replicas say again what is still needed, and newer statements replace older ones.
    while (this.#urgentBytes > urgentBytesMax && this.#urgent.length > 1) {
      this.#urgentBytes -= (this.#urgent.shift() as Uint8Array).length;
    }
    return true;
  }

  /** The next frame to write. */
  next(): Uint8Array | undefined {
    const urgent = this.#urgent.shift();
    if (urgent !== undefined) {
      this.#urgentBytes -= urgent.length;
      return urgent;
    }
    const bulk = this.#bulk.shift();
    if (bulk !== undefined) this.#bulkBytes -= bulk.length;
    return bulk;
  }

  get bytes(): number {
    return this.#urgentBytes + this.#bulkBytes;
  }
}
