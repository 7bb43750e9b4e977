/** `batch.commission` and `batch.append`: a brand gives the products of one lot their serials, at once or bit by bit (SPEC T1, T2). */
import { chargeItems } from '../accounts/mint-limit.ts';
import { hasCheckDigit } from '../check-digit.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { reason } from '../reasons.ts';
import { batchSerialsMax, readBatch, writeBatch } from './batch.ts';
import { appendSerials, ascends, lastSerialOf } from './serial-list.ts';

/** GTINs have a check digit, and a brand's own names begin with its own; drug codes say nothing that could be checked. */
function isTradeItemOf(tradeItem: string, brand: string): boolean {
  if (tradeItem.startsWith('own.')) return tradeItem.startsWith(`own.${brand}.`);
  return tradeItem.startsWith('cn.drug.') || hasCheckDigit(tradeItem);
}

/** Rule T1. */
export const commissionBatch: Handler<'batch.commission'> = (tx, by, operation) => {
  const { kind: _kind, serials, ...fields } = operation;
  const { tradeItem, markets, complete } = fields;
  if (!isTradeItemOf(tradeItem, by.author) || !ascends(serials) || !ascends(markets)) {
    return refused(reason.BAD_OPERATION);
  }
  if (readBatch(tx, fields) !== null) return refused(reason.ALREADY_EXISTS);
  const overLimit = chargeItems(tx, by.author, serials.length, by.blockTimeMs);
  if (overLimit !== 0n) return refused(overLimit);
  const batch = { ...fields, brand: by.author, serialCount: 0, complete, recall: null };
  appendSerials(tx, batch, serials);
  writeBatch(tx, { ...batch, serialCount: serials.length });
  return applied();
};

/** Rule T2. */
export const appendToBatch: Handler<'batch.append'> = (tx, by, operation) => {
  const { serials, complete } = operation;
  const batch = readBatch(tx, operation);
  if (batch === null) return refused(reason.NO_SUCH_BATCH);
  if (batch.brand !== by.author) return refused(reason.NOT_AUTHORISED);
  if (batch.complete) return refused(reason.ALREADY_EXISTS);
  if (serials.length === 0 && !complete) return refused(reason.BAD_OPERATION);
  if (serials.length > 0 && !ascends([lastSerialOf(tx, batch), ...serials])) return refused(reason.BAD_OPERATION);
  if (batch.serialCount + serials.length > batchSerialsMax) return refused(reason.LIMIT_EXCEEDED);
  const overLimit = serials.length === 0 ? 0n : chargeItems(tx, by.author, serials.length, by.blockTimeMs);
  if (overLimit !== 0n) return refused(overLimit);
  appendSerials(tx, batch, serials);
  writeBatch(tx, { ...batch, serialCount: batch.serialCount + serials.length, complete });
  return applied();
};
