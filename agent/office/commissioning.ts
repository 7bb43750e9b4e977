/** What a brand does: commissions a batch of products with their codes, and recalls one. */

import type { Entropy } from '#core/entropy';
import { uniformInt } from '#core/entropy';
import { BizainError } from '#core/errors';
import { parseCode } from '#drivers/symbology/parse-code';
import type { Receipt } from '#ledger/receipt';
import { batchSerialsMax } from '#ledger/trace/batch';
import { commissionCountMax } from '#ledger/trace/operations';
import { type ListedCode, writeCodeList } from './code-list.ts';
import type { OfficeErrorCode } from './errors.ts';
import { type Office, requireApplied } from './office.ts';

const badInput: OfficeErrorCode = 'BAD_INPUT';
// Digits and capitals without those that people misread; 32 of them, 12 characters: 60 bits, not guessed by counting.
const serialAlphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const serialCharacters = 12;
const drugPrefix = 'cn.drug.';
const ownPrefix = 'own.';

/** A batch to commission, or more serials for one that is not complete. */
export interface SerialOrder {
  /** GTIN-14, `cn.drug.<7 digits>` or `own.<brand>.<name>`. */
  readonly tradeItem: string;
  readonly lot: string;
  /** Distinct, in any order; those of a later order must all sort behind those of an earlier one. */
  readonly serials: readonly string[];
  /** Whether the batch is complete with them. */
  readonly complete: boolean;
  /** New file for the codes. */
  readonly codeFile: string;
}

/** A batch to commission. */
export interface BatchOrder extends SerialOrder {
  readonly name: string;
  /** End of the day of expiry, ms since 1970. */
  readonly expiryMs: number;
  /** ISO 3166-1 alpha-2; none: every market. */
  readonly markets: readonly string[];
}

/** A batch as the brand names it. */
export interface BatchName {
  readonly tradeItem: string;
  readonly lot: string;
}

/** Serials that cannot be guessed by counting, distinct. */
export function drawSerials(count: number, entropy: Entropy): string[] {
  if (!Number.isInteger(count) || count < 1 || count > batchSerialsMax) {
    throw new BizainError({ code: badInput, message: `A batch has 1 to ${batchSerialsMax} serials, not ${count}.` });
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
 * The code of a product. Of a GTIN: a GS1 Digital Link of the canonical resolver, so that any phone opens it and any scanner
 * reads it (GS1 Digital Link Standard, URI syntax: key qualifiers in the order lot, serial). Otherwise the 20 digits of a drug
 * trace code, or our own code of a product without a GTIN.
 * @throws BizainError `BAD_INPUT` for a serial that such a code cannot hold.
 */
export function productCode({ tradeItem, lot }: BatchName, serial: string): string {
  if (tradeItem.startsWith(drugPrefix)) {
    if (/^[0-9]{13}$/.test(serial)) return `${tradeItem.slice(drugPrefix.length)}${serial}`;
    throw new BizainError({ code: badInput, message: `Serials of drug codes have 13 digits, not ${serial}.` });
  }
  if (tradeItem.startsWith(ownPrefix)) {
    const code = `BZT:${tradeItem.slice(ownPrefix.length).toUpperCase()}/${serial}`;
    if (parseCode({ data: code }).ok) return code;
    throw new BizainError({ code: badInput, message: `${tradeItem} ${serial} does not fit into a code of our own.` });
  }
  return `https://id.gs1.org/01/${tradeItem}/10/${encodeURIComponent(lot)}/21/${encodeURIComponent(serial)}`;
}

/** Serials in the order of the ledger: they are ASCII, where the order of UTF-16 units is that of code points. */
function inOrder(serials: readonly string[]): string[] {
  return [...serials].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function writeCodes(order: SerialOrder, serials: readonly string[]): readonly ListedCode[] {
  const codes = serials.map((serial) => {
    const code = productCode(order, serial);
    const parsed = parseCode({ data: code });
    return { key: parsed.ok ? parsed.key : `${order.tradeItem}/${serial}`, code };
  });
  writeCodeList(order.codeFile, codes);
  return codes;
}

/** Sends what is left of a batch in operations of bounded size, each after the receipt of the one before it. */
async function appendAll(
  office: Office,
  order: SerialOrder,
  serials: readonly string[],
  first: Receipt | null,
): Promise<Receipt> {
  const { tradeItem, lot, complete } = order;
  let receipt = first;
  for (let at = 0; at < serials.length || receipt === null; at += commissionCountMax) {
    const part = serials.slice(at, at + commissionCountMax);
    const isLast = at + commissionCountMax >= serials.length;
    const operation = { kind: 'batch.append', tradeItem, lot, serials: part, complete: complete && isLast } as const;
    receipt = requireApplied(await office.submit(operation), `more serials of ${tradeItem}/${lot}`);
  }
  return receipt;
}

/**
 * Writes the codes durably, then commissions the batch, in several operations where it is large.
 * @throws BizainError `ALREADY_THERE`, `BAD_INPUT`, `OPERATION_REFUSED`.
 */
export async function commissionBatch(
  office: Office,
  order: BatchOrder,
): Promise<{ readonly codes: readonly ListedCode[]; readonly receipt: Receipt }> {
  const { tradeItem, lot, name, expiryMs, markets, complete } = order;
  const sorted = inOrder(order.serials);
  const codes = writeCodes(order, sorted);
  const serials = sorted.slice(0, commissionCountMax);
  const rest = sorted.slice(commissionCountMax);
  const batch = { tradeItem, lot, name, expiryMs, markets: inOrder(markets) };
  const isAll = complete && rest.length === 0;
  const first = await office.submit({ kind: 'batch.commission', ...batch, serials, complete: isAll });
  const receipt = requireApplied(first, `the batch ${tradeItem}/${lot}`);
  return { codes, receipt: await appendAll(office, order, rest, receipt) };
}

/**
 * Gives a batch that is not complete further serials, or none and completes it.
 * @throws BizainError `ALREADY_THERE`, `BAD_INPUT`, `OPERATION_REFUSED`.
 */
export async function appendToBatch(
  office: Office,
  order: SerialOrder,
): Promise<{ readonly codes: readonly ListedCode[]; readonly receipt: Receipt }> {
  const serials = inOrder(order.serials);
  const codes = serials.length === 0 ? [] : writeCodes(order, serials);
  return { codes, receipt: await appendAll(office, order, serials, null) };
}

/** Recalls a batch, or single serials of it. @throws BizainError `OPERATION_REFUSED`. */
export async function recallBatch(
  office: Office,
  recall: BatchName & { readonly reason: string; readonly serials: readonly string[] },
): Promise<Receipt> {
  const serials = inOrder(recall.serials);
  return requireApplied(
    await office.submit({ kind: 'batch.recall', ...recall, serials }),
    `the recall of ${recall.tradeItem}/${recall.lot}`,
  );
}
