/** Cuts a byte stream into frames: u32 big-endian length, then that many bytes (wire/peer-message.ts). */

const lengthBytes = 4;

/** A frame with its length in front, ready to be written. */
export function frameOf(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(lengthBytes + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, lengthBytes);
  return frame;
}

/** Collects chunks and gives whole frames. Read it empty after each chunk: it then holds less than one frame. */
export class FrameReader {
  #chunks: Uint8Array[] = [];
  #size = 0;
  #due: number | null = null;

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }

  /** The next whole payload, undefined when it is not there yet; null when it is empty or longer than allowed: the stream is then useless. */
  next(bytesMax: number): Uint8Array | undefined | null {
    if (this.#due === null) {
      if (this.#size < lengthBytes) return undefined;
      const head = this.#take(lengthBytes);
      this.#due = new DataView(head.buffer, head.byteOffset, lengthBytes).getUint32(0);
    }
    if (this.#due === 0 || this.#due > bytesMax) return null;
    if (this.#size < this.#due) return undefined;
    const payload = this.#take(this.#due);
    this.#due = null;
    return payload;
  }

  /** Removes the first `count` bytes; they are there. */
  #take(count: number): Uint8Array {
    const joined = this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : Buffer.concat(this.#chunks);
    this.#size -= count;
    this.#chunks = this.#size === 0 ? [] : [joined.subarray(count)];
    // A copy, so that what a message keeps does not keep the whole chunk alive, nor the other way round.
    return Uint8Array.from(joined.subarray(0, count));
  }
}
