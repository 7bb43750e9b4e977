/**
 * What a store did with a batch, in the store's shard: counts, its number among the batch's holders, and marks by serial. Who holds
 * a product now is a number beside it in the batch's shard: no move needs the shard of another store, which no till has, and
 * none can leave a product in two places.
 */
import { type Infer, uint, versioned } from '#core/format';
import { storeShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import type { BatchKey } from './batch.ts';
import { OpenChunks } from './open-chunks.ts';
import { registerMax } from './registers.ts';

/** `custody/<trade item>/<lot>`: facts recorded by the store's terminals. */
export const custodyFormat = versioned(
  'custody',
  2,
  { bytesMax: 96 },
  {
    /** The store's number in the batch's register of holders; 0 before it first held one of its products. */
    holder: uint({ max: registerMax }),
    /** Arrivals; a product that was shipped and came back arrives again. */
    received: uint({}),
    /** Clean sales. */
    sold: uint({}),
    shipped: uint({}),
    /** Sales taken back, of this store or of another. */
    returned: uint({}),
    destroyed: uint({}),
    /** Facts that contradict another: sold a second time, returned without a sale, or a serial that the batch does not list. */
    conflicted: uint({}),
  },
);
/** The counts as stored. */
export type Custody = Infer<typeof custodyFormat>;
/** What is counted. */
export type CustodyCount = Exclude<keyof Custody, 'holder'>;

/** Marks of a serial in `here/<n>/<trade item>/<lot>`: what this store recorded of it. */
export const custodyBits = { received: 1, sold: 2, shipped: 4 } as const;
/** Column of the marks. */
export const hereColumn = 'here';

const custodies = storedObject(custodyFormat);
const nothing: Custody = { holder: 0, received: 0, sold: 0, shipped: 0, returned: 0, destroyed: 0, conflicted: 0 };

const custodyKey = ({ tradeItem, lot }: BatchKey): string => `custody/${tradeItem}/${lot}`;

/** The store's counts for a batch; zeros where it never had any. */
export function readCustodyCounts(view: LedgerView, store: string, batch: BatchKey): Custody {
  return custodies.read(view, storeShard(store), custodyKey(batch)) ?? nothing;
}

/** Replaces the store's counts. */
export function writeCustody(tx: LedgerOverlay, store: string, batch: BatchKey, custody: Custody): void {
  custodies.write(tx, storeShard(store), custodyKey(batch), custody);
}

/** The store's marks for a batch, by place in the batch's list. */
export function custodyMarks(view: LedgerView, store: string, { tradeItem, lot }: BatchKey): OpenChunks {
  return new OpenChunks(view, storeShard(store), `/${tradeItem}/${lot}`);
}
