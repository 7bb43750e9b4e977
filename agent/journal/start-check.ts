/** Walks the chains and segments of a journal and says what is intact and what is not. */
import { compareBytes, equalBytes } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { decode } from '#core/format';
import { chainHash } from '#ledger/journal/entry';
import { segmentFormat, verifySegment } from '#ledger/journal/segment';
import type { CheckpointHead, JournalIdentity } from './checkpoints.ts';
import { type EntryTable, entryId, placeOfId, rowIntact } from './entry-table.ts';
import { JournalError } from './errors.ts';
import type { StreamProgress } from './progress.ts';
import type { SegmentSealer } from './segment-sealer.ts';

const streamName = ['value', 'trace'] as const;

/** What checking works on. */
export interface CheckParts {
  readonly path: string;
  readonly identity: JournalIdentity;
  readonly entries: EntryTable;
  readonly sealer: SegmentSealer;
}

function damaged(parts: CheckParts, stream: StreamProgress, sequence: number, what: string): never {
  const name = `${streamName[stream.stream] ?? 'unknown'} stream of epoch ${stream.epoch}`;
  const intact = sequence === 0 ? 'no entry' : `entries 0 to ${sequence - 1}`;
  const message = `The journal ${parts.path} is damaged in the ${name}: ${what}. Intact: ${intact}. Not provable: entry ${sequence} and those after it. Keep the file: copy journal.db and journal.db-wal away, enrol this terminal under a new epoch, and hand the copy to the operator for salvage.`;
  throw new JournalError({
    code: 'JOURNAL_CORRUPT',
    message,
    context: { path: parts.path, epoch: stream.epoch, stream: stream.stream, intactBefore: sequence },
  });
}

/**
 * Recomputes the chain of a stream from a head that is trusted (the seed, or a signed checkpoint) to its end, and
 * gives the head found there. Throws `JOURNAL_CORRUPT` naming the first entry that is not as written.
 */
export function checkChain(parts: CheckParts, stream: StreamProgress, from: CheckpointHead): CheckpointHead {
  let sequence = from.nextSequence;
  let head = from.headHash;
  if (sequence > 0) {
    const before = parts.entries.get(entryId(stream.id, sequence - 1));
    if (before === null || !equalBytes(before.chain, head)) {
      damaged(parts, stream, sequence - 1, 'the entry under the signed checkpoint is missing or another one');
    }
  }
  for (const row of parts.entries.range(entryId(stream.id, sequence), entryId(stream.id + 1, 0))) {
    if (placeOfId(row.id).sequence !== sequence) damaged(parts, stream, sequence, 'an entry is missing');
    head = chainHash(head, row.entry);
    if (!equalBytes(head, row.chain)) damaged(parts, stream, sequence, 'an entry does not match its chain hash');
    if (!rowIntact(row)) damaged(parts, stream, sequence, "an entry's note does not match its mark");
    sequence++;
  }
  return { nextSequence: sequence, headHash: head };
}

/** Checks that the sealed segments from a sequence on are signed and hold the very entries of the journal, without a hole. */
export function checkSegments(parts: CheckParts, stream: StreamProgress, fromSequence: number): void {
  const publicKey = publicKeyOf(parts.identity.secretSeed);
  let expected: number | undefined;
  for (const sealed of parts.sealer.sealedFrom(stream.id, fromSequence)) {
    const { firstSequence, lastSequence, bytes } = sealed;
    const bad: (what: string) => never = (what) => damaged(parts, stream, firstSequence, what);
    if (expected !== undefined && expected !== firstSequence) bad('a sealed segment is missing');
    if (lastSequence >= stream.nextSequence) bad('a sealed segment holds entries that are missing');
    const segment = decode(segmentFormat, bytes);
    if (!segment.ok) damaged(parts, stream, firstSequence, 'a sealed segment cannot be decoded');
    if (segment.value.firstSequence !== firstSequence) bad('a sealed segment is another one');
    if (segment.value.entries.length !== lastSequence - firstSequence + 1) bad('a sealed segment has another length');
    if (!verifySegment(parts.identity.chainId, segment.value, publicKey)) {
      bad("a sealed segment is not signed by this terminal's key");
    }
    let sequence = firstSequence;
    for (const entry of segment.value.entries) {
      const row = parts.entries.get(entryId(stream.id, sequence));
      if (row === null || compareBytes(row.entry, entry) !== 0) bad('a sealed segment differs from the entries');
      sequence++;
    }
    expected = lastSequence + 1;
  }
}
