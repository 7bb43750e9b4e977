/** Where the ledger stands with an author: its key, and the head of each of its streams, in the author's shard. */
import { type Infer, versioned } from '#core/format';
import { readAccount } from '../accounts/account.ts';
import { readTerminal } from '../accounts/terminal.ts';
import { authorShard, hashFormat, sequenceFormat, terminalParts } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** `stream/<author>/<epoch>/<stream>` in the author's shard. */
export const streamHeadFormat = versioned(
  'stream-head',
  1,
  { bytesMax: 64 },
  {
    nextSequence: sequenceFormat,
    /** Chain hash of the entry before it. */
    headHash: hashFormat,
  },
);
/** Where the ledger stands with a stream. */
export type StreamHead = Infer<typeof streamHeadFormat>;

const heads = storedObject(streamHeadFormat);
const headKey = (author: string, epoch: number, stream: number): string => `stream/${author}/${epoch}/${stream}`;

/** The head of a stream; null while the ledger has executed none of its entries. */
export function streamHead(view: LedgerView, author: string, epoch: number, stream: number): StreamHead | null {
  return heads.read(view, authorShard(author), headKey(author, epoch, stream));
}

/** Moves the head of a stream. */
export function writeStreamHead(
  tx: LedgerOverlay,
  { author, epoch, stream }: { readonly author: string; readonly epoch: number; readonly stream: number },
  head: StreamHead,
): void {
  heads.write(tx, authorShard(author), headKey(author, epoch, stream), head);
}

/** The key and epoch that an author signs with now; null for an unknown author. Accounts have epoch 0. */
export function authorKey(view: LedgerView, author: string): { publicKey: Uint8Array; epoch: number } | null {
  const parts = terminalParts(author);
  if (parts !== null) return readTerminal(view, parts.store, parts.lane);
  const account = readAccount(view, author);
  return account === null ? null : { publicKey: account.publicKey, epoch: 0 };
}
