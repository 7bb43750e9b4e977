/** `right.release`: the store's hub ends a right; what is unspent goes back home (SPEC R3). */
import { moveItems } from '../coupons/item-status.ts';
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readOpenRightIds, readRight, rightOpen, rightReleased, writeOpenRightIds, writeRight } from './right-book.ts';

/** Rule R3. */
export const releaseRight: Handler<'right.release'> = (tx, by, { rightId }) => {
  const { store } = terminalOf(by);
  const right = readRight(tx, store, rightId);
  if (right === null) return refused(reason.NO_SUCH_RIGHT);
  if (right.status !== rightOpen) return refused(reason.RIGHT_CLOSED);
  if (right.grant.kind === 'lease') {
    // Items that a basket still holds stay reserved: captured they are spent, released they go home.
    for (const range of right.grant.ranges) moveItems(tx, right.gcn, range, { from: 'leased', to: 'available' });
  }
  writeRight(tx, store, { ...right, status: rightReleased });
  const openIds = readOpenRightIds(tx, store);
  writeOpenRightIds(
    tx,
    store,
    openIds.filter((id) => id !== rightId),
  );
  return applied();
};
