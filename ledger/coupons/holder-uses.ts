/** How often one holder has used a series, where its terms limit that: `uses/<gcn>/<holder>` in the holder's book. */
import { assert } from '#core/assert';
import { bookShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { useCountFormat } from './series-uses.ts';
import type { Terms } from './terms.ts';

const counts = storedObject(useCountFormat);
const usesKey = (gcn: string, holder: string): string => `uses/${gcn}/${holder}`;

/** Uses that the holder has reserved or redeemed. */
export function readHolderUses(view: LedgerView, gcn: string, holder: string): number {
  return counts.read(view, bookShard(holder), usesKey(gcn, holder))?.count ?? 0;
}

/** Reason bits against one more use by the holder. A till holds nobody's book: there only the region can tell. */
export function holderUsesFault(view: LedgerView, gcn: string, { perHolderMax }: Terms, holder: string): bigint {
  if (perHolderMax === null || !view.holds(bookShard(holder))) return 0n;
  return readHolderUses(view, gcn, holder) < perHolderMax ? 0n : reason.HOLDER_LIMIT;
}

/** Counts a use by the holder (1), or takes one back (-1). */
export function countHolderUse(tx: LedgerOverlay, gcn: string, holder: string, change: 1 | -1): void {
  if (!tx.holds(bookShard(holder))) return;
  const count = readHolderUses(tx, gcn, holder) + change;
  assert(count >= 0, `${holder} has used ${gcn} ${count} times`);
  counts.write(tx, bookShard(holder), usesKey(gcn, holder), { count });
}
