/** `coupon.reserve`: a lane takes an item for a basket, on one of three bases (SPEC C3, ARCHITECTURE D4). */
import { equalBytes } from '#core/bytes';
import { verifySignature } from '#core/ed25519';
import { readStore } from '../accounts/store.ts';
import {
  type Authorship,
  applied,
  conflicted,
  type Effect,
  type Handler,
  type OperationOf,
  refused,
  terminalOf,
} from '../effect.ts';
import { joinReasons, reason } from '../reasons.ts';
import { allocationFault } from '../rights/allocation-fault.ts';
import type { Right } from '../rights/right.ts';
import { leaseCovers, readRight, rightOpen, writeRight } from '../rights/right-book.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { consentDomain, consentMessage, keyCommitment } from './consent.ts';
import { readItemStatus, takenReason, writeItemStatus } from './item-status.ts';
import { openReservationsMax, readOpen, restsOn, writeOpen } from './open-reservations.ts';
import { readKeyCommitment, readSeries, readTermsVersion } from './series.ts';
import type { Terms } from './terms.ts';

type Reserve = OperationOf<'coupon.reserve'>;

/** What the reservation rests on once time and rights have been looked at. */
interface Footing {
  readonly basis: keyof typeof restsOn;
  readonly right: Right | null;
  /** Reason bits against it, the item's status aside. */
  readonly faults: number;
}

function windowFaults(terms: Terms, by: Authorship): number {
  // Only what is sure counts here: the till's policy decides about what it cannot tell (ARCHITECTURE D7).
  if (by.timeHighMs < terms.validFromMs) return reason.NOT_YET_VALID;
  return by.timeLowMs > terms.validUntilMs ? reason.EXPIRED : 0;
}

function consentFaults(tx: LedgerOverlay, by: Authorship, op: Reserve, terms: Terms): number {
  if (terms.consent === 0) return 0;
  if (op.consent === null) return reason.CONSENT_MISSING;
  const { publicKey, signature } = op.consent;
  const committed = readKeyCommitment(tx, op.gcn, op.serial);
  if (committed === null || !equalBytes(keyCommitment(publicKey), committed)) return reason.CONSENT_INVALID;
  const message = consentMessage(by.chainId, op, { terminal: by.author, basket: op.basket });
  return verifySignature({ publicKey, domain: consentDomain, message, signature }) ? 0 : reason.CONSENT_INVALID;
}

function rightFaults(right: Right | null, op: Reserve): number {
  if (right === null) return reason.NO_SUCH_RIGHT;
  const closed = right.status === rightOpen ? 0 : reason.RIGHT_CLOSED;
  return right.gcn === op.gcn ? closed : joinReasons(closed, reason.RIGHT_DOES_NOT_COVER);
}

function budgetFooting(tx: LedgerOverlay, store: string, op: Reserve, rightId: string): Footing {
  const right = readRight(tx, store, rightId);
  let faults = rightFaults(right, op);
  if (right !== null && right.grant.kind !== 'budget') faults = joinReasons(faults, reason.RIGHT_DOES_NOT_COVER);
  // The terms at grant time hold for the right until it closes, its offline policy among them.
  const terms = right === null ? null : readTermsVersion(tx, right.gcn, right.termsVersion);
  if (terms !== null && terms.offline.kind !== 'budget') faults = joinReasons(faults, reason.OFFLINE_NOT_ALLOWED);
  return { basis: 'budget', right, faults };
}

function footingOf(tx: LedgerOverlay, by: Authorship, op: Reserve): Footing {
  const { store, lane } = terminalOf(by);
  const { basis } = op;
  if (basis.kind === 'budget') return budgetFooting(tx, store, op, basis.rightId);
  if (basis.kind === 'online') {
    const late = by.notAfterMs !== null && by.blockTimeMs > by.notAfterMs;
    if (!late) return { basis: 'online', right: null, faults: 0 };
    if (basis.fallbackRightId !== null) return budgetFooting(tx, store, op, basis.fallbackRightId);
    return { basis: 'online', right: null, faults: reason.TOO_LATE };
  }
  const right = readRight(tx, store, basis.rightId);
  let faults = rightFaults(right, op);
  if (right !== null && !leaseCovers(right, op.serial)) faults = joinReasons(faults, reason.RIGHT_DOES_NOT_COVER);
  const spend = { store, lane, rightId: basis.rightId, gcn: op.gcn, serial: op.serial };
  faults = joinReasons(faults, allocationFault(tx, by.chainId, spend, basis.allocation));
  return { basis: 'owned', right, faults };
}

