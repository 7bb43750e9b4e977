/** An alliance in its own shard: its versions, who signed which, its members with their cover, and what they owe each other. */
import { bool, type Infer, list, optional, record, uint, versioned } from '#core/format';
import { accountIdFormat, allianceShard, amountFormat, timeMsFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type AllianceTerms, membersMax, storedAllianceTermsFormat } from './terms.ts';

/** Most versions that were ever in force. */
export const versionsMax = 256;

/** `alliance` in the alliance's shard. */
export const allianceFormat = versioned(
  'alliance',
  1,
  { bytesMax: 8 * 1024 },
  {
    /** The newest version that was proposed, in force or not. */
    proposedVersion: uint({ max: 0xffff }),
    /** Versions that came into force, oldest first, each with the block time from which it holds. */
    inForce: list(record('version-in-force', { version: uint({ max: 0xffff }), fromMs: timeMsFormat }), {
      max: versionsMax,
    }),
  },
);
/** An alliance as stored. */
export type Alliance = Infer<typeof allianceFormat>;

/** `signed/<version>`: who has signed a proposal. */
export const signedTermsFormat = versioned(
  'signed-terms',
  1,
  { bytesMax: 4 * 1024 },
  { accounts: list(accountIdFormat, { max: 2 * membersMax }) },
);

/** `member/<account>`: stays when the member leaves, as its cover does. */
export const memberFormat = versioned(
  'member',
  1,
  { bytesMax: 128 },
  {
    /** Block time of its exit, which may lie ahead; null while it has not given notice. */
    leavesAtMs: optional(timeMsFormat),
    /** Locked in its balance of the settlement asset: settlements are paid from it. */
    cover: amountFormat,
    /** Locked in its balance of BIZ, for fees. */
    bizCover: amountFormat,
    /** Whether it pays fees in BIZ while its BIZ cover lasts. */
    feeInBiz: bool(),
    /** Sum of what it owes (`debt/...`): its stores accept nothing until it is paid. */
    debt: amountFormat,
  },
);
/** A member as stored. */
export type Member = Infer<typeof memberFormat>;

/** `debt/<debtor>/<creditor>`: what cover did not suffice for, base units of the settlement asset. */
export const allianceDebtFormat = versioned('alliance-debt', 1, { bytesMax: 32 }, { amount: amountFormat });

const alliances = storedObject(allianceFormat);
const termsObjects = storedObject(storedAllianceTermsFormat);
const signedObjects = storedObject(signedTermsFormat);
const memberObjects = storedObject(memberFormat);
const debts = storedObject(allianceDebtFormat);

const memberKey = (account: string): string => `member/${account}`;
/** Key of what one member owes another, in the alliance's shard. */
export const debtKey = (debtor: string, creditor: string): string => `debt/${debtor}/${creditor}`;

/** The alliance, or null. */
export function readAlliance(view: LedgerView, id: string): Alliance | null {
  return alliances.read(view, allianceShard(id), 'alliance');
}

/** Creates or replaces the alliance's record. */
export function writeAlliance(tx: LedgerOverlay, id: string, alliance: Alliance): void {
  alliances.write(tx, allianceShard(id), 'alliance', alliance);
}

/** A version of the terms, in force or not, or null. */
export function readAllianceTerms(view: LedgerView, id: string, version: number): AllianceTerms | null {
  return termsObjects.read(view, allianceShard(id), `terms/${version}`)?.terms ?? null;
}

/** Writes a proposal; the caller sees to it that no version is written twice. */
export function writeAllianceTerms(tx: LedgerOverlay, id: string, terms: AllianceTerms): void {
  termsObjects.write(tx, allianceShard(id), `terms/${terms.version}`, { terms });
}

/** The terms in force at a time: the newest version that held then; null where none did. */
export function termsInForce(view: LedgerView, id: string, atMs: number): AllianceTerms | null {
  const version = readAlliance(view, id)?.inForce.findLast(({ fromMs }) => fromMs <= atMs)?.version;
  return version === undefined ? null : readAllianceTerms(view, id, version);
}

/** The terms that a sale of this time settles by: those in force then, and the first ones for whatever says that it was earlier. */
export function settlementTerms(view: LedgerView, id: string, atMs: number): AllianceTerms | null {
  const first = readAlliance(view, id)?.inForce[0]?.fromMs ?? 0;
  return termsInForce(view, id, Math.max(atMs, first));
}

/** Most payments that one coupon's use can make due under the terms in force at a time or later, the fee included. */
export function postingsMaxOf(view: LedgerView, id: string, atMs: number): number {
  const inForce = readAlliance(view, id)?.inForce ?? [];
  const at = Math.max(
    0,
    inForce.findLastIndex(({ fromMs }) => fromMs <= atMs),
  );
  return inForce.slice(at).reduce((most, { version }) => {
    const terms = readAllianceTerms(view, id, version);
    return terms === null ? most : Math.max(most, terms.flows.length + (terms.fee === null ? 0 : 1));
  }, 0);
}

/** Who has signed a version. */
export function readSigned(view: LedgerView, id: string, version: number): readonly string[] {
  return signedObjects.read(view, allianceShard(id), `signed/${version}`)?.accounts ?? [];
}

/** Replaces the list of who has signed a version. */
export function writeSigned(tx: LedgerOverlay, id: string, version: number, accounts: readonly string[]): void {
  signedObjects.write(tx, allianceShard(id), `signed/${version}`, { accounts });
}

/** A member, also one that has left; null for who never was one. */
export function readMember(view: LedgerView, id: string, account: string): Member | null {
  return memberObjects.read(view, allianceShard(id), memberKey(account));
}

/** Creates or replaces a member. */
export function writeMember(tx: LedgerOverlay, id: string, account: string, member: Member): void {
  memberObjects.write(tx, allianceShard(id), memberKey(account), member);
}

/** Whether the account is a member at a time. */
export function isMember(view: LedgerView, id: string, account: string, atMs: number): boolean {
  const member = readMember(view, id, account);
  return member !== null && (member.leavesAtMs === null || atMs < member.leavesAtMs);
}

/** What one owes another; 0 where nothing. */
export function readDebt(view: LedgerView, id: string, debtor: string, creditor: string): bigint {
  return debts.read(view, allianceShard(id), debtKey(debtor, creditor))?.amount ?? 0n;
}

/** Adds to (or takes off) what one owes another, and to the debtor's sum. */
export function changeDebt(
  tx: LedgerOverlay,
  id: string,
  { debtor, creditor }: { readonly debtor: string; readonly creditor: string },
  change: bigint,
): void {
  const member = readMember(tx, id, debtor);
  if (member === null || change === 0n) return;
  debts.write(tx, allianceShard(id), debtKey(debtor, creditor), {
    amount: readDebt(tx, id, debtor, creditor) + change,
  });
  writeMember(tx, id, debtor, { ...member, debt: member.debt + change });
}
