/** Whether a validator has to begin with a state instead of following by blocks. What peers say of themselves is a hint. */
import type { PeerId } from '../pbft/voting-set.ts';

/**
 * Blocks behind which a validator fetches the state although its peers have the blocks: eleven days of an idle region, some hours of
 * a busy one. A state is had in seconds, but whoever begins with one has nothing of the past, and were that done after every
 * outage, receipts would wear away from all validators one after the other: so blocks for as long as they are bearable.
 */
export const snapshotAfterBlocksDefault = 100_000;

/** What was heard in this life of the process. */
export class SnapshotNeed {
  readonly #afterBlocks: number;
  readonly #heights = new Map<PeerId, number>();
  /** Who had nothing when asked for the block after this height. */
  readonly #without = new Set<PeerId>();
  #height = -1;

  constructor(afterBlocks: number) {
    this.#afterBlocks = afterBlocks;
  }

  /** A peer says how far it has come. */
  heard(peer: PeerId, height: number): void {
    this.#heights.set(peer, height);
  }

  /** A peer that was asked for the block after a height has given none. */
  hadNothing(peer: PeerId, height: number): void {
    this.#at(height);
    this.#without.add(peer);
  }

  /** Whether there is reason to ask for a checkpoint: of those connected somebody is far ahead, or those ahead do not have the next block. */
  isDue(height: number, connected: readonly PeerId[]): boolean {
    for (const peer of this.#heights.keys()) if (!connected.includes(peer)) this.#heights.delete(peer);
    const most = Math.max(0, ...this.#heights.values());
    return most - height > this.#afterBlocks || this.#isStarved(height);
  }

  /** Whether a checkpoint at a height, which is certified, is to be fetched. */
  isWorth(height: number, checkpoint: number): boolean {
    if (checkpoint <= height) return false;
    return checkpoint - height > this.#afterBlocks || this.#isStarved(height);
  }

  #isStarved(height: number): boolean {
    this.#at(height);
    const ahead = [...this.#heights].filter(([, claimed]) => claimed > height);
    return ahead.length > 0 && ahead.every(([peer]) => this.#without.has(peer));
  }

  #at(height: number): void {
    if (height !== this.#height) this.#without.clear();
    this.#height = height;
  }
}
