/** Where the receipts of each journal stream are: one row for each run of consecutive sequences in a block. */
import type Database from 'better-sqlite3';
import type { Receipt } from '#ledger/receipt';
import { isSealed, sealOf } from './row-seal.ts';
import type { StoreDatabase } from './store-database.ts';

/** Consecutive receipts of one stream in one block. */
export interface Span {
  readonly first: number;
  readonly last: number;
  readonly height: number;
  /** Index in the block of the first one's receipt. */
  readonly at: number;
}

type StreamName = Pick<Receipt, 'author' | 'epoch' | 'stream'>;

function continues(before: Receipt, next: Receipt): boolean {
  return (
    before.sequence + 1 === next.sequence &&
    before.author === next.author &&
    before.epoch === next.epoch &&
    before.stream === next.stream
  );
}

/** Cuts a block's receipts into spans. */
export function spansOf(receipts: readonly Receipt[]): { readonly first: number; readonly last: number }[] {
  const spans: { first: number; last: number }[] = [];
  for (let index = 0; index < receipts.length; index++) {
    const open = spans.at(-1);
    if (open !== undefined && continues(receipts[index - 1] as Receipt, receipts[index] as Receipt)) open.last = index;
    else spans.push({ first: index, last: index });
  }
  return spans;
}

interface SpanRow extends Span {
  readonly seal: Uint8Array;
}

/** The table of spans; used within the store's transactions. */
export class SpanTable {
  readonly #put: Database.Statement<[string, number, number, number, number, number, number, Uint8Array]>;
  readonly #get: Database.Statement<[string, number, number, number, number]>;
  readonly #drop: Database.Statement<[string, number, number, number, number, number]>;

  constructor(database: StoreDatabase) {
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO spans (author, epoch, stream, last, first, height, at, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    );
    this.#get = database.prepare(
      'SELECT first, last, height, at, seal FROM spans WHERE author = ? AND epoch = ? AND stream = ? AND last >= ? ORDER BY last, height, at LIMIT ?',
    );
    this.#drop = database.prepare(
      'DELETE FROM spans WHERE author = ? AND epoch = ? AND stream = ? AND last = ? AND height = ? AND at = ?',
    );
  }

  /** Indexes the receipts of a block; again where a row has rotted. */
  add(height: number, receipts: readonly Receipt[]): void {
    for (const { first: at, last: end } of spansOf(receipts)) {
      const { author, epoch, stream, sequence: first } = receipts[at] as Receipt;
      const last = first + end - at;
      const seal = sealOf(author, epoch, stream, last, first, height, at);
      this.#put.run(author, epoch, stream, last, first, height, at, seal);
    }
  }

  /** Forgets the receipts of a block. */
  remove(height: number, receipts: readonly Receipt[]): void {
    for (const { first: at, last: end } of spansOf(receipts)) {
      const { author, epoch, stream, sequence } = receipts[at] as Receipt;
      this.#drop.run(author, epoch, stream, sequence + end - at, height, at);
    }
  }

  /** Spans that reach `fromSequence` or beyond, oldest first. A rotten one is left out: other validators have it. */
  from({ author, epoch, stream }: StreamName, fromSequence: number, limit: number): Span[] {
    const rows = this.#get.all(author, epoch, stream, fromSequence, limit) as SpanRow[];
    return rows.flatMap(({ seal, ...span }) => {
      const { last, first, height, at } = span;
      return isSealed(seal, author, epoch, stream, last, first, height, at) ? [span] : [];
    });
  }
}
