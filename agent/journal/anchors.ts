/** Compares the journal with what others remember of it, and keeps what was found wrong (ARCHITECTURE D6). */
import { equalBytes } from '#core/bytes';
import type { Log } from '#core/log';
import type { EntryPlace } from './entry-state.ts';
import { JournalError } from './errors.ts';
import type { JournalDatabase } from './journal-database.ts';

/** Most faults listed. */
export const faultsListedMax = 1_000;

/** `equal`: same head. `ahead`: the journal has more. `behind`: entries were lost here. `forked`: other entries at the same sequences. */
export type AnchorMatch = 'equal' | 'ahead' | 'behind' | 'forked';

/**
 * `JOURNAL_BEHIND`: others know entries that are not here. `FORKED_JOURNAL`: others know other entries.
 * `RECEIPT_CONTRADICTED`: two certified receipts of one entry differ. The first two stop writing.
 */
export type FaultCode = 'JOURNAL_BEHIND' | 'FORKED_JOURNAL' | 'RECEIPT_CONTRADICTED';

/** Something found wrong with this journal. */
export interface JournalFault {
  readonly code: FaultCode;
  /** The entry at which it shows. For `JOURNAL_BEHIND`: the last one that others know. */
  readonly place: EntryPlace;
  readonly detail: string;
  readonly resolved: boolean;
}

interface FaultRow {
  readonly code: FaultCode;
  readonly epoch: number;
  readonly stream: number;
  readonly sequence: number;
  readonly detail: string;
  readonly resolved: number;
}

function faultOf(row: FaultRow): JournalFault {
  const { code, epoch, stream, sequence, detail } = row;
  return { code, place: { epoch, stream, sequence }, detail, resolved: row.resolved === 1 };
}

/** Compares by the hash of the entry before the anchor's next one; `hashAt` gives null where there is no entry. */
export function matchAnchor(
  own: { readonly nextSequence: number; hashAt(sequence: number): Uint8Array | null },
  anchor: { readonly nextSequence: number; readonly headHash: Uint8Array } | null,
): AnchorMatch {
  if (anchor === null) return own.nextSequence === 0 ? 'equal' : 'ahead';
  if (anchor.nextSequence > own.nextSequence) return 'behind';
  const hash = own.hashAt(anchor.nextSequence - 1);
  if (hash === null || !equalBytes(hash, anchor.headHash)) return 'forked';
  return anchor.nextSequence === own.nextSequence ? 'equal' : 'ahead';
}

/** The faults of a journal, durable, and whether one of them stops writing. */
export class FaultRecord {
  readonly #epoch: number;
  readonly #log: Log;
  readonly #insert;
  readonly #list;
  readonly #same;
  readonly #blocking;
  readonly #resolve;
  #blockedBy: JournalFault | null = null;

  constructor(database: JournalDatabase, epoch: number, log: Log) {
    this.#epoch = epoch;
    this.#log = log;
    this.#insert = database.prepare(
      'INSERT INTO faults (code, epoch, stream, sequence, detail, resolved) VALUES (?, ?, ?, ?, ?, 0)',
    );
    this.#list = database.prepare(
      `SELECT * FROM (SELECT * FROM faults ORDER BY serial DESC LIMIT ${faultsListedMax}) ORDER BY serial`,
    );
    this.#same = database
      .prepare(
        'SELECT count(*) FROM faults WHERE code = ? AND epoch = ? AND stream = ? AND sequence = ? AND resolved = 0',
      )
      .pluck();
    this.#blocking = database.prepare(
      "SELECT * FROM faults WHERE epoch = ? AND resolved = 0 AND code IN ('JOURNAL_BEHIND', 'FORKED_JOURNAL') ORDER BY serial LIMIT 1",
    );
    this.#resolve = database.prepare(
      "UPDATE faults SET resolved = 1 WHERE epoch = ? AND stream = ? AND code = 'JOURNAL_BEHIND' AND sequence < ?",
    );
    this.reload();
  }

  /** The oldest unresolved fault of this epoch that stops writing. */
  get blockedBy(): JournalFault | null {
    return this.#blockedBy;
  }

  /** Throws the blocking fault as an error, if there is one. */
  assertWritable(): void {
    const fault = this.#blockedBy;
    if (fault === null || fault.code === 'RECEIPT_CONTRADICTED') return;
    const message = `Nothing can be written to the journal under epoch ${this.#epoch}: ${fault.detail} Adopt the missing entries, or enrol this terminal under a new epoch.`;
    throw new JournalError({ code: fault.code, message, context: { ...fault.place } });
  }

  /** Inside a transaction: adds a fault unless the same one stands unresolved. Returns it when it is new. */
  add(code: FaultCode, place: EntryPlace, detail: string): JournalFault | null {
    if ((this.#same.get(code, place.epoch, place.stream, place.sequence) as number) > 0) return null;
    this.#insert.run(code, place.epoch, place.stream, place.sequence, detail);
    this.#log.error({ code, ...place, detail }, 'journal fault');
    return { code, place, detail, resolved: false };
  }

  /** Inside a transaction: the stream has entries up to before `nextSequence` again. */
  resolveBehind(stream: number, nextSequence: number): void {
    this.#resolve.run(this.#epoch, stream, nextSequence);
  }

  /** After a transaction: what blocks now. */
  reload(): void {
    const row = this.#blocking.get(this.#epoch) as FaultRow | undefined;
    this.#blockedBy = row === undefined ? null : faultOf(row);
  }

  list(): JournalFault[] {
    return (this.#list.all() as FaultRow[]).map(faultOf);
  }
}
