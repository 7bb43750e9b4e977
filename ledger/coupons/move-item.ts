/** Items as goods: bound to a holder they are passed on, also by way of an offer on the market (SPEC C9). */
import { readHolder } from '../accounts/holder.ts';
import { isHolder } from '../ids.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type ItemStatus, readItemStatus, takenReason, writeItemStatus } from './item-status.ts';
import { ownerOf, writeOwner } from './owners.ts';
import { readSeries, readTermsVersion } from './series.ts';

/** One item. */
export interface Item {
  readonly gcn: string;
  readonly serial: number;
}

/** An item on its way from its owner (`ownerOf`) to a registered holder, in a block of this time. */
export interface ItemMove extends Item {
  readonly from: string;
  readonly to: string;
  readonly blockTimeMs: number;
}

function statusFault(view: LedgerView, { gcn, serial }: Item, wanted: ItemStatus): bigint {
  const status = readItemStatus(view, gcn, serial);
  if (status === wanted) return 0n;
  if (status === null) return reason.NO_SUCH_ITEM;
  return status === 'available' ? reason.NO_SUCH_OFFER : takenReason[status];
}

function passFaults(view: LedgerView, { gcn, serial }: Item, from: string, blockTimeMs: number): bigint {
  const series = readSeries(view, gcn);
  const terms = series === null ? null : readTermsVersion(view, gcn, series.termsVersion);
  if (series === null || terms === null) return reason.NO_SUCH_SERIES;
  if (serial >= series.issuedCount) return reason.NO_SUCH_ITEM;
  let faults = ownerOf(view, gcn, serial) === from ? 0n : reason.NOT_OWNER;
  // The issuer brings its items out, whether or not they may be passed on afterwards.
  if (!terms.transferable && from !== series.issuer) faults |= reason.NOT_TRANSFERABLE;
  if (blockTimeMs < terms.validFromMs) faults |= reason.NOT_YET_VALID;
  if (blockTimeMs > terms.validUntilMs) faults |= reason.EXPIRED;
  return faults;
}

/** Reason bits against binding an item to this account: only registered holders have items. */
function receiverFault(view: LedgerView, to: string): bigint {
  return isHolder(to) && readHolder(view, to) !== null ? 0n : reason.UNKNOWN_ACCOUNT;
}

/** Passes an available item on; reason bits (and nothing written) where it cannot be. */
export function moveItem(tx: LedgerOverlay, move: ItemMove): bigint {
  const faults =
    passFaults(tx, move, move.from, move.blockTimeMs) | statusFault(tx, move, 'available') | receiverFault(tx, move.to);
  if (faults === 0n) writeOwner(tx, move.gcn, move.serial, move.to);
  return faults;
}

/** Puts an available item up for sale: until it is sold or withdrawn nobody can use or move it. */
export function offerItem(tx: LedgerOverlay, item: Item, owner: string, blockTimeMs: number): bigint {
  const faults = passFaults(tx, item, owner, blockTimeMs) | statusFault(tx, item, 'available');
  if (faults === 0n) writeItemStatus(tx, item.gcn, item.serial, 'offered');
  return faults;
}

/** Ends an offer without a sale, whatever the time. */
export function withdrawItem(tx: LedgerOverlay, item: Item): bigint {
  const fault = statusFault(tx, item, 'offered');
  if (fault === 0n) writeItemStatus(tx, item.gcn, item.serial, 'available');
  return fault;
}

/** Reason bits against passing on an item that is on offer, whoever takes it. */
export function saleFaults(view: LedgerView, item: Item, owner: string, blockTimeMs: number): bigint {
  return passFaults(view, item, owner, blockTimeMs) | statusFault(view, item, 'offered');
}

/** Passes an item that is on offer on; it is available to its new owner. */
export function sellItem(tx: LedgerOverlay, move: ItemMove): bigint {
  const faults = saleFaults(tx, move, move.from, move.blockTimeMs) | receiverFault(tx, move.to);
  if (faults !== 0n) return faults;
  writeItemStatus(tx, move.gcn, move.serial, 'available');
  writeOwner(tx, move.gcn, move.serial, move.to);
  return 0n;
}
