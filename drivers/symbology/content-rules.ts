// Content rules of GS1 value components: what a component must say beyond its length and characters.
// Names and meanings follow the syntax tests of the GS1 Barcode Syntax Dictionary; each returns a reason or null.

import { hasCheckCharacterPair, hasCheckDigit, hasIbanCheck } from './check-digit.ts';
import { COUNTRY_LETTERS, COUNTRY_NUMBERS, CURRENCY_NUMBERS, isMediaType, PACKAGE_TYPES } from './code-lists.ts';
import { isLongDate, isShortDate } from './gs1-date.ts';
import { isNorthAmericanCoupon, isPositiveOfferCoupon } from './north-american-coupon.ts';
import type { ParseReason } from './parse-reason.ts';

/** A check of one component's text: null when it holds, otherwise the reason. */
export type ContentRule = (text: string) => ParseReason | null;

const GCP_DIGITS_MIN = 4;

function when(holds: (text: string) => boolean, reason: ParseReason): ContentRule {
  return (text) => (holds(text) ? null : reason);
}

const matches = (pattern: RegExp): ContentRule => when((text) => pattern.test(text), 'BAD_VALUE');
const upTo = (text: string, max: number): boolean => Number(text) <= max;
const startsWithDigits = (text: string, offset: number): boolean =>
  new RegExp(`^.{${offset}}[0-9]{${GCP_DIGITS_MIN}}`).test(text);

/** The rules by the name that ai-table.ts uses. */
export const CONTENT_RULES: Readonly<Record<string, ContentRule>> = {
  csum: when(hasCheckDigit, 'CHECK_DIGIT'),
  csumalpha: when(hasCheckCharacterPair, 'CHECK_DIGIT'),
  iban: when(hasIbanCheck, 'CHECK_DIGIT'),
  // A GS1 Company Prefix has at least four digits; whether it is assigned cannot be told offline.
  gcppos1: when((text) => startsWithDigits(text, 0), 'BAD_CHARSET'),
  gcppos2: when((text) => startsWithDigits(text, 1), 'BAD_CHARSET'),
  yymmd0: when((text) => isShortDate(text, true), 'BAD_DATE'),
  yymmdd: when((text) => isShortDate(text, false), 'BAD_DATE'),
  yyyymmdd: when(isLongDate, 'BAD_DATE'),
  hhmi: when((text) => upTo(text.slice(0, 2), 23) && upTo(text.slice(2), 59), 'BAD_DATE'),
  hh: when((text) => upTo(text, 23), 'BAD_DATE'),
  mi: when((text) => upTo(text, 59), 'BAD_DATE'),
  ss: when((text) => upTo(text, 59), 'BAD_DATE'),
  iso3166: when((text) => COUNTRY_NUMBERS.has(text), 'BAD_VALUE'),
  iso3166999: when((text) => text === '999' || COUNTRY_NUMBERS.has(text), 'BAD_VALUE'),
  iso3166alpha2: when((text) => COUNTRY_LETTERS.has(text), 'BAD_VALUE'),
  iso4217: when((text) => CURRENCY_NUMBERS.has(text), 'BAD_VALUE'),
  iso5218: matches(/^[0129]$/),
  packagetype: when((text) => PACKAGE_TYPES.has(text), 'BAD_VALUE'),
  mediatype: when(isMediaType, 'BAD_VALUE'),
  zero: matches(/^0+$/),
  nonzero: matches(/[1-9]/),
  nozeroprefix: matches(/^(0|[1-9][0-9]*)$/),
  hasnondigit: matches(/[^0-9]/),
  hyphen: matches(/^-+$/),
  yesno: matches(/^[01]$/),
  winding: matches(/^[019]$/),
  importeridx: matches(/^[-0-9A-Za-z_]$/),
  // A percent sign must start an escape of two hexadecimal digits.
  pcenc: when((text) => !/%(?![0-9A-Fa-f]{2})/.test(text), 'BAD_VALUE'),
  pieceoftotal: when(isPieceOfTotal, 'BAD_VALUE'),
  posinseqslash: when(isPositionInSequence, 'BAD_VALUE'),
  latitude: when((text) => upTo(text, 1_800_000_000), 'BAD_VALUE'),
  longitude: when((text) => upTo(text, 3_600_000_000), 'BAD_VALUE'),
  couponcode: when(isNorthAmericanCoupon, 'BAD_VALUE'),
  couponposoffer: when(isPositiveOfferCoupon, 'BAD_VALUE'),
};

function isPieceOfTotal(text: string): boolean {
  const half = text.length / 2;
  const piece = Number(text.slice(0, half));
  return text.length % 2 === 0 && piece >= 1 && piece <= Number(text.slice(half));
}

function isPositionInSequence(text: string): boolean {
  const match = /^([1-9][0-9]*)\/([1-9][0-9]*)$/.exec(text);
  return match !== null && Number(match[1]) <= Number(match[2]);
}
