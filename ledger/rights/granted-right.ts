/** A right that its grantor names to do something with it. */
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { type Right, rightOpen } from './right.ts';
import { readRight } from './right-book.ts';

/** The open right of the store, or why its author has no say in it. */
export function rightOfGrantor(
  view: LedgerView,
  author: string,
  { store, rightId }: { readonly store: string; readonly rightId: string },
): Right | bigint {
  const right = readRight(view, store, rightId);
  if (right === null) return reason.NO_SUCH_RIGHT;
  if (right.grantor !== author) return reason.NOT_AUTHORISED;
  return right.status === rightOpen ? right : reason.RIGHT_CLOSED;
}
