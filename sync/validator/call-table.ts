/** The execution cache: open calls with what they read when that was the state, and what their execution gave. Derived data, but for the reads. */
import type Database from 'better-sqlite3';
import { isSealed, sealOf } from './row-seal.ts';
import { plainBytes, type StoreDatabase, storeCorrupt } from './store-database.ts';

/** A call as kept. */
export interface KeptCall {
  readonly number: number;
  /** Encoded `callInputFormat`. */
  readonly input: Uint8Array;
  /** Encoded `callResultFormat`; null until it was executed. */
  readonly result: Uint8Array | null;
}

interface Row {
  readonly number: number;
  readonly input: Uint8Array;
  readonly seal: Uint8Array;
  readonly result: Uint8Array | null;
  readonly result_seal: Uint8Array | null;
}

/** Writes happen inside the caller's transaction. Bounded by the calls that the ledger holds open. */
export class CallTable {
  readonly #path: string;
  readonly #put: Database.Statement<[number, Uint8Array, Uint8Array]>;
  readonly #putResult: Database.Statement<[Uint8Array, Uint8Array, number]>;
  readonly #all: Database.Statement<[]>;
  readonly #drop: Database.Statement<[number]>;

  constructor(database: StoreDatabase, path: string) {
    this.#path = path;
    this.#put = database.prepare('INSERT OR REPLACE INTO calls (number, input, seal) VALUES (?, ?, ?)');
    this.#putResult = database.prepare('UPDATE calls SET result = ?, result_seal = ? WHERE number = ?');
    this.#all = database.prepare('SELECT * FROM calls ORDER BY number');
    this.#drop = database.prepare('DELETE FROM calls WHERE number = ?');
  }

  put(number: number, input: Uint8Array): void {
    this.#put.run(number, input, sealOf(number, input));
  }

  putResult(number: number, result: Uint8Array): void {
    this.#putResult.run(result, sealOf(number, result), number);
  }

  drop(number: number): void {
    this.#drop.run(number);
  }

  /** Every kept call, in order. Throws `STORE_CORRUPT` when one is not what was written. */
  all(): KeptCall[] {
    return (this.#all.all() as Row[]).map(({ number, input, seal, result, result_seal: resultSeal }) => {
      const sound =
        isSealed(seal, number, input) &&
        (result === null || (resultSeal !== null && isSealed(resultSeal, number, result)));
      if (!sound) storeCorrupt(this.#path, `the kept call ${number} has changed`);
      return { number, input: plainBytes(input), result: result === null ? null : plainBytes(result) };
    });
  }
}
