/** How a physical fact about one product is recorded: whatever else is true (SPEC T3, ARCHITECTURE D3). */
import { type Authorship, applied, conflicted, type Effect, refused } from '../effect.ts';
import { terminalParts } from '../ids.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import type { ProductKey } from './batch.ts';
import { BatchSheet } from './batch-sheet.ts';
import { actReasons, type ProductAct } from './judge-status.ts';
import type { ProductFacts } from './product-facts.ts';

/** A product that is listed, on its sheet. */
export interface ListedProduct {
  readonly sheet: BatchSheet;
  readonly place: number;
  readonly facts: ProductFacts;
}

/** What follows from an act: changes the sheet, and says whether it contradicts what was recorded before. */
export type FollowAct = (product: ListedProduct) => 'clean' | 'conflict';

/** The store of an author; null for a brand. */
export function storeOf(by: Authorship): string | null {
  return terminalParts(by.author)?.store ?? null;
}

/** Records an act on one product. A brand may act on its own batches only. */
export function recordAct(
  tx: LedgerOverlay,
  by: Authorship,
  { product, act }: { readonly product: ProductKey; readonly act: ProductAct },
  follow: FollowAct,
): Effect {
  const store = storeOf(by);
  const sheet = BatchSheet.open(tx, product, store);
  if (sheet === null) return refused(reason.NO_SUCH_BATCH);
  if (store === null && sheet.batch.brand !== by.author) return refused(reason.NOT_AUTHORISED);
  const place = sheet.placeOf(product.serial);
  const facts = sheet.facts(place);
  const flags = actReasons(facts, act, by.timeLowMs) & (store === null ? ~notForBrands : ~0n);
  const outcome = place === null ? 'conflict' : follow({ sheet, place, facts });
  if (outcome === 'conflict') sheet.count('conflicted');
  sheet.flush(tx);
  return outcome === 'conflict' ? conflicted(flags) : applied(0n, flags);
}

/** A brand has no store that its goods could have been received in. */
export const notForBrands = reason.NOT_RECEIVED | reason.NOT_IN_CUSTODY;
