/** What waits to be written on one lane to one peer: first in, first out, bounded by bytes. */
import type { LaneName } from '../wire/peer-message.ts';

/** Bytes of votes, timeouts, proposals, questions that may wait for one peer. */
export const urgentBytesMax = 4 * 1024 * 1024;
/** Bytes of bodies and blocks that may wait for one peer. */
export const bulkBytesMax = 24 * 1024 * 1024;

/** A full urgent lane lets the oldest frames go; a full bulk lane refuses new ones. */
export class SendQueue {
  readonly #lane: LaneName;
  readonly #bytesMax: number;
  readonly #frames: Uint8Array[] = [];
  #bytes = 0;
  #dropped = 0;

  constructor(lane: LaneName) {
    this.#lane = lane;
    this.#bytesMax = lane === 'urgent' ? urgentBytesMax : bulkBytesMax;
  }

  /** Takes a frame; false when it is refused. */
  add(frame: Uint8Array): boolean {
    if (this.#lane === 'bulk' && this.#bytes + frame.length > this.#bytesMax) {
      // Whoever still needs it asks again.
      this.#dropped++;
      return false;
    }
    this.#frames.push(frame);
    this.#bytes += frame.length;
    // Replicas say again what is still needed, and newer statements replace older ones.
    while (this.#bytes > this.#bytesMax && this.#frames.length > 1) {
      this.next();
      this.#dropped++;
    }
    return true;
  }

  /** The next frame to write. */
  next(): Uint8Array | undefined {
    const frame = this.#frames.shift();
    if (frame !== undefined) this.#bytes -= frame.length;
    return frame;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Frames that were let go or refused. */
  get dropped(): number {
    return this.#dropped;
  }
}
