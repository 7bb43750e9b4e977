// Published GS1 examples. Sources: gs1/gs1-syntax-engine (Apache-2.0), test cases of scandata.c and dl.c, whose Digital
// Link part repeats the examples of the GS1 Digital Link Standard, URI Syntax; `^` there is written GS here.

import { describe, expect, test } from 'vitest';
import { parseCode } from '#drivers/symbology/parse-code';

const GS = '\u001d';

/** Elements as `ai value` pairs, or `refused`. */
function read(data: string): string[] | 'refused' {
  const parsed = parseCode({ data });
  return parsed.ok ? parsed.elements.map(({ ai, value }) => `${ai} ${value}`) : 'refused';
}

const SCANS: readonly (readonly [string, string[] | 'refused'])[] = [
  [']e0', 'refused'],
  [']Q3', 'refused'],
  [']d2', 'refused'],
  [']C1', 'refused'],
  [`]Q3011231231231233310ABC123${GS}99TESTING`, ['01 12312312312333', '10 ABC123', '99 TESTING']],
  [`]d2011231231231233310ABC123${GS}99TESTING`, ['01 12312312312333', '10 ABC123', '99 TESTING']],
  [`]e0011231231231233310ABC123${GS}99TESTING${GS}98XYZ`, ['01 12312312312333', '10 ABC123', '99 TESTING', '98 XYZ']],
  [
    `]e0011231231231233310ABC123${GS}1199122598TESTING${GS}97XYZ`,
    ['01 12312312312333', '10 ABC123', '11 991225', '98 TESTING', '97 XYZ'],
  ],
  [`]C1011231231231233310ABC123${GS}99TESTING`, ['01 12312312312333', '10 ABC123', '99 TESTING']],
  [`]e0012401234567890599COMPOSITE${GS}98XYZ`, ['01 24012345678905', '99 COMPOSITE', '98 XYZ']],
  [`]e0011501234567890799COMPOSITE${GS}98XYZ`, ['01 15012345678907', '99 COMPOSITE', '98 XYZ']],
  [`]E00416000336108|]e099COMPOSITE${GS}98XYZ`, ['01 00416000336108', '99 COMPOSITE', '98 XYZ']],
  [`]E00001234000057|]e099COMPOSITE${GS}98XYZ`, ['01 00001234000057', '99 COMPOSITE', '98 XYZ']],
  [']E0', 'refused'],
  [']E012345678901234', 'refused'],
  [']E01234ABC890123', 'refused'],
  [']E02112345678901', 'refused'],
  [']E02112345678900', ['01 02112345678900']],
  [`]E02112345678900|]e099COMPOSITE${GS}98XYZ`, ['01 02112345678900', '99 COMPOSITE', '98 XYZ']],
  [']E4', 'refused'],
  [']E41234567', 'refused'],
  [']E4123456789', 'refused'],
  [']E412ABC678', 'refused'],
  [']E402345674', 'refused'],
  [']E402345673', ['01 00000002345673']],
  [`]E402345673|]e099COMPOSITE${GS}98XYZ`, ['01 00000002345673', '99 COMPOSITE', '98 XYZ']],
  [']Q1https://example.com/01/12312312312333?99=TEST', ['01 12312312312333', '99 TEST']],
  [']d1https://example.com/01/12312312312333?99=TEST', ['01 12312312312333', '99 TEST']],
];

