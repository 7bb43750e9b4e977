/** The segments that this validator has signed and the ledger may not have: what was once signed is sent again as it is. */
import type Database from 'better-sqlite3';
import { bodyDigest } from '../wire/block.ts';
import { plainBytes, type StoreDatabase, storeCorrupt } from './store-database.ts';

/** Writes happen inside the caller's transaction. */
export class AuthoredTable {
  readonly #path: string;
  readonly #put: Database.Statement<[number, number, number, Uint8Array, Uint8Array]>;
  readonly #all: Database.Statement<[]>;
  readonly #drop: Database.Statement<[number, number]>;
  readonly #clear: Database.Statement<[]>;

  constructor(database: StoreDatabase, path: string) {
    this.#path = path;
    this.#put = database.prepare('INSERT INTO authored (epoch, first, last, digest, bytes) VALUES (?, ?, ?, ?, ?)');
    this.#all = database.prepare('SELECT epoch, first, last, digest, bytes FROM authored ORDER BY epoch, first');
    this.#clear = database.prepare('DELETE FROM authored');
    this.#drop = database.prepare('DELETE FROM authored WHERE epoch = ? AND first = ?');
  }

  /** Keeps a sealed segment. */
  put(segment: {
    readonly epoch: number;
    readonly first: number;
    readonly last: number;
    readonly bytes: Uint8Array;
  }): void {
    const { epoch, first, last, bytes } = segment;
    this.#put.run(epoch, first, last, bodyDigest(bytes), bytes);
  }

  /** Every kept segment's bytes, oldest first. Throws `STORE_CORRUPT` when they are not what was written. */
  all(): Uint8Array[] {
    const rows = this.#all.all() as { epoch: number; first: number; digest: Uint8Array; bytes: Uint8Array }[];
    return rows.map(({ epoch, first, digest, bytes }) => {
      if (Buffer.compare(bodyDigest(bytes), digest) !== 0)
        storeCorrupt(this.#path, `the own segment ${epoch}/${first} has changed`);
      return plainBytes(bytes);
    });
  }

  /** Drops every segment: they were another author's. */
  clear(): void {
    this.#clear.run();
  }

  /** Copies every kept segment into another, empty table. */
  copyTo(other: AuthoredTable): void {
    const bytes = this.all();
    const rows = this.#all.all() as { epoch: number; first: number; last: number }[];
    for (const [at, { epoch, first, last }] of rows.entries()) {
      other.put({ epoch, first, last, bytes: bytes[at] as Uint8Array });
    }
  }

  /** The ledger has it, or never will. */
  drop(epoch: number, first: number): void {
    this.#drop.run(epoch, first);
  }
}
