/** Operations of product batches and physical facts: codec numbers 60 to 79. */
import { bool, type Cases, type Infer, list, optional, record, text, variant } from '#core/format';
import { marketFormat } from '../accounts/store.ts';
import {
  basketIdFormat,
  lotFormat,
  nameFormat,
  productSerialFormat,
  ssccFormat,
  storeIdFormat,
  timeMsFormat,
  tradeItemFormat,
} from '../ids.ts';

/** Most serials that one operation may list. */
export const commissionCountMax = 16_384;
/** Most markets of a batch. */
export const marketsMax = 64;
/** Most products that one logistics unit holds directly, and most that one operation puts in or takes out. */
export const unitProductsMax = 1_024;
/** Most logistics units that one holds directly. */
export const unitUnitsMax = 64;
/** Most batches that one logistics unit holds products of. */
export const unitGroupsMax = 32;

const batch = { tradeItem: tradeItemFormat, lot: lotFormat };
const product = { ...batch, serial: productSerialFormat };

/** Serials of one batch, sorted by code point, no duplicates. */
export const productGroupFormat = record('product-group', {
  ...batch,
  serials: list(productSerialFormat, { min: 1, max: unitProductsMax }),
});
/** A decoded group. */
export type ProductGroup = Infer<typeof productGroupFormat>;

/** What moves: one product, or a logistics unit with all that is in it. */
export const traceTargetFormat = variant('trace-target', {
  product: { tag: 0, format: record('target-product', product) },
  unit: { tag: 1, format: record('target-unit', { sscc: ssccFormat }) },
});

const contents = {
  sscc: ssccFormat,
  products: list(productGroupFormat, { max: unitGroupsMax }),
  units: list(ssccFormat, { max: unitUnitsMax }),
};

/** See SPEC.md, section Trace. */
export const traceOperations = {
  'batch.commission': {
    tag: 60,
    format: record('batch.commission', {
      ...batch,
      name: nameFormat,
      expiryMs: timeMsFormat,
      /** Markets that the batch is meant for; none: all. */
      markets: list(marketFormat, { max: marketsMax }),
      /** Sorted by code point, no duplicates. */
      serials: list(productSerialFormat, { min: 1, max: commissionCountMax }),
      /** Whether the batch is complete with these serials; otherwise `batch.append` goes on. */
      complete: bool(),
    }),
  },
  'trace.receive': { tag: 61, format: record('trace.receive', { target: traceTargetFormat }) },
  'trace.sell': { tag: 62, format: record('trace.sell', { ...product, basket: basketIdFormat }) },
  'batch.recall': {
    tag: 63,
    format: record('batch.recall', {
      ...batch,
      reason: text({ min: 1, max: 200 }),
      /** Sorted by code point, no duplicates; none: the whole batch. */
      serials: list(productSerialFormat, { max: commissionCountMax }),
    }),
  },
  'batch.append': {
    tag: 64,
    format: record('batch.append', {
      ...batch,
      /** Sorted by code point, all behind those that the batch has. */
      serials: list(productSerialFormat, { max: commissionCountMax }),
      complete: bool(),
    }),
  },
  'trace.aggregate': { tag: 65, format: record('trace.aggregate', contents) },
  /** Without products and units: everything comes out. */
  'trace.disaggregate': { tag: 66, format: record('trace.disaggregate', contents) },
  'trace.ship': {
    tag: 67,
    format: record('trace.ship', {
      target: traceTargetFormat,
      /** The store that it goes to; null: out of the chain's stores. */
      to: optional(storeIdFormat),
    }),
  },
  'trace.inspect': { tag: 68, format: record('trace.inspect', { ...product, passed: bool() }) },
  'trace.return': { tag: 69, format: record('trace.return', product) },
  'trace.destroy': { tag: 70, format: record('trace.destroy', product) },
} as const satisfies Cases;
