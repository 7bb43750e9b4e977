// What is this code? One text (with an AIM identifier where the scanner sends one) to a typed value. Pure, total: bad
// input is a value with reasons, never an exception. The order of the questions is documented in ../README.md.

import { fromUtf8, isWellFormedText } from '#core/bytes';
import { contentOfAim, isAim, splitAim } from './aim.ts';
import { faultsOfCombination } from './associations.ts';
import { canonicalKeyOf } from './canonical-key.ts';
import { hasCheckDigit } from './check-digit.ts';
import {
  COUPON_CODE_PREFIX,
  type CouponCode,
  couponElementValue,
  couponOfElement,
  decodeCouponCode,
} from './coupon-code.ts';
import { looksLikeWebAddress, readDigitalLink } from './digital-link.ts';
import { type GtinReading, hasGtinLength, readEanUpc, readGtin } from './ean-upc.ts';
import {
  type ElementReading,
  GS,
  type Gs1Element,
  looksBracketed,
  readBracketed,
  readElementString,
} from './element-string.ts';
import { readOwnCode } from './own-codes.ts';
import type { ParseFault, ParseReason } from './parse-reason.ts';

/** What a code is. Business kinds (coupon, member, sscc) win over the syntax that carried them. */
export type CodeKind =
  | 'gs1-element-string'
  | 'gs1-digital-link'
  | 'ean-upc'
  | 'sscc'
  | 'coupon'
  | 'prepaid'
  | 'member'
  | 'control'
  | 'product'
  | 'drug-code'
  | 'text';

/** A code that was understood. `key` is canonical: one thing, one key, whatever symbol carried it. */
export interface RecognisedCode {
  readonly ok: true;
  readonly kind: CodeKind;
  readonly elements: readonly Gs1Element[];
  readonly key: string;
  /** Present exactly when `kind` is `coupon`. */
  readonly coupon?: CouponCode;
}

/** A text that was refused: distinct reasons in the order found, and words for the log. */
export interface RefusedCode {
  readonly ok: false;
  readonly reasons: readonly ParseReason[];
  readonly detail?: string;
}

/** The answer of parseCode. */
export type ParsedCode = RecognisedCode | RefusedCode;

/** A text to parse. `aim`: the three characters of the AIM identifier when the transport delivers them apart. */
export interface CodeInput {
  readonly data: string;
  readonly aim?: string | null;
}

/** Longest text that is looked at, in bytes of UTF-8. */
export const CODE_BYTES_MAX = 8_192;

/** Reads a code. Never throws; time is bounded by CODE_BYTES_MAX. */
export function parseCode(input: CodeInput): ParsedCode {
  const given = input.aim ?? null;
  if (given !== null && !isAim(given)) return refused('BAD_AIM', 'an AIM identifier is "]", a letter and a modifier');
  if (isTooLong(input.data)) return refused('TOO_LONG', `more than ${CODE_BYTES_MAX} bytes`);
  if (!isWellFormedText(input.data)) return refused('NOT_UTF8', 'half of a surrogate pair');
  const { aim, data } = splitAim(input.data, given);
  if (data === '') return refused('EMPTY', 'no data');
  switch (contentOfAim(aim)) {
    case 'gs1-elements':
      return fromElements(readElementString(data), 'gs1-element-string');
    case 'ean-upc':
    case 'ean-8':
      return fromRetailSymbol(data, aim);
    default:
      return fromText(data, aim);
  }
}

/** Reads the bytes of a scan, which must be UTF-8 (RFC 3629); otherwise as parseCode. */
export function parseBytes(data: Uint8Array, aim: string | null): ParsedCode {
  if (data.length > CODE_BYTES_MAX) return refused('TOO_LONG', `more than ${CODE_BYTES_MAX} bytes`);
  const text = fromUtf8(data);
  return text === undefined ? refused('NOT_UTF8', 'bytes that are not UTF-8') : parseCode({ data: text, aim });
}

function isTooLong(text: string): boolean {
  if (text.length > CODE_BYTES_MAX) return true;
  return text.length * 3 > CODE_BYTES_MAX && Buffer.byteLength(text) > CODE_BYTES_MAX;
}

