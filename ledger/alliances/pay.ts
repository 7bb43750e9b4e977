/** How money goes between accounts of an alliance: from cover first, and what cover does not suffice for is owed (SPEC L7). */

import { give, readBalance, spendable, take, takeLockedLate } from '../assets/balance.ts';
import { bizAsset } from '../assets/biz.ts';
import type { Movement } from '../receipt.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { changeDebt, readDebt, readMember, writeMember } from './alliance.ts';

/** One payment within an alliance. */
export interface Payment {
  readonly alliance: string;
  readonly asset: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly nowMs: number;
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

function moved({ asset, from, to }: Payment, amount: bigint): Movement[] {
  return amount === 0n ? [] : [{ asset, from, to, amount }];
}

/** Pays from a member's cover of the asset as far as it goes; what was paid. */
function payFromCover(tx: LedgerOverlay, { alliance, asset, from, to, amount, nowMs }: Payment): bigint {
  const member = readMember(tx, alliance, from);
  if (member === null) return 0n;
  const isBiz = asset === bizAsset;
  const paid = least(isBiz ? member.bizCover : member.cover, amount);
  if (paid === 0n) return 0n;
  const left = isBiz ? { bizCover: member.bizCover - paid } : { cover: member.cover - paid };
  writeMember(tx, alliance, from, { ...member, ...left });
  give(tx, { owner: to, asset }, takeLockedLate(tx, { owner: from, asset }, paid, nowMs), nowMs);
  return paid;
}

/** Pays a member's due: from its cover, and the rest is its debt. */
export function payDue(tx: LedgerOverlay, payment: Payment): Movement[] {
  const paid = payFromCover(tx, payment);
  const { alliance, from: debtor, to: creditor } = payment;
  changeDebt(tx, alliance, { debtor, creditor }, payment.amount - paid);
  return moved(payment, paid);
}

/** Pays what a debtor owes a creditor, as far as its cover goes. */
export function payDebt(tx: LedgerOverlay, payment: Omit<Payment, 'amount'>): Movement[] {
  const { alliance, from: debtor, to: creditor } = payment;
  const due = { ...payment, amount: readDebt(tx, alliance, debtor, creditor) };
  const paid = payFromCover(tx, due);
  changeDebt(tx, alliance, { debtor, creditor }, -paid);
  return moved(due, paid);
}

/**
 * Books a posting back: what is still owed is forgiven first, then the payee gives back what it got: a member by its cover and its
 * debt, anyone else what its balance has.
 */
export function payBack(tx: LedgerOverlay, posting: Payment): Movement[] {
  const { alliance, asset, nowMs } = posting;
  const owed = asset === bizAsset ? 0n : readDebt(tx, alliance, posting.from, posting.to);
  const forgiven = least(owed, posting.amount);
  changeDebt(tx, alliance, { debtor: posting.from, creditor: posting.to }, -forgiven);
  const back = { ...posting, from: posting.to, to: posting.from, amount: posting.amount - forgiven };
  if (back.amount === 0n) return [];
  if (readMember(tx, alliance, back.from) !== null && asset !== bizAsset) return payDue(tx, back);
  const of = { owner: back.from, asset };
  const amount = least(spendable(readBalance(tx, of), nowMs), back.amount);
  const lots = take(tx, of, amount, nowMs);
  // A payee whose balance is frozen gives nothing back.
  if (lots === null) return [];
  give(tx, { owner: back.to, asset }, lots, nowMs);
  return moved(back, amount);
}
