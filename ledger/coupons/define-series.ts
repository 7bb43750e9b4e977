/** `series.define`: an issuer starts a series, or adds the next version of its terms (SPEC C1). */
import { isMember } from '../alliances/alliance.ts';
import { hasCheckDigit } from '../check-digit.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { readSeries, readTermsVersion, writeSeries, writeTerms } from './series.ts';
import { consentRule, redemptionOf, type Terms, valueMaxOf } from './terms.ts';

/** Largest value of an item, base units: sums over all the items that fit one entry or right still fit an amount of 96 bits. */
export const itemValueMax = 2n ** 64n - 1n;

/** Whether the terms contradict themselves. */
function isContradictory(terms: Terms): boolean {
  const { value, validFromMs, validUntilMs } = terms;
  const { fromMs, untilMs } = redemptionOf(terms);
  if (validFromMs > fromMs || fromMs > untilMs || untilMs > validUntilMs) return true;
  if (value.kind === 'percentage' && (value.numerator === 0 || value.numerator > value.denominator)) return true;
  // A public code is limited by its total alone; nobody has it, and nothing of it is left over.
  if (terms.open && (terms.totalMax === null || terms.consent !== consentRule.none || terms.partial)) return true;
  if (terms.partial && (value.kind !== 'fixed' || terms.totalMax !== null)) return true;
  // What one holder has used elsewhere cannot be granted to a store beforehand (ARCHITECTURE D4).
  return terms.perHolderMax !== null && terms.offline.kind === 'owned-only';
}

function termsFault(view: LedgerView, issuer: string, terms: Terms, nowMs: number): bigint {
  if (isContradictory(terms)) return reason.BAD_OPERATION;
  if (valueMaxOf(terms) > itemValueMax) return reason.LIMIT_EXCEEDED;
  const { acceptedBy } = terms;
  return acceptedBy.kind !== 'alliance' || isMember(view, acceptedBy.id, issuer, nowMs) ? 0n : reason.NOT_A_MEMBER;
}

/** Whether two versions can follow one another: issued items have keys, rests and counts that cannot change under them. */
function sameNature(one: Terms, other: Terms): boolean {
  return (
    one.consent === other.consent &&
    one.unit === other.unit &&
    one.open === other.open &&
    one.partial === other.partial &&
    (one.totalMax === null) === (other.totalMax === null)
  );
}

/** Rule C1. */
export const defineSeries: Handler<'series.define'> = (tx, by, { gcn, terms }) => {
  if (!hasCheckDigit(gcn)) return refused(reason.BAD_OPERATION);
  const fault = termsFault(tx, by.author, terms, by.blockTimeMs);
  if (fault !== 0n) return refused(fault);
  const { version } = terms;
  const endsAtMs = redemptionOf(terms).untilMs;
  const series = readSeries(tx, gcn);
  if (series === null) {
    if (version !== 1) return refused(reason.BAD_OPERATION);
    const fresh = { issuedCount: 0, keyedCount: 0, hasOwners: false };
    writeSeries(tx, gcn, { issuer: by.author, termsVersion: 1, endsAtMs, ...fresh });
    writeTerms(tx, gcn, terms);
    return applied();
  }
  if (series.issuer !== by.author) return refused(reason.NOT_AUTHORISED, reason.ALREADY_EXISTS);
  const last = readTermsVersion(tx, gcn, series.termsVersion);
  if (version <= series.termsVersion) return refused(reason.ALREADY_EXISTS);
  if (version !== series.termsVersion + 1 || last === null || !sameNature(last, terms)) {
    return refused(reason.BAD_OPERATION);
  }
  writeSeries(tx, gcn, { ...series, termsVersion: version, endsAtMs: Math.max(series.endsAtMs, endsAtMs) });
  writeTerms(tx, gcn, terms);
  return applied();
};
