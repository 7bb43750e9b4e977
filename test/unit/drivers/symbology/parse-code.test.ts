import { describe, expect, test } from 'vitest';
import { parseBytes, parseCode } from '#drivers/symbology/parse-code';
import { parseLine } from '#drivers/symbology/parse-line';

const GS = '\u001d';
const GTIN = '09521234543213';

describe('parseCode', () => {
  test('gives EAN-13, DataMatrix, GS1-128, Digital Link and typed form of one item the same key', () => {
    const item = `01/${GTIN}/21/A1`;
    expect(parseCode({ data: '9521234543213', aim: ']E0' })).toMatchObject({ kind: 'ean-upc', key: `01/${GTIN}` });
    expect(parseCode({ data: `01${GTIN}17271231${'10'}LOT${GS}21A1`, aim: ']d2' })).toMatchObject({ key: item });
    expect(parseCode({ data: `]C101${GTIN}21A1` })).toMatchObject({ key: item });
    expect(parseCode({ data: `${GS}01${GTIN}21A1${GS}` })).toMatchObject({ key: item });
    expect(parseCode({ data: `https://id.gs1.org/01/${GTIN}/21/A1?17=271231` })).toMatchObject({ key: item });
    expect(parseCode({ data: `(01)${GTIN}(17)271231(21)A1` })).toMatchObject({ key: item });
    expect(parseCode({ data: `01${GTIN}21A1` })).toMatchObject({ key: item });
  });

  test.each([
    [{ data: '9521234543213' }, 'ean-upc', `01/${GTIN}`],
    [{ data: '96385074' }, 'ean-upc', '01/00000096385074'],
    [{ data: '416000336108' }, 'ean-upc', '01/00416000336108'],
    [{ data: '04252614', aim: ']E0' }, 'ean-upc', '01/00042100005264'],
    [{ data: '425261', aim: ']E0' }, 'ean-upc', '01/00042100005264'],
    [{ data: '15012345678907', aim: ']I1' }, 'ean-upc', '01/15012345678907'],
    [{ data: '952123454321312345', aim: ']E3' }, 'ean-upc', `01/${GTIN}`],
    [{ data: '00006141411234567890' }, 'sscc', '00/006141411234567890'],
    [{ data: '(00)006141411234567890' }, 'sscc', '00/006141411234567890'],
    [{ data: ']C18018123456789012345675' }, 'member', '8018/123456789012345675'],
    [{ data: '81234567890123456789' }, 'drug-code', 'cn.drug/81234567890123456789'],
    [{ data: '01234567890123456789' }, 'drug-code', 'cn.drug/01234567890123456789'],
    [{ data: 'BZC:MODE=RECEIVE' }, 'control', 'control/MODE=RECEIVE'],
    [{ data: 'BZC:CONFIRM' }, 'control', 'control/CONFIRM'],
    [{ data: 'BZC:UNDO' }, 'control', 'control/UNDO'],
    [{ data: 'BZP:CARD-1' }, 'prepaid', 'prepaid/CARD-1'],
    [{ data: 'BZM:7' }, 'member', 'member/7'],
    [{ data: 'https://shop.example/a?x=1' }, 'text', 'text/https://shop.example/a?x=1'],
    [{ data: 'hello' }, 'text', 'text/hello'],
    [{ data: ']hello' }, 'text', 'text/]hello'],
    [{ data: '1234567', aim: ']A0' }, 'text', 'text/1234567'],
    [
      { data: `]C18110106141416543213500110000310123196000` },
      'gs1-element-string',
      '8110/106141416543213500110000310123196000',
    ],
  ])('reads %j as %s', (input, kind, key) => {
    expect(parseCode(input)).toMatchObject({ ok: true, kind, key });
  });

  test.each([
    [{ data: '' }, ['EMPTY']],
    [{ data: ']d2' }, ['EMPTY']],
    [{ data: 'x'.repeat(8_193) }, ['TOO_LONG']],
    [{ data: '\u4e2d'.repeat(3_000) }, ['TOO_LONG']],
    [{ data: 'a\ud800' }, ['NOT_UTF8']],
    [{ data: '1', aim: 'd2' }, ['BAD_AIM']],
    [{ data: '9521234543214' }, ['CHECK_DIGIT']],
    [{ data: `]d201${GTIN.slice(0, 13)}4` }, ['CHECK_DIGIT']],
    [{ data: `01${GTIN.slice(0, 13)}421A1` }, ['CHECK_DIGIT']],
    [{ data: '00006141411234567891' }, ['CHECK_DIGIT']],
    [{ data: ']d205ABC' }, ['UNKNOWN_AI']],
    [{ data: '(05)ABC' }, ['UNKNOWN_AI']],
    [{ data: `]d201${GTIN}17271331` }, ['BAD_DATE']],
    [{ data: `]d201${GTIN}17270229` }, ['BAD_DATE']],
    [{ data: `]d201${GTIN}21A\u00e9` }, ['BAD_CHARSET']],
    [{ data: `]d201${GTIN}21${'A'.repeat(21)}` }, ['BAD_LENGTH']],
    [{ data: `]d201${GTIN}21` }, ['BAD_LENGTH']],
    [{ data: ']d201095' }, ['BAD_LENGTH']],
    [{ data: ']d210LOT' }, ['MISSING_PARTNER']],
    [{ data: `]d201${GTIN}21A${GS}235B` }, ['EXCLUSIVE_AIS']],
    [{ data: `]d201${GTIN}21A${GS}21B` }, ['DUPLICATE_AI']],
    [{ data: `https://id.gs1.org/01/${GTIN}/21/A/10/B` }, ['BAD_LINK']],
    [{ data: 'BZC:MODE=FLY' }, ['BAD_CONTROL_CODE']],
    [{ data: 'BZP:' }, ['BAD_LENGTH']],
    [{ data: 'BZM:abc' }, ['BAD_CHARSET']],
    [{ data: 'BZ3:ABC' }, ['UNKNOWN_VERSION']],
    [{ data: `]d201${GTIN}422999` }, ['BAD_VALUE']],
  ])('refuses %j for %j', (input, reasons) => {
    expect(parseCode(input)).toMatchObject({ ok: false, reasons });
  });

  test('accepts a value of predefined length with a separator behind it', () => {
    expect(parseCode({ data: `]d201${GTIN}${GS}17271200${GS}` })).toMatchObject({ ok: true, key: `01/${GTIN}` });
  });

  test('refuses bytes that are not UTF-8', () => {
    expect(parseBytes(Uint8Array.of(0x41, 0xff), null)).toMatchObject({ ok: false, reasons: ['NOT_UTF8'] });
    expect(parseBytes(Buffer.from('BZC:UNDO'), ']Q1')).toMatchObject({ ok: true, kind: 'control' });
  });
});

