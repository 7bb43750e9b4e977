// EAN and UPC symbols to GTIN-14, including the zero-suppressed UPC-E.
// Source: GS1 General Specifications, sections "EAN/UPC symbology" and "UPC-E".

import type { AimContent } from './aim.ts';
import { checkDigitOf, hasCheckDigit } from './check-digit.ts';
import type { ParseFault } from './parse-reason.ts';

/** A GTIN in its 14-digit form, or why the digits are none. */
export type GtinReading = { readonly gtin14: string } | { readonly fault: ParseFault };

const DIGITS = /^[0-9]+$/;

/** Whether digits without an AIM identifier have the length of a GTIN: 8, 12, 13 or 14. */
export function hasGtinLength(text: string): boolean {
  return DIGITS.test(text) && [8, 12, 13, 14].includes(text.length);
}

/** Reads a GTIN of 8, 12, 13 or 14 digits. */
export function readGtin(digits: string): GtinReading {
  if (!DIGITS.test(digits)) return { fault: { reason: 'BAD_CHARSET', detail: 'a GTIN is digits only' } };
  if (!hasGtinLength(digits)) return badLength(digits);
  if (!hasCheckDigit(digits)) {
    return { fault: { reason: 'CHECK_DIGIT', detail: `the check digit of ${digits} should be ${wanted(digits)}` } };
  }
  return { gtin14: digits.padStart(14, '0') };
}

/**
 * Reads what stands behind `]E0`, `]E3` or `]E4`. Behind `]E0` the standard has 13 digits; scanners also send 12
 * (UPC-A) and, set to transmit UPC-E unexpanded, 8, 7 or 6. An add-on of 2 or 5 digits (`]E3`) is left out.
 */
export function readEanUpc(digits: string, content: AimContent): GtinReading {
  if (!DIGITS.test(digits)) return { fault: { reason: 'BAD_CHARSET', detail: 'an EAN/UPC symbol is digits only' } };
  if (content === 'ean-8') return digits.length === 8 ? readGtin(digits) : badLength(digits);
  if (digits.length === 15 || digits.length === 18) return readGtin(digits.slice(0, 13));
  if (digits.length === 12 || digits.length === 13) return readGtin(digits);
  if (digits.length >= 6 && digits.length <= 8) return readUpcE(digits);
  return badLength(digits);
}

/**
 * Expands UPC-E: 8 digits (number system, six, check digit), 7 (number system, six) or 6 (number system 0).
 * The check digit is that of the expanded UPC-A.
 */
export function readUpcE(digits: string): GtinReading {
  const full = digits.length === 6 ? `0${digits}` : digits;
  if (!/^[01][0-9]{6,7}$/.test(full)) return badLength(digits);
  const upcA = full.charAt(0) + expandSix(full.slice(1, 7));
  return readGtin(upcA + (full.length === 8 ? full.charAt(7) : checkDigitOf(upcA)));
}

/** The ten digits that six stand for, by the last of them. */
function expandSix(six: string): string {
  const last = six.charAt(5);
  if (last <= '2') return `${six.slice(0, 2)}${last}0000${six.slice(2, 5)}`;
  if (last === '3') return `${six.slice(0, 3)}00000${six.slice(3, 5)}`;
  if (last === '4') return `${six.slice(0, 4)}00000${six.slice(4, 5)}`;
  return `${six.slice(0, 5)}0000${last}`;
}

function wanted(digits: string): string {
  return checkDigitOf(digits.slice(0, -1));
}

function badLength(digits: string): GtinReading {
  return { fault: { reason: 'BAD_LENGTH', detail: `${digits.length} digits are no EAN or UPC` } };
}
