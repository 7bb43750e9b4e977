/** How a store's risk budget is split, so that its lanes together never exceed it, whether they reach each other or not. */

import { readTerms } from '#ledger/coupons/read';
import { valueMaxOf } from '#ledger/coupons/terms';
import { gcnOf, type Right } from '#ledger/rights/right';
import type { LedgerView } from '#ledger/state/view';

/** The configured split: `laneShare` of every budget goes in equal parts to `lanes` lanes, the rest is the hub's pool. */
export interface ShareRule {
  readonly laneShare: number;
  readonly lanes: number;
}

/** A bound by number and by value (base units). */
export interface BudgetLimit {
  readonly count: number;
  readonly value: bigint;
}

/** What one lane may have outstanding by itself, and what the pool may. */
export interface BudgetLimits {
  readonly lane: BudgetLimit;
  readonly pool: BudgetLimit;
}

const perMille = 1_000n;

/**
 * The split of what is left of a budget after the losses that the ledger has booked; null for a lease and where the terms
 * are not cached. It goes by whole coupons, so that no lane is left with half of one: what does not divide is the pool's.
 * `lanes * lane + pool` is exactly what is left.
 */
export function budgetLimits(view: LedgerView, right: Right, rule: ShareRule): BudgetLimits | null {
  const gcn = gcnOf(right);
  const terms = gcn === null ? null : readTerms(view, gcn, right.termsVersion);
  if (right.grant.kind !== 'budget' || terms === null) return null;
  const faceValue = valueMaxOf(terms);
  const left = right.grant.valueMax - right.conflictedValue;
  const value = left > 0n ? left : 0n;
  const count = BigInt(Math.max(0, right.grant.countMax - right.conflictedCount));
  const coupons = faceValue === 0n || value / faceValue > count ? count : value / faceValue;
  const share = BigInt(Math.floor(rule.laneShare * Number(perMille)));
  const lanes = BigInt(rule.lanes);
  const laneCoupons = (coupons * share) / perMille / lanes;
  const laneValue = coupons === 0n ? 0n : (value * laneCoupons) / coupons;
  return {
    lane: { count: Number(laneCoupons), value: laneValue },
    pool: { count: Number(coupons - laneCoupons * lanes), value: value - laneValue * lanes },
  };
}
