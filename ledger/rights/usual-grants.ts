/** The grants that issuers make most. */
import type { Grant } from './right.ts';

/** What a grant says besides, as long as nobody wants it otherwise: thirty days for the store, late spends refused. */
export const usualGrant = { closeoutAfterMs: 30 * 86_400_000, lateRule: 0, consent: null } as const;

/** A lease of the items `first` to `last` of a series. */
export function leaseOf(gcn: string, first: number, last: number): Extract<Grant, { kind: 'lease' }> {
  return { kind: 'lease', gcn, ranges: [{ first, last }] };
}

/** A budget for coupons of a series; how old a shard may be is left to the series' terms. */
export function budgetOf(gcn: string, countMax: number, valueMax: bigint): Extract<Grant, { kind: 'budget' }> {
  return { kind: 'budget', of: { kind: 'series', gcn }, countMax, valueMax, shardAgeMsMax: 90 * 86_400_000 };
}
