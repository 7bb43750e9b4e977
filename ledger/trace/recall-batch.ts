/** `batch.recall`: the brand calls a batch back, or single products of it, for good (SPEC T12). */
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { writeBatch } from './batch.ts';
import { BatchSheet } from './batch-sheet.ts';
import { productBits } from './product-facts.ts';
import { ascends } from './serial-list.ts';

/** Rule T12. */
export const recallBatch: Handler<'batch.recall'> = (tx, by, operation) => {
  const { serials, reason: why } = operation;
  const sheet = BatchSheet.open(tx, operation, null);
  if (sheet === null) return refused(reason.NO_SUCH_BATCH);
  const { batch } = sheet;
  if (batch.brand !== by.author) return refused(reason.NOT_AUTHORISED);
  if (batch.recall?.whole === true) return refused(reason.ALREADY_EXISTS);
  if (!ascends(serials)) return refused(reason.BAD_OPERATION);
  for (const serial of serials) {
    const place = sheet.placeOf(serial);
    if (place === null) return refused(reason.NO_SUCH_SERIAL);
    sheet.mark(place, productBits.recalled);
  }
  sheet.flush(tx);
  writeBatch(tx, { ...batch, recall: { reason: why, whole: serials.length === 0 } });
  return applied();
};
