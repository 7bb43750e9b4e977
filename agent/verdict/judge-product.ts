/** What the cached ledger says of a product with its own code: genuine, unknown, never made, sold, recalled, out of date (ARCHITECTURE D8, D9). */
import { dayOfElement } from '#drivers/symbology/gs1-date';
import type { ParsedCode } from '#drivers/symbology/parse-code';
import { batchShard } from '#ledger/ids';
import { type ReasonName, reasonsIn } from '#ledger/reasons';
import { judgeStatus, type PrintedFacts, type ProductAct } from '#ledger/trace/judge-status';
import type { ProductFacts } from '#ledger/trace/product-facts';
import { productFacts } from '#ledger/trace/read';
import { type Findings, nothingFound } from './findings.ts';
import type { Judge } from './judge-coupon.ts';

/** The product in a code; `lot`, `serial` and `expiry` (YYMMDD) are null where the code does not say. */
export interface ProductItem {
  readonly tradeItem: string;
  readonly lot: string | null;
  readonly serial: string | null;
  readonly expiry: string | null;
}

/** A judge that also knows which cached batches may list a serial. */
export interface ProductJudge extends Judge {
  /** Lots of a trade item, among those whose shards are held, that list the serial; seldom also one that does not. */
  lotsListing(tradeItem: string, serial: string): readonly string[];
}

/** Findings about a product, and the batch it belongs to. */
export interface ProductFindings extends Findings {
  /** Null where no cached batch has it: then nothing can be recorded about it. */
  readonly lot: string | null;
}

const drugCodePrefix = 'cn.drug/';
const ownCodePrefix = 'product/';
const drugItemDigits = 7;
const dayMs = 86_400_000;
// A date on a pack means a day where it is read; the batch's instant may be that day in any time zone.
const zoneMs = 14 * 3_600_000;

/** The product in a parsed code; null when the code names no trade item. */
export function productOf(code: ParsedCode): ProductItem | null {
  if (!code.ok) return null;
  if (code.kind === 'drug-code') {
    const digits = code.key.slice(drugCodePrefix.length);
    const tradeItem = `cn.drug.${digits.slice(0, drugItemDigits)}`;
    return { tradeItem, lot: null, serial: digits.slice(drugItemDigits), expiry: null };
  }
  if (code.kind === 'product') {
    const [name = '', serial = null] = code.key.slice(ownCodePrefix.length).split('/');
    return { tradeItem: `own.${name.toLowerCase()}`, lot: null, serial, expiry: null };
  }
  const value = (ai: string): string | null => code.elements.find((element) => element.ai === ai)?.value ?? null;
  const gtin = value('01');
  if (gtin === null || gtin.length !== 14) return null;
  return { tradeItem: gtin, lot: value('10'), serial: value('21'), expiry: value('17') };
}

/** The instants that a printed YYMMDD allows; the century is that of the time known (GS1 General Specifications). */
function expiryOf(yymmdd: string | null, nowMs: number): PrintedFacts['expiry'] {
  const day = yymmdd === null ? undefined : dayOfElement(yymmdd, new Date(nowMs).getUTCFullYear());
  if (day === undefined) return null;
  const startMs = Date.UTC(day.year, day.month - 1, day.day);
  return { fromMs: startMs - zoneMs, untilMs: startMs + dayMs + zoneMs };
}

/**
 * Facts of the product: of the batch that its code names, or of the cached one that lists its serial. A lot that is cached and
 * lacks the serial is asked for in its sisters, so that a wrong lot on the pack gets that name.
 */
function factsOf(judge: ProductJudge, item: ProductItem & { readonly serial: string }): ProductFacts | null {
  const { tradeItem, serial } = item;
  const ofLot = (lot: string): ProductFacts | null => productFacts(judge.view, judge.store, { tradeItem, lot, serial });
  const named = item.lot === null ? null : ofLot(item.lot);
  if (item.lot !== null && (named === null || named.place !== null)) return named;
  for (const lot of judge.lotsListing(tradeItem, serial)) {
    const facts = ofLot(lot);
    if (facts !== null && facts.place !== null) return facts;
  }
  return named;
}

/** Judges a product on the shards here. */
export function judgeProduct(judge: ProductJudge, item: ProductItem, act: ProductAct): ProductFindings {
  const { serial } = item;
  const facts = serial === null ? null : factsOf(judge, { ...item, serial });
  const { timeLowMs, timeHighMs } = judge;
  const printed = { lot: item.lot, expiry: expiryOf(item.expiry, timeLowMs) };
  const standing = judgeStatus({ facts, act, timeLowMs, timeHighMs, printed, inBasket: false });
  const reasons = reasonsIn(standing.reasons);
  if (facts === null) return { ...nothingFound, status: 'warn', reasons, lot: null };
  const { batch } = facts;
  const shard = batchShard(batch.tradeItem, batch.lot);
  return {
    ...nothingFound,
    identity: standing.identity,
    status: standing.status,
    basis: judge.isFresh(shard) ? 'fresh-shard' : 'stale-shard',
    fault: reasons.includes('CLOCK_UNCERTAIN') ? 'clock' : 'none',
    reasons,
    title: facts.place === null ? null : batch.name,
    priorUse: priorSale(reasons),
    height: judge.heightOf(shard),
    lot: batch.lot,
  };
}

function priorSale(reasons: readonly ReasonName[]): Findings['priorUse'] {
  const here = reasons.includes('ALREADY_SOLD_HERE');
  return here || reasons.includes('ALREADY_SOLD_ELSEWHERE') ? { here, terminal: null, atMs: null } : null;
}
