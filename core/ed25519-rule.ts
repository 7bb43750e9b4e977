/**
 * The one acceptance rule for Ed25519 signatures, checked in our own code before any library is asked,
 * because libraries disagree on exactly these cases and validators must not.
 */

import { assert } from './assert.ts';
import { fromHex } from './bytes.ts';
import { bad, ok, type Result } from './result.ts';

/** Size of a public key in bytes. */
export const PUBLIC_KEY_BYTES = 32;
/** Size of a signature in bytes: R, then S. */
export const SIGNATURE_BYTES = 64;

/** Which clause of the rule a signature breaks. */
export type SignatureFault =
  | 'KEY_LENGTH'
  | 'SIGNATURE_LENGTH'
  | 'S_NOT_CANONICAL'
  | 'A_NOT_CANONICAL'
  | 'R_NOT_CANONICAL'
  | 'A_SMALL_ORDER'
  | 'R_SMALL_ORDER';

function constant(hex: string): Uint8Array {
  const bytes = fromHex(hex);
  assert(bytes?.length === 32, 'a 32-byte constant');
  return bytes;
}

// RFC 8032 section 5.1: p = 2^255 - 19 and L = 2^252 + 27742317777372353535851937790883648493.
const P = constant(`ed${'ff'.repeat(30)}7f`);
const L = constant('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

// The y coordinates of the eight points whose order divides 8 (both signs of x share one): 0, 1, -1 and
// the two of order 8. "Taming the many EdDSAs" (Chalkias et al., 2020), section 3; a test derives them anew.
const SMALL_ORDER_Y = [
  constant('00'.repeat(32)),
  constant(`01${'00'.repeat(31)}`),
  constant(`ec${'ff'.repeat(30)}7f`),
  constant('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  constant('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
];

/** Byte `index` of the y coordinate: the top bit of the last byte is the sign of x. */
function yByte(point: Uint8Array, offset: number, index: number): number {
  const byte = point[offset + index] ?? 0;
  return index === 31 ? byte & 0x7f : byte;
}

/** Whether the 32 bytes at `offset`, little endian, are below the bound; `signBit` masks the top bit. */
function isBelow(value: Uint8Array, offset: number, bound: Uint8Array, signBit: boolean): boolean {
  for (let index = 31; index >= 0; index--) {
    const byte = signBit ? yByte(value, offset, index) : (value[offset + index] ?? 0);
    const limit = bound[index] ?? 0;
    if (byte !== limit) return byte < limit;
  }
  return false;
}

function hasY(point: Uint8Array, offset: number, y: Uint8Array): boolean {
  for (let index = 0; index < 32; index++) if (yByte(point, offset, index) !== y[index]) return false;
  return true;
}

function isSmallOrder(point: Uint8Array, offset: number): boolean {
  for (const y of SMALL_ORDER_Y) if (hasY(point, offset, y)) return true;
  return false;
}

/** The part of the rule that concerns the key alone, so that it can be checked once a key. */
export function publicKeyFault(publicKey: Uint8Array): SignatureFault | undefined {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return 'KEY_LENGTH';
  if (!isBelow(publicKey, 0, P, true)) return 'A_NOT_CANONICAL';
  return isSmallOrder(publicKey, 0) ? 'A_SMALL_ORDER' : undefined;
}

/** The part of the rule that concerns the signature alone. */
export function signatureFault(signature: Uint8Array): SignatureFault | undefined {
  if (signature.length !== SIGNATURE_BYTES) return 'SIGNATURE_LENGTH';
  if (!isBelow(signature, 32, L, false)) return 'S_NOT_CANONICAL';
  if (!isBelow(signature, 0, P, true)) return 'R_NOT_CANONICAL';
  return isSmallOrder(signature, 0) ? 'R_SMALL_ORDER' : undefined;
}

/**
 * The rule: a key of 32 and a signature of 64 bytes, S < L (RFC 8032 section 5.1.7), y of A and R < p
 * (section 5.1.3), neither A nor R of small order. What passes is then decided by the cofactorless
 * equation [S]B = R + [k]A; whether A and R lie on the curve is left to it.
 */
export function signatureAcceptable(publicKey: Uint8Array, signature: Uint8Array): Result<true, SignatureFault> {
  const fault = publicKeyFault(publicKey) ?? signatureFault(signature);
  return fault === undefined ? ok(true) : bad(fault);
}
