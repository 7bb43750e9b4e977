/** What a block does before its first segment. */
import { matchBlock } from './market/match-block.ts';
import type { Receipt } from './receipt.ts';
import { noteBlockTime } from './rights/shard-age.ts';
import type { StateOverlay } from './state/state-overlay.ts';

/** What rules that belong to no entry may know of the block. */
export interface BlockStart {
  readonly height: number;
  readonly timeMs: number;
  readonly beacon: Uint8Array;
}

/** Runs the rules that belong to no entry, each within limits of its own; receipts of what they moved. */
export function beginBlock(tx: StateOverlay, block: BlockStart): Receipt[] {
  noteBlockTime(tx, block);
  return matchBlock(tx, block);
}
