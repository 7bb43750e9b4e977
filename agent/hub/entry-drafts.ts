/** From an operation to a journal entry: what the terminal knows at this moment goes with it. */
import { type EntryNote, emptyNote } from '#agent/journal/entry-note';
import type { EntryDraft } from '#agent/journal/journal';
import type { Entry } from '#ledger/journal/entry';
import type { Operation } from '#ledger/operation';

/** What is known now: the last certified height and the interval of certificate time. */
export interface NowKnown {
  readonly seenHeight: number;
  readonly timeLowMs: number;
  readonly timeHighMs: number;
}

/** What an entry may say beside its operation. */
export interface DraftExtras {
  readonly note?: Partial<EntryNote>;
  readonly notAfterMs?: number;
  readonly dependsOn?: Entry['dependsOn'];
}

/** Drafts an entry for an operation. */
export type DraftEntry = (operation: Operation, extras?: DraftExtras) => EntryDraft;

/** A drafter that asks `now` each time. */
export function entryDrafter(now: () => NowKnown): DraftEntry {
  return (operation, extras = {}) => ({
    ...now(),
    notAfterMs: extras.notAfterMs ?? null,
    dependsOn: extras.dependsOn ?? null,
    operation,
    note: { ...emptyNote, ...extras.note },
  });
}
