/** Cuts a byte stream into frames: u32 big-endian length, then that many bytes (wire/peer-message.ts). */

const lengthBytes = 4;
const capacityMin = 64 * 1024;

/** A frame with its length in front, ready to be written. */
export function frameOf(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(lengthBytes + payload.length);
  new DataView(frame.buffer).setUint32(0, payload.length);
  frame.set(payload, lengthBytes);
  return frame;
}

/**
 * Collects chunks and gives whole frames. Read it empty after each chunk: it then holds less than one frame. Chunks are
 * copied into one buffer, so that a frame sent byte by byte costs no more memory than its size.
 */
export class FrameReader {
  #buffer = new Uint8Array(capacityMin);
  /** What is held: from `#start` to `#end`. */
  #start = 0;
  #end = 0;

  push(chunk: Uint8Array): void {
    this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The next whole payload, undefined when it is not there yet; null when it is empty or longer than allowed: the stream is then useless. */
  next(bytesMax: number): Uint8Array | undefined | null {
    const size = this.#end - this.#start;
    if (size < lengthBytes) return undefined;
    const due = new DataView(this.#buffer.buffer).getUint32(this.#start);
    if (due === 0 || due > bytesMax) return null;
    if (size < lengthBytes + due) return undefined;
    const from = this.#start + lengthBytes;
    // A copy, so that what a message keeps does not keep the whole buffer alive, nor the other way round.
    const payload = this.#buffer.slice(from, from + due);
    this.#start = from + due;
    if (this.#start === this.#end) this.#letGo();
    return payload;
  }

  #makeRoom(count: number): void {
    if (this.#end + count <= this.#buffer.length) return;
    const size = this.#end - this.#start;
    const from = this.#buffer;
    // Twice what is held: each byte is moved a bounded number of times, however small the chunks are.
    if (size + count > from.length / 2) this.#buffer = new Uint8Array(2 * (size + count));
    this.#buffer.set(from.subarray(this.#start, this.#end), 0);
    this.#start = 0;
    this.#end = size;
  }

  #letGo(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.length > capacityMin) this.#buffer = new Uint8Array(capacityMin);
  }
}
