/** The small world with holders, assets and one coupon series, for tests of terms, holders and baskets. */
import { publicKeyOf, signMessage } from '#core/ed25519';
import type { Sale } from '#ledger/baskets/sale';
import { readSale } from '#ledger/baskets/sale';
import {
  claimMessage,
  commitmentOfCode,
  consentDomain,
  itemKeySeed,
  keyCommitmentBytes,
} from '#ledger/coupons/consent';
import type { Consent, KeyConsent } from '#ledger/coupons/operations';
import type { Purchase } from '#ledger/coupons/purchase';
import type { Terms } from '#ledger/coupons/terms';
import { salesPeriodOf } from '#ledger/ids';
import type { Operation } from '#ledger/operation';
import { consentTo, openAssets } from './asset-world.ts';
import { baseTerms, basketOf, chainId, codeSeed, gcn, issuer, storeA, type World } from './world.ts';

/** Commitments of the codes of serials `first` up. */
export function keysOf(first: number, count: number): Uint8Array {
  const table = new Uint8Array(count * keyCommitmentBytes);
  for (let n = 0; n < count; n++)
    table.set(commitmentOfCode(gcn, first + n, codeSeed(first + n)), n * keyCommitmentBytes);
  return table;
}

export const defineSeries = (terms: Partial<Terms>, of = gcn): Operation => ({
  kind: 'series.define',
  gcn: of,
  terms: { ...baseTerms, ...terms },
});

export const issueItems = (
  count: number,
  keyCommitments: Uint8Array = new Uint8Array(0),
  of = gcn,
  firstSerial = 0,
): Operation => ({
  kind: 'coupon.issue',
  gcn: of,
  firstSerial,
  count,
  keyCommitments,
});

/** Holders, assets, and a series of `count` items (none: an open one). */
export function withCoupons(count: number, terms: Partial<Terms> = {}): World {
  const world = openAssets();
  const keys = terms.consent === 1 ? keysOf(0, count) : new Uint8Array(0);
  world.all(issuer, [defineSeries(terms), ...(count > 0 ? [issueItems(count, keys)] : [])]);
  return world;
}

export const spending = (spend: bigint, ...products: string[]): { purchase: Purchase } => ({
  purchase: { spend, products },
});

/** The word of a holder's key for a spend, as a terminal carries it. */
export function holderConsent(
  world: World,
  owner: string,
  serial: number,
  author: string,
  basket = basketOf(1),
): Consent {
  const what = ['coupon.reserve', gcn, serial, basket];
  return { kind: 'holder', ...consentTo(owner, { owner, what, author, notAfterMs: world.timeMs + 1_000 }) };
}

export function claimConsent(serial: number, holder: string, codeOf = serial): KeyConsent {
  const seed = itemKeySeed(gcn, serial, codeSeed(codeOf));
  const message = claimMessage(chainId, { gcn, serial }, holder);
  return { publicKey: publicKeyOf(seed), signature: signMessage(seed, consentDomain, message) };
}

export const claim = (serial: number, holder: string, consent = claimConsent(serial, holder)): Operation => ({
  kind: 'coupon.claim',
  gcn,
  serial,
  holder,
  consent,
});

export const transfer = (
  serial: number,
  to: string,
  consent: Extract<Operation, { kind: 'coupon.transfer' }>['consent'] = null,
): Operation => ({
  kind: 'coupon.transfer',
  gcn,
  serial,
  to,
  consent,
});

/** A capture of reservations with what it took off which line. */
export function captureLines(
  ...captures: readonly {
    readonly reservation: number;
    readonly purchase?: Purchase;
    readonly lines?: readonly (readonly [line: number, amount: bigint])[];
  }[]
): Operation {
  return {
    kind: 'basket.capture',
    basket: basketOf(1),
    captures: captures.map(({ reservation, purchase = null, lines = [] }) => ({
      reservation,
      purchase,
      lines: lines.map(([line, amount]) => ({ line, amount })),
    })),
    basketHash: new Uint8Array(32),
  };
}

export const voidSale = (capture: number, lane = 'lane-1'): Operation => ({
  kind: 'basket.void',
  lane,
  epoch: 0,
  capture,
  reason: 'wrong customer',
});

export function saleOf(world: World, sequence: number, { store = storeA, lane = 'lane-1' } = {}): Sale | null {
  return readSale(world.state, { store, lane, epoch: 0, sequence }, salesPeriodOf(world.timeMs));
}