describe('parseLine', () => {
  test('answers with exactly ok, kind, elements and key', () => {
    expect(parseLine('{"data":"0109521234543213\\u001d21A","aim":"]d2"}')).toBe(
      '{"ok":true,"kind":"gs1-element-string","elements":[{"ai":"01","value":"09521234543213"},{"ai":"21","value":"A"}],"key":"01/09521234543213/21/A"}',
    );
  });

  test('answers with exactly ok and reasons', () => {
    expect(parseLine('{"data":"9521234543214"}')).toBe('{"ok":false,"reasons":["CHECK_DIGIT"]}');
  });

  test.each(['', '{', 'null', '[]', '{"data":1}', '{"aim":"]d2"}', '{"data":"1","aim":2}'])(
    'answers %j with NOT_JSON',
    (line) => {
      expect(parseLine(line)).toBe('{"ok":false,"reasons":["NOT_JSON"]}');
    },
  );

  test('answers ten megabytes with TOO_LONG without reading them', () => {
    expect(parseLine(`{"data":"${'7'.repeat(10_000_000)}"}`)).toBe('{"ok":false,"reasons":["TOO_LONG"]}');
  });

  test('reads data of 8 KiB even when JSON escapes each character', () => {
    expect(parseLine(`{"data":"${'\\u0041'.repeat(8_192)}"}`)).toContain('"kind":"text"');
  });
});
