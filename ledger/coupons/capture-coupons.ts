/** `coupon.capture`: a basket closes with the reservations it names, all or nothing (SPEC C4). */
import { equalBytes } from '#core/bytes';
import { applied, conflicted, type Handler, refused, terminalOf } from '../effect.ts';
import { joinReasons, reason } from '../reasons.ts';
import { readRight, writeRight } from '../rights/right-book.ts';
import { writeItemStatus } from './item-status.ts';
import { readOpen, writeOpen } from './open-reservations.ts';

/** Rule C4. */
export const captureCoupons: Handler<'coupon.capture'> = (tx, by, { basket, reservations }) => {
  const { store, lane } = terminalOf(by);
  const named = new Set(reservations);
  if (named.size !== reservations.length) return refused(reason.BAD_OPERATION);
  const open = readOpen(tx, store, lane);
  const captured = open.filter(
    (item) => item.epoch === by.epoch && named.has(item.sequence) && equalBytes(item.basket, basket),
  );
  if (captured.length !== named.size) return refused(reason.NOT_RESERVED);
  let value = 0n;
  let conflicts = 0;
  for (const item of captured) {
    conflicts = joinReasons(conflicts, item.conflict);
    if (item.conflict !== 0) continue;
    writeItemStatus(tx, item.gcn, item.serial, 'redeemed');
    value += item.value;
    const right = item.rightId === null ? null : readRight(tx, store, item.rightId);
    if (right !== null) writeRight(tx, store, { ...right, spentCount: right.spentCount + 1 });
  }
  const closed = new Set(captured);
  writeOpen(
    tx,
    store,
    lane,
    open.filter((item) => !closed.has(item)),
  );
  return conflicts === 0 ? applied(value) : conflicted(conflicts, value);
};
