/** Executes the segments of one block on an overlay: pure, deterministic, and hostile input is an outcome (ARCHITECTURE D10). */
import { beginBlock } from './begin-block.ts';
import { settleCalls } from './contracts/settle-calls.ts';
import { executeSegment, type OpenBlock } from './execute-segment.ts';
import { admitSegment, type SegmentCheck, type SegmentFault } from './journal/admit-segment.ts';
import { freezeTerminal } from './journal/freeze-terminal.ts';
import { verifySegment } from './journal/segment.ts';
import { type Receipt, receiptLeavesOf, receiptsRoot } from './receipt.ts';
import type { LedgerState, StateChange } from './state/ledger-state.ts';
import { resultRoot } from './state/roots.ts';

/** The part of a block that execution depends on. */
export interface BlockInput {
  readonly chainId: Uint8Array;
  readonly height: number;
  readonly timeMs: number;
  /** The block's beacon output, 64 bytes: the only draw that rules may use (ARCHITECTURE D10). */
  readonly beacon: Uint8Array;
  /** Names of the validators of the block's epoch; left out: those of the block before. */
  readonly voters?: readonly string[];
  /** Encoded segments in the order of execution. */
  readonly segments: readonly Uint8Array[];
  /** Replaces the signature check, for callers that have done it already; default `verifySegment`. */
  readonly isGenuine?: SegmentCheck;
}

/** What executing a block gives. Nothing is changed before `state.commit(change)`. */
export interface ExecutedBlock {
  /** Of what rules moved at the start of the block, one for each new entry of an admitted segment, in order of execution, then one for each call that ends. */
  readonly receipts: Receipt[];
  readonly receiptLeaves: Uint8Array[];
  readonly receiptsRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly resultRoot: Uint8Array;
  readonly change: StateChange;
  /** Segments that were left out, or of which the rest waits, by their index in the block. */
  readonly skipped: { readonly index: number; readonly reason: SegmentFault }[];
}

/**
 * Executes a block on top of `state` without changing it. Every new entry of a genuine segment gets one receipt, whatever it
 * says, unless it waits for another journal's; segments that do not continue their stream, and those of which something waits, are
 * listed in `skipped`. Throws nothing but assertions.
 */
export function executeBlock(state: LedgerState, block: BlockInput): ExecutedBlock {
  const { chainId, height, timeMs, beacon, voters, segments } = block;
  const overlay = state.overlay();
  const isGenuine: SegmentCheck =
    block.isGenuine ?? ((segment, _bytes, publicKey) => verifySegment(chainId, segment, publicKey));
  const limits = { particularsBytes: 0, work: new Map<string, number>() };
  const open: OpenBlock = { chainId, height, timeMs, beacon, voters, overlay, scratch: new Map(), ...limits };
  const receipts: Receipt[] = beginBlock(overlay, open);
  const skipped: { readonly index: number; readonly reason: SegmentFault }[] = [];
  for (const [index, bytes] of segments.entries()) {
    const admitted = admitSegment(overlay, chainId, bytes, isGenuine);
    if (admitted.kind === 'skipped') {
      skipped.push({ index, reason: admitted.reason });
      // The author's own signature is the proof.
      if (admitted.reason === 'FORK' && admitted.segment !== null)
        freezeTerminal(overlay, admitted.segment.author, height);
      continue;
    }
    const executed = executeSegment(open, admitted);
    receipts.push(...executed.receipts);
    if (executed.waiting) skipped.push({ index, reason: 'WAITING' });
  }
  receipts.push(...settleCalls(overlay, open));
  const receiptLeaves = receiptLeavesOf(receipts);
  const receiptRoot = receiptsRoot(receiptLeaves);
  const change = state.evaluate(overlay, height);
  return {
    receipts,
    receiptLeaves,
    receiptsRoot: receiptRoot,
    stateRoot: change.stateRoot,
    resultRoot: resultRoot(change.stateRoot, receiptRoot),
    change,
    skipped,
  };
}
