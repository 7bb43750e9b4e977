/**
 * What becomes of a unit that was reserved on a right: drawn, captured, given back, or lost to somebody else (SPEC R11). The
 * baskets call this for what they hold; where the unit goes at home (item status, total, balance) is theirs.
 */
import { type Authorship, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { useNumber } from './allocation-numbers.ts';
import type { Footing } from './footing.ts';
import { type Right, rightOpen } from './right.ts';
import { readChargedRight, writeRight } from './right-book.ts';
import type { Spend } from './spend.ts';

/** The part of an open reservation that its right has to do with. */
export interface HeldUnit {
  readonly rightId: string | null;
  /** Whether it was drawn from a right that owns the unit (a number of `restsOn`). */
  readonly isOwned: boolean;
  /** Reasons of a conflicted reservation; none for one that holds its unit. */
  readonly conflict: bigint;
  /** What it can take at most, base units: of a hold its amount. */
  readonly value: bigint;
}

function useWord(tx: LedgerOverlay, store: string, { allocation }: Footing): void {
  if (allocation === null) return;
  const { hubEpoch, number } = allocation;
  useNumber(tx, { store, hubEpoch, number }, 'spent');
}

/**
 * Makes a reservation without faults and without conflict. True: the unit comes from the right, so that an amount is locked at home
 * already and a use is charged to the series' total.
 */
export function drawUnit(tx: LedgerOverlay, by: Authorship, footing: Footing, spend: Spend): boolean {
  const { store } = terminalOf(by);
  const { right, basis } = footing;
  useWord(tx, store, footing);
  if (basis !== 'owned' || right === null) return false;
  if (spend.kind === 'item') return true;
  const heldValue = spend.kind === 'amount' ? right.heldValue + spend.amount : right.heldValue;
  writeRight(tx, store, { ...right, heldCount: right.heldCount + 1, heldValue });
  return true;
}

/** Makes a reservation whose unit is gone: charges who bears it; reason bits to join, BUDGET_EXHAUSTED where a budget does not. */
export function bookConflict(tx: LedgerOverlay, store: string, footing: Footing, value: bigint): bigint {
  const { right, flags } = footing;
  useWord(tx, store, footing);
  if (right === null) return flags;
  const { grant } = right;
  const conflictedCount = right.conflictedCount + 1;
  const conflictedValue = right.conflictedValue + value;
  if (grant.kind === 'budget') {
    const bears = flags === 0n && conflictedCount <= grant.countMax && conflictedValue <= grant.valueMax;
    if (!bears) return flags | reason.BUDGET_EXHAUSTED;
  }
  writeRight(tx, store, { ...right, conflictedCount, conflictedValue });
  return flags;
}

/** The right without what a reservation holds of it. */
function withoutHeld(right: Right, { isOwned, value }: HeldUnit): Right {
  const { grant, heldCount, heldValue } = right;
  if (!isOwned || (grant.kind !== 'uses' && grant.kind !== 'amount')) return right;
  return {
    ...right,
    heldCount: heldCount - 1,
    heldValue: grant.kind === 'amount' ? heldValue - value : heldValue,
  };
}

function rightOf(tx: LedgerOverlay, store: string, { rightId }: HeldUnit): Right | null {
  return rightId === null ? null : readChargedRight(tx, store, rightId);
}

/**
 * A unit that its reservation holds is captured for `taken`, at most `held.value`. What is left of an amount: true means that the right
 * has it again and it stays locked, false that the caller unlocks it.
 */
export function captureUnit(tx: LedgerOverlay, store: string, held: HeldUnit, taken: bigint): boolean {
  const right = rightOf(tx, store, held);
  if (right === null) return false;
  const { spentCount, spentValue } = right;
  writeRight(tx, store, {
    ...withoutHeld(right, held),
    spentCount: spentCount + 1,
    spentValue: spentValue + taken,
  });
  return held.isOwned && right.status === rightOpen;
}

/**
 * A reservation ends without a sale. True: its right has the unit again, which stays locked at home. False: the caller sends home
 * what the reservation held (nothing, for a conflicted one, which is no loss any more).
 */
export function returnUnit(tx: LedgerOverlay, store: string, held: HeldUnit): boolean {
  const right = rightOf(tx, store, held);
  if (right === null) return false;
  if (held.conflict === 0n) {
    const without = withoutHeld(right, held);
    if (without !== right) writeRight(tx, store, without);
    return held.isOwned && right.status === rightOpen;
  }
  if ((held.conflict & reason.BUDGET_EXHAUSTED) !== 0n) return false;
  const conflictedValue = right.conflictedValue - held.value;
  writeRight(tx, store, { ...right, conflictedCount: right.conflictedCount - 1, conflictedValue });
  return false;
}

/** A conflicted reservation ends with a sale for `taken`, at most `held.value`: only that is the loss that its right bears. */
export function captureConflict(tx: LedgerOverlay, store: string, held: HeldUnit, taken: bigint): void {
  const right = rightOf(tx, store, held);
  if (right === null || (held.conflict & reason.BUDGET_EXHAUSTED) !== 0n) return;
  writeRight(tx, store, { ...right, conflictedValue: right.conflictedValue - held.value + taken });
}

/** The sale of a unit that was captured for `taken` is undone. True: its right has the unit again. A conflicted one was never its own: `returnUnit`. */
export function reviveUnit(tx: LedgerOverlay, store: string, held: HeldUnit, taken: bigint): boolean {
  const right = rightOf(tx, store, held);
  if (right === null) return false;
  const { spentCount, spentValue } = right;
  writeRight(tx, store, { ...right, spentCount: spentCount - 1, spentValue: spentValue - taken });
  return held.isOwned && right.status === rightOpen;
}
