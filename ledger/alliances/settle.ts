/** Settlement: what a redemption makes members owe each other, paid when its basket closes (SPEC L7, L8). */
import { bizAsset } from '../assets/biz.ts';
import { acceptanceFault } from '../coupons/acceptance.ts';
import { type Terms, valueMaxOf } from '../coupons/terms.ts';
import { reason } from '../reasons.ts';
import type { Movement } from '../receipt.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { isMember, readMember, settlementTerms, termsInForce } from './alliance.ts';
import { payBack, payDue } from './pay.ts';
import type { Posting } from './postings.ts';
import { readReferrals } from './referral.ts';
import { type AllianceTerms, flowAmount, partOf } from './terms.ts';

/** A coupon of an alliance in a store of one of its members. */
export interface AllianceSpend {
  readonly alliance: string;
  readonly gcn: string;
  readonly serial: number;
  readonly unit: string;
  readonly issuer: string;
  /** Merchant of the store that takes it. */
  readonly acceptor: string;
  /** What it takes off, or the most that it can. */
  readonly value: bigint;
  /** When it happened, certificate time. */
  readonly atMs: number;
}

interface Due {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
}

/** Who pays whom how much in the settlement asset, the fee aside. Nobody pays itself. */
function duesOf(view: LedgerView, terms: AllianceTerms, spend: AllianceSpend): Due[] {
  const referrers = terms.referralDepth === 0 ? [] : readReferrals(view, spend.gcn, spend.serial).toReversed();
  const parties = [spend.acceptor, spend.issuer, ...referrers];
  return terms.flows.flatMap((flow) => {
    const from = parties[flow.payer];
    const to = parties[flow.payee];
    const amount = flowAmount(flow, spend.value);
    return from === undefined || to === undefined || from === to || amount === 0n ? [] : [{ from, to, amount }];
  });
}

/** The fee in the settlement asset; 0 where there is none. */
function feeOf(terms: AllianceTerms, { value, acceptor }: AllianceSpend): bigint {
  return terms.fee === null || terms.fee.payee === acceptor ? 0n : partOf(value, terms.fee.of);
}

/** Whether a member can pay what the redemption may make it owe, its bond is there and nothing else is owed. */
function coverFault(view: LedgerView, terms: AllianceTerms, spend: AllianceSpend, account: string): bigint {
  const member = readMember(view, spend.alliance, account);
  if (member === null) return reason.NOT_A_MEMBER;
  let due = account === spend.acceptor ? feeOf(terms, spend) : 0n;
  for (const { from, amount } of duesOf(view, terms, spend)) if (from === account) due += amount;
  return member.debt === 0n && member.cover >= terms.bond && member.cover >= due ? 0n : reason.BOND_EXHAUSTED;
}

/** `grant`: a right is given to a store. `owned`: it is spent. `open`: an item that nobody has promised to the store. */
export type AcceptanceStage = 'grant' | 'owned' | 'open';

/**
 * Reason bits against taking the coupon in the name of its alliance. A grant asks for membership, not for cover, which changes;
 * what was granted stands whatever becomes of the membership (ARCHITECTURE D4): then what cover lacks is owed.
 */
function allianceFault(view: LedgerView, spend: AllianceSpend, stage: AcceptanceStage): bigint {
  const { alliance, gcn, issuer, acceptor, unit, atMs } = spend;
  if (stage === 'owned') return readMember(view, alliance, acceptor) === null ? reason.NOT_A_MEMBER : 0n;
  const terms = termsInForce(view, alliance, atMs);
  if (terms === null) return reason.NO_SUCH_ALLIANCE;
  const names = terms.series.length === 0 || terms.series.includes(gcn);
  let faults = names && unit === terms.unit ? 0n : reason.NOT_ACCEPTED_HERE;
  const areMembers = isMember(view, alliance, issuer, atMs) && isMember(view, alliance, acceptor, atMs);
  if (!areMembers) faults |= reason.NOT_A_MEMBER;
  if (stage === 'grant' || faults !== 0n) return faults;
  const acceptorFault = coverFault(view, terms, spend, acceptor);
  return acceptor === issuer ? acceptorFault : acceptorFault | coverFault(view, terms, spend, issuer);
}

/** Whether a coupon of these terms is taken in a store of the merchant, in the name of its alliance where it has one. */
export function couponAcceptanceFault(
  view: LedgerView,
  coupon: {
    readonly gcn: string;
    readonly serial: number;
    readonly issuer: string;
    readonly terms: Terms;
    readonly merchant: string | null;
    readonly atMs: number;
  },
  stage: AcceptanceStage,
): bigint {
  const { gcn, serial, issuer, terms, merchant, atMs } = coupon;
  const { acceptedBy, unit } = terms;
  return acceptanceFault({ acceptedBy, issuer, merchant }, (alliance) => {
    const spend = { alliance, gcn, serial, unit, issuer, acceptor: merchant ?? '', value: valueMaxOf(terms), atMs };
    return allianceFault(view, spend, stage);
  });
}

/** Pays what a captured coupon makes due, by the terms that held when it was used; the postings, for part `part` of the sale. */
export function settleRedemption(
  tx: LedgerOverlay,
  spend: AllianceSpend,
  part: number,
  nowMs: number,
): { readonly postings: readonly Posting[]; readonly movements: readonly Movement[] } {
  const { alliance, acceptor } = spend;
  const terms = settlementTerms(tx, alliance, spend.atMs);
  if (terms === null) return { postings: [], movements: [] };
  const postings: Posting[] = [];
  const movements: Movement[] = [];
  const post = (asset: string, { from, to, amount }: Due): void => {
    postings.push({ part, alliance, asset, from, to, amount, reversed: 0n });
    movements.push(...payDue(tx, { alliance, asset, from, to, amount, nowMs }));
  };
  for (const due of duesOf(tx, terms, spend)) post(terms.settlementAsset, due);
  const fee = feeOf(terms, spend);
  if (terms.fee === null || fee === 0n) return { postings, movements };
  const { bizRate, payee } = terms.fee;
  const member = readMember(tx, alliance, acceptor);
  const inBiz = bizRate === null ? 0n : partOf(fee, bizRate);
  const paysBiz = member?.feeInBiz === true && inBiz > 0n && member.bizCover >= inBiz;
  const of = { from: acceptor, to: payee };
  if (paysBiz) post(bizAsset, { ...of, amount: inBiz });
  else post(terms.settlementAsset, { ...of, amount: fee });
  return { postings, movements };
}

/**
 * Books postings of a part back in proportion: after `returned` of its `value` has come back in all, that share of each posting is
 * reversed, rounded down, so that a whole return leaves nothing. Answers the postings as they then are, and what moved.
 */
export function unsettle(
  tx: LedgerOverlay,
  postings: readonly Posting[],
  { part, returned, value }: { readonly part: number; readonly returned: bigint; readonly value: bigint },
  nowMs: number,
): { readonly postings: readonly Posting[]; readonly movements: readonly Movement[] } {
  const movements: Movement[] = [];
  const after = postings.map((posting) => {
    if (posting.part !== part || value === 0n) return posting;
    const reversed = (posting.amount * returned) / value;
    const amount = reversed - posting.reversed;
    if (amount > 0n) movements.push(...payBack(tx, { ...posting, amount, nowMs }));
    return { ...posting, reversed };
  });
  return { postings: after, movements };
}
