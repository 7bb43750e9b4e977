/** The segments that this validator has signed and the ledger may not have: what was once signed is sent again as it is. */
import type Database from 'better-sqlite3';
import { isSealed, sealOf } from './row-seal.ts';
import { plainBytes, type StoreDatabase, storeCorrupt } from './store-database.ts';

interface Row {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly bytes: Uint8Array;
  readonly seal: Uint8Array;
}

/** A sealed segment as kept: its places in the journal, and its bytes. */
export type AuthoredSegment = Omit<Row, 'seal'>;

/** Writes happen inside the caller's transaction. */
export class AuthoredTable {
  readonly #path: string;
  readonly #put: Database.Statement<[number, number, number, Uint8Array, Uint8Array]>;
  readonly #all: Database.Statement<[]>;
  readonly #drop: Database.Statement<[number, number]>;
  readonly #clear: Database.Statement<[]>;

  constructor(database: StoreDatabase, path: string) {
    this.#path = path;
    this.#put = database.prepare('INSERT INTO authored (epoch, first, last, bytes, seal) VALUES (?, ?, ?, ?, ?)');
    this.#all = database.prepare('SELECT epoch, first, last, bytes, seal FROM authored ORDER BY epoch, first');
    this.#clear = database.prepare('DELETE FROM authored');
    this.#drop = database.prepare('DELETE FROM authored WHERE epoch = ? AND first = ?');
  }

  /** Keeps a sealed segment. */
  put({ epoch, first, last, bytes }: AuthoredSegment): void {
    this.#put.run(epoch, first, last, bytes, sealOf(epoch, first, last, bytes));
  }

  /** Every kept segment, oldest first. Throws `STORE_CORRUPT` when they are not what was written. */
  all(): AuthoredSegment[] {
    return (this.#all.all() as Row[]).map(({ epoch, first, last, bytes, seal }) => {
      if (!isSealed(seal, epoch, first, last, bytes))
        storeCorrupt(this.#path, `the own segment ${epoch}/${first} has changed`);
      return { epoch, first, last, bytes: plainBytes(bytes) };
    });
  }

  /** Drops every segment: they were another author's. */
  clear(): void {
    this.#clear.run();
  }

  /** Copies every kept segment into another, empty table. */
  copyTo(other: AuthoredTable): void {
    for (const segment of this.all()) other.put(segment);
  }

  /** The ledger has it, or never will. */
  drop(epoch: number, first: number): void {
    this.#drop.run(epoch, first);
  }
}
