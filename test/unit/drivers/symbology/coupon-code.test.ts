import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '#core/bytes';
import { sha256 } from '#core/hash';
import { decodeBase45, encodeBase45 } from '#drivers/symbology/base45';
import { withCheckDigit } from '#drivers/symbology/check-digit';
import { COUPON_SERIAL_MAX, couponLink, decodeCouponCode, encodeCouponCode } from '#drivers/symbology/coupon-code';
import { parseCode } from '#drivers/symbology/parse-code';

const gcn = withCheckDigit('690123456789');
const seed = Uint8Array.from({ length: 16 }, (_, index) => index * 17);

describe('base45', () => {
  // RFC 9285 sections 4.3 and 4.4.
  test.each([
    ['AB', 'BB8'],
    ['Hello!!', '%69 VD92EX0'],
    ['base-45', 'UJCLQE7W581'],
    ['ietf!', 'QED8WEX0'],
  ])('writes and reads the example %s of RFC 9285', (plain, encoded) => {
    expect(encodeBase45(Buffer.from(plain))).toBe(encoded);
    expect(Buffer.from(decodeBase45(encoded) ?? []).toString()).toBe(plain);
  });

  test.each(['GGW', ':::', 'A', 'ABCD', 'bb8', 'BB\u00e9', '::'])('refuses %j, which no bytes encode to', (text) => {
    expect(decodeBase45(text)).toBeUndefined();
  });
});

describe('BZ1 coupon code', () => {
  test('has the frozen layout: version, flags, GCN, serial, seed, check', () => {
    const code = encodeCouponCode({ gcn, serial: 0x01_02_03_04_05, seed });
    const bytes = decodeBase45(code.slice(4)) ?? new Uint8Array();
    expect(code).toHaveLength(54);
    expect(toHex(bytes.subarray(0, 2))).toBe('0100');
    expect(Number.parseInt(toHex(bytes.subarray(2, 8)), 16)).toBe(Number(gcn));
    expect(toHex(bytes.subarray(8, 13))).toBe('0102030405');
    expect(bytes.subarray(13, 29)).toEqual(seed);
    const check = sha256(Uint8Array.from([0x42, 0x5a, 0x31, 0x00]), bytes.subarray(0, 29)).subarray(0, 4);
    expect(toHex(bytes.subarray(29))).toBe(toHex(check));
  });

  test('has these very characters for this very coupon, in every version of the program', () => {
    const code = encodeCouponCode({ gcn: '6901234567892', serial: 42, seed: new Uint8Array(16).fill(7) });
    expect(code).toBe('BZ1:V50VZ0QMQZOH0000004E5:*0:*0:*0:*0:*0:*0:*0R:0VAUK1');
  });

  test.each([0, 1, 999, COUPON_SERIAL_MAX])('gives serial %i back', (serial) => {
    expect(decodeCouponCode(encodeCouponCode({ gcn, serial, seed }))).toEqual({
      ok: true,
      value: { gcn, serial, seed },
    });
  });

  test('refuses every code with one flipped bit', () => {
    const bytes = decodeBase45(encodeCouponCode({ gcn, serial: 7, seed }).slice(4)) ?? new Uint8Array();
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(parseCode({ data: `BZ1:${encodeBase45(flipped)}` })).toMatchObject({
        ok: false,
        reasons: ['BAD_COUPON_CODE'],
      });
    }
  });

  test.each([
    ['a longer serial', `0100${BigInt(gcn).toString(16).padStart(12, '0')}ffffffffff${toHex(seed)}`],
    ['another version', `0200${BigInt(gcn).toString(16).padStart(12, '0')}0000000001${toHex(seed)}`],
    ['flags set', `0101${BigInt(gcn).toString(16).padStart(12, '0')}0000000001${toHex(seed)}`],
    [
      'a wrong GCN check digit',
      `0100${BigInt('6901234567890').toString(16).padStart(12, '0')}0000000001${toHex(seed)}`,
    ],
    ['14 digits of GCN', `0100ffffffffffff0000000001${toHex(seed)}`],
  ])('refuses a code with a right check and %s', (_, contentHex) => {
    const content = fromHex(contentHex) ?? new Uint8Array();
    const check = sha256(Buffer.from('BZ1\0'), content).subarray(0, 4);
    const text = `BZ1:${encodeBase45(Buffer.concat([content, check]))}`;
    expect(decodeCouponCode(text)).toMatchObject({ ok: false, reason: 'BAD_COUPON_CODE' });
  });

  test.each(['BZ1:', 'BZ1:ABC', 'BZ1:0', `BZ1:${'0'.repeat(51)}`])('refuses %s', (data) => {
    expect(parseCode({ data })).toMatchObject({ ok: false, reasons: ['BAD_COUPON_CODE'] });
  });

  test('meets the GS1 forms of the same coupon under one key, with the seed only in BZ1', () => {
    const key = `255/${gcn}/42`;
    const compact = parseCode({ data: encodeCouponCode({ gcn, serial: 42, seed }), aim: ']Q1' });
    expect(compact).toMatchObject({ ok: true, kind: 'coupon', key, coupon: { gcn, serial: 42, seed } });
    for (const data of [
      `]C1255${gcn}42`,
      `(255)${gcn}042`,
      couponLink('c.example', { gcn, serial: 42 }),
      `255${gcn}42`,
    ]) {
      expect(parseCode({ data })).toMatchObject({
        ok: true,
        kind: 'coupon',
        key,
        coupon: { gcn, serial: 42, seed: null },
      });
    }
  });
});
