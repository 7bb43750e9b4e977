/** What is known of one product, as one store sees it: the only thing that rules about products look at. */
import type { Batch } from './batch.ts';

/**
 * Bits of a product's status: the lower four in `chunk/<n>`, the upper four in `more/<n>`. `sold`: with a customer now.
 * `soldAgain`: some sale found it sold. `inactive`: destroyed. `returned`: a sale was taken back and no other came after it.
 */
export const productBits = {
  received: 1,
  sold: 2,
  soldAgain: 4,
  inactive: 8,
  inspected: 16,
  failed: 32,
  recalled: 64,
  returned: 128,
} as const;

/** Most sales that are counted of one product; further ones leave the count at that. */
export const salesCountMax = 15;

/** Facts of one product. */
export interface ProductFacts {
  readonly batch: Batch;
  /** Place in the batch's list; null where it is not listed. Then all that follows is empty. */
  readonly place: number | null;
  /** `productBits`. */
  readonly bits: number;
  /** Sales recorded, at most `salesCountMax`. */
  readonly sales: number;
  /** Number of the store that holds it, or that sold it while it is sold; 0 for none. */
  readonly holder: number;
  /** Number of the logistics unit that it is packed in; 0 for none. */
  readonly parent: number;
  /** Whether the store that asks is the one in `holder`. */
  readonly mine: boolean;
  /** `custodyBits` of the store that asks. */
  readonly here: number;
  /** Market of the store that asks; null where it is not known. */
  readonly market: string | null;
}
