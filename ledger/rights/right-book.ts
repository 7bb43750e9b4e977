/** A store's rights: `right/<id>` each, and `rights`, the list of open ones, in the store's shard. */
import { type Infer, list, versioned } from '#core/format';
import { rightIdFormat, storeShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type Right, rightFormat } from './right.ts';

/** Most open rights of one store. */
export const openRightsMax = 256;
/** Status of a right in force. */
export const rightOpen = 0;
/** Status of a right that its holder has ended. */
export const rightReleased = 1;

/** `rights` in the store's shard: ids of open rights, oldest first. */
export const openRightsFormat = versioned(
  'open-rights',
  1,
  { bytesMax: 12 * 1024 },
  {
    ids: list(rightIdFormat, { max: openRightsMax }),
  },
);
/** The list as stored. */
export type OpenRights = Infer<typeof openRightsFormat>;

const rights = storedObject(rightFormat);
const openLists = storedObject(openRightsFormat);
const openKey = 'rights';

/** A right of the store, open or not, or null. */
export function readRight(view: LedgerView, store: string, id: string): Right | null {
  return rights.read(view, storeShard(store), `right/${id}`);
}

/** Creates or replaces a right. */
export function writeRight(tx: LedgerOverlay, store: string, right: Right): void {
  rights.write(tx, storeShard(store), `right/${right.id}`, right);
}

/** Ids of the store's open rights, oldest first. */
export function readOpenRightIds(view: LedgerView, store: string): readonly string[] {
  return openLists.read(view, storeShard(store), openKey)?.ids ?? [];
}

/** Replaces the list of open rights. */
export function writeOpenRightIds(tx: LedgerOverlay, store: string, ids: readonly string[]): void {
  openLists.write(tx, storeShard(store), openKey, { ids });
}

/** Whether a lease covers the serial; never for a budget. Ranges ascend, so the search halves them. */
export function leaseCovers(right: Right, serial: number): boolean {
  if (right.grant.kind !== 'lease') return false;
  const { ranges } = right.grant;
  let low = 0;
  let high = ranges.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const range = ranges[middle];
    if (range === undefined) return false;
    if (serial < range.first) high = middle - 1;
    else if (serial > range.last) low = middle + 1;
    else return true;
  }
  return false;
}
