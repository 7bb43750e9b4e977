/** What a block does before its first segment. */
import { readVoters, writeVoters } from './contracts/call.ts';
import { matchBlock } from './market/match-block.ts';
import type { Receipt } from './receipt.ts';
import { noteBlockTime } from './rights/shard-age.ts';
import type { StateOverlay } from './state/state-overlay.ts';

/** What rules that belong to no entry may know of the block. */
export interface BlockStart {
  readonly height: number;
  readonly timeMs: number;
  readonly beacon: Uint8Array;
  /** Names of those who vote on the block; undefined: as before. */
  readonly voters?: readonly string[] | undefined;
}

/** Keeps who votes, where that has changed. */
function noteVoters(tx: StateOverlay, voters: readonly string[] | undefined): void {
  if (voters === undefined || readVoters(tx)?.join() === voters.join()) return;
  writeVoters(tx, voters);
}

/** Runs the rules that belong to no entry, each within limits of its own; receipts of what they moved. */
export function beginBlock(tx: StateOverlay, block: BlockStart): Receipt[] {
  noteBlockTime(tx, block);
  noteVoters(tx, block.voters);
  return matchBlock(tx, block);
}
