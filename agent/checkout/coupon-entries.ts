/** Writes the entries of a coupon's checkout: each in one transaction, and nothing is "yes" before it has returned. */

import type { HubAnswer, HubClaim } from '#agent/hub/hub-message';
import type { EntryNote } from '#agent/journal/entry-note';
import type { EntryPlace } from '#agent/journal/entry-state';
import type { JournalTransaction } from '#agent/journal/journal';
import { toHex } from '#core/bytes';
import { BizainError } from '#core/errors';
import { ok, type Result } from '#core/result';
import type { Terms } from '#ledger/coupons/terms';
import type { OperationOf } from '#ledger/effect';
import type { ReasonName } from '#ledger/reasons';
import type { Till } from './till.ts';

/** A coupon to be written down: the reservation and what people see of it. */
export interface CouponTaking {
  readonly verdictId: string;
  readonly unitKey: string;
  readonly reserve: OperationOf<'coupon.reserve'>;
  readonly rightId: string | null;
  /** Mode for the note (lane-budget.ts). */
  readonly mode: string;
  /** The terms it is taken under, where they are known here. */
  readonly terms: Terms | null;
  readonly value: bigint | null;
  readonly unit: string | null;
  /** What the hub is asked in the same transaction, where this terminal is the hub. */
  readonly claim: HubClaim['want'];
}

/** Where the entries of a taking stand; `capture` is null while it is only reserved. */
export interface Taken {
  readonly reserve: EntryPlace;
  readonly capture: EntryPlace | null;
}

const zeroHash = new Uint8Array(32);

/** What the till says when the journal cannot be written. Other operating errors end the process. */
const reasonOfCode: Readonly<Record<string, ReasonName>> = {
  JOURNAL_FULL: 'JOURNAL_FULL',
  JOURNAL_LIMIT: 'JOURNAL_FULL',
  JOURNAL_BEHIND: 'UNANCHORED',
  FORKED_JOURNAL: 'UNANCHORED',
};

/** Runs a transaction; a journal that takes no more is an answer, not an exception. Rolls the hub's memory back too. */
export function writeDown<T>(till: Till, work: (tx: JournalTransaction) => T): Result<T, ReasonName> {
  try {
    return ok(till.journal.atomically(work));
  } catch (error) {
    till.hub().desk?.reload();
    const reason = error instanceof BizainError ? reasonOfCode[error.code] : undefined;
    if (reason === undefined) throw error;
    till.log.error({ err: error instanceof Error ? error.message : '' }, 'the journal did not take an entry');
    return { ok: false, reason };
  }
}

function noteOf(taking: CouponTaking): Partial<EntryNote> {
  const { verdictId, unitKey, rightId, mode, reserve } = taking;
  return { verdictId, unitKey, rightId, mode, basis: reserve.basis.kind, basket: toHex(reserve.basket) };
}

/** The hub's answer to its own lane, inside the transaction; null where this terminal is not the hub. */
export function askOwnDesk(till: Till, tx: JournalTransaction, unit: string, want: HubClaim['want']): HubAnswer | null {
  const { desk } = till.hub();
  if (desk === null) return null;
  const { timeLowMs, timeHighMs } = till.now();
  return desk.handle(tx, till.terminal, { kind: 'claim', unit, want, timeLowMs, timeHighMs });
}

function putClaim(till: Till, tx: JournalTransaction, unit: string, state: 'reserved' | 'captured'): void {
  const { timeLowMs: atLowMs, timeHighMs: atHighMs } = till.now();
  tx.putClaim({ unit, terminal: till.terminal, state, atLowMs, atHighMs });
}

/** Appends a reservation with its claim. */
export function appendReserve(
  till: Till,
  tx: JournalTransaction,
  taking: CouponTaking,
  notAfterMs?: number,
): EntryPlace {
  const extras = notAfterMs === undefined ? {} : { notAfterMs };
  const place = tx.append(till.draft(taking.reserve, { note: noteOf(taking), ...extras }));
  putClaim(till, tx, taking.unitKey, 'reserved');
  return place;
}

/** Appends the capture of one reservation: the yes. Only it carries the value, which the books add up. */
export function appendCapture(
  till: Till,
  tx: JournalTransaction,
  taking: CouponTaking,
  reserve: EntryPlace,
): EntryPlace {
  const { basket } = taking.reserve;
  const value = taking.unit === null || taking.value === null ? null : taking.value.toString();
  const note = { ...noteOf(taking), value, unit: value === null ? null : taking.unit };
  const captures = [{ reservation: reserve.sequence, purchase: null, lines: [] }];
  const operation = { kind: 'basket.capture', basket, captures, basketHash: zeroHash } as const;
  const place = tx.append(till.draft(operation, { note }));
  putClaim(till, tx, taking.unitKey, 'captured');
  return place;
}

/** Appends the release of reservations: the no after something was sent. Their claims stay until it is receipted. */
export function appendRelease(till: Till, tx: JournalTransaction, reservations: readonly number[]): EntryPlace {
  return tx.append(till.draft({ kind: 'basket.release', reservations }));
}

/**
 * Releases everything that is open in the journal, in as many entries as it takes. For a start after a crash: whoever stood
 * at the till then has long been served.
 */
export function releaseOpen(till: Till): number {
  const open = till.journal.openReservations().filter((place) => place.epoch === till.epoch);
  for (let at = 0; at < open.length; at += 64) {
    const sequences = open.slice(at, at + 64).map((place) => place.sequence);
    till.journal.atomically((tx) => appendRelease(till, tx, sequences));
  }
  return open.length;
}
