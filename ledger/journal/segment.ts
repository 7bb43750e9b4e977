/** A segment: consecutive entries of one stream under one signature. Its bytes are fixed when first signed (ARCHITECTURE D3). */
import { type SignatureClaim, signMessage, verifySignature } from '#core/ed25519';
import { bytes, encode, type Infer, list, versioned } from '#core/format';
import { accountIdFormat, epochFormat, hashFormat, sequenceFormat, signatureFormat } from '../ids.ts';
import { chainHash, entryBytesMax } from './entry.ts';
import { type Span, segmentDomain, spanMessage } from './span.ts';
import { streamFormat } from './stream.ts';

/** Largest encoded segment, bytes: below the 1 MB that common brokers accept. */
export const segmentBytesMax = 896 * 1024;
/** Most entries in a segment. */
export const segmentEntriesMax = 1_024;

/** One segment as sent. */
export const segmentFormat = versioned(
  'segment',
  1,
  { bytesMax: segmentBytesMax },
  {
    author: accountIdFormat,
    epoch: epochFormat,
    stream: streamFormat,
    firstSequence: sequenceFormat,
    /** Chain hash of the entry before the first. */
    previousHash: hashFormat,
    /** Encoded entries, oldest first. Decoded they are parts of the segment's bytes. */
    entries: list(bytes({ min: 1, max: entryBytesMax, view: true }), { min: 1, max: segmentEntriesMax }),
    signature: signatureFormat,
  },
);
/** A decoded segment. */
export type Segment = Infer<typeof segmentFormat>;

/** Chain hash of a segment's last entry. */
export function segmentHead(segment: Pick<Segment, 'previousHash' | 'entries'>): Uint8Array {
  return segment.entries.reduce((hash, entry) => chainHash(hash, entry), segment.previousHash);
}

function spanOf(segment: Omit<Segment, 'signature'>): Span {
  const { firstSequence, previousHash, entries } = segment;
  return {
    firstSequence,
    lastSequence: firstSequence + entries.length - 1,
    previousHash,
    headHash: segmentHead(segment),
  };
}

/** Signs and encodes a segment; the result is what is sent, every time. */
export function sealSegment(
  chainId: Uint8Array,
  segment: Omit<Segment, 'signature'>,
  secretSeed: Uint8Array,
): Uint8Array {
  const signature = signMessage(secretSeed, segmentDomain, spanMessage(chainId, segment, spanOf(segment)));
  return encode(segmentFormat, { ...segment, signature });
}

/** What the author's key must have signed, for whoever checks it elsewhere. */
export function segmentClaim(chainId: Uint8Array, segment: Segment, publicKey: Uint8Array): SignatureClaim {
  const message = spanMessage(chainId, segment, spanOf(segment));
  return { publicKey, domain: segmentDomain, message, signature: segment.signature };
}

/** Whether the author's key signed the segment for this chain. */
export function verifySegment(chainId: Uint8Array, segment: Segment, publicKey: Uint8Array): boolean {
  return verifySignature(segmentClaim(chainId, segment, publicKey));
}
