/** Where the ledger stands with each stream of an author, in the author's shard. */
import { type Infer, optional, record, versioned } from '#core/format';
import { authorShard, hashFormat, sequenceFormat, timeMsFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { dependencyFormat } from './dependency.ts';
import { streamSeed } from './entry.ts';
import type { StreamId } from './stream.ts';

/** The stream's next entry is known and waits: for another journal's, or for room in a block. */
export const holdFormat = record('hold', {
  /** Block time of the first try. */
  sinceMs: timeMsFormat,
  /** Null: the block was full. */
  on: optional(dependencyFormat),
});

/** `stream/<author>/<epoch>/<stream>` in the author's shard. */
export const streamHeadFormat = versioned(
  'stream-head',
  1,
  { bytesMax: 192 },
  {
    nextSequence: sequenceFormat,
    /** Chain hash of the entry before it. */
    headHash: hashFormat,
    /** Null while nothing waits. */
    hold: optional(holdFormat),
  },
);
/** Where the ledger stands with a stream. */
export type StreamHead = Infer<typeof streamHeadFormat>;

const heads = storedObject(streamHeadFormat);
/** Key of a stream's head in its author's shard. */
export const headKey = (author: string, epoch: number, stream: number): string => `stream/${author}/${epoch}/${stream}`;

/** The head of a stream; null while the ledger has executed none of its entries. */
export function streamHead(view: LedgerView, author: string, epoch: number, stream: number): StreamHead | null {
  return heads.read(view, authorShard(author), headKey(author, epoch, stream));
}

/** The head of a stream, which is its seed while nothing was executed. */
export function headOf(view: LedgerView, chainId: Uint8Array, { author, epoch, stream }: StreamId): StreamHead {
  const known = streamHead(view, author, epoch, stream);
  return known ?? { nextSequence: 0, headHash: streamSeed(chainId, author, epoch, stream), hold: null };
}

/** Moves the head of a stream. */
export function writeStreamHead(tx: LedgerOverlay, { author, epoch, stream }: StreamId, head: StreamHead): void {
  heads.write(tx, authorShard(author), headKey(author, epoch, stream), head);
}
