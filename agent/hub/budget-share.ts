/** How a store's risk budget is split, so that its lanes together never exceed it, whether they reach each other or not. */
import type { Right } from '#ledger/rights/right';

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
 * The split of what is left of a budget after the losses that the ledger has booked; null for a lease. Rounded down for
 * the lanes: `lanes * lane + pool` is exactly what is left.
 */
export function budgetLimits(right: Right, rule: ShareRule): BudgetLimits | null {
  if (right.grant.kind !== 'budget') return null;
  const count = Math.max(0, right.grant.countMax - right.conflictedCount);
  const left = right.grant.valueMax - right.conflictedValue;
  const value = left > 0n ? left : 0n;
  const share = BigInt(Math.floor(rule.laneShare * Number(perMille)));
  const lanes = BigInt(rule.lanes);
  const lane = {
    count: Number((BigInt(count) * share) / perMille / lanes),
    value: (value * share) / perMille / lanes,
  };
  return {
    lane,
    pool: { count: count - lane.count * rule.lanes, value: value - lane.value * lanes },
  };
}
