/** A journal entry: one operation with its place in a stream and what its author knew when writing it (ARCHITECTURE D3). */
import { type Infer, optional, record, uint, versioned } from '#core/format';
import { taggedHash } from '#core/hash';
import { accountIdFormat, epochFormat, heightFormat, sequenceFormat, timeMsFormat } from '../ids.ts';
import { operationFormat } from '../operation.ts';

/** Largest encoded entry, bytes. */
export const entryBytesMax = 640 * 1024;

/** The two streams of an author's journal. */
export const valueStream = 0;
/** Physical facts: trace operations. */
export const traceStream = 1;
/** `valueStream` or `traceStream`. */
export const streamFormat = uint({ max: 1 });

/** Another journal's entry that this one rests on. */
export const dependencyFormat = record('dependency', {
  author: accountIdFormat,
  epoch: epochFormat,
  stream: streamFormat,
  sequence: sequenceFormat,
});

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

/** Which stream an operation belongs to: physical facts in `traceStream`, everything else in `valueStream`. */
export function streamOf(kind: Entry['operation']['kind']): 0 | 1 {
  return kind.startsWith('trace.') ? traceStream : valueStream;
}

const u32 = (value: number): Uint8Array => {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
};

/** The hash a stream's first entry builds on. */
export function streamSeed(chainId: Uint8Array, author: string, epoch: number, stream: number): Uint8Array {
  return taggedHash('bizain/stream/1', chainId, new TextEncoder().encode(author), u32(epoch), u32(stream));
}

/** The chain hash of an entry: over the previous chain hash and the entry's exact bytes. */
export function chainHash(previousHash: Uint8Array, entryBytes: Uint8Array): Uint8Array {
  return taggedHash('bizain/entry/1', previousHash, entryBytes);
}
