/** Who and what the workload is about: accounts, people, stores, assets, series, products. */
import { hasCheckDigit } from '#ledger/check-digit';
import { gcn, gtin, issuer, lot, ssccOf, storeA, storeB } from '../../unit/ledger/world.ts';

export const storeC = '4077777000002';
export const stores = [storeA, storeB, storeC] as const;
export const lanes = [
  `${storeA}/lane-1`,
  `${storeA}/lane-2`,
  `${storeB}/lane-1`,
  `${storeB}/lane-2`,
  `${storeC}/lane-1`,
] as const;

export const ann = `@${'a1'.repeat(16)}`;
/** Known by a member number only. */
export const bob = `@${'b2'.repeat(16)}`;
export const cleo = `@${'c3'.repeat(16)}`;
/** Of `issuer-x`, without a key. */
export const dora = `@${'d4'.repeat(16)}`;
export const eve = `@${'e5'.repeat(16)}`;
/** Not registered from the start. */
export const stranger = `@${'f6'.repeat(16)}`;
export const holders = [ann, bob, cleo, dora, eve] as const;
/** Holders with keys. */
export const keyed = [ann, cleo, eve] as const;

export const issuers = [issuer, 'issuer-x', 'bank', 'gov'] as const;
export const merchants = ['merchant-c', 'merchant-d', 'spare'] as const;
export const brands = ['brand', 'maker'] as const;
export const accountNames = ['admin', ...issuers, ...merchants, ...brands, 'val'] as const;
export const everyone = [...accountNames, ...holders, ...lanes] as const;
/** Who may have balances. */
export const owners = [...accountNames, ...holders] as const;

export const token = 'eur-token';
export const assets = ['points', 'card', token, 'flash', 'biz'] as const;

/** A GCN with its check digit. */
export function gcnOf(digits: string): string {
  const found = [...'0123456789'].map((digit) => `${digits}${digit}`).find(hasCheckDigit);
  if (found === undefined) throw new Error(`${digits} has no check digit`);
  return found;
}

/** Series by what is special about them. */
export const series = {
  plain: gcn,
  keyed: gcnOf('401234567801'),
  held: gcnOf('401234567802'),
  open: gcnOf('401234567803'),
  partial: gcnOf('401234567804'),
  percent: gcnOf('401234567805'),
  /** Of `gov`, soon over. */
  brief: gcnOf('401234567806'),
  /** Of `issuer`, for everybody of the alliance, bound to nobody. */
  ring: gcnOf('401234567807'),
} as const;
export const gcns = Object.values(series);

export const ring = 'ring';

export const batches = [
  { tradeItem: gtin, lot },
  { tradeItem: 'own.brand.tea', lot: 'L1' },
  { tradeItem: 'cn.drug.1234567', lot: 'L2' },
  { tradeItem: 'own.maker.nuts', lot: 'L3' },
] as const;
export const units = [1, 2, 3, 4].map(ssccOf);

/** Names of rights that may come to be. */
export const rightNames = ['r-1', 'r-2', 'r-3', 'r-4', 'r-5', 'r-6'] as const;
