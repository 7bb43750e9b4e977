// Whatever bytes a scanner, a prankster or a broken cable delivers: a value, no exception, in bounded time.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { withCheckDigit } from '#drivers/symbology/check-digit';
import { couponLink, decodeCouponCode, encodeCouponCode } from '#drivers/symbology/coupon-code';
import { GS } from '#drivers/symbology/element-string';
import { parseBytes, parseCode } from '#drivers/symbology/parse-code';
import { parseLine } from '#drivers/symbology/parse-line';
import { PARSE_REASONS } from '#drivers/symbology/parse-reason';

const gcn = fc
  .bigInt({ min: 0n, max: 999_999_999_999n })
  .map((number) => withCheckDigit(String(number).padStart(12, '0')));
const gtin14 = fc
  .bigInt({ min: 0n, max: 9_999_999_999_999n })
  .map((number) => withCheckDigit(String(number).padStart(13, '0')));
const serial = fc.stringMatching(/^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}$/);
const seed = fc.uint8Array({ minLength: 16, maxLength: 16 });
const couponSerial = fc.integer({ min: 0, max: 999_999_999_999 });

const SEEDS = [
  `]d20109521234543213172712311${'0'}LOT${GS}21A1`,
  '(01)09521234543213(21)ABC(17)271231',
  'https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426&3103=000195&3922=0299',
  encodeCouponCode({ gcn: '6901234567892', serial: 42, seed: new Uint8Array(16) }),
  ']E02112345678900|]e099COMPOSITE',
  '00006141411234567890',
  'BZC:MODE=SELL',
  `]C18003095212345432131${GS}8110106141416543213500110000310123196000`,
];

/** A known code with a few characters replaced, removed, inserted or doubled. */
const mutated = fc
  .tuple(
    fc.constantFrom(...SEEDS),
    fc.array(fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...`0129AZaz()]/?&=%\\${GS}\0\ud800\u4e2d\uffff`)), {
      minLength: 1,
      maxLength: 6,
    }),
  )
  .map(([text, edits]) => {
    let result = text;
    for (const [where, how, character] of edits) {
      const at = where % (result.length + 1);
      const [before, after] = [result.slice(0, at), result.slice(at)];
      result =
        [before + character + after.slice(1), before + after.slice(1), before + character + after, result + after][
          how
        ] ?? '';
    }
    return result;
  });

function check(parsed: ReturnType<typeof parseCode>): void {
  if (parsed.ok) {
    expect(parsed.key.length).toBeGreaterThan(0);
    expect(parsed.coupon !== undefined).toBe(parsed.kind === 'coupon');
  } else {
    expect(parsed.reasons.length).toBeGreaterThan(0);
    expect(PARSE_REASONS).toEqual(expect.arrayContaining([...parsed.reasons]));
  }
}

describe('parseCode', () => {
  test('answers 40,000 mutated codes with a value', () => {
    fc.assert(
      fc.property(mutated, (data) => check(parseCode({ data }))),
      { numRuns: 40_000 },
    );
  });

  test('answers 20,000 random texts and bytes with a value', () => {
    const aim = fc.option(fc.constantFrom(']d2', ']Q3', ']E0', ']C1', ']e0', ']Q1', ']I1'), { nil: null });
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.uint8Array({ maxLength: 200 }),
        aim,
        (data, bytes, id) => {
          check(parseCode({ data, aim: id }));
          check(parseBytes(bytes, id));
          expect(JSON.parse(parseLine(data))).toHaveProperty('ok');
        },
      ),
      { numRuns: 20_000 },
    );
  });

  test('takes an element string apart into the elements it was made of', () => {
    fc.assert(
      fc.property(gtin14, serial, serial, (gtin, lot, number) => {
        const parsed = parseCode({ data: `01${gtin}10${lot}${GS}21${number}`, aim: ']d2' });
        expect(parsed).toEqual({
          ok: true,
          kind: 'gs1-element-string',
          elements: [
            { ai: '01', value: gtin },
            { ai: '10', value: lot },
            { ai: '21', value: number },
          ],
          key: `01/${gtin}/21/${number}`,
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('names the same item equally in an element string, the typed form and a link', () => {
    fc.assert(
      fc.property(gtin14, serial, (gtin, number) => {
        const keys = [
          `]d201${gtin}21${number}`,
          `(01)${gtin}(21)${number.replaceAll('(', '\\(')}`,
          `https://a.example/x/01/${gtin}/21/${encodeURIComponent(number)}`,
        ].map((data) => parseCode({ data }));
        for (const parsed of keys) expect(parsed).toMatchObject({ ok: true, key: `01/${gtin}/21/${number}` });
      }),
      { numRuns: 2_000 },
    );
  });

  test('gives every coupon back from BZ1, AI 255 and link, and the key never depends on the form', () => {
    fc.assert(
      fc.property(gcn, couponSerial, seed, (number, item, secret) => {
        const text = encodeCouponCode({ gcn: number, serial: item, seed: secret });
        expect(decodeCouponCode(text)).toEqual({ ok: true, value: { gcn: number, serial: item, seed: secret } });
        const key = `255/${number}/${item}`;
        for (const data of [text, `]C1255${number}${item}`, couponLink('c.example', { gcn: number, serial: item })]) {
          expect(parseCode({ data })).toMatchObject({ ok: true, kind: 'coupon', key });
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('refuses every coupon code with one character changed', () => {
    fc.assert(
      fc.property(
        gcn,
        couponSerial,
        seed,
        fc.nat(49),
        fc.constantFrom(...'019AZ $%*+-./:a'),
        (number, item, secret, at, wrong) => {
          const text = encodeCouponCode({ gcn: number, serial: item, seed: secret });
          const changed = text.slice(0, 4 + at) + wrong + text.slice(5 + at);
          fc.pre(changed !== text);
          expect(parseCode({ data: changed })).toMatchObject({ ok: false, reasons: ['BAD_COUPON_CODE'] });
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test('refuses every GTIN with one digit changed', () => {
    fc.assert(
      fc.property(gtin14, fc.nat(13), fc.integer({ min: 1, max: 9 }), (gtin, at, add) => {
        const digit = (Number(gtin.charAt(at)) + add) % 10;
        const data = `01${gtin.slice(0, at)}${digit}${gtin.slice(at + 1)}`;
        expect(parseCode({ data, aim: ']d2' })).toMatchObject({ ok: false, reasons: ['CHECK_DIGIT'] });
      }),
      { numRuns: 2_000 },
    );
  });

  test('answers the same for text and for its UTF-8 bytes', () => {
    fc.assert(
      fc.property(mutated, (data) => {
        fc.pre(!/\p{Surrogate}/u.test(data));
        expect(parseBytes(utf8(data), null)).toEqual(parseCode({ data }));
      }),
      { numRuns: 3_000 },
    );
  });
});
