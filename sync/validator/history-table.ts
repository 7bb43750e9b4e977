/** The nodes of the block history, kept for good: two a block, so that any old block can be proved from a new certificate. */
import type Database from 'better-sqlite3';
import type { HistoryNode } from '#ledger/state/history';
import { type HistoryProof, proveHistory } from '#ledger/state/history-proof';
import { plainBytes, type StoreDatabase } from './store-database.ts';

/** The table of nodes; used within the store's transactions. */
export class HistoryTable {
  readonly #put: Database.Statement<[number, number, Uint8Array]>;
  readonly #get: Database.Statement<[number, number]>;

  constructor(database: StoreDatabase) {
    this.#put = database.prepare('INSERT INTO history (level, place, hash) VALUES (?, ?, ?)');
    this.#get = database.prepare('SELECT hash FROM history WHERE level = ? AND place = ?').pluck();
  }

  /** Keeps what `History.append` gave out. */
  add(nodes: readonly HistoryNode[]): void {
    for (const { level, place, hash } of nodes) this.#put.run(level, place, hash);
  }

  /** The proof of a block, by its place, in the history of the first `count`; null where there is none. */
  prove(index: number, count: number): HistoryProof | null {
    return proveHistory(index, count, (level, place) => {
      const hash = this.#get.get(level, place) as Uint8Array | undefined;
      return hash === undefined ? undefined : plainBytes(hash);
    });
  }
}
