/**
 * Byte strings: hex, base64url, UTF-8, comparison, joining. Everything takes and gives plain
 * `Uint8Array`s; where text comes from outside, a malformed one is `undefined`, never an exception.
 */
import { isUtf8 } from 'node:buffer';

const HEX = /^(?:[0-9a-f]{2})*$/i;
const BASE64URL = /^[A-Za-z0-9_-]*$/;
/** Up to here a loop beats the call of a native encoder. */
const LOOP_LENGTH_MAX = 64;
const LONE_SURROGATE = /\p{Surrogate}/u;

function viewOf(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Lower-case hex of the bytes, two characters a byte. */
export function toHex(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('hex');
}

/** Bytes of a hex string in either case; `undefined` for an odd length or any other character. */
export function fromHex(text: string): Uint8Array | undefined {
  return HEX.test(text) ? Uint8Array.from(Buffer.from(text, 'hex')) : undefined;
}

/** Whether both byte strings have the same length and content. Not constant time: not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** One new byte string with the parts in order. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Lexicographic order by unsigned byte, a prefix before its extensions: negative, zero or positive. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  return Buffer.compare(a, b);
}

/** UTF-8 of a string. A lone surrogate becomes U+FFFD: see `isWellFormedText`. */
export function utf8(text: string): Uint8Array {
  const { length } = text;
  if (length <= LOOP_LENGTH_MAX) {
    const out = new Uint8Array(length);
    let all = 0;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      out[index] = unit;
      all |= unit;
    }
    if (all <= 0x7f) return out;
  }
  return Uint8Array.from(Buffer.from(text, 'utf8'));
}

/** An unsigned integer below 2^32 as four bytes in big endian. */
export function uint32Bytes(value: number): Uint8Array {
  const out = new Uint8Array(4);
  out[0] = value >>> 24;
  out[1] = value >>> 16;
  out[2] = value >>> 8;
  out[3] = value;
  return out;
}

/** Whether a string has no lone surrogate, so that its UTF-8 form decodes to the same string. */
export function isWellFormedText(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** The string that the bytes spell in strict UTF-8 (RFC 3629), a leading BOM kept; else `undefined`. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  return isUtf8(bytes) ? bufferOf(bytes).toString('utf8') : undefined;
}

/** Unpadded base64url (RFC 4648 section 5). */
export function toBase64url(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('base64url');
}

/** Bytes of unpadded base64url text; `undefined` for padding, other characters, or stray trailing bits. */
export function fromBase64url(text: string): Uint8Array | undefined {
  if (!BASE64URL.test(text)) return undefined;
  const bytes = viewOf(Buffer.from(text, 'base64url'));
  // RFC 4648 section 3.5: one text a byte string, so the unused bits of the last character are zero.
  return toBase64url(bytes) === text ? Uint8Array.from(bytes) : undefined;
}

/** The unsigned integer that the bytes spell in big endian; 0 for none. */
export function bigintFromBytes(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** An unsigned integer in big endian, without leading zeros: no byte at all for 0. */
export function bigintToBytes(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  const hex = value.toString(16);
  return Uint8Array.from(Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex'));
}
