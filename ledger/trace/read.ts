/** Product facts for terminals and screens. */
import type { LedgerView } from '../state/view.ts';
import { type Batch, type BatchKey, type ProductKey, readBatch } from './batch.ts';
import { BatchSheet } from './batch-sheet.ts';
import { custodyBits } from './custody.ts';
import { readUnit, treeOf } from './logistics-unit.ts';
import { type ProductFacts, productBits } from './product-facts.ts';
import { nameOf } from './registers.ts';

/** The batch record. */
export type { Batch } from './batch.ts';

/** How far a product has come; `sold-again` while it is sold and more than one sale was recorded. */
export type ProductStatus = 'commissioned' | 'received' | 'sold' | 'sold-again' | 'returned' | 'destroyed';

/** A product that its batch lists. */
export interface ReadProduct {
  readonly batch: Batch;
  readonly status: ProductStatus;
  /** Sales recorded, at most 15. */
  readonly sales: number;
  /** GLN of the store that holds it, or that sold it while it is sold; null where none is known to. */
  readonly store: string | null;
  /** SSCC of the unit that it is packed in. */
  readonly packedIn: string | null;
  /** The last inspection; null before the first. */
  readonly inspection: 'passed' | 'failed' | null;
  readonly isRecalled: boolean;
}

/**
 * Facts of a product as a store sees it (null: as nobody in particular); null where the batch is unknown or its shard is not
 * held.
 */
export function productFacts(view: LedgerView, store: string | null, product: ProductKey): ProductFacts | null {
  const sheet = BatchSheet.open(view, product, store);
  return sheet === null ? null : sheet.facts(sheet.placeOf(product.serial));
}

function statusOf(bits: number): ProductStatus {
  if ((bits & productBits.inactive) !== 0) return 'destroyed';
  if ((bits & productBits.sold) !== 0) return (bits & productBits.soldAgain) === 0 ? 'sold' : 'sold-again';
  if ((bits & productBits.returned) !== 0) return 'returned';
  return (bits & productBits.received) === 0 ? 'commissioned' : 'received';
}

/**
 * A product's batch and status; `no-such-serial` when the complete batch does not list it, `not-commissioned` when the batch is
 * still open and does not list it yet; null where the batch is unknown or its shard is not held.
 */
export function readProduct(
  view: LedgerView,
  product: ProductKey,
): ReadProduct | 'no-such-serial' | 'not-commissioned' | null {
  const facts = productFacts(view, null, product);
  if (facts === null) return null;
  const { batch, bits, sales, holder, parent } = facts;
  if (facts.place === null) return batch.complete ? 'no-such-serial' : 'not-commissioned';
  const inspected = (bits & productBits.inspected) !== 0;
  return {
    batch,
    status: statusOf(bits),
    sales,
    store: nameOf(view, batch, 'holders', holder),
    packedIn: nameOf(view, batch, 'parents', parent),
    inspection: inspected ? 'passed' : (bits & productBits.failed) === 0 ? null : 'failed',
    isRecalled: batch.recall?.whole === true || (bits & productBits.recalled) !== 0,
  };
}

/** What one store recorded of a product, and whether it is there now; null where the product is unknown or a shard is not held. */
export function readCustody(
  view: LedgerView,
  store: string,
  product: ProductKey,
): { receivedHere: boolean; soldHere: boolean; shippedFromHere: boolean; isHere: boolean } | null {
  const facts = productFacts(view, store, product);
  if (facts === null || facts.place === null) return null;
  const { here, mine, bits } = facts;
  return {
    receivedHere: (here & custodyBits.received) !== 0,
    soldHere: (here & custodyBits.sold) !== 0,
    shippedFromHere: (here & custodyBits.shipped) !== 0,
    isHere: mine && (bits & productBits.sold) === 0,
  };
}

/** A batch, or null. */
export function batchOf(view: LedgerView, key: BatchKey): Batch | null {
  return readBatch(view, key);
}

/** Everything in a logistics unit, the units in it included; null where the unit is not known. */
export function productsIn(view: LedgerView, sscc: string): ProductKey[] | null {
  if (readUnit(view, sscc) === null) return null;
  const products: ProductKey[] = [];
  for (const { tradeItem, lot, number, serials } of (treeOf(view, sscc) ?? []).flatMap(({ groups }) => groups)) {
    const sheet = BatchSheet.open(view, { tradeItem, lot }, null);
    if (sheet === null) continue;
    for (const serial of serials) {
      const place = sheet.placeOf(serial);
      if (place !== null && sheet.facts(place).parent === number) products.push({ tradeItem, lot, serial });
    }
  }
  return products;
}
