// Published examples of GS1 content rules. Source: gs1/gs1-syntax-dictionary (Apache-2.0), unit tests of the linters
// csumalpha, couponcode and couponposoffer; ISO 13616 for the IBAN; GS1 General Specifications for dates and centuries.

import { describe, expect, test } from 'vitest';
import { allAis, ruleOfAi } from '#drivers/symbology/ai-rules';
import { faultsOfValue } from '#drivers/symbology/ai-value';
import { hasCheckCharacterPair, hasCheckDigit, hasIbanCheck, withCheckDigit } from '#drivers/symbology/check-digit';
import { readElementString } from '#drivers/symbology/element-string';
import { dayOfElement, yearOfTwoDigits } from '#drivers/symbology/gs1-date';
import { isNorthAmericanCoupon, isPositiveOfferCoupon } from '#drivers/symbology/north-american-coupon';

describe('check characters', () => {
  test.each([
    '22',
    '!22',
    '1987654Ad4X4bL5ttr2310c2K',
    '12345678901234567890123NT',
    '12345_!"%&\'()*+,-./LC',
    '12345_0123456789:;<=>?62',
    '7907665Bm8v2AB',
    '99999zzzzzzzzzzzzzzzzzzT2',
    '1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567HA',
  ])('%s ends in its check character pair', (text) => expect(hasCheckCharacterPair(text)).toBe(true));

  test.each(['', '2', '33', '1987654Ad4X4bL5ttr2310cXK', ' 2345678901234567890123NT', '12345678901234567890123 T'])(
    '%j does not',
    (text) => expect(hasCheckCharacterPair(text)).toBe(false),
  );

  test('IBANs of two countries pass and a changed digit fails', () => {
    expect(hasIbanCheck('GB82WEST12345698765432')).toBe(true);
    expect(hasIbanCheck('DE89370400440532013000')).toBe(true);
    expect(hasIbanCheck('DE88370400440532013000')).toBe(false);
  });

  test('GTIN, SSCC and GSRN of the GS1 examples end in their check digit', () => {
    for (const key of [
      '09520123456788',
      '952012345678912345',
      '123456789012345675',
      '006141411234567890',
      '02345673',
    ]) {
      expect(hasCheckDigit(key)).toBe(true);
    }
  });
});

describe('North American coupons', () => {
  test.each(['012345612345611110123', '106141416543213500110000310123196000'])('8110 takes %s', (text) => {
    expect(isNorthAmericanCoupon(text)).toBe(true);
  });

  test.each([
    '',
    'a12345612345611110123',
    '01234561234561111012a',
    '71234567890123',
    '01234561234560',
    '0123456123456212',
  ])('8110 refuses %j', (text) => expect(isNorthAmericanCoupon(text)).toBe(false));

  test.each(['001234561234560123456', '101234561234560123456', '061234567890121234569123456789012345'])(
    '8112 takes %s',
    (text) => {
      expect(isPositiveOfferCoupon(text)).toBe(true);
    },
  );

  test.each(['', '201234561234560123456', '07', '00123456123456', '001234561234561123456', '0012345612345601234567'])(
    '8112 refuses %j',
    (text) => expect(isPositiveOfferCoupon(text)).toBe(false),
  );
});

describe('dates', () => {
  test.each([
    [0, 2026, 2000],
    [76, 2026, 2076],
    [77, 2026, 1977],
    [99, 2026, 1999],
    [1, 2051, 2101],
    [2, 2051, 2002],
    [0, 2099, 2100],
    [49, 2099, 2149],
    [50, 2099, 2050],
  ])('two digits %i seen from %i mean %i', (digits, current, year) =>
    expect(yearOfTwoDigits(digits, current)).toBe(year),
  );

  test('day 00 is the last of the month', () => {
    expect(dayOfElement('280200', 2026)).toEqual({ year: 2028, month: 2, day: 29 });
    expect(dayOfElement('271331', 2026)).toBeUndefined();
  });
});

/** A right value for each content rule that digits alone do not satisfy; the rest of a value is filled with 1. */
const VALUES: Readonly<Record<string, string>> = {
  '4309': '02790858483015297971',
  '7040': '1ABC',
  '7041': '1A',
  '7258': '1/2',
  '8007': 'GB82WEST12345698765432',
  '8013': '1987654Ad4X4bL5ttr2310c2K',
  '8014': '1987654Ad4X4bL5ttr2310c2K',
  '8110': '012345612345611110123',
  '8112': '001234561234560123456',
  '4307': 'CN',
  '4317': 'CN',
  '8008': '2612312359',
  '4324': '2612312359',
  '4325': '2612312359',
  '4326': '261231',
  '7003': '2612312359',
  '7006': '261231',
  '7007': '261231261231',
  '7011': '2612312359',
  '7250': '20261231',
  '7251': '202612312359',
  '7241': '01',
  '7252': '1',
  '8003': `0${withCheckDigit('952123454321')}A`,
  '8006': `${withCheckDigit('0952123454321')}0102`,
  '8026': `${withCheckDigit('0952123454321')}0102`,
  '4321': '1',
  '4322': '1',
  '4323': '1',
};

function valueFor(ai: string): string {
  const known = VALUES[ai];
  if (known !== undefined) return known;
  if (/^39[13]/.test(ai)) return '156123';
  if (/^42[1-6]$/.test(ai)) return ai === '421' ? '156A' : '156';
  if (/^703/.test(ai)) return '156A';
  if (/^1[1-7]$/.test(ai)) return '261231';
  const { lengthMin = 0, lengthMax = 0 } = ruleOfAi(ai) ?? {};
  // Keys of 13 to 18 digits end in a check digit; open values start with a company prefix of four digits.
  if (lengthMin >= 13 && lengthMin <= 18 && !['8040', '8041'].includes(ai))
    return withCheckDigit('1'.repeat(lengthMin - 1));
  return '1'.repeat(Math.min(lengthMax, Math.max(lengthMin, 4)));
}

describe('the table of AIs', () => {
  test('holds all 541 AIs of the dictionary', () => expect(allAis()).toHaveLength(541));

  test.each(allAis().map((ai) => [ai, valueFor(ai)] as const))(
    'AI %s takes %s and nothing follows it unread',
    (ai, value) => {
      expect(readElementString(ai + value)).toEqual({ elements: [{ ai, value }], faults: [] });
    },
  );

  test.each(allAis())('AI %s refuses a value that is too long, and control characters', (ai) => {
    const rule = ruleOfAi(ai);
    expect(rule && faultsOfValue(rule, '1'.repeat(rule.lengthMax + 1))).toMatchObject([{ reason: 'BAD_LENGTH' }]);
    expect(rule && faultsOfValue(rule, '\u0007'.repeat(rule.lengthMin))).not.toEqual([]);
  });
});
