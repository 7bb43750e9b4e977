/** Takes back what this terminal had signed and lost: entries from its own segments, as region or hub kept them (ARCHITECTURE D6). */
import { equalBytes } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { decode } from '#core/format';
import { bad, ok, type Result } from '#core/result';
import { chainHash, type Entry, entryFormat } from '#ledger/journal/entry';
import { segmentFormat, verifySegment } from '#ledger/journal/segment';
import { streamOf } from '#ledger/journal/stream';
import type { JournalIdentity } from './checkpoints.ts';
import { emptyNote, encodeNote } from './entry-note.ts';
import { type EntryTable, entryId } from './entry-table.ts';
import type { Progress, StreamProgress } from './progress.ts';
import type { SegmentSealer } from './segment-sealer.ts';

/** Why a segment was not adopted. */
export type AdoptionFault = 'BAD_FORMAT' | 'NOT_OURS' | 'BAD_SIGNATURE' | 'NOT_NEXT' | 'OTHER_CHAIN';

/** What adopting works on. */
export interface AdoptionParts {
  readonly identity: JournalIdentity;
  readonly epoch: number;
  readonly entries: EntryTable;
  readonly sealer: SegmentSealer;
  readonly staged: Progress;
}

/** What a segment added. */
export interface Adopted {
  readonly stream: number;
  readonly added: number;
  readonly nextSequence: number;
}

function decodeAll(encoded: readonly Uint8Array[], stream: StreamProgress): Entry[] | null {
  const entries: Entry[] = [];
  for (const [index, bytes] of encoded.entries()) {
    const entry = decode(entryFormat, bytes);
    const fits = entry.ok && entry.value.sequence === stream.nextSequence + index;
    if (!fits || streamOf(entry.value.operation.kind) !== stream.stream) return null;
    entries.push(entry.value);
  }
  return entries;
}

/**
 * Inside a transaction: adds the entries of a segment that begins exactly where the stream ends. Its bytes become
 * the sealed segment. Entries come back without their notes, so the books count them without a value.
 */
export function adoptSegment(parts: AdoptionParts, bytes: Uint8Array): Result<Adopted, AdoptionFault> {
  const decoded = decode(segmentFormat, bytes);
  if (!decoded.ok) return bad('BAD_FORMAT', decoded.detail);
  const segment = decoded.value;
  const { identity, staged } = parts;
  const stream = segment.author === identity.account ? staged.find(segment.epoch, segment.stream) : undefined;
  if (stream === undefined || segment.epoch !== parts.epoch) return bad('NOT_OURS');
  if (!verifySegment(identity.chainId, segment, publicKeyOf(identity.secretSeed))) return bad('BAD_SIGNATURE');
  if (segment.firstSequence !== stream.nextSequence || stream.sealedNext !== stream.nextSequence)
    return bad('NOT_NEXT');
  if (!equalBytes(segment.previousHash, stream.headHash)) return bad('OTHER_CHAIN');
  const entries = decodeAll(segment.entries, stream);
  if (entries === null) return bad('BAD_FORMAT');
  for (const [index, entryBytes] of segment.entries.entries()) {
    const entry = entries[index];
    if (entry === undefined) return bad('BAD_FORMAT');
    const chain = chainHash(stream.headHash, entryBytes);
    const id = entryId(stream.id, entry.sequence);
    parts.entries.insert({ id, kind: entry.operation.kind, entry: entryBytes, chain, note: encodeNote(emptyNote) });
    stream.nextSequence = entry.sequence + 1;
    stream.headHash = chain;
    staged.accept(stream.id, entry, emptyNote);
  }
  stream.sealedNext = stream.nextSequence;
  parts.sealer.keep(stream.id, segment.firstSequence, stream.nextSequence - 1, bytes);
  return ok({ stream: stream.stream, added: entries.length, nextSequence: stream.nextSequence });
}
