/** What is wrong with a product whatever is done with it. */
import type { Authorship } from '../effect.ts';
import { joinReasons, reason } from '../reasons.ts';
import type { Batch } from './batch.ts';

/** Reason bits RECALLED and PRODUCT_EXPIRED (only when surely expired). */
export function productFlags(batch: Batch, by: Pick<Authorship, 'timeLowMs'>): number {
  const recalled = batch.recallReason === null ? 0 : reason.RECALLED;
  return joinReasons(recalled, by.timeLowMs > batch.expiryMs ? reason.PRODUCT_EXPIRED : 0);
}

/** Reason bits of a product that the status bits say is sold already, seen from one store. */
export function soldFlags(sold: boolean, soldHere: boolean): number {
  if (!sold) return 0;
  return soldHere ? reason.ALREADY_SOLD_HERE : reason.ALREADY_SOLD_ELSEWHERE;
}
