/** Whether a segment continues its author's stream, and which of its entries are new (SPEC J1 to J7, ARCHITECTURE D3). */
import { equalBytes } from '#core/bytes';
import { decode } from '#core/format';
import type { LedgerView } from '../state/view.ts';
import { chainHash, streamSeed } from './entry.ts';
import { type Segment, segmentFormat } from './segment.ts';
import { authorKey, streamHead } from './stream-head.ts';

/** Why a whole segment is skipped. Skips have no receipts. */
export const segmentFaults = [
  'BAD_FORMAT',
  'UNKNOWN_AUTHOR',
  'STALE_EPOCH',
  'BAD_SIGNATURE',
  'GAP',
  'FORK',
  'DUPLICATE',
] as const;
/** One of `segmentFaults`. */
export type SegmentFault = (typeof segmentFaults)[number];

/** Whether the author's key signed the segment; given its decoded form, its exact bytes and the key in force. */
export type SegmentCheck = (segment: Segment, bytes: Uint8Array, publicKey: Uint8Array) => boolean;

/** The new tail of a segment: entries from `firstNew` on, with the chain hash of each. */
export interface AdmittedSegment {
  readonly segment: Segment;
  readonly firstNew: number;
  /** Chain hash of every entry of the segment, old ones included. */
  readonly chainHashes: readonly Uint8Array[];
}

function chainOf(segment: Segment): Uint8Array[] {
  let hash = segment.previousHash;
  return segment.entries.map((entry) => {
    hash = chainHash(hash, entry);
    return hash;
  });
}

/** Matches the segment with the head of its stream: the index of its first new entry, or why there is none. */
function overlap(
  segment: Segment,
  chainHashes: readonly Uint8Array[],
  head: { readonly nextSequence: number; readonly headHash: Uint8Array },
): number | SegmentFault {
  const { firstSequence, previousHash } = segment;
  if (firstSequence > head.nextSequence) return 'GAP';
  const firstNew = head.nextSequence - firstSequence;
  // What lies wholly before the head's own entry can no longer be told from a fork by the head alone: it changes nothing.
  if (firstNew > chainHashes.length) return 'DUPLICATE';
  const known = firstNew === 0 ? previousHash : (chainHashes[firstNew - 1] as Uint8Array);
  if (!equalBytes(known, head.headHash)) return 'FORK';
  return firstNew === chainHashes.length ? 'DUPLICATE' : firstNew;
}

/** Decodes and checks one segment against a view. Never throws, whatever the bytes. */
export function admitSegment(
  view: LedgerView,
  chainId: Uint8Array,
  bytes: Uint8Array,
  isGenuine: SegmentCheck,
): AdmittedSegment | SegmentFault {
  const decoded = decode(segmentFormat, bytes);
  if (!decoded.ok) return 'BAD_FORMAT';
  const segment = decoded.value;
  const { author, epoch, stream, firstSequence, entries } = segment;
  if (firstSequence + entries.length > Number.MAX_SAFE_INTEGER) return 'BAD_FORMAT';
  const key = authorKey(view, author);
  if (key === null) return 'UNKNOWN_AUTHOR';
  if (key.epoch !== epoch) return 'STALE_EPOCH';
  if (!isGenuine(segment, bytes, key.publicKey)) return 'BAD_SIGNATURE';
  const head = streamHead(view, author, epoch, stream) ?? {
    nextSequence: 0,
    headHash: streamSeed(chainId, author, epoch, stream),
  };
  const chainHashes = chainOf(segment);
  const firstNew = overlap(segment, chainHashes, head);
  return typeof firstNew === 'string' ? firstNew : { segment, firstNew, chainHashes };
}
