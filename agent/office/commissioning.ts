/** What a brand does: commissions a batch of products with their codes, and recalls one. */

import type { Entropy } from '#core/entropy';
import { uniformInt } from '#core/entropy';
import { BizainError } from '#core/errors';
import { commissionCountMax } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import { type ListedCode, writeCodeList } from './code-list.ts';
import type { OfficeErrorCode } from './errors.ts';
import { type Office, requireApplied } from './office.ts';

const badInput: OfficeErrorCode = 'BAD_INPUT';
// Digits and capitals without those that people misread; 32 of them, 12 characters: 60 bits, not guessed by counting.
const serialAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const serialCharacters = 12;

/** A batch to commission. */
export interface BatchOrder {
  /** GTIN-14. */
  readonly gtin: string;
  readonly lot: string;
  readonly name: string;
  /** End of the day of expiry, ms since 1970. */
  readonly expiryMs: number;
  /** Distinct, in any order. */
  readonly serials: readonly string[];
  /** New file for the codes. */
  readonly codeFile: string;
}

/** Serials that cannot be guessed by counting, distinct. */
export function drawSerials(count: number, entropy: Entropy): string[] {
  if (!Number.isInteger(count) || count < 1 || count > commissionCountMax) {
    throw new BizainError({ code: badInput, message: `A batch has 1 to ${commissionCountMax} serials, not ${count}.` });
  }
  const drawn = new Set<string>();
  while (drawn.size < count) {
    let serial = '';
    for (let at = 0; at < serialCharacters; at++) serial += serialAlphabet[uniformInt(entropy, serialAlphabet.length)];
    drawn.add(serial);
  }
  return [...drawn];
}

/**
 * The code of a product: a GS1 Digital Link of the canonical resolver, so that any phone opens it and any scanner reads it.
 * Source: GS1 Digital Link Standard, URI syntax (key qualifiers in the order lot, serial).
 */
export function productCode({ gtin, lot }: { readonly gtin: string; readonly lot: string }, serial: string): string {
  return `https://id.gs1.org/01/${gtin}/10/${encodeURIComponent(lot)}/21/${encodeURIComponent(serial)}`;
}

/**
 * Writes the codes durably, then commissions the batch; it is complete with these serials.
 * @throws BizainError `ALREADY_THERE`, `OPERATION_REFUSED`.
 */
export async function commissionBatch(
  office: Office,
  order: BatchOrder,
): Promise<{ readonly codes: readonly ListedCode[]; readonly receipt: Receipt }> {
  const { gtin, lot, name, expiryMs } = order;
  // Serials are ASCII, where the order of UTF-16 units is that of code points.
  const serials = [...order.serials].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const codes = serials.map((serial) => ({ key: `01/${gtin}/21/${serial}`, code: productCode(order, serial) }));
  writeCodeList(order.codeFile, codes);
  const receipt = await office.submit({ kind: 'batch.commission', gtin, lot, name, expiryMs, serials });
  return { codes, receipt: requireApplied(receipt, `the batch ${gtin}/${lot}`) };
}

/** Recalls a batch. @throws BizainError `OPERATION_REFUSED`. */
export async function recallBatch(
  office: Office,
  batch: { readonly gtin: string; readonly lot: string; readonly reason: string },
): Promise<Receipt> {
  return requireApplied(
    await office.submit({ kind: 'batch.recall', ...batch }),
    `the recall of ${batch.gtin}/${batch.lot}`,
  );
}
