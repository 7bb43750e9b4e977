/** A journal entry: one operation with its place in a stream and what its author knew when writing it (ARCHITECTURE D3). */
import { uint32Bytes, utf8 } from '#core/bytes';
import { type Infer, optional, versioned } from '#core/format';
import { sha256Into, taggedHash, tagPrefix } from '#core/hash';
import { heightFormat, sequenceFormat, timeMsFormat } from '../ids.ts';
import { operationFormat } from '../operation.ts';
import { dependencyFormat } from './dependency.ts';

/** Largest encoded entry, bytes. */
export const entryBytesMax = 640 * 1024;

/** One journal entry. */
export const entryFormat = versioned(
  'entry',
  1,
  { bytesMax: entryBytesMax },
  {
    /** Dense per stream, from 0. */
    sequence: sequenceFormat,
    /** The last certified height its author had seen: not before this block. */
    seenHeight: heightFormat,
    /** When it happened, as an interval in certificate time (ARCHITECTURE D7). */
    timeLowMs: timeMsFormat,
    timeHighMs: timeMsFormat,
    /** Ordered in a block later than this, its online basis no longer holds. */
    notAfterMs: optional(timeMsFormat),
    dependsOn: optional(dependencyFormat),
    operation: operationFormat,
  },
);
/** A decoded entry. */
export type Entry = Infer<typeof entryFormat>;

/** The hash a stream's first entry builds on. */
export function streamSeed(chainId: Uint8Array, author: string, epoch: number, stream: number): Uint8Array {
  return taggedHash('bizain/stream/1', chainId, utf8(author), uint32Bytes(epoch), uint32Bytes(stream));
}

const chainTag = 'bizain/entry/1';

/** The chain hash of an entry: over the previous chain hash and the entry's exact bytes. */
export function chainHash(previousHash: Uint8Array, entryBytes: Uint8Array): Uint8Array {
  return taggedHash(chainTag, previousHash, entryBytes);
}

/** As `chainHash`, written into `out` at `at`. */
export function chainHashInto(out: Uint8Array, at: number, previousHash: Uint8Array, entryBytes: Uint8Array): void {
  sha256Into(out, at, tagPrefix(chainTag), previousHash, entryBytes);
}
