// Coupon codes: the compact static form BZ1 for QR, and the GS1 forms (AI 255, Digital Link). Layout: coupon-code.md.

import { assert } from '#core/assert';
import { concatBytes, equalBytes, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { bad, ok, type Result } from '#core/result';
import { decodeBase45, encodeBase45 } from './base45.ts';
import { hasCheckDigit } from './check-digit.ts';

/**
 * What a coupon code says. `gcn`: 13 digits, the last one the GS1 check digit. `serial`: 0 to COUPON_SERIAL_MAX.
 * `seed`: 16 secret bytes that prove possession, or null for a code of AI 255, which carries none.
 */
export interface CouponCode {
  readonly gcn: string;
  readonly serial: number;
  readonly seed: Uint8Array | null;
}

/** Largest serial: AI 255 has room for 12 digits. */
export const COUPON_SERIAL_MAX = 999_999_999_999;

/** Size of the key seed in a BZ1 code, in bytes. */
export const COUPON_SEED_BYTES = 16;

/** What a BZ1 code starts with. */
export const COUPON_CODE_PREFIX = 'BZ1:';

const VERSION = 1;
const FLAGS = 0;
const CHECK_BYTES = 4;
const GCN_OFFSET = 2;
const SERIAL_OFFSET = 8;
const SEED_OFFSET = 13;
const CHECK_OFFSET = SEED_OFFSET + COUPON_SEED_BYTES;
const CODE_BYTES = CHECK_OFFSET + CHECK_BYTES;
const CHECK_DOMAIN = utf8('BZ1\0');

/** Writes a BZ1 code, 54 characters. The parts must be in range (see CouponCode) and the seed present. */
export function encodeCouponCode(code: { gcn: string; serial: number; seed: Uint8Array }): string {
  assert(isGcn(code.gcn), 'a coupon code takes a GCN of 13 digits with its check digit');
  assert(isSerial(code.serial), 'a coupon code takes a whole serial from 0 to 999,999,999,999');
  assert(code.seed.length === COUPON_SEED_BYTES, 'a coupon code takes a seed of 16 bytes');
  const bytes = new Uint8Array(CHECK_OFFSET);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint8(1, FLAGS);
  const gcn = Number(code.gcn);
  view.setUint16(GCN_OFFSET, Math.floor(gcn / 2 ** 32));
  view.setUint32(GCN_OFFSET + 2, gcn % 2 ** 32);
  view.setUint8(SERIAL_OFFSET, Math.floor(code.serial / 2 ** 32));
  view.setUint32(SERIAL_OFFSET + 1, code.serial % 2 ** 32);
  bytes.set(code.seed, SEED_OFFSET);
  return COUPON_CODE_PREFIX + encodeBase45(concatBytes(bytes, checkOf(bytes)));
}

/** Reads a BZ1 code. Every text other than the one encodeCouponCode writes for its content is refused. */
export function decodeCouponCode(text: string): Result<CouponCode, 'BAD_COUPON_CODE'> {
  if (!text.startsWith(COUPON_CODE_PREFIX)) return bad('BAD_COUPON_CODE', 'does not start with BZ1:');
  const bytes = decodeBase45(text.slice(COUPON_CODE_PREFIX.length));
  if (bytes === undefined) return bad('BAD_COUPON_CODE', 'is not base45');
  if (bytes.length !== CODE_BYTES) return bad('BAD_COUPON_CODE', `holds ${bytes.length} bytes, not ${CODE_BYTES}`);
  const content = bytes.subarray(0, CHECK_OFFSET);
  // The check comes first: a misread code must not be reported as a code of another version.
  if (!equalBytes(bytes.subarray(CHECK_OFFSET), checkOf(content))) return bad('BAD_COUPON_CODE', 'fails its check');
  if (bytes[0] !== VERSION || bytes[1] !== FLAGS) return bad('BAD_COUPON_CODE', 'has an unknown version or flags');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const gcn = String(view.getUint16(GCN_OFFSET) * 2 ** 32 + view.getUint32(GCN_OFFSET + 2)).padStart(13, '0');
  const serial = view.getUint8(SERIAL_OFFSET) * 2 ** 32 + view.getUint32(SERIAL_OFFSET + 1);
  if (!isGcn(gcn)) return bad('BAD_COUPON_CODE', 'has no GCN with a right check digit');
  if (!isSerial(serial)) return bad('BAD_COUPON_CODE', 'has a serial of more than 12 digits');
  return ok({ gcn, serial, seed: bytes.slice(SEED_OFFSET, CHECK_OFFSET) });
}

/** The value of AI 255 for a coupon: GCN, then the serial without leading zeros. */
export function couponElementValue(code: { gcn: string; serial: number }): string {
  return code.gcn + String(code.serial);
}

/** The coupon in a value of AI 255; null when the value names only the series (no serial). */
export function couponOfElement(value: string): CouponCode | null {
  const serial = value.slice(13);
  return serial === '' ? null : { gcn: value.slice(0, 13), serial: Number(serial), seed: null };
}

/** The Digital Link of a coupon, `https://<host>/255/<gcn><serial>`. It carries no seed. */
export function couponLink(host: string, code: { gcn: string; serial: number }): string {
  return `https://${host}/255/${couponElementValue(code)}`;
}

function isGcn(text: string): boolean {
  return text.length === 13 && hasCheckDigit(text);
}

function isSerial(serial: number): boolean {
  return Number.isInteger(serial) && serial >= 0 && serial <= COUPON_SERIAL_MAX;
}

function checkOf(content: Uint8Array): Uint8Array {
  return sha256(CHECK_DOMAIN, content).subarray(0, CHECK_BYTES);
}
