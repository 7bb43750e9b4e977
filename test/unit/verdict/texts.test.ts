import { describe, expect, it } from 'vitest';
import { consequenceOf, decide, policy } from '#agent/verdict/policy';
import { reasonTexts } from '#agent/verdict/reason-texts';
import { acceptTexts, laneName, primaryReason, shopTime, verdictText } from '#agent/verdict/verdict-text';
import { reasonNames } from '#ledger/reasons';

const nowMs = Date.UTC(2026, 4, 1, 14, 3);
const base = {
  subject: 'coupon',
  decision: 'refuse',
  finality: 'none',
  basis: 'none',
  nowMs,
  timeZone: 'UTC',
} as const;

describe('the words for a cashier', () => {
  it('exist in English and Chinese for every reason, each its own', () => {
    const english = reasonNames.map((name) => reasonTexts[name].en);
    expect(Object.keys(reasonTexts).sort()).toEqual([...reasonNames].sort());
    expect(new Set(english).size).toBe(english.length);
    for (const name of reasonNames) {
      expect(reasonTexts[name].en, name).toMatch(/^[A-Z][ -~]{5,}$/);
      expect(reasonTexts[name].zh, name).toMatch(/[\u4e00-\u9fff]{2}/);
    }
  });

  it('say who and when in the order of each language', () => {
    const priorUse = { here: true, terminal: '4012345000009/lane-1', atMs: nowMs };
    expect(verdictText({ ...base, reasons: ['USED_HERE'], priorUse })).toEqual({
      en: 'Already used here, lane 1, 14:03',
      zh: '本店1号收银台 14:03 已使用',
    });
    expect(
      verdictText({ ...base, reasons: ['ALREADY_REDEEMED'], priorUse: { here: false, terminal: null, atMs: null } }),
    ).toEqual({
      en: 'Already used',
      zh: '已使用',
    });
  });

  it('name the day when it was another one', () => {
    expect(shopTime(nowMs - 86_400_000, nowMs, 'UTC')).toBe('2026-04-30 14:03');
    expect(shopTime(nowMs, nowMs, 'Asia/Shanghai')).toBe('22:03');
  });

  it('call lanes as people do', () => {
    expect(laneName('4012345000009/lane-2')).toEqual({ en: 'lane 2', zh: '2号收银台' });
    expect(laneName('4012345000009/kiosk')).toEqual({ en: 'kiosk', zh: 'kiosk' });
  });

  it('begin with the weightiest reason, a block before a warning', () => {
    expect(primaryReason(['CLOCK_UNCERTAIN', 'NOT_RECEIVED', 'RECALLED', 'ALREADY_SOLD_HERE'])).toBe('RECALLED');
    expect(primaryReason(['CONSENT_INVALID', 'TAMPERED'])).toBe('TAMPERED');
    expect(primaryReason([])).toBeNull();
  });

  it('differ for every firmness of a yes to a coupon', () => {
    expect(new Set(Object.values(acceptTexts.coupon).map(({ zh }) => zh)).size).toBe(4);
  });
});

describe('the policy', () => {
  it('has a consequence for every reason', () => {
    expect(Object.keys(policy).sort()).toEqual([...reasonNames].sort());
  });

  it('is as strict as the strictest reason', () => {
    expect(consequenceOf([])).toBe('allow');
    expect(decide(['NOT_RECEIVED'])).toBe('warn');
    expect(decide(['NOT_RECEIVED', 'RECALLED'])).toBe('refuse');
  });
});
