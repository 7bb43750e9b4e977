/** What an outage beginning now could cost, how long the store could go on, and what its last scans would have got (ARCHITECTURE D4). */

import type { BudgetLimit } from '#agent/hub/budget-share';
import type { Amount, Autonomy, BudgetExposure, Exposure, Rehearsal } from '#agent/status';
import { itemStatus, readTerms } from '#ledger/coupons/read';
import { valueMaxOf } from '#ledger/coupons/terms';
import { readRights } from '#ledger/rights/read';
import { gcnOf, type Right } from '#ledger/rights/right';
import type { SerialRange } from '#ledger/rights/serial-ranges';
import type { LaneBudget } from './lane-budget.ts';
import type { Till } from './till.ts';
import type { Traffic } from './traffic.ts';

/** Most serials whose status is looked at for the number of owned units; beyond it the number granted is taken. */
const ownedCountedMax = 2_000;

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const atLeastZero = (value: bigint): bigint => (value > 0n ? value : 0n);

/** Sums amounts by unit, in order of unit; units without value are left out. */
export function sumByUnit(amounts: Iterable<{ readonly unit: string; readonly value: bigint }>): Amount[] {
  const sums = new Map<string, bigint>();
  for (const { unit, value } of amounts) sums.set(unit, (sums.get(unit) ?? 0n) + value);
  const sorted = [...sums].filter(([, value]) => value > 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([unit, value]) => ({ unit, value: value.toString() }));
}

/** What is still to be had from a budget at this terminal: its share, and the pool if the hub is here or within reach. */
function leftOf(till: Till, budget: LaneBudget, right: Right): BudgetLimit {
  const share = budget.shareLeft(right);
  const { desk } = till.hub();
  if (desk === null) return share;
  const pool = desk.roomLeft(right.id);
  return { count: share.count + pool.count, value: share.value + pool.value };
}

function budgetExposure(till: Till, budget: LaneBudget, right: Right): BudgetExposure | null {
  const gcn = gcnOf(right);
  const terms = gcn === null ? null : readTerms(till.shards.view, gcn, right.termsVersion);
  if (right.grant.kind !== 'budget' || gcn === null || terms === null) return null;
  const face = valueMaxOf(terms);
  const own = budget.outstanding(right.id);
  const lanes = till.hub().desk?.outstanding(right.id) ?? { count: 0, value: 0n };
  const ownPool = till.hub().desk === null ? { count: 0, value: 0n } : budget.outstanding(right.id, 'pool');
  // The hub's own pool units are in both: in its journal and in the pool.
  const outstanding = {
    count: own.count + lanes.count - ownPool.count,
    value: own.value + lanes.value - ownPool.value,
  };
  const left = leftOf(till, budget, right);
  const grantableCount = face === 0n ? left.count : Math.min(left.count, Number(left.value / face));
  const worst = least(
    atLeastZero(right.grant.valueMax - right.conflictedValue),
    BigInt(Math.max(0, right.grant.countMax - right.conflictedCount)) * face,
  );
  return {
    right: right.id,
    gcn,
    title: terms.title,
    unit: terms.unit,
    outstandingCount: outstanding.count,
    outstandingValue: outstanding.value.toString(),
    grantableCount,
    grantableValue: (BigInt(grantableCount) * face).toString(),
    conflictedCount: right.conflictedCount,
    conflictedValue: right.conflictedValue.toString(),
    worstCaseValue: worst.toString(),
  };
}

/** The largest loss that the open budgets allow from now on: the store's, by unit, and each budget for itself. */
export function exposureOf(till: Till, budget: LaneBudget): Exposure {
  const rights = readRights(till.shards.view, till.store);
  const budgets = rights.flatMap((right) => budgetExposure(till, budget, right) ?? []);
  const byUnit = sumByUnit(budgets.map(({ unit, worstCaseValue }) => ({ unit, value: BigInt(worstCaseValue) })));
  return { byUnit, budgets };
}

function countLeased(till: Till, gcn: string, ranges: readonly SerialRange[]): number {
  let looked = 0;
  let leased = 0;
  for (const { first, last } of ranges) {
    for (let serial = first; serial <= last; serial++) {
      if (++looked > ownedCountedMax) return leased;
      const mine = itemStatus(till.shards.view, gcn, serial) === 'leased';
      if (mine && till.journal.claim(`255/${gcn}/${serial}`) === null) leased++;
    }
  }
  return leased;
}

/** Leased items of the store that are still to be spent. */
export function ownedUnits(till: Till): number {
  let owned = 0;
  for (const right of readRights(till.shards.view, till.store)) {
    if (right.grant.kind !== 'lease') continue;
    const granted = right.grant.ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
    owned +=
      granted > ownedCountedMax ? granted - right.spentCount : countLeased(till, right.grant.gcn, right.grant.ranges);
  }
  return owned;
}

/** How long owned units and budgets last at the usual traffic, and how much of it they would have served. */
export function autonomyOf(till: Till, budget: LaneBudget, traffic: Traffic): Autonomy {
  const owned = ownedUnits(till);
  const budgetUnits = exposureOf(till, budget).budgets.reduce((sum, { grantableCount }) => sum + grantableCount, 0);
  const scansPerHour = traffic.perHour();
  const { scans, refused } = rehearse(till, budget, traffic);
  return {
    scansPerHour,
    ownedUnits: owned,
    budgetUnits,
    hours: scansPerHour === null || scansPerHour === 0 ? null : (owned + budgetUnits) / scansPerHour,
    coverage: scans === 0 ? null : (scans - refused) / scans,
  };
}

/** Plays the last coupon scans against the budgets as they are now, with the line cut. Changes nothing. */
export function rehearse(till: Till, budget: LaneBudget, traffic: Traffic): Rehearsal {
  const left = new Map<string, { count: number; value: bigint }>();
  for (const right of readRights(till.shards.view, till.store)) left.set(right.id, { ...leftOf(till, budget, right) });
  const risked: { unit: string; value: bigint }[] = [];
  let guaranteed = 0;
  let provisional = 0;
  for (const { owned, budget: rightId, value, unit } of traffic.recent) {
    const room = rightId === null ? undefined : left.get(rightId);
    if (owned === 1) guaranteed++;
    else if (room !== undefined && room.count >= 1 && room.value >= value) {
      provisional++;
      room.count--;
      room.value -= value;
      risked.push({ unit, value });
    }
  }
  const scans = traffic.recent.length;
  return { scans, guaranteed, provisional, refused: scans - guaranteed - provisional, atRisk: sumByUnit(risked) };
}
