/** Where the receipts of each journal stream are: one row for each run of consecutive sequences in a block. */
import type Database from 'better-sqlite3';
import type { Receipt } from '#ledger/receipt';
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

/** The table of spans; used within the store's transactions. */
export class SpanTable {
  readonly #put: Database.Statement<[string, number, number, number, number, number, number]>;
  readonly #get: Database.Statement<[string, number, number, number, number]>;

  constructor(database: StoreDatabase) {
    this.#put = database.prepare(
      'INSERT INTO spans (author, epoch, stream, last, first, height, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    this.#get = database.prepare(
      'SELECT first, last, height, at FROM spans WHERE author = ? AND epoch = ? AND stream = ? AND last >= ? ORDER BY last, height, at LIMIT ?',
    );
  }

  /** Indexes the receipts of a block. */
  add(height: number, receipts: readonly Receipt[]): void {
    for (const { first, last } of spansOf(receipts)) {
      const { author, epoch, stream, sequence } = receipts[first] as Receipt;
      this.#put.run(author, epoch, stream, sequence + last - first, sequence, height, first);
    }
  }

  /** Spans that reach `fromSequence` or beyond, oldest first. */
  from({ author, epoch, stream }: StreamName, fromSequence: number, limit: number): Span[] {
    return this.#get.all(author, epoch, stream, fromSequence, limit) as Span[];
  }
}