const GTIN = '01 12312312312333';
const LINKS: readonly (readonly [string, string[] | 'refused'])[] = [
  ['http://a/00/006141411234567890', ['00 006141411234567890']],
  ['HTTP://a/00/006141411234567890', ['00 006141411234567890']],
  ['HTTPS://a/00/006141411234567890', ['00 006141411234567890']],
  ['HtTp://a/b/00/006141411234567890', 'refused'],
  ['https://xn--fsq.xn--0zwm56d/01/12312312312333', [GTIN]],
  ['https://a./01/12312312312333', [GTIN]],
  ['https://a:65535/01/12312312312333', [GTIN]],
  ['https://0300.0250.01.01/01/12312312312333', [GTIN]],
  ['https://[2001:db8::1]/01/12312312312333', [GTIN]],
  ['https://[fe80::1%25lo]/01/12312312312333', 'refused'],
  ['https://a/more/stem/00/006141411234567890', ['00 006141411234567890']],
  ['https://a/00/faux/00/006141411234567890', ['00 006141411234567890']],
  ['https://a/01/2112345678900', 'refused'],
  ['https://a/01/416000336108', 'refused'],
  ['https://a/01/12312312312333/22/TEST/10/ABC/21/XYZ', [GTIN, '22 TEST', '10 ABC', '21 XYZ']],
  ['https://a/01/12312312312333/235/TEST', [GTIN, '235 TEST']],
  ['https://a/253/1231231231232TEST5678901234567', ['253 1231231231232TEST5678901234567']],
  ['https://a/253/1231231231232TEST56789012345678', 'refused'],
  ['https://a/8018/123456789012345675/8019/123', ['8018 123456789012345675', '8019 123']],
  ['https://a/stem/00/006141411234567890/', 'refused'],
  ['https://a/stem/00/006141411234567890?', ['00 006141411234567890']],
  ['https://a/stem/401/12345678?99=ABC', ['401 12345678', '99 ABC']],
  ['https://a/01/12312312312333?99=', 'refused'],
  ['https://a/01/12312312312333?99=ABC&999=faux', 'refused'],
  ['https://a/01/12312312312333?&&&99=ABC&&&&&&98=XYZ&&&', [GTIN, '99 ABC', '98 XYZ']],
  ['https://a/01/12312312312333?singleton1&unknown1=555&99=ABC&s&98=XYZ&unknown3=7', [GTIN, '99 ABC', '98 XYZ']],
  ['https://a/01/12312312312333/22/ABC%2d123?99=ABC&98=XYZ%2f987', [GTIN, '22 ABC-123', '99 ABC', '98 XYZ/987']],
  ['https://a/01/12312312312333/22/ABC+123?99=ABC', [GTIN, '22 ABC+123', '99 ABC']],
  ['https://a/01/12312312312333/22/ABC%2d123?99=ABC&98=XYZ+987', 'refused'],
  ['https://a/01/12312312312333/22/test/10/abc/21/xyz#fragment', [GTIN, '22 test', '10 abc', '21 xyz']],
  [
    'https://id.gs1.org/01/09520123456788/10/ABC1/21/12345?17=180426',
    ['01 09520123456788', '10 ABC1', '21 12345', '17 180426'],
  ],
  [
    'https://example.com/01/09520123456788?3103=000195&3922=0299&17=201225',
    ['01 09520123456788', '3103 000195', '3922 0299', '17 201225'],
  ],
  [
    'https://id.gs1.org/00/952012345678912345?02=09520123456788&37=25&10=ABC123',
    ['00 952012345678912345', '02 09520123456788', '37 25', '10 ABC123'],
  ],
  ['https://id.gs1.org/414/9520123456788/254/32a%2Fb', ['414 9520123456788', '254 32a/b']],
  ['https://example.com/01/09520123456788?10=ABC123', 'refused'],
  ['https://id.gs1.org/01/09520123456788/235/XYZ?10=ABC123', ['01 09520123456788', '235 XYZ', '10 ABC123']],
  ['https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&01=09520123456788', 'refused'],
  ['https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&10=ABC123', 'refused'],
  ['https://id.gs1.org/01/09520123456788/10/ABC123?99=XYZ789&99=XYZ789', 'refused'],
  ['https://example.com/01/09520123456788/89/ABC123?99=XYZ', 'refused'],
  ['https://example.com/01/09520123456788?99=XYZ&89=ABC123', 'refused'],
];

describe('GS1 published examples', () => {
  test.each(SCANS)('scan %j gives the elements that the GS1 syntax engine gives', (data, expected) => {
    expect(read(data)).toEqual(expected);
  });

  test.each(LINKS)('link %s gives the elements that the GS1 syntax engine gives', (data, expected) => {
    expect(read(data)).toEqual(expected);
  });
});
