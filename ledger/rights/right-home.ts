/** What a right locks where its units live, and what goes back there when it ends (ARCHITECTURE D4). */
import type { CborValue } from '#core/codec';
import { encode } from '#core/format';
import { type DebitConsent, debitFault } from '../accounts/debit-consent.ts';
import { lock, unlock } from '../assets/balance.ts';
import { moveItems, readItemStatus, takenReason } from '../coupons/item-status.ts';
import { chargeUses, returnUses } from '../coupons/series-uses.ts';
import type { Authorship } from '../effect.ts';
import { amountFormat } from '../ids.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import type { Grant, Right } from './right.ts';
import { countSerials, type SerialRange } from './serial-ranges.ts';
import { amountLeft, usesLeft } from './units-left.ts';

function lockItems(tx: LedgerOverlay, gcn: string, ranges: readonly SerialRange[]): bigint {
  let faults = 0n;
  for (const range of ranges) {
    const moved = moveItems(tx, gcn, range, { from: 'available', to: 'leased' });
    if (moved === range.last - range.first + 1) continue;
    // Those moved just now read as leased too: a fault names what else was in the way, or the earlier lease.
    let otherwise = 0n;
    for (let serial = range.first; serial <= range.last; serial++) {
      const status = readItemStatus(tx, gcn, serial);
      if (status !== null && status !== 'available' && status !== 'leased') {
        otherwise |= takenReason[status];
      }
    }
    faults |= otherwise === 0n ? takenReason.leased : otherwise;
  }
  return faults;
}

/** The bytes that an owner consents to when somebody else makes an escrow of its amount. */
export function escrowDebit(rightId: string, store: string, grant: Extract<Grant, { kind: 'amount' }>): CborValue[] {
  return ['right.grant', rightId, store, grant.asset, encode(amountFormat, grant.amount)];
}

/** Locks at home what a new right owns; reason bits where that is not to be had (then the caller refuses, which undoes it). */
export function lockAtHome(
  tx: LedgerOverlay,
  by: Authorship,
  right: { readonly rightId: string; readonly store: string; readonly grant: Grant },
  consent: DebitConsent | null,
): bigint {
  const { rightId, store, grant } = right;
  switch (grant.kind) {
    case 'budget':
      return 0n;
    case 'lease':
      return lockItems(tx, grant.gcn, grant.ranges) | chargeUses(tx, grant.gcn, countSerials(grant.ranges));
    case 'uses':
      return chargeUses(tx, grant.gcn, grant.count);
    case 'amount': {
      const { owner, asset, amount } = grant;
      const fault = debitFault(tx, by, { owner, what: escrowDebit(rightId, store, grant), consent });
      return fault === 0n ? lock(tx, { owner, asset }, amount, by.blockTimeMs) : fault;
    }
  }
}

/** Why items of a right are not all there to be given away: none for items that nobody has reserved or spent. */
export function unspentFault(view: LedgerView, grant: Grant): bigint {
  if (grant.kind !== 'lease') return 0n;
  let faults = 0n;
  for (const { first, last } of grant.ranges) {
    for (let serial = first; serial <= last; serial++) {
      const status = readItemStatus(view, grant.gcn, serial);
      if (status !== null && status !== 'leased' && status !== 'available') faults |= takenReason[status];
    }
  }
  return faults;
}

/**
 * Sends what is unspent of a right home. Items and amounts that open baskets hold stay with them: captured they are spent, released
 * they go home by themselves.
 */
export function sendHome(tx: LedgerOverlay, right: Right, nowMs: number): void {
  const { grant } = right;
  if (grant.kind === 'lease') {
    let items = 0;
    for (const range of grant.ranges) items += moveItems(tx, grant.gcn, range, { from: 'leased', to: 'available' });
    returnUses(tx, grant.gcn, items);
  } else if (grant.kind === 'uses') returnUses(tx, grant.gcn, usesLeft(right));
  else if (grant.kind === 'amount') {
    const { owner, asset } = grant;
    const left = amountLeft(right);
    if (left > 0n) unlock(tx, { owner, asset }, left, nowMs);
  }
}
