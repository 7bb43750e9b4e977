/** What becomes of an item that a basket held: used, in part or whole, or given back (SPEC B1 to B3). */
import { captureUnit, type HeldUnit, returnUnit, reviveUnit } from '../rights/settle-unit.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { countHolderUse } from './holder-uses.ts';
import { readRest, writeRest } from './item-rest.ts';
import { readItemStatus, writeItemStatus } from './item-status.ts';
import { returnUses } from './series-uses.ts';
import { countsUses, type Terms } from './terms.ts';

/** An item, the terms it was reserved under, and what its right has to do with it. It is the store's to change. */
export interface HeldItem {
  readonly store: string;
  readonly gcn: string;
  readonly serial: number;
  readonly terms: Terms;
  readonly held: HeldUnit;
  /** Whose use was counted. */
  readonly holder: string | null;
}

/** The item goes back where it came from; `ownsIt`: the store's right has it again. */
function sendHome(tx: LedgerOverlay, { gcn, serial, terms, holder }: HeldItem, ownsIt: boolean): void {
  if (!terms.open) writeItemStatus(tx, gcn, serial, ownsIt ? 'leased' : 'available');
  if (!ownsIt && countsUses(terms)) returnUses(tx, gcn, 1);
  if (holder !== null) countHolderUse(tx, gcn, holder, -1);
}

/** A reservation that held its item ends with a sale: `amount` of it is used. Tells whether nothing of it is left. */
export function useItem(tx: LedgerOverlay, item: HeldItem, amount: bigint): boolean {
  const { store, gcn, serial, terms, held } = item;
  if (terms.partial) {
    const left = readRest(tx, gcn, serial, terms) - amount;
    writeRest(tx, gcn, serial, left);
    if (left > 0n) {
      writeItemStatus(tx, gcn, serial, returnUnit(tx, store, held) ? 'leased' : 'available');
      return false;
    }
  }
  if (!terms.open) writeItemStatus(tx, gcn, serial, 'redeemed');
  captureUnit(tx, store, held, amount);
  return true;
}

/** A reservation ends without a sale; a conflicted one is taken off its budget again. */
export function giveItemBack(tx: LedgerOverlay, item: HeldItem): void {
  const ownsIt = returnUnit(tx, item.store, item.held);
  if (item.held.conflict === 0n) sendHome(tx, item, ownsIt);
}

/** A sale is undone: what `useItem` did with `amount` is taken back; `wasUsedUp` is what it answered. */
export function unuseItem(tx: LedgerOverlay, item: HeldItem, amount: bigint, wasUsedUp: boolean): void {
  const { store, gcn, serial, terms, held, holder } = item;
  if (held.conflict !== 0n) {
    returnUnit(tx, store, held);
    return;
  }
  const ownsIt = wasUsedUp ? reviveUnit(tx, store, held, amount) : returnUnit(tx, store, held);
  if (!terms.partial) {
    sendHome(tx, item, ownsIt);
    return;
  }
  writeRest(tx, gcn, serial, readRest(tx, gcn, serial, terms) + amount);
  if (holder !== null) countHolderUse(tx, gcn, holder, -1);
  // Another basket may hold what was left of it, or the issuer may have ended it.
  if (readItemStatus(tx, gcn, serial) === 'redeemed') writeItemStatus(tx, gcn, serial, ownsIt ? 'leased' : 'available');
}
