/**
 * Reads deterministic CBOR item by item, straight into values of a format. It accepts what `cbor-scan.ts` accepts and stops at
 * the first item that is not as asked for; which fault the bytes have as a whole is the scan's answer, never this one's.
 */
import { isUtf8 } from 'node:buffer';
import { bigintFromBytes } from './bytes.ts';
import { cborMajor, cborSimple } from './cbor-writer.ts';
import type { CodecReason } from './codec.ts';
import type { TextRule } from './text-rule.ts';

const NO_BYTES = new Uint8Array(0);
const UINT32 = 2 ** 32;

/** Where reading stands, and why it stopped. A method that returns `undefined` (or -1, or false) has stopped it. */
export class CborReader {
  bytes: Uint8Array = NO_BYTES;
  at = 0;
  /** Why the item at hand is not of the format; null while only the bytes themselves can be at fault. */
  reason: CodecReason | null = null;
  /** Place and wording of `reason`, from the innermost part outwards. */
  detail = '';
  /** First byte of the item at hand without its argument. */
  #major = 0;
  /** Argument of the item at hand: exact up to 2^53 - 1, beyond that in `#high` and `#low`. */
  #argument = 0;
  #high = 0;
  #low = 0;

  /** Starts at the beginning of these bytes. Takes a plain view, so that always the same kind of array is read. */
  start(bytes: Uint8Array): void {
    this.bytes =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = 0;
    this.reason = null;
    this.detail = '';
  }

  /** Lets go of the bytes. */
  end(): void {
    this.bytes = NO_BYTES;
  }

  /** Whether everything has been read. */
  get atEnd(): boolean {
    return this.at === this.bytes.length;
  }

  /** Stops for a reason of the format. */
  fail(reason: CodecReason, detail: string): undefined {
    this.reason = reason;
    this.detail = detail;
    return undefined;
  }

  /** Says where in the format it stopped: `place` is around what was said so far. */
  within(place: string): undefined {
    if (this.reason !== null) this.detail = place + this.detail;
    return undefined;
  }

