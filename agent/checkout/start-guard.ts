/** What may be taken before the journal was matched against an anchor: little, and never as guaranteed (ARCHITECTURE D6). */
import type { Journal } from '#agent/journal/journal';

/** Most yeses of an unanchored start. */
export const unanchoredUnitsMax = 16;

/** Counts what an unanchored start has taken on its own word. */
export class StartGuard {
  readonly #journal: Journal;
  #taken = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Whether the journal takes no entry at all: others know of entries that are not here. */
  get isBlocked(): boolean {
    return this.#journal.blockedBy !== null;
  }

  /** What the terminal may take on its own word. `full` once anchored; `provisional` while the unanchored budget lasts; `none` after that or when writing is blocked. */
  get allowance(): 'full' | 'provisional' | 'none' {
    if (this.isBlocked) return 'none';
    if (this.#journal.anchored) return 'full';
    return this.#taken < unanchoredUnitsMax ? 'provisional' : 'none';
  }

  /** Notes one yes on the terminal's own word. */
  took(): void {
    if (!this.#journal.anchored) this.#taken++;
  }
}
