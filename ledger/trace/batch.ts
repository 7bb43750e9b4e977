/** The record of a product batch, in the batch's own shard. */
import { bool, type Infer, list, optional, record, text, uint, versioned } from '#core/format';
import { marketFormat } from '../accounts/store.ts';
import { accountIdFormat, batchShard, lotFormat, nameFormat, timeMsFormat, tradeItemFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { marketsMax } from './operations.ts';

/** Most serials of one batch; larger productions take several lots. */
export const batchSerialsMax = 1_048_576;

/** `batch` in the batch's shard. */
export const batchFormat = versioned(
  'batch',
  2,
  { bytesMax: 2_048 },
  {
    brand: accountIdFormat,
    tradeItem: tradeItemFormat,
    lot: lotFormat,
    name: nameFormat,
    expiryMs: timeMsFormat,
    /** Markets that it is meant for; none: all. */
    markets: list(marketFormat, { max: marketsMax }),
    serialCount: uint({ max: batchSerialsMax }),
    /** A serial that a complete batch does not list does not exist; one that an incomplete batch does not list is unknown. */
    complete: bool(),
    /** Why the brand recalled all of it, or single serials; null while nothing is recalled. */
    recall: optional(record('recall', { reason: text({ min: 1, max: 200 }), whole: bool() })),
  },
);
/** A batch as stored. */
export type Batch = Infer<typeof batchFormat>;

/** What names a batch. */
export interface BatchKey {
  readonly tradeItem: string;
  readonly lot: string;
}

/** A product by its three keys. */
export interface ProductKey extends BatchKey {
  readonly serial: string;
}

const batches = storedObject(batchFormat);

/** The batch of a lot, or null. */
export function readBatch(view: LedgerView, { tradeItem, lot }: BatchKey): Batch | null {
  return batches.read(view, batchShard(tradeItem, lot), 'batch');
}

/** Creates or replaces the batch record. */
export function writeBatch(tx: LedgerOverlay, batch: Batch): void {
  batches.write(tx, batchShard(batch.tradeItem, batch.lot), 'batch', batch);
}
