/** `batch.commission`: a brand gives the products of one lot their serials, once and completely (SPEC T1). */
import { hasCheckDigit } from '../check-digit.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { readBatch, writeBatch, writeSerials } from './batch.ts';

function ascends(serials: readonly string[]): boolean {
  return serials.every((serial, at) => at === 0 || (serials[at - 1] as string) < serial);
}

/** Rule T1. */
export const commissionBatch: Handler<'batch.commission'> = (tx, by, { gtin, lot, name, expiryMs, serials }) => {
  if (!hasCheckDigit(gtin) || !ascends(serials)) return refused(reason.BAD_OPERATION);
  if (readBatch(tx, gtin, lot) !== null) return refused(reason.ALREADY_EXISTS);
  const firstSerials = writeSerials(tx, gtin, lot, serials);
  const serialCount = serials.length;
  writeBatch(tx, { brand: by.author, gtin, lot, name, expiryMs, serialCount, firstSerials, recallReason: null });
  return applied();
};
