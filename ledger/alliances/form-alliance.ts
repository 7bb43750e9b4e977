/** `alliance.propose` and `alliance.sign`: terms come into force when everyone they name, and everyone they drop, has signed (SPEC L1, L2). */
import { equalBytes } from '#core/bytes';
import { readAsset, readAssetTerms } from '../assets/asset.ts';
import { bizAsset } from '../assets/biz.ts';
import { isOwner } from '../assets/owner.ts';
import { itemValueMax } from '../coupons/define-series.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import {
  type Alliance,
  isMember,
  readAlliance,
  readAllianceTerms,
  readMember,
  readSigned,
  versionsMax,
  writeAlliance,
  writeAllianceTerms,
  writeMember,
  writeSigned,
} from './alliance.ts';
import { type AllianceTerms, allianceTermsHash, type Fraction, role } from './terms.ts';

const isProper = ({ numerator, denominator }: Fraction): boolean => denominator > 0 && numerator <= denominator;

function flowsFit({ flows, fee, referralDepth }: AllianceTerms): boolean {
  // People who passed a coupon on are paid and never pay: they have signed nothing.
  const fits = flows.every(({ payer, payee, amount }) => {
    const known = payer <= role.issuer && payee !== payer && payee <= role.issuer + referralDepth;
    return known && (amount.kind === 'fixed' || isProper(amount.of));
  });
  return fits && (fee === null || (isProper(fee.of) && (fee.bizRate === null || fee.bizRate.denominator > 0)));
}

/** Whether a fixed flow is more than any coupon is worth: all that redemptions make due, added up, has to fit an amount. */
function flowsTooMuch({ flows }: AllianceTerms): boolean {
  return flows.some(({ amount }) => amount.kind === 'fixed' && amount.amount > itemValueMax);
}

function termsFault(view: LedgerView, terms: AllianceTerms, author: string): bigint {
  const { members, settlementAsset, fee, unit } = terms;
  const distinct = new Set(members);
  let faults = distinct.size === members.length && flowsFit(terms) ? 0n : reason.BAD_OPERATION;
  if (flowsTooMuch(terms)) faults |= reason.LIMIT_EXCEEDED;
  if (!distinct.has(author)) faults |= reason.NOT_A_MEMBER;
  if (readAsset(view, settlementAsset) === null) return faults | reason.NO_SUCH_ASSET;
  // Its covers are for fees, and no debts are counted in it.
  if (settlementAsset === bizAsset) faults |= reason.BAD_OPERATION;
  // What could run out of date or be frozen is no money to settle in.
  const asset = readAssetTerms(view, settlementAsset);
  if (asset === null || asset.lifetimeDays !== null || asset.freezable || asset.unit !== unit)
    faults |= reason.BAD_OPERATION;
  const named = fee === null ? members : [...members, fee.payee];
  return named.every((account) => isOwner(view, account)) ? faults : faults | reason.UNKNOWN_ACCOUNT;
}

function versionFault(alliance: Alliance | null, version: number): bigint {
  const proposed = alliance?.proposedVersion ?? 0;
  if (version <= proposed) return reason.ALREADY_EXISTS;
  if (version !== proposed + 1) return reason.BAD_OPERATION;
  return (alliance?.inForce.length ?? 0) < versionsMax ? 0n : reason.LIMIT_EXCEEDED;
}

/** Members now, by the terms in force. */
function membersNow(view: LedgerView, id: string, alliance: Alliance | null, nowMs: number): readonly string[] {
  const version = alliance?.inForce.at(-1)?.version;
  const members = version === undefined ? [] : (readAllianceTerms(view, id, version)?.members ?? []);
  return members.filter((account) => isMember(view, id, account, nowMs));
}

/** Rule L1. */
export const proposeAlliance: Handler<'alliance.propose'> = (tx, by, { alliance: id, terms }) => {
  const alliance = readAlliance(tx, id);
  const nowMs = by.blockTimeMs;
  const members = membersNow(tx, id, alliance, nowMs);
  let faults = versionFault(alliance, terms.version) | termsFault(tx, terms, by.author);
  // Whoever comes first founds it; later versions are proposed from within.
  if (members.length > 0 && !members.includes(by.author)) faults |= reason.NOT_A_MEMBER;
  if (alliance !== null && members.length === 0 && alliance.inForce.length > 0) faults |= reason.NOT_A_MEMBER;
  const before = alliance?.inForce.at(-1);
  const old = before === undefined ? null : readAllianceTerms(tx, id, before.version);
  // Cover and debts are counted in it.
  if (old !== null && old.settlementAsset !== terms.settlementAsset) faults |= reason.BAD_OPERATION;
  if (faults !== 0n) return refused(faults);
  writeAlliance(tx, id, { inForce: alliance?.inForce ?? [], proposedVersion: terms.version });
  writeAllianceTerms(tx, id, terms);
  writeSigned(tx, id, terms.version, [by.author]);
  return applied();
};

const newMember = { leavesAtMs: null, cover: 0n, bizCover: 0n, feeInBiz: false, debt: 0n };

function bringIntoForce(tx: LedgerOverlay, id: string, terms: AllianceTerms, nowMs: number): void {
  const alliance = readAlliance(tx, id);
  const dropped = membersNow(tx, id, alliance, nowMs).filter((account) => !terms.members.includes(account));
  for (const account of dropped) {
    const member = readMember(tx, id, account);
    if (member !== null) writeMember(tx, id, account, { ...member, leavesAtMs: nowMs });
  }
  for (const account of terms.members) {
    const known = readMember(tx, id, account);
    // Whoever has given notice and signs again stays, or is back, with the cover that is there.
    writeMember(tx, id, account, { ...(known ?? newMember), leavesAtMs: null });
  }
  const { version } = terms;
  writeAlliance(tx, id, {
    proposedVersion: alliance?.proposedVersion ?? version,
    inForce: [...(alliance?.inForce ?? []), { version, fromMs: nowMs }],
  });
}

/** Rule L2. */
export const signAlliance: Handler<'alliance.sign'> = (tx, by, { alliance: id, version, termsHash }) => {
  const alliance = readAlliance(tx, id);
  const terms = readAllianceTerms(tx, id, version);
  if (alliance === null || terms === null) return refused(reason.NO_SUCH_ALLIANCE);
  // A newer proposal has taken the place of this one, or it is in force.
  if (version !== alliance.proposedVersion) return refused(reason.TERMS_SUPERSEDED);
  if (!equalBytes(allianceTermsHash(terms), termsHash)) return refused(reason.BAD_OPERATION);
  const nowMs = by.blockTimeMs;
  const wanted = new Set([...terms.members, ...membersNow(tx, id, alliance, nowMs)]);
  if (!wanted.has(by.author)) return refused(reason.NOT_A_MEMBER);
  const signed = readSigned(tx, id, version);
  if (signed.includes(by.author)) return refused(reason.ALREADY_EXISTS);
  const now = [...signed, by.author];
  writeSigned(tx, id, version, now);
  if ([...wanted].every((account) => now.includes(account))) bringIntoForce(tx, id, terms, nowMs);
  return applied();
};
