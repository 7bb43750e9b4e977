/** Rights and the hub of a store, for terminals and screens. Null or empty where the shard is not held. */
import { readStore } from '../accounts/store.ts';
import type { LedgerView } from '../state/view.ts';
import type { Right } from './right.ts';
import { readOpenRightIds, readRight } from './right-book.ts';

/** The store's open rights, oldest first. */
export function readRights(view: LedgerView, store: string): Right[] {
  return readOpenRightIds(view, store).flatMap((id) => readRight(view, store, id) ?? []);
}

/** The store's hub: its terminal's account id and the hub epoch; null where none is assigned. */
export function readHub(view: LedgerView, store: string): { terminal: string; hubEpoch: number } | null {
  const hub = readStore(view, store)?.hub ?? null;
  return hub === null ? null : { terminal: `${store}/${hub.lane}`, hubEpoch: hub.hubEpoch };
}
