/** Terminals: `terminal/<lane>` in the store's shard, with the key and epoch that sign its journal. */
import { bool, type Infer, optional, versioned } from '#core/format';
import { epochFormat, heightFormat, publicKeyFormat, storeShard } from '../ids.ts';
import { rememberLast } from '../remember-last.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerView } from '../state/view.ts';

/** `terminal/<lane>` in the store's shard, and `terminal/<lane>/<epoch>` as an epoch ended. */
export const terminalFormat = versioned(
  'terminal',
  1,
  { bytesMax: 96 },
  {
    publicKey: publicKeyFormat,
    epoch: epochFormat,
    revoked: bool(),
    /** The block that saw two of its journals contradict each other; null while none has. */
    frozenAtHeight: optional(heightFormat),
  },
);
/** A terminal as stored. */
export type Terminal = Infer<typeof terminalFormat>;

/** Reads and writes `terminal/<lane>`. */
export const terminals = storedObject(terminalFormat);
/** The object key of a terminal. */
export const terminalKey = rememberLast((lane: string) => `terminal/${lane}`);
/** The object key of a terminal as an earlier epoch ended. */
export const formerTerminalKey = (lane: string, epoch: number): string => `terminal/${lane}/${epoch}`;

/** The terminal of a store's lane, or null. */
export function readTerminal(view: LedgerView, store: string, lane: string): Terminal | null {
  return terminals.read(view, storeShard(store), terminalKey(lane));
}

/** Whether the lane's journals contradict each other: no hub's or lane's word of this epoch is good for what the store owns. */
export function isFrozenLane(view: LedgerView, store: string, lane: string): boolean {
  return (readTerminal(view, store, lane)?.frozenAtHeight ?? null) !== null;
}
