/**
 * What a reservation stands on once time and rights have been looked at (SPEC R8 to R10). `coupon.reserve` and `asset.hold` ask
 * here; the unit's own state at home (item status, total, balance) is theirs to look at.
 */
import { isFrozenLane } from '../accounts/terminal.ts';
import { readAssetTerms } from '../assets/asset.ts';
import { readTermsVersion } from '../coupons/series.ts';
import { type Authorship, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import type { Allocation } from './allocation.ts';
import { allocationFault } from './allocation-fault.ts';
import type { Basis } from './basis.ts';
import { lateRules, type Right, rightClosedOut, rightOpen } from './right.ts';
import { readRight } from './right-book.ts';
import { hasSerial } from './serial-ranges.ts';
import { isSurelyOlder } from './shard-age.ts';
import type { Spend } from './spend.ts';
import { amountLeft, usesLeft } from './units-left.ts';

/** What a reservation stands on. */
export interface Footing {
  /**
   * What it turned out to rest on: an online basis that came too late rests on its budget, and so does an owned one that is late
   * under the rule that lets the fact stand: the unit is looked for at home, and gone is a conflict, not a refusal.
   */
  readonly basis: Basis['kind'];
  /** The right it rests on, also where that has faults; null for none. */
  readonly right: Right | null;
  /** Reason bits against it, the unit's state at home aside: the reservation is refused. */
  readonly faults: bigint;
  /** Reason bits to show with whatever comes of it: CLOSED_OUT for what is late. */
  readonly flags: bigint;
  /** The hub's word that it uses up; null without one. */
  readonly allocation: Allocation | null;
}

const onNothing: Footing = { basis: 'online', right: null, faults: 0n, flags: 0n, allocation: null };

/** Faults and flags of a right that may be closed. */
function standing(right: Right): Pick<Footing, 'faults' | 'flags'> {
  if (right.status === rightOpen) return { faults: 0n, flags: 0n };
  if (right.status !== rightClosedOut) return { faults: reason.RIGHT_CLOSED, flags: 0n };
  return right.lateRule === lateRules.conflict
    ? { faults: 0n, flags: reason.CLOSED_OUT }
    : { faults: reason.RIGHT_CLOSED | reason.CLOSED_OUT, flags: 0n };
}

function budgetCovers({ grant }: Right, spend: Spend): boolean {
  if (grant.kind !== 'budget') return false;
  if (spend.kind === 'amount') return grant.of.kind === 'asset' && grant.of.asset === spend.asset;
  return grant.of.kind === 'series' && grant.of.gcn === spend.gcn;
}

/** Reason bits against the age of what the lane judged by, and against budgets for the series at all. */
function policyFaults(view: LedgerView, by: Authorship, right: Right, shardHeight: number | null): bigint {
  const { grant, termsVersion } = right;
  if (grant.kind !== 'budget') return 0n;
  let ageMsMax = grant.shardAgeMsMax;
  let faults = 0n;
  // The terms at grant time hold for the right until it closes, their offline policy among them.
  const terms =
    grant.of.kind === 'series'
      ? readTermsVersion(view, grant.of.gcn, termsVersion)
      : readAssetTerms(view, grant.of.asset, termsVersion);
  if (terms?.offline.kind === 'budget') ageMsMax = Math.min(ageMsMax, terms.offline.shardAgeMsMax);
  else if (terms !== null) faults |= reason.OFFLINE_NOT_ALLOWED;
  const isOld = shardHeight !== null && isSurelyOlder(view, shardHeight, by.timeLowMs, ageMsMax);
  return isOld ? faults | reason.SHARD_TOO_OLD : faults;
}

function budgetFooting(
  view: LedgerView,
  by: Authorship,
  spend: Spend,
  on: { readonly rightId: string; readonly shardHeight: number | null },
): Footing {
  const { store, lane } = terminalOf(by);
  const right = readRight(view, store, on.rightId);
  if (right === null) return { ...onNothing, basis: 'budget', faults: reason.NO_SUCH_RIGHT };
  const { faults, flags } = standing(right);
  const isHere = right.lane === null || right.lane === lane;
  const covered = isHere && budgetCovers(right, spend) ? 0n : reason.RIGHT_DOES_NOT_COVER;
  const policy = policyFaults(view, by, right, on.shardHeight);
  return { ...onNothing, basis: 'budget', right, faults: faults | covered | policy, flags };
}

/** Reason bits against a right that does not own the unit, or no longer enough of it. */
export function coverFaults(right: Right, spend: Spend, isLate: boolean): bigint {
  const { grant } = right;
  if (spend.kind === 'item' && grant.kind === 'lease') {
    return grant.gcn === spend.gcn && hasSerial(grant.ranges, spend.serial) ? 0n : reason.RIGHT_DOES_NOT_COVER;
  }
  // What is left of a closed escrow has gone home: there the late spend finds it or not.
  if (spend.kind === 'use' && grant.kind === 'uses' && grant.gcn === spend.gcn) {
    return isLate || usesLeft(right) >= 1 ? 0n : reason.TOTAL_LIMIT;
  }
  if (spend.kind === 'amount' && grant.kind === 'amount') {
    if (grant.asset !== spend.asset || grant.owner !== spend.owner) return reason.RIGHT_DOES_NOT_COVER;
    return isLate || amountLeft(right) >= spend.amount ? 0n : reason.INSUFFICIENT_BALANCE;
  }
  return reason.RIGHT_DOES_NOT_COVER;
}

function ownedFooting(
  view: LedgerView,
  by: Authorship,
  spend: Spend,
  { rightId, allocation }: Extract<Basis, { kind: 'owned' }>,
): Footing {
  const { store, lane } = terminalOf(by);
  const right = readRight(view, store, rightId);
  if (right === null) return { ...onNothing, basis: 'owned', faults: reason.NO_SUCH_RIGHT };
  const { faults, flags } = standing(right);
  const isLate = flags !== 0n;
  const covered = coverFaults(right, spend, isLate);
  // A sub-lease is its lane's own: no hub has a say in it, and no other lane a part.
  const mine = right.lane === lane && allocation === null ? 0n : reason.RIGHT_DOES_NOT_COVER;
  const word =
    right.lane === null ? allocationFault(view, by.chainId, { store, lane, right, spend }, allocation) : mine;
  const frozen = by.salvaged !== true && isFrozenLane(view, store, lane) ? reason.FROZEN : 0n;
  return { basis: isLate ? 'budget' : 'owned', right, faults: faults | covered | word | frozen, flags, allocation };
}

/** What the terminal that authors `by` may spend the unit on. Reads only. */
export function footingOf(view: LedgerView, by: Authorship, spend: Spend, basis: Basis): Footing {
  if (basis.kind === 'owned') return ownedFooting(view, by, spend, basis);
  if (basis.kind === 'budget') return budgetFooting(view, by, spend, basis);
  const isLate = by.notAfterMs !== null && by.blockTimeMs > by.notAfterMs;
  if (!isLate) return onNothing;
  const { fallbackRightId: rightId } = basis;
  if (rightId === null) return { ...onNothing, faults: reason.TOO_LATE };
  return budgetFooting(view, by, spend, { rightId, shardHeight: null });
}
