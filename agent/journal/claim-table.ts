/** The used-set: which units this store has taken, by which terminal. It follows the journal. */

import { JournalError } from './errors.ts';
import type { JournalDatabase } from './journal-database.ts';

/** Most claims kept. */
export const claimsMax = 2_000_000;
/** Longest unit key, characters. */
export const unitKeyCharactersMax = 128;

/** One unit taken: `255/<gcn>/<serial>` or `01/<gtin>/21/<serial>`. */
export interface Claim {
  readonly unit: string;
  /** Terminal account that took it. */
  readonly terminal: string;
  readonly state: 'reserved' | 'captured';
  /** When, as an interval in certificate time, milliseconds since 1970 UTC. */
  readonly atLowMs: number;
  readonly atHighMs: number;
}

interface ClaimRow {
  readonly unit: string;
  readonly terminal: string;
  readonly captured: number;
  readonly at_low_ms: number;
  readonly at_high_ms: number;
  readonly holder: number | null;
}

function claimOf(row: ClaimRow): Claim {
  return {
    unit: row.unit,
    terminal: row.terminal,
    state: row.captured === 1 ? 'captured' : 'reserved',
    atLowMs: row.at_low_ms,
    atHighMs: row.at_high_ms,
  };
}

/** Prepared access to claims. A claim of this terminal names the entry that holds it, by row id. */
export class ClaimTable {
  readonly #get;
  readonly #put;
  readonly #drop;
  readonly #page;
  readonly #reserved;
  readonly #count;

  constructor(database: JournalDatabase) {
    this.#get = database.prepare('SELECT * FROM claims WHERE unit = ?');
    this.#put = database.prepare('INSERT OR REPLACE INTO claims VALUES (?, ?, ?, ?, ?, ?)');
    this.#drop = database.prepare('DELETE FROM claims WHERE unit = ?');
    this.#page = database.prepare('SELECT * FROM claims WHERE unit > ? ORDER BY unit LIMIT ?');
    this.#reserved = database
      .prepare('SELECT unit FROM claims WHERE terminal = ? AND captured = 0 ORDER BY unit LIMIT ?')
      .pluck();
    this.#count = database.prepare('SELECT count(*) FROM claims').pluck();
  }

  count(): number {
    return this.#count.get() as number;
  }

  get(unit: string): Claim | null {
    const row = this.#get.get(unit) as ClaimRow | undefined;
    return row === undefined ? null : claimOf(row);
  }

  /** The row id of the own entry that holds a claim; null for another terminal's claim and for none. */
  holderOf(unit: string): number | null {
    return (this.#get.get(unit) as ClaimRow | undefined)?.holder ?? null;
  }

  /** Adds or replaces a claim. Throws `JOURNAL_LIMIT` for an oversize key. */
  put(claim: Claim, holder: number | null): void {
    if (claim.unit.length === 0 || claim.unit.length > unitKeyCharactersMax) {
      const message = `The unit key of a claim has ${claim.unit.length} characters; 1 to ${unitKeyCharactersMax} are allowed.`;
      throw new JournalError({ code: 'JOURNAL_LIMIT', message });
    }
    const captured = claim.state === 'captured' ? 1 : 0;
    this.#put.run(claim.unit, claim.terminal, captured, claim.atLowMs, claim.atHighMs, holder);
  }

  /** Removes a claim; nothing happens when there is none. Returns whether there was one. */
  drop(unit: string): boolean {
    return this.#drop.run(unit).changes === 1;
  }

  /** Units that a terminal has reserved and not captured, in order, at most `limit`; the cost is that of the answer. */
  reservedBy(terminal: string, limit: number): string[] {
    return this.#reserved.all(terminal, limit) as string[];
  }

  /** Claims in order of unit, after one, at most `limit`. */
  page(afterUnit: string, limit: number): Claim[] {
    return (this.#page.all(afterUnit, limit) as ClaimRow[]).map(claimOf);
  }
}
