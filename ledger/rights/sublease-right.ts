/** `right.sublease`: the hub gives a lane a part of a right for its own, to spend without asking (SPEC R7, ARCHITECTURE D5). */
import { readTerminal } from '../accounts/terminal.ts';
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import { rightOpen, unused } from './right.ts';
import { addRight, openRightsMax, readOpenRightIds, readRight, writeRight } from './right-book.ts';
import { unspentFault } from './right-home.ts';
import { carve } from './units-left.ts';

/** Rule R7. */
export const subleaseRight: Handler<'right.sublease'> = (tx, by, { rightId, subId, lane, part }) => {
  const { store } = terminalOf(by);
  const right = readRight(tx, store, rightId);
  if (right === null) return refused(reason.NO_SUCH_RIGHT);
  // What is asked back is not given on, and a lane's own part is not the hub's to divide.
  if (right.status !== rightOpen || right.recall !== null) return refused(reason.RIGHT_CLOSED);
  if (right.lane !== null) return refused(reason.RIGHT_DOES_NOT_COVER);
  if (readTerminal(tx, store, lane) === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (readRight(tx, store, subId) !== null) return refused(reason.ALREADY_EXISTS);
  if (readOpenRightIds(tx, store).length >= openRightsMax) return refused(reason.TOO_MANY_OPEN);
  const carved = carve(right, part);
  if (typeof carved === 'bigint') return refused(carved);
  const taken = unspentFault(tx, carved.part);
  if (taken !== 0n) return refused(taken);
  writeRight(tx, store, { ...right, grant: carved.rest });
  addRight(tx, store, {
    ...right,
    id: subId,
    lane,
    parentId: rightId,
    grant: carved.part,
    ...unused,
  });
  return applied();
};
