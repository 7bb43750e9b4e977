/** Executes the segments of one block on an overlay: pure, deterministic, and hostile input is an outcome (ARCHITECTURE D10). */
import { decode } from '#core/format';
import { type Authorship, type Effect, refused } from './effect.ts';
import { applyOperation } from './handlers.ts';
import { type AdmittedSegment, admitSegment, type SegmentCheck, type SegmentFault } from './journal/admit-segment.ts';
import { type Entry, entryFormat, streamOf } from './journal/entry.ts';
import { verifySegment } from './journal/segment.ts';
import { writeStreamHead } from './journal/stream-head.ts';
import { reason } from './reasons.ts';
import { type Outcome, type Receipt, receiptLeaf, receiptsRoot } from './receipt.ts';
import type { LedgerState, StateChange } from './state/ledger-state.ts';
import { resultRoot } from './state/roots.ts';
import { StateOverlay } from './state/state-overlay.ts';

/** What a block's operations may change in one shard; beyond it they are refused as LIMIT_EXCEEDED. Room is left for heads. */
export const blockShardLimits = { leavesMax: 60_000, bytesMax: 7 * 1024 * 1024 } as const;

/** The part of a block that execution depends on. */
export interface BlockInput {
  readonly chainId: Uint8Array;
  readonly height: number;
  readonly timeMs: number;
  /** Encoded segments in the order of execution. */
  readonly segments: readonly Uint8Array[];
  /** Replaces the signature check, for callers that have done it already; default `verifySegment`. */
  readonly isGenuine?: SegmentCheck;
}

/** What executing a block gives. Nothing is changed before `state.commit(change)`. */
export interface ExecutedBlock {
  /** One for each new entry of an admitted segment, in order of execution. */
  readonly receipts: Receipt[];
  readonly receiptLeaves: Uint8Array[];
  readonly receiptsRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly resultRoot: Uint8Array;
  readonly change: StateChange;
  /** Segments that were left out, by their index in the block. */
  readonly skipped: { readonly index: number; readonly reason: SegmentFault }[];
}

const outcomeIndex = { applied: 0, refused: 1, conflicted: 2 } as const satisfies Record<Outcome, number>;

/** Decodes an entry at its place; null where the bytes are none, or not the entry that belongs there. */
function entryAt(bytes: Uint8Array, sequence: number, stream: number, height: number): Entry | null {
  const decoded = decode(entryFormat, bytes);
  if (!decoded.ok) return null;
  const entry = decoded.value;
  const inPlace = entry.sequence === sequence && streamOf(entry.operation.kind) === stream;
  return inPlace && entry.timeLowMs <= entry.timeHighMs && entry.seenHeight < height ? entry : null;
}

function executeEntry(overlay: StateOverlay, block: BlockInput, admitted: AdmittedSegment, index: number): Effect {
  const { author, epoch, stream, firstSequence, entries } = admitted.segment;
  const sequence = firstSequence + index;
  const entry = entryAt(entries[index] as Uint8Array, sequence, stream, block.height);
  if (entry === null) return refused(reason.BAD_OPERATION);
  const by: Authorship = {
    chainId: block.chainId,
    author,
    epoch,
    sequence,
    // Nothing in a block happened after it.
    timeLowMs: Math.min(entry.timeLowMs, block.timeMs),
    timeHighMs: Math.min(entry.timeHighMs, block.timeMs),
    notAfterMs: entry.notAfterMs,
    blockTimeMs: block.timeMs,
  };
  const draft = new StateOverlay(overlay);
  const effect = applyOperation(draft, by, entry.operation);
  if (effect.outcome === 'refused') return effect;
  if (!overlay.hasRoomFor(draft, blockShardLimits)) return refused(reason.LIMIT_EXCEEDED);
  overlay.absorb(draft);
  return effect;
}

/**
 * Executes a block on top of `state` without changing it. Every new entry of a genuine segment gets one receipt, whatever it
 * says; segments that do not continue their stream are listed in `skipped`. Throws nothing but assertions.
 */
export function executeBlock(state: LedgerState, block: BlockInput): ExecutedBlock {
  const overlay = state.overlay();
  const isGenuine: SegmentCheck =
    block.isGenuine ?? ((segment, _bytes, publicKey) => verifySegment(block.chainId, segment, publicKey));
  const receipts: Receipt[] = [];
  const skipped: { readonly index: number; readonly reason: SegmentFault }[] = [];
  for (const [index, bytes] of block.segments.entries()) {
    const admitted = admitSegment(overlay, block.chainId, bytes, isGenuine);
    if (typeof admitted === 'string') {
      skipped.push({ index, reason: admitted });
      continue;
    }
    const { segment, chainHashes } = admitted;
    const { author, epoch, stream, firstSequence, entries } = segment;
    for (let at = admitted.firstNew; at < entries.length; at++) {
      const { outcome, reasons, value } = executeEntry(overlay, block, admitted, at);
      receipts.push({
        author,
        epoch,
        stream,
        sequence: firstSequence + at,
        entryHash: chainHashes[at] as Uint8Array,
        height: block.height,
        timeMs: block.timeMs,
        outcome: outcomeIndex[outcome],
        reasons,
        value,
      });
    }
    const headHash = chainHashes.at(-1) as Uint8Array;
    writeStreamHead(overlay, segment, { nextSequence: firstSequence + entries.length, headHash });
  }
  const receiptLeaves = receipts.map(receiptLeaf);
  const receiptRoot = receiptsRoot(receiptLeaves);
  const change = state.evaluate(overlay, block.height);
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
