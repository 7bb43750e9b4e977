import { describe, expect, it } from 'vitest';
import { type CheckedVerdict, checkCode } from '#agent/verdict/check-code';
import { seedOf } from '../../fixtures/region.ts';

const verdict: CheckedVerdict = {
  id: '0123456789abcdef',
  terminal: '4012345000009/lane-1',
  key: '255/4012345123456/7',
  decision: 'accept',
  finality: 'final',
  value: '10000',
  unit: 'CNY',
  basket: '00'.repeat(16),
  timeLowMs: 1_700_000_000_000,
  timeHighMs: 1_700_000_002_000,
};

describe('the check code on a receipt', () => {
  it('is eight characters of Crockford base 32, the same every time', () => {
    const code = checkCode(verdict, seedOf('till'));
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{8}$/);
    expect(checkCode({ ...verdict }, seedOf('till'))).toBe(code);
  });

  it('changes with every field that it covers, and with the terminal key', () => {
    const changed: CheckedVerdict[] = [
      { ...verdict, id: '1123456789abcdef' },
      { ...verdict, terminal: '4012345000009/lane-2' },
      { ...verdict, key: '255/4012345123456/8' },
      { ...verdict, decision: 'refuse' },
      { ...verdict, finality: 'provisional' },
      { ...verdict, value: '20000' },
      { ...verdict, unit: 'EUR' },
      { ...verdict, basket: null },
      { ...verdict, timeLowMs: 1 },
      { ...verdict, timeHighMs: 2_000_000_000_000 },
    ];
    const codes = [verdict, ...changed].map((each) => checkCode(each, seedOf('till')));
    codes.push(checkCode(verdict, seedOf('other till')));
    expect(new Set(codes).size).toBe(codes.length);
  });
});
