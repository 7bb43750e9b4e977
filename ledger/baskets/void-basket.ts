/** `basket.void`: a sale is undone whole, within the time that its coupons' terms leave for it (SPEC B3). */
import { unsettle } from '../alliances/settle.ts';
import { refundHold } from '../assets/hold.ts';
import { unuseItem } from '../coupons/item-life.ts';
import { storedTerms } from '../coupons/series.ts';
import { voidWindowMsMax } from '../coupons/terms.ts';
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { salesPeriodOf } from '../ids.ts';
import { reason } from '../reasons.ts';
import { type Movement, movementsMax } from '../receipt.ts';
import { returnUnit } from '../rights/settle-unit.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { heldUnit } from './open-reservations.ts';
import { readSale, type Sale, type SaleOf, type SoldHold, type SoldItem, writeSale } from './sale.ts';

/** What undoing a part moved, or the reason bits against it. */
type Undone = { readonly movements: readonly Movement[] } | { readonly fault: bigint };

/** A sale that can still be voided is of this span of time or of the last: no terms leave longer. */
function recentSale(view: LedgerView, of: SaleOf, blockTimeMs: number): Sale | null {
  const period = salesPeriodOf(blockTimeMs);
  return readSale(view, of, period) ?? (period > 0 ? readSale(view, of, period - 1) : null);
}

function undoItem(tx: LedgerOverlay, store: string, item: SoldItem, sinceMs: number): Undone {
  const { gcn, serial, termsVersion, holder, value, isUsedUp } = item;
  const terms = storedTerms(tx, gcn, termsVersion);
  if (sinceMs > terms.voidWindowMs) return { fault: reason.WINDOW_OVER };
  unuseItem(tx, { store, gcn, serial, terms, held: heldUnit(item), holder }, value, isUsedUp);
  return { movements: [] };
}

function undoHold(tx: LedgerOverlay, store: string, hold: SoldHold, nowMs: number): Undone {
  const { amount, rightId, conflict } = hold;
  if (conflict !== 0n) {
    returnUnit(tx, store, { rightId, isOwned: false, conflict, value: amount });
    return { movements: [] };
  }
  const { faults, movements } = refundHold(tx, hold, amount, nowMs);
  return faults === 0n ? { movements } : { fault: faults };
}

/** Rule B3. */
export const voidBasket: Handler<'basket.void'> = (tx, by, { lane, epoch, capture }) => {
  const { store } = terminalOf(by);
  const of = { store, lane, epoch, sequence: capture };
  const sale = recentSale(tx, of, by.blockTimeMs);
  if (sale === null) return refused(reason.NO_SUCH_SALE);
  if (sale.isVoided) return refused(reason.VOIDED);
  if (sale.returned.length > 0) return refused(reason.RETURN_EXCEEDS_SALE);
  const sinceMs = by.timeLowMs - sale.atMs;
  if (sinceMs > voidWindowMsMax) return refused(reason.WINDOW_OVER);
  const movements: Movement[] = [];
  let { postings } = sale;
  let value = 0n;
  for (const [at, part] of sale.parts.entries()) {
    const undone =
      part.kind === 'item' ? undoItem(tx, store, part, sinceMs) : undoHold(tx, store, part, by.blockTimeMs);
    if ('fault' in undone) return refused(undone.fault);
    movements.push(...undone.movements);
    const whole = part.kind === 'item' ? part.value : part.amount;
    const unsettled = unsettle(tx, postings, { part: at, returned: whole, value: whole }, by.blockTimeMs);
    postings = unsettled.postings;
    movements.push(...unsettled.movements);
    if (part.conflict === 0n) value += whole;
  }
  if (movements.length > movementsMax) return refused(reason.LIMIT_EXCEEDED);
  writeSale(tx, of, { ...sale, isVoided: true, postings });
  return applied(value, 0n, { movements, lines: [] });
};
