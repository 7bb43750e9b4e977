/** `right.grant`: a store gets a lease, an escrow or a risk budget (SPEC R1, ARCHITECTURE D4). */
import { readStore, type Store } from '../accounts/store.ts';
import { couponAcceptanceFault } from '../alliances/settle.ts';
import { readAsset, readAssetTerms } from '../assets/asset.ts';
import { assetAcceptanceFault } from '../assets/asset-acceptance.ts';
import { readOwner } from '../coupons/owners.ts';
import { readSeries, readTermsVersion } from '../coupons/series.ts';
import { type Authorship, applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { assetOf, closeoutAfterMsMin, type Grant, gcnOf, newRight } from './right.ts';
import { addRight, openRightsMax, readOpenRightIds, readRight } from './right-book.ts';
import { lockAtHome } from './right-home.ts';
import { countSerials, isSerialSet, type SerialRange } from './serial-ranges.ts';

/** Most items of one lease. */
export const leaseItemsMax = 65_536;
/** The terms version of what the right is about, or why its author may not give it. */
type Standing = { readonly termsVersion: number } | { readonly fault: bigint };

/** Whether one of the items is a holder's: it may be anywhere with it tomorrow, and is no store's to keep. */
function hasOwner(view: LedgerView, gcn: string, ranges: readonly SerialRange[]): boolean {
  return ranges.some(({ first, last }) => {
    for (let serial = first; serial <= last; serial++) if (readOwner(view, gcn, serial) !== null) return true;
    return false;
  });
}

function seriesStanding(view: LedgerView, by: Authorship, shop: Store, grant: Grant, gcn: string): Standing {
  const series = readSeries(view, gcn);
  if (series === null) return { fault: reason.NO_SUCH_SERIES };
  if (series.issuer !== by.author) return { fault: reason.NOT_AUTHORISED };
  const terms = readTermsVersion(view, gcn, series.termsVersion);
  if (terms === null) return { fault: reason.BAD_OPERATION };
  const offered = { gcn, serial: 0, issuer: series.issuer, terms, merchant: shop.merchant, atMs: by.blockTimeMs };
  const unaccepted = couponAcceptanceFault(view, offered, 'grant');
  if (unaccepted !== 0n) return { fault: unaccepted };
  const offline = terms.offline.kind;
  if (offline === 'never' || (grant.kind === 'budget' && offline !== 'budget')) {
    return { fault: reason.OFFLINE_NOT_ALLOWED };
  }
  // A holder's count is kept with the holder: no part of it can be set aside for a store.
  if (grant.kind !== 'budget' && terms.perHolderMax !== null) return { fault: reason.OFFLINE_NOT_ALLOWED };
  if (grant.kind === (terms.open ? 'lease' : 'uses')) return { fault: reason.BAD_OPERATION };
  if (grant.kind === 'lease') {
    if (!isSerialSet(grant.ranges)) return { fault: reason.BAD_OPERATION };
    if (grant.ranges.some(({ last }) => last >= series.issuedCount)) return { fault: reason.NO_SUCH_ITEM };
    if (countSerials(grant.ranges) > leaseItemsMax) return { fault: reason.LIMIT_EXCEEDED };
    if (series.hasOwners && hasOwner(view, gcn, grant.ranges)) return { fault: reason.NOT_OWNER };
  }
  return { termsVersion: series.termsVersion };
}

function assetStanding(view: LedgerView, by: Authorship, shop: Store, grant: Grant, asset: string): Standing {
  const record = readAsset(view, asset);
  if (record === null) return { fault: reason.NO_SUCH_ASSET };
  // Whose amount it is, is for its owner's consent to say; a loss in an asset is its issuer's to bear.
  if (grant.kind === 'budget' && record.issuer !== by.author) return { fault: reason.NOT_AUTHORISED };
  const terms = readAssetTerms(view, asset);
  if (terms === null) return { fault: reason.BAD_OPERATION };
  const { merchant } = shop;
  const unaccepted = assetAcceptanceFault(view, {
    asset,
    termsVersion: record.termsVersion,
    merchant,
    atMs: by.blockTimeMs,
  });
  if (unaccepted !== 0n) return { fault: unaccepted };
  const offline = terms.offline.kind;
  if (offline === 'never' || (grant.kind === 'budget' && offline !== 'budget')) {
    return { fault: reason.OFFLINE_NOT_ALLOWED };
  }
  return { termsVersion: record.termsVersion };
}

function isEmpty(grant: Grant): boolean {
  if (grant.kind === 'uses') return grant.count === 0;
  return grant.kind === 'amount' && grant.amount === 0n;
}

/** Rule R1. */
export const grantRight: Handler<'right.grant'> = (tx, by, op) => {
  const { rightId, store, grant, closeoutAfterMs, consent } = op;
  const shop = readStore(tx, store);
  if (shop === null) return refused(reason.NO_SUCH_STORE);
  if (closeoutAfterMs < closeoutAfterMsMin || isEmpty(grant)) return refused(reason.BAD_OPERATION);
  const gcn = gcnOf(op);
  const standing =
    gcn === null ? assetStanding(tx, by, shop, grant, assetOf(op) ?? '') : seriesStanding(tx, by, shop, grant, gcn);
  if ('fault' in standing) return refused(standing.fault);
  if (readRight(tx, store, rightId) !== null) return refused(reason.ALREADY_EXISTS);
  if (readOpenRightIds(tx, store).length >= openRightsMax) return refused(reason.TOO_MANY_OPEN);
  const taken = lockAtHome(tx, by, op, consent);
  if (taken !== 0n) return refused(taken);
  addRight(
    tx,
    store,
    newRight({
      id: rightId,
      grantor: by.author,
      termsVersion: standing.termsVersion,
      grant,
      grantedAtMs: by.blockTimeMs,
      closeoutFromMs: by.blockTimeMs + closeoutAfterMs,
      lateRule: op.lateRule,
    }),
  );
  return applied();
};
