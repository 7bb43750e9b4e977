/** `basket.return`: goods come back, perhaps months later; what their lines were paid with is booked back to the base unit (SPEC B5). */

import { readStore } from '../accounts/store.ts';
import { unsettle } from '../alliances/settle.ts';
import { refundHold } from '../assets/hold.ts';
import { unuseItem } from '../coupons/item-life.ts';
import { storedTerms } from '../coupons/series.ts';
import { returnRule } from '../coupons/terms.ts';
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import { type Movement, movementsMax } from '../receipt.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { heldUnit } from './open-reservations.ts';
import { readSale, type Sale, type SoldHold, type SoldItem, writeSale } from './sale.ts';

type SaleLine = Sale['lines'][number];

const sameLine = (a: SaleLine, b: SaleLine): boolean => a.line === b.line && a.part === b.part;
const amountOf = (lines: readonly SaleLine[], part: number): bigint =>
  lines.reduce((sum, line) => (line.part === part ? sum + line.amount : sum), 0n);

/** What has come back with these lines too, or null where one is of no line of the sale or more than was left of it. */
function returnedWith(sale: Sale, lines: readonly SaleLine[]): readonly SaleLine[] | null {
  const returned = [...sale.returned];
  for (const line of lines) {
    // A capture may name a line more than once.
    const sold = sale.lines.reduce((sum, one) => (sameLine(one, line) ? sum + one.amount : sum), 0n);
    const at = returned.findIndex((one) => sameLine(one, line));
    const amount = line.amount + (returned[at]?.amount ?? 0n);
    if (line.amount === 0n || amount > sold) return null;
    if (at < 0) returned.push({ ...line });
    else returned[at] = { ...line, amount };
  }
  return returned;
}

/** What becomes of a coupon whose whole sale has come back, by its terms. */
function reviveItem(tx: LedgerOverlay, store: string, item: SoldItem): void {
  const { gcn, serial, termsVersion, holder, value, isUsedUp, conflict } = item;
  const terms = storedTerms(tx, gcn, termsVersion);
  // Of a coupon that was never this store's nothing comes back; a new one is the issuer's to issue.
  if (conflict !== 0n || terms.returnRule !== returnRule.reinstate) return;
  unuseItem(tx, { store, gcn, serial, terms, held: heldUnit(item), holder }, value, isUsedUp);
}

function refund(tx: LedgerOverlay, hold: SoldHold, amount: bigint, nowMs: number) {
  return hold.conflict === 0n ? refundHold(tx, hold, amount, nowMs) : { faults: 0n, movements: [] };
}

/** Rule B5. */
export const returnBasket: Handler<'basket.return'> = (tx, by, { store, lane, epoch, capture, period, lines }) => {
  const merchant = readStore(tx, terminalOf(by).store)?.merchant;
  if (readStore(tx, store)?.merchant !== merchant) return refused(reason.NOT_AUTHORISED);
  const of = { store, lane, epoch, sequence: capture };
  const sale = readSale(tx, of, period);
  if (sale === null) return refused(reason.NO_SUCH_SALE);
  if (sale.isVoided) return refused(reason.VOIDED);
  const returned = returnedWith(sale, lines);
  if (returned === null) return refused(reason.RETURN_EXCEEDS_SALE);
  const nowMs = by.blockTimeMs;
  let { postings } = sale;
  const movements: Movement[] = [];
  for (const [at, part] of sale.parts.entries()) {
    const now = amountOf(lines, at);
    if (now === 0n) continue;
    if (part.kind === 'hold') {
      const refunded = refund(tx, part, now, nowMs);
      if (refunded.faults !== 0n) return refused(refunded.faults);
      movements.push(...refunded.movements);
      continue;
    }
    const total = amountOf(returned, at);
    const sold = amountOf(sale.lines, at);
    const undone = unsettle(tx, postings, { part: at, returned: total, value: sold }, nowMs);
    postings = undone.postings;
    movements.push(...undone.movements);
    if (total === sold) reviveItem(tx, store, part);
  }
  if (movements.length > movementsMax) return refused(reason.LIMIT_EXCEEDED);
  writeSale(tx, of, { ...sale, returned, postings });
  const value = lines.reduce((sum, { amount }) => sum + amount, 0n);
  return applied(value, 0n, { movements, lines: [] });
};
