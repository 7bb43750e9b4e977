/** `batch.recall`: the brand calls a batch back, for good (SPEC T4). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readBatch, writeBatch } from './batch.ts';

/** Rule T4. */
export const recallBatch: Handler<'batch.recall'> = (tx, by, { gtin, lot, reason: recallReason }) => {
  const batch = readBatch(tx, gtin, lot);
  if (batch === null) return refused(reason.NO_SUCH_BATCH);
  if (batch.brand !== by.author) return refused(reason.NOT_AUTHORISED);
  if (batch.recallReason !== null) return refused(reason.ALREADY_EXISTS);
  writeBatch(tx, { ...batch, recallReason });
  return applied();
};
