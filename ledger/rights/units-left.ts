/** What is left of a right, and the parts that can be taken out of it. */
import { reason } from '../reasons.ts';
import type { Grant, Part, Right } from './right.ts';
import { hasRange, isSerialSet, joinedSerials, rangesMax, withoutSerials } from './serial-ranges.ts';

/** Uses that an escrow still has; 0 for any other right. */
export function usesLeft({ grant, spentCount, heldCount, lostCount }: Right): number {
  return grant.kind === 'uses' ? grant.count - spentCount - heldCount - lostCount : 0;
}

/** Base units that an escrow still has; 0 for any other right. */
export function amountLeft({ grant, spentValue, heldValue }: Right): bigint {
  return grant.kind === 'amount' ? grant.amount - spentValue - heldValue : 0n;
}

/** A part taken out of a right: what it is by itself, and what the right has without it. */
export interface Carving {
  readonly part: Grant;
  readonly rest: Grant;
}

/** Takes a part of what is unspent out of a right; reason bits where it has no such part. Item status is the caller's to look at. */
export function carve(right: Right, part: Part): Carving | bigint {
  const { grant } = right;
  if (grant.kind === 'lease' && part.kind === 'items') {
    if (!isSerialSet(part.ranges)) return reason.BAD_OPERATION;
    if (!part.ranges.every((range) => hasRange(grant.ranges, range))) return reason.RIGHT_DOES_NOT_COVER;
    const ranges = withoutSerials(grant.ranges, part.ranges);
    if (ranges.length > rangesMax) return reason.LIMIT_EXCEEDED;
    return { part: { ...grant, ranges: part.ranges }, rest: { ...grant, ranges } };
  }
  if (grant.kind === 'uses' && part.kind === 'uses') {
    if (part.count === 0) return reason.BAD_OPERATION;
    if (part.count > usesLeft(right)) return reason.TOTAL_LIMIT;
    return { part: { ...grant, count: part.count }, rest: { ...grant, count: grant.count - part.count } };
  }
  if (grant.kind === 'amount' && part.kind === 'amount') {
    if (part.amount === 0n) return reason.BAD_OPERATION;
    if (part.amount > amountLeft(right)) return reason.INSUFFICIENT_BALANCE;
    return { part: { ...grant, amount: part.amount }, rest: { ...grant, amount: grant.amount - part.amount } };
  }
  if (grant.kind === 'budget' && part.kind === 'budget') {
    const countMax = grant.countMax - part.count;
    const valueMax = grant.valueMax - part.value;
    if (part.count === 0) return reason.BAD_OPERATION;
    if (countMax < right.conflictedCount || valueMax < right.conflictedValue) return reason.BUDGET_EXHAUSTED;
    return {
      part: { ...grant, countMax: part.count, valueMax: part.value },
      rest: { ...grant, countMax, valueMax },
    };
  }
  return reason.BAD_OPERATION;
}

/** A right with what was once taken out of it; null where it has no room for that. */
export function joined(whole: Grant, part: Grant): Grant | null {
  if (whole.kind === 'lease' && part.kind === 'lease') {
    const ranges = joinedSerials(whole.ranges, part.ranges);
    return ranges.length > rangesMax ? null : { ...whole, ranges };
  }
  if (whole.kind === 'uses' && part.kind === 'uses') return { ...whole, count: whole.count + part.count };
  if (whole.kind === 'amount' && part.kind === 'amount') return { ...whole, amount: whole.amount + part.amount };
  if (whole.kind === 'budget' && part.kind === 'budget') {
    const countMax = whole.countMax + part.countMax;
    return { ...whole, countMax, valueMax: whole.valueMax + part.valueMax };
  }
  return null;
}
