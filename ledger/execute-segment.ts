/** Executes the new entries of one admitted segment, in order, until one of them waits (SPEC J6, J8, J9 and J12). */
import { decode } from '#core/format';
import { releaseAllOf } from './baskets/release-basket.ts';
import type { BlockStart } from './begin-block.ts';
import { type Authorship, type Effect, refused } from './effect.ts';
import { applyOperation } from './handlers.ts';
import { terminalParts } from './ids.ts';
import type { AdmittedSegment } from './journal/admit-segment.ts';
import { holdMsMax } from './journal/dependency.ts';
import { type Entry, entryFormat } from './journal/entry.ts';
import { closeNextNamed } from './journal/salvage.ts';
import { streamOf, valueStream } from './journal/stream.ts';
import { headOf, type StreamHead, streamHead, writeStreamHead } from './journal/stream-head.ts';
import { blockWorkMax, workOf } from './operation-work.ts';
import { reason } from './reasons.ts';
import type { Outcome, Receipt } from './receipt.ts';
import { StateOverlay } from './state/state-overlay.ts';

/** What a block's operations may change in one shard; beyond it they are refused as LIMIT_EXCEEDED. Room is left for heads. */
export const blockShardLimits = { leavesMax: 60_000, bytesMax: 7 * 1024 * 1024 } as const;

const outcomeIndex = { applied: 0, refused: 1, conflicted: 2 } as const satisfies Record<Outcome, number>;

/** The block that segments are executed in. `scratch` holds what losing branches would have done, by stream; it is dropped. */
export interface OpenBlock extends BlockStart {
  readonly chainId: Uint8Array;
  readonly overlay: StateOverlay;
  readonly scratch: Map<string, StateOverlay>;
  /** Of the receipts so far. */
  particularsBytes: number;
  /** Of each author so far (`workOf`). */
  readonly work: Map<string, number>;
}

/** Shared by the receipts that have no movements, or no lines. */
const nothing: readonly never[] = [];

/** What became of a segment. */
export interface ExecutedSegment {
  readonly receipts: readonly Receipt[];
  /** The next entry rests on one that is not executed, or has no room in this block: it and what follows are to be ordered again. */
  readonly waiting: boolean;
}

/** Decodes an entry at its place; null where the bytes are none, or not the entry that belongs there. */
function entryAt(bytes: Uint8Array, sequence: number, stream: number, height: number): Entry | null {
  const decoded = decode(entryFormat, bytes);
  if (!decoded.ok) return null;
  const entry = decoded.value;
  const inPlace = entry.sequence === sequence && streamOf(entry.operation.kind) === stream;
  return inPlace && entry.timeLowMs <= entry.timeHighMs && entry.seenHeight < height ? entry : null;
}

/** Whether the entry rests on another journal's that is not executed. */
function lacksDependency(
  { overlay }: OpenBlock,
  { segment }: AdmittedSegment,
  { dependsOn, sequence }: Entry,
): boolean {
  if (dependsOn === null) return false;
  const { author, epoch, stream } = dependsOn;
  // The head of the segment's own stream moves at its end only.
  const own = author === segment.author && epoch === segment.epoch && stream === segment.stream;
  const next = own ? sequence : (streamHead(overlay, author, epoch, stream)?.nextSequence ?? 0);
  return next <= dependsOn.sequence;
}

/** Most bytes that the particulars of a block's receipts take: what is over goes into the next block. */
const particularsBytesMax = 16 * 1024 * 1024;

/** Most bytes that an effect adds to its receipt. */
function particularsBytes({ detail }: Effect): number {
  return detail === undefined ? 0 : detail.movements.length * 192 + detail.lines.length * 32;
}

/** Applies the entry, or leaves no trace of it; null where only the block's limits stand against it. */
function applyEntry(block: OpenBlock, target: StateOverlay, by: Authorship, { operation }: Entry): Effect | null {
  target.openDraft();
  const effect = applyOperation(target, by, operation);
  const fits = effect.outcome === 'refused' ? 'fits' : target.draftFits(blockShardLimits);
  const particulars = particularsBytes(effect);
  const isFull = fits === 'full' || block.particularsBytes + particulars > particularsBytesMax;
  if (effect.outcome !== 'refused' && fits === 'fits' && !isFull) {
    target.keepDraft();
    block.particularsBytes += particulars;
    return effect;
  }
  target.dropDraft();
  if (effect.outcome === 'refused') return effect;
  return isFull ? null : refused(reason.LIMIT_EXCEEDED);
}

