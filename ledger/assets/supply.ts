/** Where units of an asset come from and where they end: whatever mints or burns goes through here, and the supply adds up. */
import { assert } from '#core/assert';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { readAsset, readAssetTerms, writeAsset } from './asset.ts';
import { debitFaults, give, quantumEnd, take } from './balance.ts';

/** Most that is ever issued of an asset whose terms state no limit: every sum of balances fits an amount of 96 bits. */
export const issuedMax = 2n ** 96n - 1n;
const dayMs = 86_400_000;

/** An amount of an asset at the time of the block. */
export interface Units {
  readonly asset: string;
  readonly amount: bigint;
  readonly nowMs: number;
}

/**
 * Issues units to an account, dated by the newest terms. NO_SUCH_ASSET; beyond the supply: LIMIT_EXCEEDED; nothing is changed
 * then. Who may, and how much a day, is the caller's business.
 */
export function mint(tx: LedgerOverlay, { asset, to, amount, nowMs }: Units & { readonly to: string }): bigint {
  const record = readAsset(tx, asset);
  const terms = readAssetTerms(tx, asset);
  if (record === null || terms === null) return reason.NO_SUCH_ASSET;
  const issued = record.issued + amount;
  if (issued > (terms.supplyMax ?? issuedMax)) return reason.LIMIT_EXCEEDED;
  const { lifetimeDays } = terms;
  const expiryMs = lifetimeDays === null ? null : quantumEnd(nowMs + lifetimeDays * dayMs);
  writeAsset(tx, asset, { ...record, issued });
  give(tx, { owner: to, asset }, [{ expiryMs, amount }], nowMs);
  return 0n;
}

/** Counts units as burned that have been taken out of a balance. */
export function retire(tx: LedgerOverlay, asset: string, amount: bigint): void {
  const record = readAsset(tx, asset);
  assert(record !== null && record.issued - record.burned >= amount, `more of ${asset} is burned than there is`);
  writeAsset(tx, asset, { ...record, burned: record.burned + amount });
}

/** Takes back that units were burned, because what they paid for was brought back; the caller gives them to their owner. */
export function unretire(tx: LedgerOverlay, asset: string, amount: bigint): void {
  const record = readAsset(tx, asset);
  assert(record !== null && record.burned >= amount, `more of ${asset} comes back than was burned`);
  writeAsset(tx, asset, { ...record, burned: record.burned - amount });
}

/** Burns units of an account. NO_SUCH_ASSET, FROZEN, INSUFFICIENT_BALANCE; nothing is changed then. */
export function burn(tx: LedgerOverlay, { asset, from, amount, nowMs }: Units & { readonly from: string }): bigint {
  if (readAsset(tx, asset) === null) return reason.NO_SUCH_ASSET;
  const of = { owner: from, asset };
  if (take(tx, of, amount, nowMs) === null) return debitFaults(tx, of, amount, nowMs);
  if (amount > 0n) retire(tx, asset, amount);
  return 0n;
}
