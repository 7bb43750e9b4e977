/**
 * Reads the fixed headers of an MQTT byte stream (MQTT 3.1.1 and 5, section 2.1.4) and tells of a packet that is too large
 * as soon as its length is known. MQTT.js assembles a packet of up to 256 MB in memory before anyone can refuse it.
 */

/** Longest length field of a fixed header. */
const lengthBytesMax = 4;

/** Follows one stream. */
export class PacketSizeGuard {
  readonly #bytesMax: number;
  /** Bytes of the current packet still to come; -1 while its header is read. */
  #remaining = -1;
  #length = 0;
  /** Bytes of the header read: 0 before the type byte. */
  #headerBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Takes the next bytes; false once a packet's length is malformed or over the limit. */
  accepts(chunk: Uint8Array): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const skipped = Math.min(this.#remaining, chunk.length - at);
        at += skipped;
        this.#remaining -= skipped;
        if (this.#remaining === 0) this.#remaining = -1;
        continue;
      }
      const byte = chunk[at++] as number;
      if (this.#headerBytes++ === 0) continue;
      this.#length += (byte & 0x7f) * 128 ** (this.#headerBytes - 2);
      if (this.#length > this.#bytesMax) return false;
      if ((byte & 0x80) !== 0) {
        if (this.#headerBytes > lengthBytesMax) return false;
        continue;
      }
      this.#remaining = this.#length === 0 ? -1 : this.#length;
      this.#headerBytes = 0;
      this.#length = 0;
    }
    return true;
  }
}