/** Text without a promise from the symbol: our prefixes, links, brackets, then digits by their length. */
function fromText(data: string, aim: string | null): ParsedCode {
  if (data.startsWith(COUPON_CODE_PREFIX)) return fromCouponCode(data);
  const own = readOwnCode(data);
  if (own !== null) {
    if ('reason' in own) return refused(own.reason, own.detail);
    return { ok: true, kind: own.kind, elements: [], key: `${own.kind}/${own.payload}` };
  }
  if (/^BZ[0-9]:/.test(data)) return refused('UNKNOWN_VERSION', `${data.slice(0, 3)} codes are not known here`);
  if (looksLikeWebAddress(data)) {
    const link = readDigitalLink(data);
    return link === null ? plainText(data) : fromElements(link, 'gs1-digital-link');
  }
  if (looksBracketed(data)) return fromElements(readBracketed(data), 'gs1-element-string');
  if (data.includes(GS) && /^[0-9]{2}/.test(data.startsWith(GS) ? data.slice(1) : data))
    return fromElements(readElementString(data), 'gs1-element-string');
  return fromUnmarked(data, aim);
}

// Scanners set up without AIM identifiers deliver GS1 symbols bare. These openings are taken for what they claim to be,
// so that a misread digit is named and not passed on as an unknown text.
const GS1_CLAIM = /^(01[0-9]{14}|00[0-9]{18}$|255[0-9]{13,25}$|8018[0-9]{18})/;
const DRUG_CODE = /^[0-9]{20}$/;

function fromUnmarked(data: string, aim: string | null): ParsedCode {
  if (DRUG_CODE.test(data) && !data.startsWith('00')) {
    // A bare GTIN with serial, or a coupon, can have 20 digits too; then its check digit is right.
    const claimed = GS1_CLAIM.test(data) ? fromElements(readElementString(data), 'gs1-element-string') : null;
    return claimed?.ok ? claimed : { ok: true, kind: 'drug-code', elements: [], key: `cn.drug/${data}` };
  }
  if (GS1_CLAIM.test(data)) return fromElements(readElementString(data), 'gs1-element-string');
  // Where the scanner named another symbology, digits with a wrong check digit are just digits.
  if (hasGtinLength(data) && (aim === null || hasCheckDigit(data))) return fromGtin(readGtin(data), []);
  return plainText(data);
}

function plainText(data: string): ParsedCode {
  return { ok: true, kind: 'text', elements: [], key: `text/${data}` };
}

/** EAN/UPC data, where a composite component may follow as `|]e0...` (GS1 General Specifications, "Composite"). */
function fromRetailSymbol(data: string, aim: string | null): ParsedCode {
  const bar = data.indexOf('|]e0');
  const linear = bar < 0 ? data : data.slice(0, bar);
  const reading = readEanUpc(linear, contentOfAim(aim));
  if (bar < 0 || 'fault' in reading) return fromGtin(reading, []);
  const composite = readElementString(data.slice(bar + 4));
  const elements = [{ ai: '01', value: reading.gtin14 }, ...composite.elements];
  return fromElements({ elements, faults: composite.faults }, 'ean-upc');
}

function fromGtin(reading: GtinReading, others: readonly Gs1Element[]): ParsedCode {
  if ('fault' in reading) return refused(reading.fault.reason, reading.fault.detail);
  const elements = [{ ai: '01', value: reading.gtin14 }, ...others];
  return { ok: true, kind: 'ean-upc', elements, key: canonicalKeyOf(elements).key };
}

function fromCouponCode(data: string): ParsedCode {
  const decoded = decodeCouponCode(data);
  if (!decoded.ok) return refused(decoded.reason, decoded.detail);
  const elements = [{ ai: '255', value: couponElementValue(decoded.value) }];
  return { ok: true, kind: 'coupon', elements, key: canonicalKeyOf(elements).key, coupon: decoded.value };
}

function fromElements(reading: ElementReading, syntax: CodeKind): ParsedCode {
  const { elements } = reading;
  const faults = reading.faults.length > 0 ? reading.faults : faultsOfCombination(elements);
  if (faults.length > 0) return refusedFor(faults);
  const { ai, key } = canonicalKeyOf(elements);
  if (ai === '00') return { ok: true, kind: 'sscc', elements, key };
  if (ai === '8018') return { ok: true, kind: 'member', elements, key };
  const couponValue = ai === '255' ? elements.find((element) => element.ai === '255')?.value : undefined;
  const coupon = couponValue === undefined ? null : couponOfElement(couponValue);
  if (coupon !== null) return { ok: true, kind: 'coupon', elements, key, coupon };
  return { ok: true, kind: syntax, elements, key };
}

function refused(reason: ParseReason, detail: string | undefined): RefusedCode {
  return detail === undefined ? { ok: false, reasons: [reason] } : { ok: false, reasons: [reason], detail };
}

function refusedFor(faults: readonly ParseFault[]): RefusedCode {
  const reasons = [...new Set(faults.map((fault) => fault.reason))];
  return {
    ok: false,
    reasons,
    detail: faults
      .map((fault) => fault.detail)
      .join('; ')
      .slice(0, 500),
  };
}
