/** `coupon.transfer`: an item goes to another holder; `coupon.claim`: whoever has the code binds it to a holder (SPEC C8, C9). */
import { debitFault } from '../accounts/debit-consent.ts';
import { readHolder } from '../accounts/holder.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { claimMessage } from './consent.ts';
import { readItemStatus, takenReason } from './item-status.ts';
import { keyConsents } from './key-consent.ts';
import { moveItem } from './move-item.ts';
import { ownerOf, readOwner, writeOwner } from './owners.ts';
import { readSeries, readTermsVersion } from './series.ts';
import { consentRule, valueMaxOf } from './terms.ts';

/** Rule C9. */
export const transferCoupon: Handler<'coupon.transfer'> = (tx, by, { gcn, serial, to, consent }) => {
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  if (serial >= series.issuedCount) return refused(reason.NO_SUCH_ITEM);
  const owner = ownerOf(tx, gcn, serial);
  // Whoever has the code of an unbound item has it: it is claimed, not transferred.
  if (owner === null) return refused(reason.NOT_OWNER);
  const faults = moveItem(tx, { gcn, serial, from: owner, to, blockTimeMs: by.blockTimeMs });
  const unwilling = debitFault(tx, by, { owner, what: ['coupon.transfer', gcn, serial, to], consent });
  return (faults | unwilling) === 0n ? applied() : refused(faults, unwilling);
};

/** Rule C8. */
export const claimCoupon: Handler<'coupon.claim'> = (tx, by, { gcn, serial, holder, consent }) => {
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  if (serial >= series.issuedCount) return refused(reason.NO_SUCH_ITEM);
  const terms = readTermsVersion(tx, gcn, series.termsVersion);
  if (terms?.consent !== consentRule.bearer) return refused(reason.BAD_OPERATION);
  let faults = readHolder(tx, holder) === null ? reason.UNKNOWN_ACCOUNT : 0n;
  if (readOwner(tx, gcn, serial) !== null) faults |= reason.NOT_OWNER;
  const status = readItemStatus(tx, gcn, serial);
  if (status !== null && status !== 'available') faults |= takenReason[status];
  if (by.blockTimeMs > terms.validUntilMs) faults |= reason.EXPIRED;
  if (!keyConsents(tx, { gcn, serial }, consent, claimMessage(by.chainId, { gcn, serial }, holder))) {
    faults |= reason.CONSENT_INVALID;
  }
  if (faults !== 0n) return refused(faults);
  writeOwner(tx, gcn, serial, holder);
  return applied(valueMaxOf(terms));
};
