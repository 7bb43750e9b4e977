/** `coupon.issue`: the issuer creates the next items of its series (SPEC C2). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { keyCommitmentBytes } from './consent.ts';
import { moveItems } from './item-status.ts';
import { appendKeyCommitments, readSeries, readTermsVersion, writeSeries } from './series.ts';

/** Most items of a series: its chunk leaves must stay within one delta of the shard. */
export const seriesItemsMax = 10_000_000;

/** Rule C2. */
export const issueCoupons: Handler<'coupon.issue'> = (tx, by, { gcn, firstSerial, count, keyCommitments }) => {
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  if (series.issuer !== by.author) return refused(reason.NOT_AUTHORISED);
  const terms = readTermsVersion(tx, gcn, series.termsVersion);
  const keyed = terms?.consent === 1;
  if (terms === null || count === 0 || keyCommitments.length !== (keyed ? count * keyCommitmentBytes : 0)) {
    return refused(reason.BAD_OPERATION);
  }
  if (firstSerial < series.issuedCount) return refused(reason.ALREADY_EXISTS);
  if (firstSerial > series.issuedCount) return refused(reason.BAD_OPERATION);
  const issuedCount = firstSerial + count;
  if (issuedCount > seriesItemsMax) return refused(reason.LIMIT_EXCEEDED);
  moveItems(tx, gcn, { first: firstSerial, last: issuedCount - 1 }, { from: null, to: 'available' });
  if (keyed) appendKeyCommitments(tx, gcn, firstSerial, keyCommitments);
  writeSeries(tx, gcn, { ...series, issuedCount });
  return applied(terms.faceValue * BigInt(count));
};
