/** Real journal files in a folder of their own, drafts and receipts for them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '#core/log';
import type { Receipt } from '#ledger/receipt';
import { type EntryNote, emptyNote } from '../../../agent/journal/entry-note.ts';
import type { EntryPlace } from '../../../agent/journal/entry-state.ts';
import { type EntryDraft, type Journal, type OpenJournalOptions, openJournal } from '../../../agent/journal/journal.ts';

export const account = '4012345000009/lane1';
export const chainId = new Uint8Array(32).fill(7);
export const secretSeed = new Uint8Array(32).fill(9);
export const silentLog = createLog({ level: 'silent', name: 'test', destination: 'silent' });
export const nowMs = 1_800_000_000_000;

/** A folder that is removed at the end. */
export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'bizain-journal-'));
  readonly #open: Journal[] = [];
  readonly #others: string[] = [];

  get file(): string {
    return join(this.path, 'state', 'journal.db');
  }

  options(over: Partial<OpenJournalOptions> = {}): OpenJournalOptions {
    const base = { path: this.file, chainId, account, epoch: 1, secretSeed, log: silentLog };
    // A small reserve: each new file would otherwise write 4 MiB.
    return { ...base, allowVolatile: true, reserveBytes: 64 * 1024, ...over };
  }

  open(over: Partial<OpenJournalOptions> = {}): Journal {
    const journal = openJournal(this.options(over));
    this.#open.push(journal);
    return journal;
  }

  /** A folder elsewhere that goes as well. */
  alsoRemove(path: string): void {
    this.#others.push(path);
  }

  remove(): void {
    for (const journal of this.#open) journal.close();
    for (const path of this.#others) rmSync(path, { recursive: true, force: true });
    rmSync(this.path, { recursive: true, force: true });
  }
}

const times = { seenHeight: 5, timeLowMs: nowMs, timeHighMs: nowMs + 1_000, notAfterMs: null, dependsOn: null };

/** A reservation of item `serial`. */
export function reserve(serial: number, note: Partial<EntryNote> = {}): EntryDraft {
  const basket = new Uint8Array(16).fill(serial % 256);
  const basis = { kind: 'online', fallbackRightId: null } as const;
  const operation = {
    kind: 'coupon.reserve',
    gcn: '9521234000017',
    serial,
    termsVersion: 1,
    basket,
    basis,
    purchase: null,
    holder: null,
    consent: null,
  } as const;
  return { ...times, operation, note: { ...emptyNote, unitKey: unitKey(serial), ...note } };
}

/** The capture of reservations by their sequences, worth `value` CNY. */
export function capture(reservations: readonly number[], value = '100'): EntryDraft {
  const basket = new Uint8Array(16);
  const basketHash = new Uint8Array(32);
  const captures = reservations.map((reservation) => ({ reservation, purchase: null, lines: [] }));
  const operation = { kind: 'basket.capture', basket, captures, basketHash } as const;
  return { ...times, operation, note: { ...emptyNote, value, unit: 'CNY' } };
}

export function release(reservations: readonly number[]): EntryDraft {
  return { ...times, operation: { kind: 'basket.release', reservations }, note: emptyNote };
}

export function sold(serial: string): EntryDraft {
  const product = { tradeItem: '09521234000017', lot: 'L1', serial };
  return { ...times, operation: { kind: 'trace.sell', ...product, basket: new Uint8Array(16) }, note: emptyNote };
}

export function unitKey(serial: number): string {
  return `255/9521234000017/${serial}`;
}

export function append(journal: Journal, ...drafts: readonly EntryDraft[]): EntryPlace[] {
  return journal.atomically((tx) => drafts.map((draft) => tx.append(draft)));
}

/** A receipt as the region would give it: 0 applied, 1 refused, 2 conflicted. */
export function receipt(journal: Journal, place: EntryPlace, outcome = 0, over: Partial<Receipt> = {}): Receipt {
  const stored = journal.entry(place);
  const entryHash = stored?.hash ?? new Uint8Array(32);
  const base = {
    author: account,
    ...place,
    entryHash,
    height: 9,
    timeMs: nowMs + 5_000,
    outcome,
    reasons: 0n,
    value: 0n,
    movements: [],
    purchase: null,
    lines: [],
  };
  return { ...base, ...over };
}
