/** Units of an asset go from one account to another, with their dates. */
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { readAsset } from './asset.ts';
import { debitFaults, give, take } from './balance.ts';
import type { Units } from './supply.ts';

/** From whom to whom. */
export interface Transfer extends Units {
  readonly from: string;
  readonly to: string;
}

/**
 * Moves units, what expires first before all else. NO_SUCH_ASSET, FROZEN (the payer), INSUFFICIENT_BALANCE; nothing is changed
 * then. A frozen account may receive. Whether the terms let these two deal, and whether `to` exists, is the caller's business.
 */
export function transfer(tx: LedgerOverlay, { asset, from, to, amount, nowMs }: Transfer): bigint {
  if (readAsset(tx, asset) === null) return reason.NO_SUCH_ASSET;
  const payer = { owner: from, asset };
  const lots = take(tx, payer, amount, nowMs);
  if (lots === null) return debitFaults(tx, payer, amount, nowMs);
  give(tx, { owner: to, asset }, lots, nowMs);
  return 0n;
}
