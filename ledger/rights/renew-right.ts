/** `right.renew`: the grantor promises a right for longer, and takes a recall back (SPEC R4). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { rightOfGrantor } from './granted-right.ts';
import { closeoutAfterMsMin } from './right.ts';
import { writeRight } from './right-book.ts';

/** Rule R4. */
export const renewRight: Handler<'right.renew'> = (tx, by, { store, rightId, closeoutAfterMs }) => {
  const right = rightOfGrantor(tx, by.author, { store, rightId });
  if (typeof right === 'bigint') return refused(right);
  if (closeoutAfterMs < closeoutAfterMsMin) return refused(reason.BAD_OPERATION);
  // A promise is never made shorter.
  const closeoutFromMs = Math.max(right.closeoutFromMs, by.blockTimeMs + closeoutAfterMs);
  writeRight(tx, store, { ...right, closeoutFromMs, recall: null });
  return applied();
};
