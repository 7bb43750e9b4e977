/** What a member does by itself: it leaves with notice, adds to its cover and takes from it, chooses what fees are paid in (SPEC L3 to L6). */

import { lock, unlock } from '../assets/balance.ts';
import { bizAsset } from '../assets/biz.ts';
import { type Authorship, applied, type Effect, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type Member, readAlliance, readMember, termsInForce, writeMember } from './alliance.ts';
import { cover } from './operations.ts';
import type { AllianceTerms } from './terms.ts';

interface Standing {
  readonly member: Member;
  readonly terms: AllianceTerms;
}

/** The author's membership (also an ended one) and the terms in force, or the reason why there is none. */
function standingOf(view: LedgerView, id: string, by: Authorship): Standing | bigint {
  if (readAlliance(view, id) === null) return reason.NO_SUCH_ALLIANCE;
  const terms = termsInForce(view, id, by.blockTimeMs);
  const member = readMember(view, id, by.author);
  return terms === null || member === null ? reason.NOT_A_MEMBER : { member, terms };
}

function withStanding(
  tx: LedgerOverlay,
  id: string,
  by: Authorship,
  change: (standing: Standing) => Member | bigint,
): Effect {
  const standing = standingOf(tx, id, by);
  if (typeof standing === 'bigint') return refused(standing);
  const member = change(standing);
  if (typeof member === 'bigint') return refused(member);
  writeMember(tx, id, by.author, member);
  return applied();
}

/** Rule L3. */
export const leaveAlliance: Handler<'alliance.leave'> = (tx, by, { alliance: id }) =>
  withStanding(tx, id, by, ({ member, terms }) =>
    member.leavesAtMs === null ? { ...member, leavesAtMs: by.blockTimeMs + terms.noticeMs } : reason.ALREADY_EXISTS,
  );

/** Rule L4. */
export const fundAlliance: Handler<'alliance.fund'> = (tx, by, { alliance: id, cover: which, amount }) =>
  withStanding(tx, id, by, ({ member, terms }) => {
    if (amount === 0n) return reason.BAD_OPERATION;
    const asset = which === cover.biz ? bizAsset : terms.settlementAsset;
    const faults = lock(tx, { owner: by.author, asset }, amount, by.blockTimeMs);
    if (faults !== 0n) return faults;
    return which === cover.biz
      ? { ...member, bizCover: member.bizCover + amount }
      : { ...member, cover: member.cover + amount };
  });

/** Rule L5. */
export const withdrawCover: Handler<'alliance.withdraw'> = (tx, by, { alliance: id, cover: which, amount }) =>
  withStanding(tx, id, by, ({ member, terms }) => {
    if (amount === 0n) return reason.BAD_OPERATION;
    const nowMs = by.blockTimeMs;
    const of = { owner: by.author, asset: which === cover.biz ? bizAsset : terms.settlementAsset };
    if (which === cover.biz) {
      if (member.bizCover < amount) return reason.INSUFFICIENT_BALANCE;
      unlock(tx, of, amount, nowMs);
      return { ...member, bizCover: member.bizCover - amount };
    }
    if (member.cover < amount) return reason.INSUFFICIENT_BALANCE;
    const { leavesAtMs } = member;
    const isHeld = leavesAtMs === null || nowMs < leavesAtMs + terms.bondHoldMs;
    // What others rely on stays: the bond while it is a member and some time after, and whatever it owes.
    const kept = (isHeld ? terms.bond : 0n) + member.debt;
    if (member.cover - amount < kept) return reason.BOND_EXHAUSTED;
    unlock(tx, of, amount, nowMs);
    return { ...member, cover: member.cover - amount };
  });

/** Rule L6. */
export const preferFee: Handler<'alliance.prefer'> = (tx, by, { alliance: id, feeInBiz }) =>
  withStanding(tx, id, by, ({ member }) => ({ ...member, feeInBiz }));