  #wrongType(wanted: string): undefined {
    return this.fail('WRONG_TYPE', `: ${wanted} expected`);
  }

  #outOfRange(what: string): undefined {
    return this.fail('OUT_OF_RANGE', `: ${what}`);
  }

  /** Reads the head of an item; false where there is none in shortest form. */
  #head(): boolean {
    const { bytes } = this;
    const { at } = this;
    if (at >= bytes.length) return false;
    const first = bytes[at] as number;
    this.#major = first & 0xe0;
    const minor = first & 0x1f;
    this.at = at + 1;
    if (minor < 24) {
      this.#argument = minor;
      return true;
    }
    return minor <= 27 && this.#longArgument(minor);
  }

  #longArgument(minor: number): boolean {
    const { bytes, at } = this;
    const end = at + (1 << (minor - 24));
    if (end > bytes.length) return false;
    this.at = end;
    if (minor === 24) {
      this.#argument = bytes[at] as number;
      return this.#argument >= 24;
    }
    if (minor === 25) {
      this.#argument = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      return this.#argument >= 0x100;
    }
    if (minor === 26) {
      this.#argument = readUint32(bytes, at);
      return this.#argument >= 0x10000;
    }
    this.#high = readUint32(bytes, at);
    this.#low = readUint32(bytes, at + 4);
    this.#argument = this.#high * UINT32 + this.#low;
    return this.#high > 0;
  }

  /** Whether the argument is over 2^53 - 1: rounding does not hide it. */
  #isUnsafe(): boolean {
    return this.#argument > Number.MAX_SAFE_INTEGER;
  }

  /** The head of a string or array whose content, of at least a byte an item, is not cut off. */
  #lengthHead(major: number, wanted: string): number {
    if (!this.#head()) return -1;
    if (this.#major !== major) {
      this.#wrongType(wanted);
      return -1;
    }
    return this.#argument > this.bytes.length - this.at ? -1 : this.#argument;
  }

  /** An unsigned integer up to `max`. */
  uint(max: number): number | undefined {
    if (!this.#head()) return undefined;
    const argument = this.#argument;
    if (this.#major === cborMajor.uint) {
      if (argument <= max) return argument;
      return this.#outOfRange(this.#isUnsafe() ? `over ${max}` : `${argument} is not within 0 to ${max}`);
    }
    if (this.#major !== cborMajor.negative) return this.#wrongType('integer');
    const isSafe = argument < Number.MAX_SAFE_INTEGER;
    return this.#outOfRange(isSafe ? `${-1 - argument} is not within 0 to ${max}` : `over ${max}`);
  }

  /** An unsigned integer below `limit`, at most 2^64. */
  bigUint(limit: bigint, bitsMax: number): bigint | undefined {
    if (!this.#head()) return undefined;
    if (this.#major === cborMajor.uint) {
      const value = this.#isUnsafe() ? (BigInt(this.#high) << 32n) | BigInt(this.#low) : BigInt(this.#argument);
      if (value < limit) return value;
    } else if (this.#major !== cborMajor.negative) return this.#wrongType('integer');
    return this.#outOfRange(`not within ${bitsMax} bits`);
  }

  /** An unsigned integer below `limit` in a byte string without leading zeros. */
  bigBytes(limit: bigint, bitsMax: number): bigint | undefined {
    const length = this.#lengthHead(cborMajor.bytes, 'byte string');
    if (length < 0) return undefined;
    const { bytes, at } = this;
    this.at = at + length;
    if (length > 0 && bytes[at] === 0) return this.fail('NOT_CANONICAL', ': leading zero');
    if (length <= 6) {
      let value = 0;
      for (let index = at; index < at + length; index++) value = value * 256 + (bytes[index] as number);
      const number = BigInt(value);
      return number < limit ? number : this.#outOfRange(`not within ${bitsMax} bits`);
    }
    const number = length * 8 < bitsMax + 8 ? bigintFromBytes(bytes.subarray(at, at + length)) : limit;
    return number < limit ? number : this.#outOfRange(`not within ${bitsMax} bits`);
  }

  /** A byte string of `min` to `max` bytes: a view of the input, or in memory of its own. */
  byteString(min: number, max: number, asView: boolean): Uint8Array | undefined {
    const length = this.#lengthHead(cborMajor.bytes, 'byte string');
    if (length < 0) return undefined;
    const { at } = this;
    this.at = at + length;
    if (length < min || length > max) return this.#outOfRange(`${length} bytes, not ${min} to ${max}`);
    return asView ? this.bytes.subarray(at, at + length) : this.bytes.slice(at, at + length);
  }

  /** Text that fits the rule. */
  text({ min, max, pattern, known }: TextRule): string | undefined {
    const length = this.#lengthHead(cborMajor.text, 'text');
    if (length < 0) return undefined;
    const { bytes, at } = this;
    const end = at + length;
    this.at = end;
    if (length < min || length > max) return this.#outOfRange(`text is not ${min} to ${max} bytes`);
    const place = known.placeOf(bytes, at, end);
    const remembered = known.at(place, bytes, at, end);
    if (remembered !== undefined) return remembered;
    const value = this.#decodeText(at, end);
    if (value === undefined) return undefined;
    if (pattern !== undefined && !pattern.test(value)) return this.#outOfRange(`does not match ${pattern.source}`);
    known.remember(place, value);
    return value;
  }

  #decodeText(from: number, to: number): string | undefined {
    const part = Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, to - from);
    return isUtf8(part) ? part.toString('utf8') : undefined;
  }

  /** False or true. */
  bool(): boolean | undefined {
    const first = this.bytes[this.at];
    if (first === undefined) return undefined;
    this.at++;
    if (first === cborSimple.true) return true;
    return first === cborSimple.false ? false : this.#wrongType('boolean');
  }

  /** Whether the next item is exactly these bytes, which it then steps over. */
  skipIf(encoded: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = encoded;
    for (let index = 0; index < length; index++) if (bytes[at + index] !== encoded[index]) return false;
    this.at = at + length;
    return true;
  }

  /** Whether the next item is null, which it then steps over. */
  skipNull(): boolean {
    if (this.bytes[this.at] !== cborSimple.null) return false;
    this.at++;
    return true;
  }

  /** The number of items of an array; -1 where there is none. */
  array(wanted: string): number {
    return this.#lengthHead(cborMajor.array, wanted);
  }

  /** The tag of a variant or the version of a record: an unsigned integer; -1 for anything else. */
  mark(): number {
    return this.#head() && this.#major === cborMajor.uint ? this.#argument : -1;
  }
}

function readUint32(bytes: Uint8Array, at: number): number {
  const high = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
  const low = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  return high * 0x10000 + low;
}
