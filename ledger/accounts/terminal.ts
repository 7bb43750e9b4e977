/** Terminals: `terminal/<lane>` in the store's shard, with the key and epoch that sign its journal. */
import { type Infer, versioned } from '#core/format';
import { epochFormat, publicKeyFormat, storeShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerView } from '../state/view.ts';

/** `terminal/<lane>` in the store's shard. */
export const terminalFormat = versioned(
  'terminal',
  1,
  { bytesMax: 64 },
  {
    publicKey: publicKeyFormat,
    epoch: epochFormat,
  },
);
/** A terminal as stored. */
export type Terminal = Infer<typeof terminalFormat>;

/** Reads and writes `terminal/<lane>`. */
export const terminals = storedObject(terminalFormat);
/** The object key of a terminal. */
export const terminalKey = (lane: string): string => `terminal/${lane}`;

/** The terminal of a store's lane, or null. */
export function readTerminal(view: LedgerView, store: string, lane: string): Terminal | null {
  return terminals.read(view, storeShard(store), terminalKey(lane));
}
