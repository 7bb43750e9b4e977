/** What a segment's signature says: its place in a stream and the chain hashes at both ends; checked without the entries themselves. */
import { equalBytes } from '#core/bytes';
import { encodeCbor } from '#core/codec';
import { type Infer, record } from '#core/format';
import { hashFormat, sequenceFormat, signatureFormat } from '../ids.ts';
import type { StreamId } from './stream.ts';

/** Signature domain of a segment. */
export const segmentDomain = 'bizain/segment/1';

const spanFields = {
  firstSequence: sequenceFormat,
  lastSequence: sequenceFormat,
  /** Chain hash of the entry before the first. */
  previousHash: hashFormat,
  /** Chain hash of the last entry. */
  headHash: hashFormat,
};

/** Consecutive entries of one stream by their chain hashes. */
export const spanFormat = record('span', spanFields);
/** A decoded span. */
export type Span = Infer<typeof spanFormat>;

/** A span with its author's signature, taken from a segment. */
export const signedSpanFormat = record('signed-span', { ...spanFields, signature: signatureFormat });
/** A decoded signed span. */
export type SignedSpan = Infer<typeof signedSpanFormat>;

/** The bytes that the author of a segment signs. */
export function spanMessage(
  chainId: Uint8Array,
  of: StreamId,
  { firstSequence, lastSequence, previousHash, headHash }: Span,
): Uint8Array {
  const { author, epoch, stream } = of;
  return encodeCbor([chainId, author, epoch, stream, firstSequence, lastSequence, previousHash, headHash]);
}

/** Whether two spans of one stream give one place two chain hashes: no journal that was written once can have both. */
export function contradict(one: Span, other: Span): boolean {
  const places = ({ firstSequence, lastSequence, previousHash, headHash }: Span) =>
    [
      { sequence: firstSequence - 1, hash: previousHash },
      { sequence: lastSequence, hash: headHash },
    ] as const;
  return places(one).some((a) => places(other).some((b) => a.sequence === b.sequence && !equalBytes(a.hash, b.hash)));
}
