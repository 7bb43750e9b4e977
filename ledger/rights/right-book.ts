/** A store's rights: `right/<id>` each, and `rights`, the list of open ones, in the store's shard. */
import { type Infer, list, versioned } from '#core/format';
import { rightIdFormat, storeShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type Right, rightFormat, rightMerged } from './right.ts';

/** Most open rights of one store. */
export const openRightsMax = 256;

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

/** Replaces a right whose status stays. */
export function writeRight(tx: LedgerOverlay, store: string, right: Right): void {
  rights.write(tx, storeShard(store), `right/${right.id}`, right);
}

/** Ids of the store's open rights, oldest first. */
export function readOpenRightIds(view: LedgerView, store: string): readonly string[] {
  return openLists.read(view, storeShard(store), openKey)?.ids ?? [];
}

/** Writes a new right and lists it as open. */
export function addRight(tx: LedgerOverlay, store: string, right: Right): void {
  writeRight(tx, store, right);
  openLists.write(tx, storeShard(store), openKey, { ids: [...readOpenRightIds(tx, store), right.id] });
}

/** Writes a right that is no longer open, and takes it off the list. */
export function endRight(tx: LedgerOverlay, store: string, right: Right): void {
  writeRight(tx, store, right);
  const ids = readOpenRightIds(tx, store).filter((id) => id !== right.id);
  openLists.write(tx, storeShard(store), openKey, { ids });
}

/** The right that a reservation on `id` is accounted under now: of a sub-lease that went back, the right it was part of. */
export function readChargedRight(view: LedgerView, store: string, id: string): Right | null {
  const right = readRight(view, store, id);
  return right?.status === rightMerged && right.parentId !== null ? readRight(view, store, right.parentId) : right;
}
