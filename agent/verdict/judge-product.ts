/** What the cached ledger says of a product with its own code: genuine, unknown, never made, sold, recalled, out of date (ARCHITECTURE D8, D9). */
import type { ParsedCode } from '#drivers/symbology/parse-code';
import { batchShard } from '#ledger/ids';
import { judgeOperation } from '#ledger/judge';
import type { Operation } from '#ledger/operation';
import { type ReasonName, reasonsIn } from '#ledger/reasons';
import { readProduct } from '#ledger/trace/read';
import { type Findings, nothingFound } from './findings.ts';
import type { Judge } from './judge-coupon.ts';

/** The product in a code; `lot` and `serial` are null where the code does not say. */
export interface ProductItem {
  readonly gtin: string;
  readonly lot: string | null;
  readonly serial: string | null;
}

/** What is done with it: sold, received, or only looked at (as if it were to be sold). */
export type ProductAct = 'sell' | 'receive';

/** A judge that also knows which batches of a trade item are cached. */
export interface ProductJudge extends Judge {
  /** Lots of a GTIN whose shards are held. */
  lotsOf(gtin: string): readonly string[];
}

/** Findings about a product, and the batch it belongs to. */
export interface ProductFindings extends Findings {
  /** Null where no cached batch has it: then nothing can be recorded about it. */
  readonly lot: string | null;
}

/** Most batches of one trade item that are searched for a serial without lot. */
const lotsSearchedMax = 512;

/** The product in a parsed code; null when the code names no trade item. */
export function productOf(code: ParsedCode): ProductItem | null {
  if (!code.ok) return null;
  const value = (ai: string): string | null => code.elements.find((element) => element.ai === ai)?.value ?? null;
  const gtin = value('01');
  return gtin === null || gtin.length !== 14 ? null : { gtin, lot: value('10'), serial: value('21') };
}

function unknown(reasons: readonly ReasonName[]): ProductFindings {
  return { ...nothingFound, status: 'warn', reasons, lot: null };
}

/** The lot that lists the serial: the one in the code, or the cached batch of the trade item that has it. */
function lotOf(judge: ProductJudge, item: ProductItem & { readonly serial: string }): string | 'no-such-serial' | null {
  if (item.lot !== null) {
    const product = readProduct(judge.view, item.gtin, item.lot, item.serial);
    return product === null || product === 'no-such-serial' ? product : item.lot;
  }
  const lots = judge.lotsOf(item.gtin).slice(0, lotsSearchedMax);
  const found = lots.find((lot) => {
    const product = readProduct(judge.view, item.gtin, lot, item.serial);
    return product !== null && product !== 'no-such-serial';
  });
  if (found !== undefined) return found;
  // Other lots may exist that are not cached here: absent from these is proof only where a lot is named.
  return null;
}

function operationOf(act: ProductAct, product: { gtin: string; lot: string; serial: string }): Operation {
  if (act === 'receive') return { kind: 'trace.receive', ...product };
  return { kind: 'trace.sell', ...product, basket: new Uint8Array(16) };
}

/** Judges a product on the shards here. */
export function judgeProduct(judge: ProductJudge, item: ProductItem, act: ProductAct): ProductFindings {
  const { serial } = item;
  if (serial === null) return unknown(['NO_SUCH_BATCH']);
  const lot = lotOf(judge, { ...item, serial });
  if (lot === null) return unknown(['NO_SUCH_BATCH']);
  if (lot === 'no-such-serial') {
    const shard = batchShard(item.gtin, item.lot ?? '');
    const basis = judge.isFresh(shard) ? 'fresh-shard' : 'stale-shard';
    const proved = { basis, height: judge.heightOf(shard), identity: 'no-match', status: 'blocked' } as const;
    return { ...nothingFound, ...proved, reasons: ['NO_SUCH_SERIAL'], lot: item.lot };
  }
  return judgeKnown(judge, { gtin: item.gtin, lot, serial }, act);
}

function judgeKnown(
  judge: ProductJudge,
  product: { gtin: string; lot: string; serial: string },
  act: ProductAct,
): ProductFindings {
  const { chainId, terminal: author, epoch, sequence, seenHeight, timeLowMs, timeHighMs } = judge;
  const by = { chainId, author, epoch, sequence, seenHeight, timeLowMs, timeHighMs, notAfterMs: null };
  const judgement = judgeOperation(judge.view, by, operationOf(act, product));
  const named = reasonsIn(judgement.reasons);
  // Surely expired blocks; what the clock cannot tell is for the cashier's eyes.
  const reasons = named.includes('CLOCK_UNCERTAIN') ? named.filter((reason) => reason !== 'PRODUCT_EXPIRED') : named;
  const known = readProduct(judge.view, product.gtin, product.lot, product.serial);
  const soldElsewhere = reasons.includes('ALREADY_SOLD_ELSEWHERE');
  const sold = soldElsewhere || reasons.includes('ALREADY_SOLD_HERE');
  const shard = batchShard(product.gtin, product.lot);
  const harmless: readonly ReasonName[] = ['NOT_RECEIVED', 'CLOCK_UNCERTAIN'];
  const blocked = reasons.some((reason) => !harmless.includes(reason));
  return {
    ...nothingFound,
    identity: 'match',
    status: blocked ? 'blocked' : reasons.length > 0 ? 'warn' : 'sellable',
    basis: judge.isFresh(shard) ? 'fresh-shard' : 'stale-shard',
    fault: reasons.includes('CLOCK_UNCERTAIN') ? 'clock' : 'none',
    reasons,
    title: known === null || known === 'no-such-serial' ? null : known.batch.name,
    priorUse: sold ? { here: !soldElsewhere, terminal: null, atMs: null } : null,
    height: judge.heightOf(shard),
    lot: product.lot,
  };
}
