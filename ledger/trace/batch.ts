/** A product batch in its own shard: the batch record, its sorted serials by 1,024, and their status chunks. */
import { type Infer, list, optional, text, uint, versioned } from '#core/format';
import { accountIdFormat, batchShard, gtinFormat, lotFormat, productSerialFormat, timeMsFormat } from '../ids.ts';
import { commissionCountMax } from '../operation.ts';
import { chunkItems, copyChunk, nibbleAt, setNibble } from '../state/nibbles.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';

/** `batch` in the batch's shard. The batch is complete: a serial that is not listed does not exist. */
export const batchFormat = versioned(
  'batch',
  1,
  { bytesMax: 1_024 },
  {
    brand: accountIdFormat,
    gtin: gtinFormat,
    lot: lotFormat,
    name: text({ min: 1, max: 80 }),
    expiryMs: timeMsFormat,
    serialCount: uint({ max: commissionCountMax }),
    /** First serial of each `serials/<n>`, so that one read finds any serial. */
    firstSerials: list(productSerialFormat, { min: 1, max: commissionCountMax / chunkItems }),
    /** Why the brand recalled it; null while it is good. */
    recallReason: optional(text({ min: 1, max: 200 })),
  },
);
/** A batch as stored. */
export type Batch = Infer<typeof batchFormat>;

/** `serials/<n>`: places n x 1,024 and up of the sorted list. */
export const serialsChunkFormat = versioned(
  'serials-chunk',
  1,
  { bytesMax: 24 * 1024 },
  {
    serials: list(productSerialFormat, { min: 1, max: chunkItems }),
  },
);

/** A product by its three keys. */
export interface ProductKey {
  readonly gtin: string;
  readonly lot: string;
  readonly serial: string;
}

/** Bits of a product's status in `chunk/<n>`. */
export const productBits = { received: 1, sold: 2, soldAgain: 4 } as const;

const batches = storedObject(batchFormat);
const serialChunks = storedObject(serialsChunkFormat);

/** The batch of a lot, or null. */
export function readBatch(view: LedgerView, gtin: string, lot: string): Batch | null {
  return batches.read(view, batchShard(gtin, lot), 'batch');
}

/** Creates or replaces the batch record. */
export function writeBatch(tx: LedgerOverlay, batch: Batch): void {
  batches.write(tx, batchShard(batch.gtin, batch.lot), 'batch', batch);
}

/** Writes a batch's sorted serials; returns the first serial of each chunk. */
export function writeSerials(tx: LedgerOverlay, gtin: string, lot: string, sorted: readonly string[]): string[] {
  const shard = batchShard(gtin, lot);
  const firstSerials: string[] = [];
  for (let at = 0; at < sorted.length; at += chunkItems) {
    const serials = sorted.slice(at, at + chunkItems);
    serialChunks.write(tx, shard, `serials/${firstSerials.length}`, { serials });
    tx.put(shard, `chunk/${firstSerials.length}`, copyChunk(undefined));
    firstSerials.push(serials[0] as string);
  }
  return firstSerials;
}

/** Index of the last text not greater than `wanted`, -1 for none. Texts ascend by code unit (they are ASCII). */
function lastNotAfter(sorted: readonly string[], wanted: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Place of a serial in the batch's sorted list; null where the batch has no such serial. */
export function placeOfSerial(view: LedgerView, batch: Batch, serial: string): number | null {
  const chunk = lastNotAfter(batch.firstSerials, serial);
  if (chunk < 0) return null;
  const serials = serialChunks.read(view, batchShard(batch.gtin, batch.lot), `serials/${chunk}`)?.serials ?? [];
  const at = lastNotAfter(serials, serial);
  return at >= 0 && serials[at] === serial ? chunk * chunkItems + at : null;
}

const chunkKey = (place: number): string => `chunk/${Math.floor(place / chunkItems)}`;

/** Status bits (`productBits`) of the serial at a place. */
export function readProductBits(view: LedgerView, { gtin, lot }: Batch, place: number): number {
  return nibbleAt(view.get(batchShard(gtin, lot), chunkKey(place)), place % chunkItems);
}

/** Sets further status bits of the serial at a place. */
export function addProductBits(tx: LedgerOverlay, { gtin, lot }: Batch, place: number, bits: number): void {
  const shard = batchShard(gtin, lot);
  const chunk = copyChunk(tx.get(shard, chunkKey(place)));
  setNibble(chunk, place % chunkItems, nibbleAt(chunk, place % chunkItems) | bits);
  tx.put(shard, chunkKey(place), chunk);
}
