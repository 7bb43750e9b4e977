/** What the demo's shop deals in: one coupon series, one batch of traced products, one recalled batch, and bad codes of each kind. */

import { concatBytes } from '#core/bytes';
import type { Entropy } from '#core/entropy';
import { encodeCouponCode } from '#drivers/symbology/coupon-code';
import { GS } from '#drivers/symbology/element-string';
import { commitmentOfCode } from '#ledger/coupons/consent';
import { plainTerms } from '#ledger/coupons/terms';
import type { Operation } from '#ledger/operation';
import { budgetOf, leaseOf, usualGrant } from '#ledger/rights/usual-grants';

/** GLNs, GCN and GTINs of the demo; the check digits are right, the companies do not exist. */
export const names = {
  store: '4012345000016',
  elsewhere: '4006381000017',
  issuer: 'issuer-a',
  brand: 'brand-b',
  merchant: 'merchant-m',
} as const;

const series = {
  gcn: '4012345000207',
  title: 'A: 100 off',
  count: 1_000,
  faceValue: 10_000n,
  unit: 'EUR',
  valueText: '100.00 EUR',
};
const batch = { gtin: '04012345123456', lot: 'LOT-2026-11', name: 'Green tea 250 g', count: 24 };
const recalledBatch = { gtin: '04012345000771', lot: 'LOT-7', name: 'Peanut butter 340 g', serial: 'PB0001' };
const lease = { rightId: 'lease-1', first: 500, count: 20 };
const budget = { rightId: 'budget-1', countMax: 6, valueMax: 60_000n };
const dayMs = 86_400_000;

/** Everything a story scans, and the operations that put it on the ledger. */
export interface Goods {
  readonly series: typeof series;
  readonly batch: typeof batch & { readonly serials: readonly string[] };
  readonly lease: typeof lease;
  readonly budget: typeof budget;
  couponCode(serial: number): string;
  /** The same coupon with a seed that its issuer never drew: what a forger prints. */
  tamperedCoupon(serial: number): string;
  /** GS1 element string as a scanner sends it. */
  productCode(serial: string): string;
  /** The same for people: AIs in brackets. */
  bracketedProduct(serial: string): string;
  readonly recalledCode: string;
  /** Well formed, of a known and complete batch, but never commissioned. */
  readonly unknownCode: string;
  /** A GTIN with one wrong digit. */
  readonly misreadCode: string;
  readonly issuerOperations: readonly Operation[];
  readonly brandOperations: readonly Operation[];
}

function elementString(gtin: string, lot: string, serial: string): string {
  return `01${gtin}10${lot}${GS}21${serial}`;
}

function issuerOperations(seeds: readonly Uint8Array[], nowMs: number): Operation[] {
  const commitments = seeds.map((seed, serial) => commitmentOfCode(series.gcn, serial, seed));
  const terms = {
    ...plainTerms,
    version: 1,
    title: series.title,
    value: { kind: 'fixed', amount: series.faceValue },
    unit: series.unit,
    minimumSpend: 0n,
    validFromMs: nowMs - dayMs,
    validUntilMs: nowMs + 365 * dayMs,
    consent: 1,
    acceptedBy: { kind: 'merchants', accounts: [names.issuer, names.merchant] },
    offline: { kind: 'budget', shardAgeMsMax: dayMs },
    lateRule: 0,
  } as const;
  const grantTo = { store: names.store, ...usualGrant };
  return [
    { kind: 'series.define', gcn: series.gcn, terms },
    {
      kind: 'coupon.issue',
      gcn: series.gcn,
      firstSerial: 0,
      count: series.count,
      keyCommitments: concatBytes(...commitments),
    },
    {
      kind: 'right.grant',
      rightId: lease.rightId,
      ...grantTo,
      grant: leaseOf(series.gcn, lease.first, lease.first + lease.count - 1),
    },
    {
      kind: 'right.grant',
      rightId: budget.rightId,
      ...grantTo,
      grant: budgetOf(series.gcn, budget.countMax, budget.valueMax),
    },
  ];
}

function brandOperations(serials: readonly string[], nowMs: number): Operation[] {
  const expiryMs = nowMs + 400 * dayMs;
  const { gtin: tradeItem, lot, name } = recalledBatch;
  return [
    {
      kind: 'batch.commission',
      tradeItem: batch.gtin,
      lot: batch.lot,
      name: batch.name,
      expiryMs,
      markets: [],
      serials: [...serials].sort(),
      complete: true,
    },
    {
      kind: 'batch.commission',
      tradeItem,
      lot,
      name,
      expiryMs,
      markets: [],
      serials: [recalledBatch.serial],
      complete: true,
    },
    { kind: 'batch.recall', tradeItem, lot, reason: 'Salmonella found in a retained sample', serials: [] },
  ];
}

/** Draws the codes of one demo run. */
export function drawGoods(entropy: Entropy, nowMs: number): Goods {
  const seeds = Array.from({ length: series.count }, () => entropy.bytes(16));
  const seedOf = (serial: number) => seeds[serial] ?? new Uint8Array(16);
  const serials = Array.from({ length: batch.count }, (_, i) => `GT${String(i + 1).padStart(4, '0')}`);
  const { gcn } = series;
  return {
    series,
    batch: { ...batch, serials },
    lease,
    budget,
    couponCode: (serial) => encodeCouponCode({ gcn, serial, seed: seedOf(serial) }),
    tamperedCoupon: (serial) => encodeCouponCode({ gcn, serial, seed: seedOf(serial).map((byte) => byte ^ 0xff) }),
    productCode: (serial) => elementString(batch.gtin, batch.lot, serial),
    bracketedProduct: (serial) => `(01)${batch.gtin}(10)${batch.lot}(21)${serial}`,
    recalledCode: elementString(recalledBatch.gtin, recalledBatch.lot, recalledBatch.serial),
    unknownCode: elementString(batch.gtin, batch.lot, 'GT9999'),
    misreadCode: elementString('04012345123457', batch.lot, 'GT0001'),
    issuerOperations: issuerOperations(seeds, nowMs),
    brandOperations: brandOperations(serials, nowMs),
  };
}
