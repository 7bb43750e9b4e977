/** `coupon.issue`: the issuer creates the next items of its series; `coupon.keys`: their key commitments (SPEC C2, C7). */
import { chargeItems } from '../accounts/mint-limit.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { keyCommitmentBytes } from './consent.ts';
import { moveItems } from './item-status.ts';
import { appendKeyCommitments, readSeries, readTermsVersion, type Series, writeSeries } from './series.ts';
import { consentRule, type Terms, valueMaxOf } from './terms.ts';

/** Most items of a series: its chunk leaves must stay within one delta of the shard. */
export const seriesItemsMax = 10_000_000;

/** Adds the commitments of the next items without one; reason bits where these are none, or too many. */
function addKeys(tx: LedgerOverlay, gcn: string, series: Series, terms: Terms, table: Uint8Array): bigint {
  const keyedCount = series.keyedCount + table.length / keyCommitmentBytes;
  const fits = Number.isInteger(keyedCount) && keyedCount <= series.issuedCount;
  if (!fits || (table.length > 0 && terms.consent !== consentRule.bearer)) return reason.BAD_OPERATION;
  if (table.length > 0) appendKeyCommitments(tx, gcn, series.keyedCount, table);
  writeSeries(tx, gcn, { ...series, keyedCount });
  return 0n;
}

/** Rule C2. */
export const issueCoupons: Handler<'coupon.issue'> = (tx, by, { gcn, firstSerial, count, keyCommitments }) => {
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  if (series.issuer !== by.author) return refused(reason.NOT_AUTHORISED);
  const terms = readTermsVersion(tx, gcn, series.termsVersion);
  if (terms === null || terms.open || count === 0) return refused(reason.BAD_OPERATION);
  if (firstSerial < series.issuedCount) return refused(reason.ALREADY_EXISTS);
  if (firstSerial > series.issuedCount) return refused(reason.BAD_OPERATION);
  const issuedCount = firstSerial + count;
  if (issuedCount > seriesItemsMax) return refused(reason.LIMIT_EXCEEDED);
  const overLimit = chargeItems(tx, by.author, count, by.blockTimeMs);
  if (overLimit !== 0n) return refused(overLimit);
  moveItems(tx, gcn, { first: firstSerial, last: issuedCount - 1 }, { from: null, to: 'available' });
  const fault = addKeys(tx, gcn, { ...series, issuedCount }, terms, keyCommitments);
  return fault === 0n ? applied(valueMaxOf(terms) * BigInt(count)) : refused(fault);
};

/** Rule C7. */
export const supplyKeys: Handler<'coupon.keys'> = (tx, by, { gcn, firstSerial, keyCommitments }) => {
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  if (series.issuer !== by.author) return refused(reason.NOT_AUTHORISED);
  const terms = readTermsVersion(tx, gcn, series.termsVersion);
  if (terms === null || keyCommitments.length === 0) return refused(reason.BAD_OPERATION);
  if (firstSerial < series.keyedCount) return refused(reason.ALREADY_EXISTS);
  if (firstSerial > series.keyedCount) return refused(reason.BAD_OPERATION);
  const fault = addKeys(tx, gcn, series, terms, keyCommitments);
  return fault === 0n ? applied() : refused(fault);
};
