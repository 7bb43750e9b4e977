/** `right.grant`: an issuer gives a store a lease of items or a risk budget (SPEC R1, ARCHITECTURE D4). */
import { readStore } from '../accounts/store.ts';
import { moveItems, readItemStatus, takenReason } from '../coupons/item-status.ts';
import { readSeries, readTermsVersion } from '../coupons/series.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { joinReasons, reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import type { SerialRange } from './right.ts';
import { openRightsMax, readOpenRightIds, readRight, rightOpen, writeOpenRightIds, writeRight } from './right-book.ts';

/** Most items of one lease. */
export const leaseItemsMax = 65_536;

function rangesFault(ranges: readonly SerialRange[], issuedCount: number): number {
  let items = 0;
  let next = 0;
  for (const { first, last } of ranges) {
    if (first < next || last < first) return reason.BAD_OPERATION;
    if (last >= issuedCount) return reason.NO_SUCH_ITEM;
    items += last - first + 1;
    next = last + 1;
  }
  return items > leaseItemsMax ? reason.LIMIT_EXCEEDED : 0;
}

/** Locks the items at home; reason bits where one of them is not available (then the caller refuses, which undoes it). */
function lockItems(tx: LedgerOverlay, gcn: string, ranges: readonly SerialRange[]): number {
  let faults = 0;
  for (const range of ranges) {
    const moved = moveItems(tx, gcn, range, { from: 'available', to: 'leased' });
    if (moved === range.last - range.first + 1) continue;
    // Those moved just now read as leased too: a fault names what else was in the way, or the earlier lease.
    let otherwise = 0;
    for (let serial = range.first; serial <= range.last; serial++) {
      const status = readItemStatus(tx, gcn, serial);
      if (status !== null && status !== 'available' && status !== 'leased') {
        otherwise = joinReasons(otherwise, takenReason[status]);
      }
    }
    faults = joinReasons(faults, otherwise === 0 ? takenReason.leased : otherwise);
  }
  return faults;
}

/** Rule R1. */
export const grantRight: Handler<'right.grant'> = (tx, by, { rightId, store, gcn, grant }) => {
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  if (series.issuer !== by.author) return refused(reason.NOT_AUTHORISED);
  const shop = readStore(tx, store);
  if (shop === null) return refused(reason.NO_SUCH_STORE);
  if (readRight(tx, store, rightId) !== null) return refused(reason.ALREADY_EXISTS);
  const openIds = readOpenRightIds(tx, store);
  if (openIds.length >= openRightsMax) return refused(reason.TOO_MANY_OPEN);
  const terms = readTermsVersion(tx, gcn, series.termsVersion);
  if (terms === null) return refused(reason.BAD_OPERATION);
  if (!terms.acceptedBy.includes(shop.merchant)) return refused(reason.NOT_ACCEPTED_HERE);
  const offline = terms.offline.kind;
  if (offline === 'never' || (grant.kind === 'budget' && offline !== 'budget')) {
    return refused(reason.OFFLINE_NOT_ALLOWED);
  }
  if (grant.kind === 'lease') {
    const fault = rangesFault(grant.ranges, series.issuedCount);
    if (fault !== 0) return refused(fault);
    const taken = lockItems(tx, gcn, grant.ranges);
    if (taken !== 0) return refused(taken);
  }
  writeRight(tx, store, {
    id: rightId,
    issuer: by.author,
    gcn,
    termsVersion: series.termsVersion,
    grant,
    grantedAtMs: by.blockTimeMs,
    status: rightOpen,
    spentCount: 0,
    conflictedCount: 0,
    conflictedValue: 0n,
  });
  writeOpenRightIds(tx, store, [...openIds, rightId]);
  return applied();
};
