/** `series.define`: an issuer starts a series, or adds the next version of its terms (SPEC C1). */
import { hasCheckDigit } from '../check-digit.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readSeries, readTermsVersion, writeSeries, writeTerms } from './series.ts';

/** Largest face value, base units: sums over all the items that fit one entry or right still fit an amount of 96 bits. */
export const faceValueMax = 2n ** 64n - 1n;

/** Rule C1. */
export const defineSeries: Handler<'series.define'> = (tx, by, { gcn, terms }) => {
  if (!hasCheckDigit(gcn) || terms.validFromMs > terms.validUntilMs) return refused(reason.BAD_OPERATION);
  if (terms.faceValue > faceValueMax) return refused(reason.LIMIT_EXCEEDED);
  const series = readSeries(tx, gcn);
  if (series === null) {
    if (terms.version !== 1) return refused(reason.BAD_OPERATION);
    writeSeries(tx, gcn, { issuer: by.author, termsVersion: 1, issuedCount: 0 });
    writeTerms(tx, gcn, terms);
    return applied();
  }
  if (series.issuer !== by.author) return refused(reason.NOT_AUTHORISED, reason.ALREADY_EXISTS);
  const last = readTermsVersion(tx, gcn, series.termsVersion);
  if (terms.version <= series.termsVersion) return refused(reason.ALREADY_EXISTS);
  // Items already issued have (or lack) keys and are counted in one unit: neither can change under them.
  const sameNature = last !== null && terms.consent === last.consent && terms.unit === last.unit;
  if (terms.version !== series.termsVersion + 1 || !sameNature) return refused(reason.BAD_OPERATION);
  writeSeries(tx, gcn, { ...series, termsVersion: terms.version });
  writeTerms(tx, gcn, terms);
  return applied();
};
