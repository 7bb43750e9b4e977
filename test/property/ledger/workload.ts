/** Random operations by honest and hostile authors over a small world, for the properties of this room. */

import fc from 'fast-check';
import { equalBytes } from '#core/bytes';
import { readOpen } from '#ledger/baskets/open-reservations';
import { salesPeriodOf, salesShard } from '#ledger/ids';
import type { Operation } from '#ledger/operation';
import { budgetOf, leaseOf, usualGrant } from '#ledger/rights/usual-grants';
import {
  allocate,
  baseTerms,
  basketOf,
  gcn,
  gtin,
  issuer,
  lot,
  publicOf,
  ssccOf,
  storeA,
  storeB,
  World,
} from '../../unit/ledger/world.ts';

export const lanes = [`${storeA}/lane-1`, `${storeA}/lane-2`, `${storeB}/lane-1`] as const;
export const authors = [
  ...lanes,
  ...lanes,
  ...lanes,
  issuer,
  issuer,
  'admin',
  'brand',
  'issuer-x',
  'merchant-d',
] as const;
export const stores = [storeA, storeB] as const;
export const rightIds = ['lease-1', 'budget-1', 'lease-2', 'budget-2', 'lease-3'] as const;
export const serialCount = 24;

/** One step: the numbers choose author, operation and parameters. */
export interface Step {
  readonly author: number;
  readonly kind: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

const small = fc.nat({ max: 255 });
export const steps = (options: { minLength: number; maxLength: number }): fc.Arbitrary<Step[]> =>
  fc.array(fc.record({ author: small, kind: small, a: small, b: small, c: small }), options);

const pick = <T>(list: readonly T[], n: number): T => list[n % list.length] as T;

function reserveStep(author: string, { a, b, c }: Step): Operation {
  const basket = basketOf(c % 2);
  const termsVersion = 1 + (c % 11 === 0 ? 1 : 0);
  const common = {
    kind: 'coupon.reserve',
    gcn,
    termsVersion,
    basket,
    purchase: null,
    holder: null,
    consent: null,
  } as const;
  const roll = b % 8;
  if (roll < 3) {
    const fallbackRightId = c % 3 === 0 ? pick(rightIds, a) : null;
    return { ...common, serial: a % (serialCount + 2), basis: { kind: 'online', fallbackRightId } };
  }
  if (roll < 5) {
    const rightId = c % 4 === 0 ? pick(rightIds, a) : 'budget-1';
    return { ...common, serial: a % serialCount, basis: { kind: 'budget', rightId, shardHeight: 0 } };
  }
  // Mostly a good allocation of a leased item, sometimes forged, fenced, for another lane, or none.
  const rightId = c % 6 === 0 ? pick(rightIds, a) : 'lease-1';
  const serial = c % 6 === 1 ? a % serialCount : a % 8;
  const signer = c % 13 === 0 ? lanes[1] : lanes[0];
  const lane = c % 17 === 0 ? lanes[0] : author;
  const good = allocate(serial, { rightId, lane, hubEpoch: c % 19 === 0 ? 0 : 1 }, signer);
  return { ...common, serial, basis: { kind: 'owned', rightId, allocation: c % 7 === 0 ? null : good } };
}

function closeStep(world: World, author: string, { kind, a, b, c }: Step): Operation {
  const next = world.next(author);
  const [store = '', lane = ''] = author.split('/');
  const basket = basketOf(c % 2);
  const open = readOpen(world.state, store, lane).filter((item) => equalBytes(item.basket, basket));
  // Mostly what is open in the basket, sometimes any sequence of late.
  const guess = [a, b].map((n) => Math.max(0, next - 1 - (n % 6)));
  const held = open.slice(0, 1 + (a % 3)).map(({ sequence }) => sequence);
  const reservations = held.length === 0 || c % 5 === 0 ? [...new Set(guess)] : held;
  if (kind % 2 === 0) return { kind: 'basket.release', reservations };
  const captures = reservations.map((reservation) => ({ reservation, purchase: null, lines: [] }));
  return { kind: 'basket.capture', basket, captures, basketHash: new Uint8Array(32) };
}

/** Mostly a sale of the author's store; now and then items that are to be used no more. */
function voidStep(world: World, author: string, { a, b, c }: Step): Operation {
  if (c % 9 === 0) return { kind: 'coupon.void', gcn, firstSerial: a % serialCount, count: 1 + (b % 3), reason: 'r' };
  const store = c % 7 === 0 ? pick(stores, a) : (author.split('/')[0] ?? '');
  const sold = [...world.state.leaves(salesShard(store, salesPeriodOf(world.timeMs)))].map(({ key }) => key.split('/'));
  const [, lane = 'lane-1', epoch = '0', capture = '0'] = sold.length > 0 ? pick(sold, b) : [];
  return { kind: 'basket.void', lane, epoch: Number(epoch), capture: Number(capture), reason: 'r' };
}

function issuerStep({ kind, a, b, c }: Step): Operation {
  const first = a % serialCount;
  const grant = c % 2 === 0 ? leaseOf(gcn, first, first + (b % 6)) : budgetOf(gcn, b % 4, BigInt(a * 10));
  switch (kind % 6) {
    case 0:
      return { kind: 'coupon.issue', gcn, firstSerial: serialCount, count: 1, keyCommitments: new Uint8Array(0) };
    case 1:
      return { kind: 'series.define', gcn, terms: { ...baseTerms, version: 2 + (c % 2), lateRule: b % 2 } };
    default:
      return { kind: 'right.grant', rightId: pick(rightIds, b), store: pick(stores, a), ...usualGrant, grant };
  }
}

function traceStep({ kind, a, b, c }: Step): Operation {
  const product = { tradeItem: gtin, lot: b % 9 === 0 ? 'other' : lot, serial: `s${a % 8}` };
  const sscc = ssccOf(1 + (c % 3));
  const target = c % 4 === 0 ? ({ kind: 'unit', sscc } as const) : ({ kind: 'product', ...product } as const);
  const { serial, ...batch } = product;
  const contents = {
    sscc,
    products: [{ ...batch, serials: [serial] }],
    units: c % 5 === 0 ? [ssccOf(1 + (a % 3))] : [],
  };
  const facts: readonly Operation[] = [
    { kind: 'trace.receive', target },
    { kind: 'trace.sell', ...product, basket: basketOf(1) },
    { kind: 'trace.sell', ...product, basket: basketOf(2) },
    { kind: 'trace.ship', target, to: null },
    { kind: 'trace.return', ...product },
    { kind: 'trace.inspect', ...product, passed: c % 2 === 0 },
    { kind: 'trace.destroy', ...product },
    { kind: 'trace.aggregate', ...contents },
    { kind: 'trace.disaggregate', ...contents },
  ];
  return pick(facts, kind);
}

function adminStep({ kind, a, b }: Step): Operation {
  const store = pick(stores, a);
  const lane = b % 2 === 0 ? 'lane-1' : 'lane-2';
  if (kind % 3 === 0) return { kind: 'hub.assign', store, lane, hubEpoch: a % 4 };
  if (kind % 3 === 1) return { kind: 'store.open', store, merchant: 'merchant-d', name: 'x', market: 'DE' };
  return { kind: 'account.register', id: `m${a % 3}`, role: 2, publicKey: publicOf('m'), name: 'm' };
}

/** The operation of a step, as the world stands. */
export function operationOf(world: World, step: Step): { author: string; operation: Operation } {
  const author = pick(authors, step.author);
  const roll = step.kind % 16;
  const others = [
    (): Operation => traceStep(step),
    (): Operation => traceStep(step),
    (): Operation => issuerStep(step),
    (): Operation => adminStep(step),
    (): Operation => ({ kind: 'right.release', rightId: pick(rightIds, step.b), part: null }),
    (): Operation => ({
      kind: 'right.allocate',
      allocation: allocate(step.a % serialCount, { rightId: pick(rightIds, step.b) }),
    }),
    (): Operation => ({ kind: 'batch.recall', tradeItem: gtin, lot, reason: 'r', serials: [] }),
    (): Operation => voidStep(world, author, step),
    (): Operation => voidStep(world, author, step),
  ];
  if (author === issuer && roll < 10) return { author, operation: issuerStep(step) };
  if (author === 'admin' && roll < 10) return { author, operation: adminStep(step) };
  if (roll < 6) return { author, operation: reserveStep(author, step) };
  if (roll < 12) return { author, operation: closeStep(world, author, { ...step, kind: roll }) };
  return { author, operation: pick(others, step.a + step.b)() };
}

/** Rights, a series of 24 items and a batch of six products. */
export function openWorkload(): World {
  const world = World.withSeries(serialCount);
  world.all(issuer, [
    {
      kind: 'right.grant',
      rightId: 'lease-1',
      store: storeA,
      ...usualGrant,
      grant: {
        kind: 'lease',
        gcn,
        ranges: [
          { first: 0, last: 3 },
          { first: 6, last: 7 },
        ],
      },
    },
    {
      kind: 'right.grant',
      rightId: 'budget-1',
      store: storeA,
      ...usualGrant,
      grant: budgetOf(gcn, 2, 1_000n),
    },
  ]);
  world.all('brand', [
    {
      kind: 'batch.commission',
      tradeItem: gtin,
      lot,
      name: 'Tea',
      expiryMs: world.timeMs,
      markets: [],
      serials: ['s0', 's1', 's2', 's3', 's4', 's5'],
      complete: true,
    },
  ]);
  return world;
}
