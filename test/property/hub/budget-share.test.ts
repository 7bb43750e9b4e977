import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetLimits } from '#agent/hub/budget-share';
import { encode } from '#core/format';
import { storedTermsFormat } from '#ledger/coupons/series';
import { plainTerms, type Terms } from '#ledger/coupons/terms';
import { seriesShard } from '#ledger/ids';
import { newRight } from '#ledger/rights/right';
import { budgetOf } from '#ledger/rights/usual-grants';
import type { LedgerView } from '#ledger/state/view';

const gcn = '4012345123456';

function viewWith(faceValue: bigint): LedgerView {
  const terms: Terms = {
    ...plainTerms,
    version: 1,
    title: 'Coffee',
    value: { kind: 'fixed', amount: faceValue },
    unit: 'CNY',
    minimumSpend: 0n,
    validFromMs: 0,
    validUntilMs: 1,
    consent: 0,
    acceptedBy: { kind: 'merchants', accounts: [] },
    offline: { kind: 'budget', shardAgeMsMax: 1 },
    lateRule: 0,
  };
  const bytes = encode(storedTermsFormat, { terms });
  return {
    holds: () => true,
    get: (shard, key) => (shard === seriesShard(gcn) && key === 'terms/1' ? bytes : undefined),
  };
}

describe('the split of a budget', () => {
  it('adds up to what is left of it, in number and value, and never more', () => {
    const numbers = fc.record({
      countMax: fc.integer({ min: 0, max: 1_000_000 }),
      valueMax: fc.bigInt({ min: 0n, max: 10n ** 20n }),
      conflictedCount: fc.integer({ min: 0, max: 1_000_000 }),
      conflictedValue: fc.bigInt({ min: 0n, max: 10n ** 20n }),
      faceValue: fc.bigInt({ min: 0n, max: 10n ** 15n }),
      lanes: fc.integer({ min: 1, max: 64 }),
      laneShare: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(numbers, ({ countMax, valueMax, conflictedCount, conflictedValue, faceValue, lanes, laneShare }) => {
        const fresh = newRight({
          id: 'b',
          grantor: 'issuer',
          termsVersion: 1,
          grant: budgetOf(gcn, countMax, valueMax),
          grantedAtMs: 0,
          closeoutFromMs: 0,
          lateRule: 0,
        });
        const right = { ...fresh, conflictedCount, conflictedValue };
        const limits = budgetLimits(viewWith(faceValue), right, { lanes, laneShare });
        if (limits === null) throw new Error('a budget has limits');
        const leftValue = valueMax > conflictedValue ? valueMax - conflictedValue : 0n;
        const leftCount = Math.max(0, countMax - conflictedCount);
        const count = limits.lane.count * lanes + limits.pool.count;
        expect(limits.lane.value * BigInt(lanes) + limits.pool.value).toBe(leftValue);
        expect(count).toBeLessThanOrEqual(leftCount);
        expect(BigInt(count) * faceValue).toBeLessThanOrEqual(leftValue);
        expect(limits.pool.count).toBeGreaterThanOrEqual(0);
        expect(limits.lane.value >= BigInt(limits.lane.count) * faceValue).toBe(true);
      }),
    );
  });
});
