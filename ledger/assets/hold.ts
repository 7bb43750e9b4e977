/**
 * Holds: an amount that a till has reserved for a basket, locked in its owner's balance (SPEC V8 to V10). The basket that closes
 * captures up to the amount, and what is left goes back; `baskets/` keeps the list of what is open and calls these functions.
 */
import { assert } from '#core/assert';
import { bool, type Infer, optional, record, uint } from '#core/format';
import { readStore } from '../accounts/store.ts';
import {
  accountIdFormat,
  amountFormat,
  assetIdFormat,
  basketIdFormat,
  epochFormat,
  rightIdFormat,
  sequenceFormat,
  timeMsFormat,
} from '../ids.ts';
import { reason, reasonSetFormat } from '../reasons.ts';
import type { Movement } from '../receipt.ts';
import { captureConflict, captureUnit, type HeldUnit, returnUnit } from '../rights/settle-unit.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { readAssetTerms } from './asset.ts';
import { give, quantumEnd, takeLockedLate, unlock } from './balance.ts';
import { retire, unretire } from './supply.ts';
import { onRedeem } from './terms.ts';
import { transfer } from './transfer.ts';

/** Largest amount of one hold: the sum over a basket still fits an amount of 96 bits. */
export const holdMax = 2n ** 64n - 1n;

/** A hold that no capture or release has closed yet. */
export const openHoldFormat = record('open-hold', {
  /** The reserving entry, in the lane's value stream. */
  epoch: epochFormat,
  sequence: sequenceFormat,
  basket: basketIdFormat,
  asset: assetIdFormat,
  owner: accountIdFormat,
  termsVersion: uint({ max: 0xffff }),
  /** The amount held, base units of the asset. */
  value: amountFormat,
  rightId: optional(rightIdFormat),
  /** Drawn from the right, which owns it until it is captured. */
  isOwned: bool(),
  /** Reasons of a conflicted hold, which locks nothing; none for one that locks its value. */
  conflict: reasonSetFormat,
});
/** An open hold as stored. */
export type OpenHold = Infer<typeof openHoldFormat>;

/** What a hold paid, as a sale keeps it to be able to give it back. */
export const paidHoldFormat = record('paid-hold', {
  asset: assetIdFormat,
  owner: accountIdFormat,
  /** Who was paid; null: it was burned. */
  merchant: optional(accountIdFormat),
  amount: amountFormat,
  /** The latest date of the units that were burned; null where they had none, or where the merchant has them. */
  expiryMs: optional(timeMsFormat),
});
/** What a hold paid. */
export type PaidHold = Infer<typeof paidHoldFormat>;

/** Where a hold is closed, and the time of the block. */
export interface HoldPlace {
  readonly store: string;
  readonly nowMs: number;
}

/** What closing a hold moved, or why it cannot be. */
export interface HoldEffect {
  /** Reason bits; with any, nothing was changed. */
  readonly faults: bigint;
  readonly movements: readonly Movement[];
}

/** What a hold's right has to do with it. */
export function heldUnitOf({ rightId, isOwned, conflict, value }: OpenHold): HeldUnit {
  return { rightId, isOwned, conflict, value };
}

/**
 * Captures part or all of a hold: the store's merchant is paid, or the units are burned, by the asset's terms; the rest is free
 * again. 0, or more than is held: BAD_OPERATION. A conflicted hold moves nothing and pays nobody; what was taken is its budget's loss. The caller takes it off the list.
 */
export function captureHold(
  tx: LedgerOverlay,
  { store, nowMs }: HoldPlace,
  hold: OpenHold,
  amount: bigint,
): HoldEffect & { readonly paid: PaidHold | null } {
  const { asset, owner, value } = hold;
  if (amount === 0n || amount > value) return { faults: reason.BAD_OPERATION, movements: [], paid: null };
  if (hold.conflict !== 0n) {
    captureConflict(tx, store, heldUnitOf(hold), amount);
    return { faults: 0n, movements: [], paid: null };
  }
  const of = { owner, asset };
  const lots = takeLockedLate(tx, of, amount, nowMs);
  const terms = readAssetTerms(tx, asset, hold.termsVersion);
  const merchant = terms?.onRedeem === onRedeem.payMerchant ? (readStore(tx, store)?.merchant ?? null) : null;
  if (merchant === null) retire(tx, asset, amount);
  else give(tx, { owner: merchant, asset }, lots, nowMs);
  // What is left of an escrow's amount stays locked for it.
  if (!captureUnit(tx, store, heldUnitOf(hold), amount)) unlock(tx, of, value - amount, nowMs);
  const dated = merchant === null ? lots.filter((lot) => lot.expiryMs !== null) : [];
  const expiryMs = dated.at(-1)?.expiryMs ?? null;
  const paid = { asset, owner, merchant, amount, expiryMs };
  return { faults: 0n, movements: [{ asset, from: owner, to: merchant, amount }], paid };
}

/** Ends a hold without a sale: what it locked is its owner's again, or its right's. The caller takes it off the list. */
export function releaseHold(tx: LedgerOverlay, { store, nowMs }: HoldPlace, hold: OpenHold): void {
  const rightHasIt = returnUnit(tx, store, heldUnitOf(hold));
  if (hold.conflict !== 0n || rightHasIt) return;
  unlock(tx, { owner: hold.owner, asset: hold.asset }, hold.value, nowMs);
}

/**
 * Gives back what a hold paid, or part of it: out of the merchant's balance with the dates that its units have, or as if it had not
 * been burned, with the date from before and to the end of the running quantum at least: nothing is renewed by bringing it back.
 * The caller sees to it that refunds never add up to more than `paid.amount`. INSUFFICIENT_BALANCE or FROZEN (the merchant): nothing is
 * changed then.
 */
export function refundHold(tx: LedgerOverlay, paid: PaidHold, amount: bigint, nowMs: number): HoldEffect {
  assert(amount <= paid.amount, 'a refund is no more than what was paid');
  const { asset, owner, merchant } = paid;
  if (amount === 0n) return { faults: 0n, movements: [] };
  const movements = [{ asset, from: merchant, to: owner, amount }];
  if (merchant === null) {
    const expiryMs = paid.expiryMs === null ? null : Math.max(paid.expiryMs, quantumEnd(nowMs));
    unretire(tx, asset, amount);
    give(tx, { owner, asset }, [{ expiryMs, amount }], nowMs);
    return { faults: 0n, movements };
  }
  const faults = transfer(tx, { asset, from: merchant, to: owner, amount, nowMs });
  return { faults, movements: faults === 0n ? movements : [] };
}
