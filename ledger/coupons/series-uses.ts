/** How often a series was used, where its terms set a limit: `uses` in its shard counts what is reserved, redeemed or granted. */
import { assert } from '#core/assert';
import { type Infer, uint, versioned } from '#core/format';
import { seriesShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { readSeries, readTermsVersion } from './series.ts';

/** `uses` in the series' shard, and `uses/<gcn>/<holder>` in a holder's book. */
export const useCountFormat = versioned('use-count', 1, { bytesMax: 16 }, { count: uint({}) });
/** A decoded count. */
export type UseCount = Infer<typeof useCountFormat>;

const counts = storedObject(useCountFormat);
const usesKey = 'uses';

/** The limit now, whatever an older version said; null for none. Whether there is one is the same in every version. */
function limitOf(view: LedgerView, gcn: string): number | null {
  const series = readSeries(view, gcn);
  return series === null ? null : (readTermsVersion(view, gcn, series.termsVersion)?.totalMax ?? null);
}

/** Uses that are reserved, redeemed, or granted to stores beforehand; 0 for a series without a limit. */
export function readUses(view: LedgerView, gcn: string): number {
  return counts.read(view, seriesShard(gcn), usesKey)?.count ?? 0;
}

/** Reason bits against `count` more uses. */
export function usesFault(view: LedgerView, gcn: string, count: number): bigint {
  const limit = limitOf(view, gcn);
  return limit === null || readUses(view, gcn) + count <= limit ? 0n : reason.TOTAL_LIMIT;
}

/** Counts `count` more uses; TOTAL_LIMIT, and nothing counted, beyond the limit. */
export function chargeUses(tx: LedgerOverlay, gcn: string, count: number): bigint {
  const fault = usesFault(tx, gcn, count);
  if (fault === 0n && limitOf(tx, gcn) !== null) {
    counts.write(tx, seriesShard(gcn), usesKey, { count: readUses(tx, gcn) + count });
  }
  return fault;
}

/** Takes `count` uses back that did not happen. */
export function returnUses(tx: LedgerOverlay, gcn: string, count: number): void {
  if (count === 0 || limitOf(tx, gcn) === null) return;
  const left = readUses(tx, gcn) - count;
  assert(left >= 0, `series ${gcn} has fewer uses than are taken back`);
  counts.write(tx, seriesShard(gcn), usesKey, { count: left });
}
