/** Stores: `store` in the store's shard, with its merchant and its hub. */
import { type Infer, optional, record, text, versioned } from '#core/format';
import { accountIdFormat, epochFormat, storeShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerView } from '../state/view.ts';

/** The lane that writes for the store (ARCHITECTURE D5). A later hub has a higher epoch. */
export const hubFormat = record('hub', { lane: text({ min: 1, max: 16 }), hubEpoch: epochFormat });
/** A hub as stored. */
export type Hub = Infer<typeof hubFormat>;

/** Where goods are meant to be sold: a country by ISO 3166-1 alpha-2. */
export const marketFormat = text({ min: 2, max: 2, pattern: /^[A-Z]{2}$/ });

/** `store` in the store's shard. */
export const storeFormat = versioned(
  'store',
  1,
  { bytesMax: 256 },
  {
    merchant: accountIdFormat,
    name: text({ min: 1, max: 80 }),
    market: marketFormat,
    hub: optional(hubFormat),
  },
);
/** A store as stored. */
export type Store = Infer<typeof storeFormat>;

/** Reads and writes `store`. */
export const stores = storedObject(storeFormat);
/** The object key of the store's record. */
export const storeKey = 'store';

/** The store's record, or null. */
export function readStore(view: LedgerView, store: string): Store | null {
  return stores.read(view, storeShard(store), storeKey);
}