/** Terms superseded since hold on if their own late rule says so, or if the right was granted under them. */
function lateFaults(terms: Terms, newestVersion: number, right: Right | null): number {
  if (terms.version === newestVersion || terms.lateRule === 0) return 0;
  return right?.termsVersion === terms.version ? 0 : reason.TERMS_SUPERSEDED;
}

function itemFault(tx: LedgerOverlay, op: Reserve, footing: Footing): number {
  const status = readItemStatus(tx, op.gcn, op.serial);
  if (status === null) return reason.NO_SUCH_ITEM;
  if (footing.basis !== 'owned') return status === 'available' ? 0 : takenReason[status];
  if (status === 'leased') return 0;
  if (status !== 'available') return takenReason[status];
  // An open right that covers an item keeps it from being available: another fault must stand already.
  return footing.faults === 0 ? reason.RIGHT_DOES_NOT_COVER : 0;
}

/** Charges a conflict to the budget that bears it; tells whether that was still within it. */
function chargeBudget(tx: LedgerOverlay, store: string, right: Right, value: bigint): number {
  const conflictedCount = right.conflictedCount + 1;
  const conflictedValue = right.conflictedValue + value;
  writeRight(tx, store, { ...right, conflictedCount, conflictedValue });
  const { grant } = right;
  const within = grant.kind === 'budget' && conflictedCount <= grant.countMax && conflictedValue <= grant.valueMax;
  return within ? 0 : reason.BUDGET_EXHAUSTED;
}

/** Rule C3. */
export const reserveCoupon: Handler<'coupon.reserve'> = (tx, by, op): Effect => {
  const { store, lane } = terminalOf(by);
  const series = readSeries(tx, op.gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  const terms = readTermsVersion(tx, op.gcn, op.termsVersion);
  if (terms === null) return refused(reason.BAD_OPERATION);
  if (op.serial >= series.issuedCount) return refused(reason.NO_SUCH_ITEM);
  const open = readOpen(tx, store, lane);
  const footing = footingOf(tx, by, op);
  const merchant = readStore(tx, store)?.merchant;
  let faults = joinReasons(footing.faults, lateFaults(terms, series.termsVersion, footing.right));
  if (merchant === undefined || !terms.acceptedBy.includes(merchant))
    faults = joinReasons(faults, reason.NOT_ACCEPTED_HERE);
  faults = joinReasons(faults, windowFaults(terms, by));
  faults = joinReasons(faults, consentFaults(tx, by, op, terms));
  if (open.length >= openReservationsMax) faults = joinReasons(faults, reason.TOO_MANY_OPEN);
  let conflict = itemFault(tx, op, footing);
  const bearsConflicts = footing.basis === 'budget';
  if (faults !== 0 || (conflict !== 0 && !bearsConflicts)) return refused(faults, conflict);

  const value = terms.faceValue;
  if (conflict === 0) writeItemStatus(tx, op.gcn, op.serial, 'reserved');
  else if (footing.right !== null) conflict = joinReasons(conflict, chargeBudget(tx, store, footing.right, value));
  const { epoch, sequence } = by;
  const { basket, gcn, serial, termsVersion } = op;
  const rightId = footing.right?.id ?? null;
  const basis = restsOn[footing.basis];
  writeOpen(tx, store, lane, [
    ...open,
    { epoch, sequence, basket, gcn, serial, basis, rightId, termsVersion, value, conflict },
  ]);
  return conflict === 0 ? applied(value) : conflicted(conflict, value);
};
