import { describe, expect, it } from 'vitest';
import { recentScansMax, Traffic } from '#agent/checkout/traffic';
import { nothingFound } from '#agent/verdict/findings';
import type { CouponFindings } from '#agent/verdict/judge-coupon';
import { VirtualClock } from '#core/clock';
import { plainTerms, type Terms } from '#ledger/coupons/terms';

const gcn = '4012345678901';
const terms: Terms = {
  ...plainTerms,
  version: 1,
  title: 'Coffee',
  value: { kind: 'fixed', amount: 100n },
  unit: 'CNY',
  minimumSpend: 0n,
  validFromMs: 0,
  validUntilMs: 1,
  consent: 0,
  acceptedBy: { kind: 'merchants', accounts: [] },
  offline: { kind: 'budget', shardAgeMsMax: 1 },
  lateRule: 0,
};
const found: CouponFindings = { ...nothingFound, terms, owned: null, budgets: [], consent: null, isSoft: true };

function steady(traffic: Traffic, clock: VirtualClock, hours: number): void {
  for (let scan = 0; scan < hours * 60; scan++) {
    clock.advance(60_000);
    traffic.note(gcn, found);
  }
}

describe('the usual traffic of a till', () => {
  it('is not known at first, and is what it was after an hour', () => {
    const clock = new VirtualClock();
    const traffic = new Traffic(clock, null);
    expect(traffic.perHour()).toBeNull();
    steady(traffic, clock, 1);
    expect(traffic.perHour()).toBeCloseTo(60, 0);
    steady(traffic, clock, 30);
    expect(traffic.perHour()).toBeCloseTo(60, 0);
  });

  it('falls when nobody comes', () => {
    const clock = new VirtualClock();
    const traffic = new Traffic(clock, null);
    steady(traffic, clock, 10);
    clock.advance(12 * 3_600_000);
    expect(traffic.perHour()).toBeLessThan(15);
  });

  it('survives a restart, the last scans with it', () => {
    const clock = new VirtualClock();
    const before = new Traffic(clock, null);
    steady(before, clock, 5);
    const after = new Traffic(new VirtualClock(), before.export());
    expect(after.perHour()).toBeCloseTo(before.perHour() ?? 0, 0);
    expect(after.recent).toHaveLength(recentScansMax);
    expect(after.recent.at(-1)).toEqual({ gcn, owned: 0, budget: null, value: 100n, unit: 'CNY' });
  });
});
