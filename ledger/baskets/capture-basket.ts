/** `basket.capture`: a basket closes with the reservations it names, all or nothing (SPEC B1). */
import { equalBytes } from '#core/bytes';
import { readStore } from '../accounts/store.ts';
import { type Posting, postingsMax } from '../alliances/postings.ts';
import { settleRedemption } from '../alliances/settle.ts';
import { captureHold, type OpenHold } from '../assets/hold.ts';
import { useItem } from '../coupons/item-life.ts';
import { needsPurchase, purchaseFaults, valueOn } from '../coupons/purchase.ts';
import { readSeries, storedTerms } from '../coupons/series.ts';
import type { Terms } from '../coupons/terms.ts';
import { type Authorship, applied, conflicted, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import { type LineAllocation, lineAllocationsMax, type Movement, movementsMax } from '../receipt.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { heldUnit, type OpenItem, type OpenReservation, readOpen, writeOpen } from './open-reservations.ts';
import type { Capture } from './operations.ts';
import { type SalePart, writeSale } from './sale.ts';

/** A reservation that was captured, or the reason bits against it. */
type Captured =
  | {
      readonly part: SalePart;
      readonly amount: bigint;
      readonly movements: readonly Movement[];
      readonly postings: readonly Posting[];
    }
  | { readonly fault: bigint };

const sumOfLines = ({ lines }: Capture): bigint => lines.reduce((total, { amount }) => total + amount, 0n);

/** What the coupon takes off now that its basket closes, or the reason bits against it. */
function dueOf(terms: Terms, item: OpenItem, { purchase }: Capture): bigint | { readonly fault: bigint } {
  if (item.isPriced) return purchase === null ? item.value : { fault: reason.BAD_OPERATION };
  if (purchase === null) return needsPurchase(terms) ? { fault: reason.MINIMUM_SPEND } : item.value;
  const fault = purchaseFaults(terms, purchase);
  return fault === 0n ? valueOn(terms, purchase, item.value) : { fault };
}

/** What the coupon's alliance settles because of it; nothing for a coupon of no alliance. */
function settle(tx: LedgerOverlay, by: Authorship, item: OpenItem, terms: Terms, value: bigint, part: number) {
  const { gcn, serial } = item;
  const issuer = readSeries(tx, gcn)?.issuer;
  const acceptor = readStore(tx, terminalOf(by).store)?.merchant;
  const { acceptedBy, unit } = terms;
  const settles = acceptedBy.kind === 'alliance' && item.conflict === 0n && value > 0n;
  if (!settles || issuer === undefined || acceptor === undefined) return { postings: [], movements: [] };
  const spend = { alliance: acceptedBy.id, gcn, serial, unit, issuer, acceptor, value, atMs: by.timeHighMs };
  return settleRedemption(tx, spend, part, by.blockTimeMs);
}

function captureItem(tx: LedgerOverlay, by: Authorship, item: OpenItem, capture: Capture, part: number): Captured {
  const { store } = terminalOf(by);
  const { gcn, serial, termsVersion, isOwned, rightId, conflict, holder } = item;
  const terms = storedTerms(tx, gcn, termsVersion);
  const due = dueOf(terms, item, capture);
  if (typeof due !== 'bigint') return due;
  const value = capture.lines.length === 0 ? due : sumOfLines(capture);
  // What can be used in parts may be used for less.
  if (value !== due && !(terms.partial && value < due)) return { fault: reason.BAD_OPERATION };
  const held = { store, gcn, serial, terms, held: heldUnit(item), holder };
  const isUsedUp = conflict === 0n && useItem(tx, held, value);
  const charged = conflict === 0n ? value : item.value;
  const sold: SalePart = {
    kind: 'item',
    gcn,
    serial,
    termsVersion,
    isOwned,
    rightId,
    value: charged,
    conflict,
    holder,
    isUsedUp,
  };
  return { part: sold, amount: value, ...settle(tx, by, item, terms, value, part) };
}

function captureOpenHold(tx: LedgerOverlay, by: Authorship, hold: OpenHold, capture: Capture): Captured {
  if (capture.purchase !== null) return { fault: reason.BAD_OPERATION };
  const { asset, owner, rightId, conflict } = hold;
  const amount = capture.lines.length === 0 ? hold.value : sumOfLines(capture);
  const place = { store: terminalOf(by).store, nowMs: by.blockTimeMs };
  const { faults, movements, paid } = captureHold(tx, place, hold, amount);
  if (faults !== 0n) return { fault: faults };
  const { merchant, expiryMs } = paid ?? { merchant: null, expiryMs: null };
  const part = { kind: 'hold', asset, owner, merchant, amount, expiryMs, rightId, conflict } as const;
  return { part, amount, movements, postings: [] };
}

function captureOne(
  tx: LedgerOverlay,
  by: Authorship,
  open: OpenReservation,
  capture: Capture,
  part: number,
): Captured {
  if (open.kind === 'hold') return captureOpenHold(tx, by, open, capture);
  return captureItem(tx, by, open, capture, part);
}

/** Rule B1. */
export const captureBasket: Handler<'basket.capture'> = (tx, by, { basket, captures }) => {
  const { store, lane } = terminalOf(by);
  const named = new Map(captures.map((capture) => [capture.reservation, capture]));
  if (named.size !== captures.length) return refused(reason.BAD_OPERATION);
  const left: OpenReservation[] = [];
  const parts: SalePart[] = [];
  const allocations: LineAllocation[] = [];
  const lines: { line: number; part: number; amount: bigint }[] = [];
  const movements: Movement[] = [];
  const postings: Posting[] = [];
  let value = 0n;
  let conflicts = 0n;
  for (const open of readOpen(tx, store, lane)) {
    const { sequence: reservation, conflict } = open;
    const capture = open.epoch === by.epoch && equalBytes(open.basket, basket) ? named.get(reservation) : undefined;
    if (capture === undefined) {
      left.push(open);
      continue;
    }
    const captured = captureOne(tx, by, open, capture, parts.length);
    if ('fault' in captured) return refused(captured.fault);
    const { amount: whole } = captured;
    for (const { line, amount } of capture.lines.length === 0 ? [{ line: 0, amount: whole }] : capture.lines) {
      allocations.push({ line, reservation, amount });
      lines.push({ line, part: parts.length, amount });
    }
    parts.push(captured.part);
    movements.push(...captured.movements);
    postings.push(...captured.postings);
    conflicts |= conflict;
    if (conflict === 0n) value += whole;
  }
  if (parts.length !== named.size) return refused(reason.NOT_RESERVED);
  const tooMuch = movements.length > movementsMax || postings.length > postingsMax;
  if (tooMuch || lines.length > lineAllocationsMax) return refused(reason.LIMIT_EXCEEDED);
  writeOpen(tx, store, lane, left);
  const sale = { atMs: by.blockTimeMs, isVoided: false, parts, lines, returned: [], postings, review: null };
  writeSale(tx, { store, lane, epoch: by.epoch, sequence: by.sequence }, sale);
  const detail = { movements, lines: allocations };
  return conflicts === 0n ? applied(value, 0n, detail) : conflicted(conflicts, value, detail);
};
