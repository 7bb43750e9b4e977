// The two North American coupon codes carried in AIs 8110 and 8112: only whether they are well formed.
// Sources: GS1 US "North American Coupon Application Guideline Using GS1 DataBar Expanded Symbols" (8110) and
// "GS1 AI (8112) Coupon Data Specification". Both are digits only, read field by field.

import { isShortDate } from './gs1-date.ts';

/** Reads digit fields from left to right; after the first misfit every further read fails too. */
class DigitFields {
  #rest: string;
  #fits: boolean;

  constructor(digits: string) {
    this.#rest = digits;
    this.#fits = /^[0-9]+$/.test(digits);
  }

  get fits(): boolean {
    return this.#fits;
  }

  /** Takes exactly `count` digits. */
  take(count: number): string {
    const taken = this.#rest.slice(0, count);
    if (taken.length < count) this.#fits = false;
    this.#rest = this.#rest.slice(count);
    return taken;
  }

  /** Takes one digit that must be one of `allowed`. */
  oneOf(allowed: string): string {
    const digit = this.take(1);
    if (!allowed.includes(digit)) this.#fits = false;
    return digit;
  }

  /** Takes a length digit out of `allowed`, then as many digits as it says plus `base`. */
  counted(allowed: string, base: number): void {
    this.take(Number(this.oneOf(allowed)) + base);
  }

  /** Takes the marker digit of an optional field when it comes next. */
  optional(marker: string): boolean {
    if (!this.#fits || !this.#rest.startsWith(marker)) return false;
    this.take(1);
    return true;
  }

  /** Whether everything was read and fitted. */
  endsHere(): boolean {
    return this.#fits && this.#rest === '';
  }
}

const ANY = '0123456789';

/** Whether a text is a well-formed coupon code of AI 8110. */
export function isNorthAmericanCoupon(text: string): boolean {
  const fields = new DigitFields(text);
  fields.counted('0123456', 6); // primary company prefix
  fields.take(6); // offer code
  fields.counted('12345', 0); // save value
  readPurchase(fields);
  if (fields.optional('1')) {
    fields.oneOf('0123'); // how the second purchase combines with the first
    readPurchase(fields);
    readOtherCompany(fields);
  }
  if (fields.optional('2')) {
    readPurchase(fields);
    readOtherCompany(fields);
  }
  const expires = fields.optional('3') ? fields.take(6) : null;
  const starts = fields.optional('4') ? fields.take(6) : null;
  if (fields.optional('5')) fields.counted(ANY, 6); // serial number
  if (fields.optional('6')) fields.counted('1234567', 6); // retailer
  if (fields.optional('9')) {
    fields.oneOf('01256'); // save value code
    fields.oneOf('012'); // item it applies to
    fields.take(1); // store coupon flag
    fields.oneOf('01'); // do not multiply
  }
  return fields.endsHere() && datesFit(starts, expires);
}

/** Whether a text is a well-formed positive offer file code of AI 8112. */
export function isPositiveOfferCoupon(text: string): boolean {
  const fields = new DigitFields(text);
  fields.oneOf('01'); // format
  fields.counted('0123456', 6); // funder
  fields.take(6); // offer code
  fields.counted(ANY, 6); // serial number
  return fields.endsHere();
}

function readPurchase(fields: DigitFields): void {
  fields.counted('12345', 0);
  fields.oneOf('012349');
  fields.take(3); // family code
}

function readOtherCompany(fields: DigitFields): void {
  const length = fields.oneOf('01234569');
  if (length !== '9') fields.take(Number(length) + 6); // 9: the primary company again
}

function datesFit(starts: string | null, expires: string | null): boolean {
  if (starts !== null && !isShortDate(starts, false)) return false;
  if (expires !== null && !isShortDate(expires, false)) return false;
  return starts === null || expires === null || starts <= expires;
}
