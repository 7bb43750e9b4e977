/** `coupon.reserve`: a lane takes an item for a basket, on one of three bases (SPEC C3 to C7, ARCHITECTURE D4). */
import { equalBytes } from '#core/bytes';
import { debitFault } from '../accounts/debit-consent.ts';
import { readHolder } from '../accounts/holder.ts';
import { readStore } from '../accounts/store.ts';
import { couponAcceptanceFault } from '../alliances/settle.ts';
import { basketRoomFault } from '../baskets/basket-room.ts';
import { type OpenReservation, openReservationsMax, readOpen, writeOpen } from '../baskets/open-reservations.ts';
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
import { bookShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { type Footing, footingOf } from '../rights/footing.ts';
import type { Right } from '../rights/right.ts';
import { bookConflict, drawUnit } from '../rights/settle-unit.ts';
import type { Spend } from '../rights/spend.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { consentMessage } from './consent.ts';
import { countHolderUse, holderUsesFault } from './holder-uses.ts';
import { readRest } from './item-rest.ts';
import { readItemStatus, takenReason, writeItemStatus } from './item-status.ts';
import { keyConsents } from './key-consent.ts';
import { readOwner } from './owners.ts';
import { purchaseFaults, valueOn } from './purchase.ts';
import { readSeries, readTermsVersion, type Series } from './series.ts';
import { chargeUses, usesFault } from './series-uses.ts';
import { consentRule, countsUses, lateRule, redemptionOf, stack, type Terms } from './terms.ts';

type Reserve = OperationOf<'coupon.reserve'>;

/** What a reservation is judged by. */
interface Ground {
  readonly series: Series;
  readonly terms: Terms;
  readonly footing: Footing;
}

/** How far behind its block an online reservation counts at most, ms. */
const onlineLagMsMax = 10 * 60_000;

function windowFaults(terms: Terms, by: Authorship, footing: Footing): bigint {
  const { fromMs, untilMs } = redemptionOf(terms);
  // Nobody was promised an online coupon before its block: no clock that is far behind brings an expired one back.
  const lowMs = footing.basis === 'online' ? Math.max(by.timeLowMs, by.blockTimeMs - onlineLagMsMax) : by.timeLowMs;
  // Only what is sure counts here: the till's policy decides about what it cannot tell (ARCHITECTURE D7).
  if (by.timeHighMs < fromMs) return reason.NOT_YET_VALID;
  return lowMs > untilMs ? reason.EXPIRED : 0n;
}

/** Against the word of whoever presents the item: the holder that it is bound to, or the bearer of its code. */
function consentFaults(tx: LedgerOverlay, by: Authorship, op: Reserve, series: Series, terms: Terms): bigint {
  const { gcn, serial, basket, holder, consent } = op;
  const owner = series.hasOwners ? readOwner(tx, gcn, serial) : null;
  if (owner !== null) {
    if (holder !== owner) return reason.NOT_OWNER;
    if (consent?.kind === 'bearer') return reason.CONSENT_INVALID;
    return debitFault(tx, by, { owner, what: ['coupon.reserve', gcn, serial, basket], consent });
  }
  if (terms.consent === consentRule.none) return 0n;
  // Nobody has it yet.
  if (terms.consent === consentRule.holder) return reason.NOT_OWNER;
  if (consent === null) return reason.CONSENT_MISSING;
  if (consent.kind !== 'bearer') return reason.CONSENT_INVALID;
  const message = consentMessage(by.chainId, op, { terminal: by.author, basket });
  return keyConsents(tx, op, consent, message) ? 0n : reason.CONSENT_INVALID;
}

/** Against lying beside what the basket holds already. */
function stackingFault(view: LedgerView, { basket }: Reserve, terms: Terms, open: readonly OpenReservation[]): bigint {
  for (const other of open) {
    if (other.kind !== 'item' || !equalBytes(other.basket, basket)) continue;
    const others = readTermsVersion(view, other.gcn, other.termsVersion);
    if (others === null || !stack(terms.stacking, others.stacking)) return reason.NOT_STACKABLE;
  }
  return 0n;
}

/** Terms superseded since hold on if their own late rule says so, or if the right was granted under them. */
function lateFaults(terms: Terms, newestVersion: number, right: Right | null): bigint {
  if (terms.version === newestVersion || terms.lateRule === lateRule.holds) return 0n;
  return right?.termsVersion === terms.version ? 0n : reason.TERMS_SUPERSEDED;
}

function itemFault(tx: LedgerView, op: Reserve, footing: Footing): bigint {
  const status = readItemStatus(tx, op.gcn, op.serial);
  if (status === null) return reason.NO_SUCH_ITEM;
  if (footing.basis !== 'owned') return status === 'available' ? 0n : takenReason[status];
  if (status === 'leased') return 0n;
  if (status !== 'available') return takenReason[status];
  // An open right that covers an item keeps it from being available: another fault must stand already.
  return footing.faults === 0n ? reason.RIGHT_DOES_NOT_COVER : 0n;
}

/** What somebody else may have been first at: on a budget it makes a conflict, otherwise it is a refusal. */
function takenFaults(tx: LedgerView, op: Reserve, terms: Terms, footing: Footing): bigint {
  const faults = terms.open ? 0n : itemFault(tx, op, footing);
  // What a store owns was counted when it was granted.
  const spent = footing.basis === 'owned' || !countsUses(terms) ? 0n : usesFault(tx, op.gcn, 1);
  return faults | spent | (op.holder === null ? 0n : holderUsesFault(tx, op.gcn, terms, op.holder));
}

/** Against the operation whoever was first. */
function ownFaults(tx: LedgerOverlay, by: Authorship, op: Reserve, { series, terms, footing }: Ground): bigint {
  const { store, lane } = terminalOf(by);
  const open = readOpen(tx, store, lane);
  const merchant = readStore(tx, store)?.merchant ?? null;
  let faults = couponAcceptanceFault(
    tx,
    { ...op, issuer: series.issuer, terms, merchant, atMs: by.timeHighMs },
    op.basis.kind === 'owned' ? 'owned' : 'open',
  );
  faults |= windowFaults(terms, by, footing);
  faults |= consentFaults(tx, by, op, series, terms);
  faults |= stackingFault(tx, op, terms, open) | basketRoomFault(tx, by, open, { basket: op.basket, terms });
  if (op.purchase !== null) faults |= purchaseFaults(terms, op.purchase);
  if (terms.perHolderMax !== null) faults |= holderFault(tx, op.holder);
  return open.length < openReservationsMax ? faults : faults | reason.TOO_MANY_OPEN;
}

/** Against counting a use by this holder. A till holds nobody's book: there only the region can tell. */
function holderFault(view: LedgerView, holder: string | null): bigint {
  if (holder === null) return reason.HOLDER_LIMIT;
  return !view.holds(bookShard(holder)) || readHolder(view, holder) !== null ? 0n : reason.UNKNOWN_ACCOUNT;
}

/** Takes the item, its use and its holder's use. */
function takeItem(tx: LedgerOverlay, op: Reserve, terms: Terms, footing: Footing): void {
  const { gcn, serial, holder } = op;
  if (!terms.open) writeItemStatus(tx, gcn, serial, 'reserved');
  if (footing.basis !== 'owned' && countsUses(terms)) chargeUses(tx, gcn, 1);
  if (holder !== null && terms.perHolderMax !== null) countHolderUse(tx, gcn, holder, 1);
}

/** Rule C3. */
export const reserveCoupon: Handler<'coupon.reserve'> = (tx, by, op): Effect => {
  const { store, lane } = terminalOf(by);
  const { gcn, serial, basket, termsVersion, purchase } = op;
  const series = readSeries(tx, gcn);
  if (series === null) return refused(reason.NO_SUCH_SERIES);
  const terms = readTermsVersion(tx, gcn, termsVersion);
  if (terms === null) return refused(reason.BAD_OPERATION);
  if (serial >= (terms.open ? 1 : series.issuedCount)) return refused(reason.NO_SUCH_ITEM);
  const spend: Spend = terms.open ? { kind: 'use', gcn } : { kind: 'item', gcn, serial };
  const footing = footingOf(tx, by, spend, op.basis);
  const faults =
    footing.faults |
    lateFaults(terms, series.termsVersion, footing.right) |
    ownFaults(tx, by, op, { series, terms, footing });
  let conflict = takenFaults(tx, op, terms, footing);
  if (faults !== 0n || (conflict !== 0n && footing.basis !== 'budget')) return refused(faults, conflict);

  const value = valueOn(terms, purchase, readRest(tx, gcn, serial, terms));
  if (conflict === 0n) {
    takeItem(tx, op, terms, footing);
    drawUnit(tx, by, footing, spend);
  } else conflict |= bookConflict(tx, store, footing, value);
  const { epoch, sequence } = by;
  const rightId = footing.right?.id ?? null;
  const isOwned = footing.basis === 'owned';
  const holder = terms.perHolderMax === null ? null : op.holder;
  const isPriced = purchase !== null;
  // Written out: adding to a spread object costs a microsecond a field.
  const open: OpenReservation = {
    kind: 'item',
    epoch,
    sequence,
    basket,
    rightId,
    isOwned,
    value,
    conflict,
    gcn,
    serial,
    termsVersion,
    isPriced,
    holder,
  };
  writeOpen(tx, store, lane, [...readOpen(tx, store, lane), open]);
  return conflict === 0n ? applied(value, footing.flags) : conflicted(conflict, value);
};