/** Where a losing branch is judged: as if none of the lane's baskets of the standing branch were open. */
function scratchOf(
  { overlay, scratch, timeMs }: OpenBlock,
  { author, epoch, stream }: AdmittedSegment['segment'],
): StateOverlay {
  const name = `${author} ${epoch} ${stream}`;
  const known = scratch.get(name);
  if (known !== undefined) return known;
  const fresh = new StateOverlay(overlay);
  const parts = terminalParts(author);
  if (parts !== null) releaseAllOf(fresh, { store: parts.store, nowMs: timeMs }, parts.lane);
  scratch.set(name, fresh);
  return fresh;
}

/** The effect of a salvaged entry. What a losing branch moved is only told; its physical facts are recorded all the same. */
function salvageEntry(block: OpenBlock, { segment, branch }: AdmittedSegment, by: Authorship, entry: Entry): Effect {
  const told = branch === 'losing' && segment.stream === valueStream;
  const target = told ? scratchOf(block, segment) : block.overlay;
  // A named segment has one turn only: what has no room in it is refused.
  const effect = applyEntry(block, target, { ...by, salvaged: true }, entry) ?? refused(reason.LIMIT_EXCEEDED);
  const outcome: Outcome = branch === 'losing' && effect.outcome === 'applied' ? 'conflicted' : effect.outcome;
  const { value } = effect;
  const reasons = effect.reasons | reason.SALVAGED;
  return told || effect.detail === undefined
    ? { outcome, reasons, value }
    : { outcome, reasons, value, detail: effect.detail };
}

/** Charges the author with the entry's work; false where it has no room in this block. Named segments have one turn only. */
function chargeWork({ work }: OpenBlock, { segment, branch }: AdmittedSegment, { operation }: Entry): boolean {
  const more = workOf(operation);
  if (more === 0 || branch !== 'standing') return true;
  const sum = (work.get(segment.author) ?? 0) + more;
  if (sum > blockWorkMax) return false;
  work.set(segment.author, sum);
  return true;
}

/** The entry's effect; null where it has no room in this block. */
function effectOf(block: OpenBlock, admitted: AdmittedSegment, sequence: number, entry: Entry | null): Effect | null {
  if (entry === null) return refused(reason.BAD_OPERATION);
  if (!chargeWork(block, admitted, entry)) return null;
  const { author, epoch } = admitted.segment;
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
    height: block.height,
  };
  const effect =
    admitted.branch === 'standing'
      ? applyEntry(block, block.overlay, by, entry)
      : salvageEntry(block, admitted, by, entry);
  if (effect === null || !lacksDependency(block, admitted, entry)) return effect;
  return { ...effect, reasons: effect.reasons | reason.DEPENDENCY_MISSING };
}

/** Since when the entry has been waiting, if it has to wait on; null if it is executed. Salvaged entries wait for nothing. */
function holdOf(block: OpenBlock, admitted: AdmittedSegment, entry: Entry | null): StreamHead['hold'] {
  const { segment, branch } = admitted;
  if (branch !== 'standing' || entry === null || entry.dependsOn === null) return null;
  if (!lacksDependency(block, admitted, entry)) return null;
  const head = headOf(block.overlay, block.chainId, segment);
  const known = head.nextSequence === entry.sequence && head.hold?.on != null ? head.hold : null;
  const sinceMs = known?.sinceMs ?? block.timeMs;
  return block.timeMs < sinceMs + holdMsMax ? { sinceMs, on: entry.dependsOn } : null;
}

/** Executes what is new of a segment, moves its stream's head, and gives one receipt for each entry executed. */
export function executeSegment(block: OpenBlock, admitted: AdmittedSegment): ExecutedSegment {
  const { segment, branch, chainHashes } = admitted;
  const { author, epoch, stream, firstSequence, previousHash, entries } = segment;
  const receipts: Receipt[] = [];
  let at = admitted.firstNew;
  let hold: StreamHead['hold'] = null;
  for (; at < entries.length; at++) {
    const sequence = firstSequence + at;
    const entry = entryAt(entries[at] as Uint8Array, sequence, stream, block.height);
    hold = holdOf(block, admitted, entry);
    if (hold !== null) break;
    const effect = effectOf(block, admitted, sequence, entry);
    if (effect === null) {
      hold = { sinceMs: block.timeMs, on: null };
      break;
    }
    const { outcome, reasons, value, detail } = effect;
    receipts.push({
      author,
      epoch,
      stream,
      sequence,
      entryHash: chainHashes[at] as Uint8Array,
      height: block.height,
      timeMs: block.timeMs,
      outcome: outcomeIndex[outcome],
      reasons,
      value,
      movements: detail?.movements ?? nothing,
      lines: detail?.lines ?? nothing,
    });
  }
  if (branch !== 'losing') {
    const headHash = at === 0 ? previousHash : (chainHashes[at - 1] as Uint8Array);
    writeStreamHead(block.overlay, segment, { nextSequence: firstSequence + at, headHash, hold });
  }
  if (branch !== 'standing') closeNextNamed(block.overlay, segment);
  return { receipts, waiting: hold !== null };
}
