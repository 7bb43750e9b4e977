/** The nodes of the block history, kept for good: two a block, so that any old block can be proved from a new certificate. */
import type Database from 'better-sqlite3';
import { sha256 } from '#core/hash';
import type { HistoryNode } from '#ledger/state/history';
import { type HistoryProof, proveHistory } from '#ledger/state/history-proof';
import { isSealed, sealOf } from './row-seal.ts';
import { plainBytes, type StoreDatabase } from './store-database.ts';

interface NodeRow {
  readonly hash: Uint8Array;
  readonly seal: Uint8Array;
}

/** The table of nodes; used within the store's transactions. */
export class HistoryTable {
  readonly #put: Database.Statement<[number, number, Uint8Array, Uint8Array]>;
  readonly #get: Database.Statement<[number, number]>;

  constructor(database: StoreDatabase) {
    this.#put = database.prepare('INSERT OR REPLACE INTO history (level, place, hash, seal) VALUES (?, ?, ?, ?)');
    this.#get = database.prepare('SELECT hash, seal FROM history WHERE level = ? AND place = ?');
  }

  /** Keeps what `History.append` gave out. */
  add(nodes: readonly HistoryNode[]): void {
    for (const { level, place, hash } of nodes) this.#put.run(level, place, hash, sealOf(level, place, hash));
  }

  /** A node; one that has rotted is made again from those below it. Undefined where it cannot be had. */
  node(level: number, place: number): Uint8Array | undefined {
    const row = this.#get.get(level, place) as NodeRow | undefined;
    if (row === undefined) return undefined;
    if (isSealed(row.seal, level, place, row.hash)) return plainBytes(row.hash);
    const left = level === 0 ? undefined : this.node(level - 1, place * 2);
    const right = left === undefined ? undefined : this.node(level - 1, place * 2 + 1);
    if (left === undefined || right === undefined) return undefined;
    const hash = sha256(left, right);
    this.add([{ level, place, hash }]);
    return hash;
  }

  /** The proof of a block, by its place, in the history of the first `count`; null where there is none. */
  prove(index: number, count: number): HistoryProof | null {
    return proveHistory(index, count, (level, place) => this.node(level, place));
  }
}
