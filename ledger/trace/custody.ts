/** What a store did with a batch, in the store's shard: counts, and by serial what was received and sold here. */
import { type Infer, uint, versioned } from '#core/format';
import { storeShard } from '../ids.ts';
import { chunkItems, copyChunk, nibbleAt, setNibble } from '../state/nibbles.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** `custody/<gtin>/<lot>`: facts recorded by the store's terminals. */
export const custodyFormat = versioned(
  'custody',
  1,
  { bytesMax: 64 },
  {
    received: uint({}),
    sold: uint({}),
    /** Facts that contradict another: sold a second time, or a serial that the batch does not have. */
    conflicted: uint({}),
  },
);
/** The counts as stored. */
export type Custody = Infer<typeof custodyFormat>;

/** Bits of a serial in `here/<n>/<gtin>/<lot>`, by its place in the batch's sorted list. */
export const custodyBits = { received: 1, sold: 2 } as const;

const custodies = storedObject(custodyFormat);
const nothing: Custody = { received: 0, sold: 0, conflicted: 0 };

interface BatchKey {
  readonly gtin: string;
  readonly lot: string;
}

const countsKey = ({ gtin, lot }: BatchKey): string => `custody/${gtin}/${lot}`;
const bitsKey = ({ gtin, lot }: BatchKey, place: number): string =>
  `here/${Math.floor(place / chunkItems)}/${gtin}/${lot}`;

/** The store's counts for a batch; zeros where it never had any. */
export function readCustodyCounts(view: LedgerView, store: string, batch: BatchKey): Custody {
  return custodies.read(view, storeShard(store), countsKey(batch)) ?? nothing;
}

/** Adds one to a count. */
export function countCustody(tx: LedgerOverlay, store: string, batch: BatchKey, count: keyof Custody): void {
  const before = readCustodyCounts(tx, store, batch);
  custodies.write(tx, storeShard(store), countsKey(batch), { ...before, [count]: before[count] + 1 });
}

/** What happened here (`custodyBits`) to the serial at a place. */
export function readCustodyBits(view: LedgerView, store: string, batch: BatchKey, place: number): number {
  return nibbleAt(view.get(storeShard(store), bitsKey(batch, place)), place % chunkItems);
}

/** Notes what happened here to the serial at a place. */
export function addCustodyBits(
  tx: LedgerOverlay,
  store: string,
  batch: BatchKey,
  { place, bits }: { readonly place: number; readonly bits: number },
): void {
  const key = bitsKey(batch, place);
  const chunk = copyChunk(tx.get(storeShard(store), key));
  setNibble(chunk, place % chunkItems, nibbleAt(chunk, place % chunkItems) | bits);
  tx.put(storeShard(store), key, chunk);
}
