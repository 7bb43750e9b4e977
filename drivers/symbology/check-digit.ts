// Check digits and check characters of GS1 keys.

import { assert } from '#core/assert';

const DIGITS = /^[0-9]+$/;

/**
 * The modulo-10 check digit for the digits before it.
 * Source: GS1 General Specifications, section "Standard check digit calculations for GS1 data structures".
 */
export function checkDigitOf(digits: string): string {
  assert(DIGITS.test(digits), 'checkDigitOf takes one or more decimal digits');
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    // The weight is 3 for the digit next to the check digit and alternates from there to the left.
    const weight = (digits.length - index) % 2 === 1 ? 3 : 1;
    sum += (digits.charCodeAt(index) - 48) * weight;
  }
  return String((10 - (sum % 10)) % 10);
}

/** The digits with their check digit behind them: 12 digits give a GCN or GTIN-13, 17 an SSCC or GSRN. */
export function withCheckDigit(digits: string): string {
  return digits + checkDigitOf(digits);
}

/** Whether a text of at least two digits ends in its right check digit. */
export function hasCheckDigit(text: string): boolean {
  return text.length >= 2 && DIGITS.test(text) && checkDigitOf(text.slice(0, -1)) === text.slice(-1);
}

const CSET_82 = '!"%&\'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const CSET_32 = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const PAIRED_CHARACTERS_MAX = 97;

/**
 * Whether a text of CSET 82 ends in its right check character pair (Global Model Number, MUDI).
 * Source: GS1 General Specifications, section "Check character calculation (for alphanumeric keys)": character values
 * weighted by the primes from right to left, modulo 1021, written as two characters of CSET 32.
 */
export function hasCheckCharacterPair(text: string): boolean {
  const length = text.length - 2;
  if (length < 0 || length > PAIRED_CHARACTERS_MAX) return false;
  let sum = 0;
  for (let index = 0; index < length; index++) {
    const value = CSET_82.indexOf(text.charAt(index));
    if (value < 0) return false;
    sum += value * (PRIMES[length - 1 - index] ?? 0);
  }
  sum %= 1021;
  return text.slice(length) === CSET_32.charAt(sum >> 5) + CSET_32.charAt(sum & 31);
}

const PRIMES: readonly number[] = firstPrimes(PAIRED_CHARACTERS_MAX);

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

/**
 * Whether the two check digits of an IBAN are right (also checks characters and length).
 * Source: ISO 13616 with ISO/IEC 7064 MOD 97-10.
 */
export function hasIbanCheck(text: string): boolean {
  if (!/^[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}$/.test(text)) return false;
  let remainder = 0;
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder === 1;
}
