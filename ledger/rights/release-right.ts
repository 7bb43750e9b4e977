/** `right.release`: the store's hub ends a right or gives a part of it back; a lane does so with its sub-lease (SPEC R3). */
import { applied, type Handler, refused, terminalOf } from '../effect.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { readHub } from './read.ts';
import { type Right, rightMerged, rightOpen, rightReleased, unused } from './right.ts';
import { endRight, readRight, writeRight } from './right-book.ts';
import { sendHome, unspentFault } from './right-home.ts';
import { carve, joined } from './units-left.ts';

/** The right that takes a sub-lease (or a part of it) back; null where it cannot: then that goes home. */
function parentWith(tx: LedgerOverlay, store: string, sub: Right, part: Right['grant']): Right | null {
  const parent = sub.parentId === null ? null : readRight(tx, store, sub.parentId);
  if (parent?.status !== rightOpen) return null;
  const grant = joined(parent.grant, part);
  return grant === null ? null : { ...parent, grant };
}

/** The whole sub-lease goes into its parent, with what was spent of it and what baskets hold. */
function merge(tx: LedgerOverlay, store: string, parent: Right, sub: Right): void {
  writeRight(tx, store, {
    ...parent,
    heldCount: parent.heldCount + sub.heldCount,
    heldValue: parent.heldValue + sub.heldValue,
    spentCount: parent.spentCount + sub.spentCount,
    spentValue: parent.spentValue + sub.spentValue,
    conflictedCount: parent.conflictedCount + sub.conflictedCount,
    conflictedValue: parent.conflictedValue + sub.conflictedValue,
    lostCount: parent.lostCount + sub.lostCount,
  });
  endRight(tx, store, { ...sub, status: rightMerged });
}

/** Rule R3. */
export const releaseRight: Handler<'right.release'> = (tx, by, { rightId, part }) => {
  const { store, lane } = terminalOf(by);
  const right = readRight(tx, store, rightId);
  if (right === null) return refused(reason.NO_SUCH_RIGHT);
  const holder = right.lane === null ? readHub(tx, store)?.terminal : `${store}/${right.lane}`;
  if (holder !== `${store}/${lane}`) return refused(reason.NOT_AUTHORISED);
  if (right.status !== rightOpen) return refused(reason.RIGHT_CLOSED);
  if (part === null) {
    const parent = parentWith(tx, store, right, right.grant);
    if (parent !== null) merge(tx, store, parent, right);
    else {
      sendHome(tx, right, by.blockTimeMs);
      endRight(tx, store, { ...right, status: rightReleased });
    }
    return applied();
  }
  const carved = carve(right, part);
  if (typeof carved === 'bigint') return refused(carved);
  const taken = unspentFault(tx, carved.part);
  if (taken !== 0n) return refused(taken);
  const parent = parentWith(tx, store, right, carved.part);
  if (parent !== null) writeRight(tx, store, parent);
  else sendHome(tx, { ...right, ...unused, grant: carved.part }, by.blockTimeMs);
  writeRight(tx, store, { ...right, grant: carved.rest });
  return applied();
};
