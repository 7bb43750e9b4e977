/** Writes deterministic CBOR (RFC 8949 section 4.2.1) straight into one growing buffer: shortest heads, definite lengths. */
import { bigintToBytes } from './bytes.ts';
import { PrefixViews } from './prefix-views.ts';

/** Major types of RFC 8949 section 3.1, as the first byte of an item with argument 0. */
export const cborMajor = { uint: 0x00, negative: 0x20, bytes: 0x40, text: 0x60, array: 0x80 } as const;
/** Simple values of RFC 8949 section 3.3 as they are written. */
export const cborSimple = { false: 0xf4, true: 0xf5, null: 0xf6 } as const;

const HEAD_BYTES_MAX = 9;
const UINT32 = 2 ** 32;
const INITIAL_BYTES = 16 * 1024;
/** A buffer that grew beyond this is not kept for the next value. */
const KEPT_BYTES_MAX = 1024 * 1024;
/** Up to here a loop beats the call of a native copy. */
const LOOP_BYTES_MAX = 64;

const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Bytes so far, and where the next item goes. What it writes must be well formed: formats see to it. */
export class CborWriter {
  /** End of what has been written. */
  at = 0;
  /** Both over one memory: Buffer knows text, and copies of a Uint8Array are plain. */
  #buffer = Buffer.alloc(INITIAL_BYTES);
  #bytes: Uint8Array = new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset, INITIAL_BYTES);
  #beginnings = new PrefixViews(this.#bytes);

  #room(size: number): Uint8Array {
    const needed = this.at + size;
    if (needed > this.#bytes.length) this.#grow(needed);
    return this.#bytes;
  }

  #grow(needed: number): void {
    const written = this.#bytes.subarray(0, this.at);
    this.#take(Buffer.alloc(Math.max(needed, 2 * this.#bytes.length)));
    this.#bytes.set(written);
  }

  #take(buffer: Buffer<ArrayBuffer>): void {
    this.#buffer = buffer;
    this.#bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
    this.#beginnings = new PrefixViews(this.#bytes);
  }

  /** The head of an item: its major type and a safe integer as its argument. */
  head(major: number, argument: number): void {
    const bytes = this.#room(HEAD_BYTES_MAX);
    let at = this.at;
    if (argument < 24) {
      bytes[at++] = major | argument;
    } else if (argument < 0x100) {
      bytes[at++] = major | 24;
      bytes[at++] = argument;
    } else if (argument < 0x10000) {
      bytes[at++] = major | 25;
      bytes[at++] = argument >>> 8;
      bytes[at++] = argument;
    } else if (argument < UINT32) {
      bytes[at++] = major | 26;
      at = writeUint32(bytes, at, argument);
    } else {
      bytes[at++] = major | 27;
      at = writeUint32(bytes, at, Math.floor(argument / UINT32));
      at = writeUint32(bytes, at, argument % UINT32);
    }
    this.at = at;
  }

  /** As `head`, with an argument of up to 64 bits. */
  bigHead(major: number, argument: bigint): void {
    if (argument <= SAFE_MAX) {
      this.head(major, Number(argument));
      return;
    }
    const bytes = this.#room(HEAD_BYTES_MAX);
    bytes[this.at++] = major | 27;
    this.at = writeUint32(bytes, this.at, Number(argument >> 32n));
    this.at = writeUint32(bytes, this.at, Number(argument & 0xffff_ffffn));
  }

  /** False, true or null: a value of `cborSimple`. */
  simple(value: number): void {
    this.#room(1)[this.at++] = value;
  }

  /** A byte string. */
  byteString(value: Uint8Array): void {
    this.head(cborMajor.bytes, value.length);
    this.raw(value);
  }

  /** An unsigned integer as a byte string, big endian without leading zeros. */
  bigBytes(value: bigint): void {
    if (value > SAFE_MAX) {
      this.byteString(bigintToBytes(value));
      return;
    }
    const number = Number(value);
    let length = 0;
    for (let bound = 1; bound <= number; bound *= 256) length++;
    this.head(cborMajor.bytes, length);
    const bytes = this.#room(length);
    let rest = number;
    for (let at = this.at + length - 1; at >= this.at; at--) {
      bytes[at] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    this.at += length;
  }

  /** A text without lone surrogates. */
  text(value: string): void {
    const { length } = value;
    if (length <= LOOP_BYTES_MAX && this.#asciiText(value)) return;
    const size = Buffer.byteLength(value, 'utf8');
    this.head(cborMajor.text, size);
    this.#room(size);
    this.#buffer.write(value, this.at, 'utf8');
    this.at += size;
  }

  /** Writes a short text if it is ASCII, and tells whether it was. */
  #asciiText(value: string): boolean {
    const start = this.at;
    const { length } = value;
    this.head(cborMajor.text, length);
    const bytes = this.#room(length);
    let at = this.at;
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0x7f) {
        this.at = start;
        return false;
      }
      bytes[at++] = unit;
    }
    this.at = at;
    return true;
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): void {
    const { length } = value;
    const bytes = this.#room(length);
    const { at } = this;
    if (length > LOOP_BYTES_MAX) bytes.set(value, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = value[index] as number;
    this.at = at + length;
  }

  /** What was written from `start` on, in memory of its own. */
  copyFrom(start: number): Uint8Array {
    return this.#bytes.slice(start, this.at);
  }

  /** As `copyFrom`, but a view: valid until something else is written. */
  viewFrom(start: number): Uint8Array {
    return start === 0 ? this.#beginnings.of(this.at) : this.#bytes.subarray(start, this.at);
  }

  /** Goes back to `start`: what was written from there on is dropped. */
  dropFrom(start: number): void {
    this.at = start;
    if (start === 0 && this.#bytes.length > KEPT_BYTES_MAX) this.#take(Buffer.alloc(INITIAL_BYTES));
  }
}

function writeUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}

/** The writer of everything that is encoded. A user writes behind what it finds, and drops what it wrote, whatever happens. */
export const sharedWriter = new CborWriter();
