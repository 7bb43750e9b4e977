/** What a hub may give back of a lease that its grantor recalls: what no lane has been promised (ARCHITECTURE D4). */
import { itemStatus } from '#ledger/coupons/read';
import type { Part, Right } from '#ledger/rights/right';
import { hasSerial, rangesMax, type SerialRange, withoutSerials } from '#ledger/rights/serial-ranges';
import type { LedgerView } from '#ledger/state/view';

/** Whether the grantor asks for the item back: from then on nobody is promised it. */
export function isRecalled({ recall }: Right, serial: number): boolean {
  return recall !== null && (recall.ranges.length === 0 || hasSerial(recall.ranges, serial));
}

/** Whether a part that is given back (null: the whole right) has the item. */
export function holdsSerial(part: Part | null, serial: number): boolean {
  return part === null || (part.kind === 'items' && hasSerial(part.ranges, serial));
}

/** The items as ranges, at most so many as a part may have and as leave the lease within its own. */
function asPart(items: readonly number[], ranges: readonly SerialRange[]): Part | null {
  const free: { first: number; last: number }[] = [];
  for (const serial of items) {
    const before = free.at(-1);
    if (before !== undefined && before.last + 1 === serial) before.last = serial;
    else free.push({ first: serial, last: serial });
  }
  for (let count = Math.min(free.length, rangesMax); count > 0; count--) {
    const part = free.slice(0, count);
    if (withoutSerials(ranges, part).length <= rangesMax) return { kind: 'items', ranges: part };
  }
  return null;
}

/**
 * What to give back now, null for nothing: a part, or the whole lease (`part` null) when it is recalled as a whole and no promise of it
 * is left. `isPromised` looks into the store's used-set.
 */
export function returnable(
  view: LedgerView,
  right: Right,
  isPromised: (unit: string) => boolean,
): { readonly part: Part | null } | null {
  const { grant, recall } = right;
  if (grant.kind !== 'lease' || recall === null) return null;
  const free: number[] = [];
  let isWhole = recall.ranges.length === 0;
  for (const { first, last } of grant.ranges) {
    for (let serial = first; serial <= last; serial++) {
      if (!isRecalled(right, serial) || itemStatus(view, grant.gcn, serial) !== 'leased') continue;
      if (isPromised(`255/${grant.gcn}/${serial}`)) isWhole = false;
      else free.push(serial);
    }
  }
  if (isWhole) return { part: null };
  const part = asPart(free, grant.ranges);
  return part === null ? null : { part };
}
