/**
 * How far back a validator keeps the bodies and results of blocks. Headers, certificates and the history stay for good, so that what was
 * pruned is still proved by whoever holds its receipts.
 */
import type { PeerId } from '../pbft/voting-set.ts';

/** A peer that has fallen back is waited for up to so many times the blocks to be kept; then it has to be helped by hand. */
const patience = 2;
/** Heights dropped with one block: pruning keeps pace and catches up, but no block pays for much. */
export const prunedAtOnce = 4;

/** The choice of one validator. */
export class Retention {
  readonly #keepBlocks: number | null;
  readonly #heads = new Map<PeerId, number>();

  /** `keepBlocks` null: everything is kept. */
  constructor(keepBlocks: number | null) {
    this.#keepBlocks = keepBlocks;
  }

  /** A member says how far it has come: what it lacks is kept for it. */
  heard(peer: PeerId, committedHeight: number): void {
    if (this.#keepBlocks !== null) this.#heads.set(peer, committedHeight);
  }

  /** Only these are waited for. */
  members(peers: readonly PeerId[]): void {
    for (const peer of this.#heads.keys()) if (!peers.includes(peer)) this.#heads.delete(peer);
  }

  /** Height up to which bodies and results may go: never those from the oldest checkpoint on. 0 for nothing. */
  prunableUpTo(height: number, oldestCheckpoint: number): number {
    if (this.#keepBlocks === null) return 0;
    const kept = Math.min(height - this.#keepBlocks, oldestCheckpoint - 1);
    const needed = Math.max(Math.min(...this.#heads.values()), height - patience * this.#keepBlocks);
    return Math.max(0, Math.min(kept, needed));
  }
}
