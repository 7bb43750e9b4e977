/** `right.closeout`: the grantor ends a right without its holder, not before the promised time (SPEC R6, ARCHITECTURE D4). */
import { readStore } from '../accounts/store.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { rightOfGrantor } from './granted-right.ts';
import { rightClosedOut } from './right.ts';
import { endRight } from './right-book.ts';
import { sendHome } from './right-home.ts';

/** Rule R6. */
export const closeoutRight: Handler<'right.closeout'> = (tx, by, { store, rightId }) => {
  const right = rightOfGrantor(tx, by.author, { store, rightId });
  if (typeof right === 'bigint') return refused(right);
  if (by.blockTimeMs < right.closeoutFromMs) return refused(reason.NOT_YET_VALID);
  sendHome(tx, right, by.blockTimeMs);
  // From here on only what this hub had allocated can still be late: whoever is hub later has no word about this right.
  const fencedHub = readStore(tx, store)?.hub ?? null;
  endRight(tx, store, { ...right, status: rightClosedOut, fencedHub });
  return applied();
};
