/** Whether a segment continues its author's stream, and which of its entries are new (SPEC J1 to J7 and J12, ARCHITECTURE D3). */
import { equalBytes } from '#core/bytes';
import { decode } from '#core/format';
import { HASH_BYTES } from '#core/hash';
import type { LedgerView } from '../state/view.ts';
import { authorKey, authorKeyOf, speakingKey } from './author-key.ts';
import { chainHashInto } from './entry.ts';
import { namedPlace } from './named-segment.ts';
import { type Segment, segmentFormat } from './segment.ts';
import { headOf, type StreamHead } from './stream-head.ts';

/** Why a segment, or the rest of one, is left out of a block. What is left out has no receipts. */
export const segmentFaults = [
  'BAD_FORMAT',
  'UNKNOWN_AUTHOR',
  'STALE_EPOCH',
  'REVOKED',
  'FROZEN',
  'BAD_SIGNATURE',
  'GAP',
  'FORK',
  'DUPLICATE',
  'WAITING',
] as const;
/** One of `segmentFaults`. */
export type SegmentFault = (typeof segmentFaults)[number];

/** Whether the author's key signed the segment; given its decoded form, its exact bytes and the key of its epoch. */
export type SegmentCheck = (segment: Segment, bytes: Uint8Array, publicKey: Uint8Array) => boolean;

/**
 * `standing`: the author's journal as the ledger knows it. `closed`: it goes on from there, let in by the admin. `losing`: the admin let
 * in a branch that the ledger had not taken; it can change nothing that another entry has settled.
 */
export type Branch = 'standing' | 'closed' | 'losing';

/** The new tail of a segment: entries from `firstNew` on, with the chain hash of each. */
export interface AdmittedSegment {
  readonly kind: 'admitted';
  readonly segment: Segment;
  readonly branch: Branch;
  readonly firstNew: number;
  /** Chain hash of every entry of the segment, old ones included. */
  readonly chainHashes: readonly Uint8Array[];
}

/** A segment that is left out; `segment` where it could be read. */
export interface SkippedSegment {
  readonly kind: 'skipped';
  readonly reason: SegmentFault;
  readonly segment: Segment | null;
}

/** Why an author may not speak. */
export type SpeakerFault = Extract<SegmentFault, 'UNKNOWN_AUTHOR' | 'STALE_EPOCH' | 'REVOKED' | 'FROZEN'>;

/** Whose word a segment is. */
export interface Speaker {
  readonly publicKey: Uint8Array;
  /** How many named segments come before it; null for the author's own word. */
  readonly named: number | null;
}

/** The chain hash of every entry: views of one memory, for they live and die together. */
function chainOf({ previousHash, entries }: Segment): Uint8Array[] {
  const all = new Uint8Array(entries.length * HASH_BYTES);
  let hash = previousHash;
  return entries.map((entry, index) => {
    const at = index * HASH_BYTES;
    chainHashInto(all, at, hash, entry);
    hash = all.subarray(at, at + HASH_BYTES);
    return hash;
  });
}

/** Matches the segment with the head of its stream: the index of its first new entry, or why there is none. */
function overlap(segment: Segment, chainHashes: readonly Uint8Array[], head: StreamHead): number | SegmentFault {
  const { firstSequence, previousHash } = segment;
  if (firstSequence > head.nextSequence) return 'GAP';
  const firstNew = head.nextSequence - firstSequence;
  // What lies wholly before the head's own entry can no longer be told from a fork by the head alone: it changes nothing.
  if (firstNew > chainHashes.length) return 'DUPLICATE';
  const known = firstNew === 0 ? previousHash : (chainHashes[firstNew - 1] as Uint8Array);
  if (!equalBytes(known, head.headHash)) return 'FORK';
  return firstNew === chainHashes.length ? 'DUPLICATE' : firstNew;
}

/** Which branch a named segment is of; nothing of it was executed, for each is named once. */
function branchOf({ firstSequence, previousHash }: Segment, head: StreamHead): Branch | null {
  if (firstSequence > head.nextSequence) return null;
  return firstSequence === head.nextSequence && equalBytes(previousHash, head.headHash) ? 'closed' : 'losing';
}

/** The key to check a segment with, and its place among those to be salvaged; or why its author may not speak. */
export function speakerOf(view: LedgerView, segment: Segment): Speaker | SpeakerFault {
  const { author, epoch } = segment;
  const speaking = speakingKey(view, author, epoch);
  if (speaking !== null) return { publicKey: speaking.publicKey, named: null };
  const named = namedPlace(view, segment);
  const then = named === null ? null : authorKeyOf(view, author, epoch);
  if (then !== null) return { publicKey: then.publicKey, named };
  const key = authorKey(view, author);
  if (key === null) return 'UNKNOWN_AUTHOR';
  if (key.epoch !== epoch) return 'STALE_EPOCH';
  return key.standing === 'frozen' ? 'FROZEN' : 'REVOKED';
}

/** Decodes and checks one segment against a view. Never throws, whatever the bytes. */
export function admitSegment(
  view: LedgerView,
  chainId: Uint8Array,
  bytes: Uint8Array,
  isGenuine: SegmentCheck,
): AdmittedSegment | SkippedSegment {
  const decoded = decode(segmentFormat, bytes);
  if (!decoded.ok) return { kind: 'skipped', reason: 'BAD_FORMAT', segment: null };
  const segment = decoded.value;
  const skipped = (reason: SegmentFault): SkippedSegment => ({ kind: 'skipped', reason, segment });
  if (segment.firstSequence + segment.entries.length > Number.MAX_SAFE_INTEGER) return skipped('BAD_FORMAT');
  const speaker = speakerOf(view, segment);
  if (typeof speaker === 'string') return skipped(speaker);
  if (!isGenuine(segment, bytes, speaker.publicKey)) return skipped('BAD_SIGNATURE');
  const head = headOf(view, chainId, segment);
  const chainHashes = chainOf(segment);
  if (speaker.named !== null) {
    const branch = speaker.named === 0 ? branchOf(segment, head) : null;
    return branch === null ? skipped('GAP') : { kind: 'admitted', segment, branch, firstNew: 0, chainHashes };
  }
  const firstNew = overlap(segment, chainHashes, head);
  if (typeof firstNew === 'string') return skipped(firstNew);
  return { kind: 'admitted', segment, branch: 'standing', firstNew, chainHashes };
}
