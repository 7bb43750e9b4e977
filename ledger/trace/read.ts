/** Product facts for terminals and screens. */
import type { LedgerView } from '../state/view.ts';
import { type Batch, placeOfSerial, productBits, readBatch, readProductBits } from './batch.ts';
import { custodyBits, readCustodyBits } from './custody.ts';

/** The batch record. */
export type { Batch } from './batch.ts';

/** How far a product has come; `sold-again` when more than one sale was recorded. */
export type ProductStatus = 'commissioned' | 'received' | 'sold' | 'sold-again';

/**
 * A product's batch and status; `no-such-serial` when the complete batch does not list it; null where the batch is unknown
 * or its shard is not held.
 */
export function readProduct(
  view: LedgerView,
  gtin: string,
  lot: string,
  serial: string,
): { batch: Batch; status: ProductStatus } | 'no-such-serial' | null {
  const batch = readBatch(view, gtin, lot);
  if (batch === null) return null;
  const place = placeOfSerial(view, batch, serial);
  if (place === null) return 'no-such-serial';
  const bits = readProductBits(view, batch, place);
  if ((bits & productBits.soldAgain) !== 0) return { batch, status: 'sold-again' };
  if ((bits & productBits.sold) !== 0) return { batch, status: 'sold' };
  return { batch, status: (bits & productBits.received) === 0 ? 'commissioned' : 'received' };
}

/** What one store recorded of a product; null where the product is unknown or a shard is not held. */
export function readCustody(
  view: LedgerView,
  store: string,
  product: { readonly gtin: string; readonly lot: string; readonly serial: string },
): { receivedHere: boolean; soldHere: boolean } | null {
  const batch = readBatch(view, product.gtin, product.lot);
  const place = batch === null ? null : placeOfSerial(view, batch, product.serial);
  if (batch === null || place === null) return null;
  const bits = readCustodyBits(view, store, batch, place);
  return { receivedHere: (bits & custodyBits.received) !== 0, soldHere: (bits & custodyBits.sold) !== 0 };
}
