/** BIZ: issued once, before the first block; its supply is full from then on and can never grow. */
import { adminAccount } from '../accounts/account.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { writeAsset, writeAssetTerms } from './asset.ts';
import { give } from './balance.ts';
import { assetKinds, onRedeem } from './terms.ts';

/** The asset's id. */
export const bizAsset = 'biz';
/** Decimal places of BIZ. */
const decimals = 6;
/** 10,000,000,000 BIZ in base units. */
export const bizSupply = 10_000_000_000n * 10n ** BigInt(decimals);

/** Writes BIZ and gives all of it to the admin; for the genesis state only. */
export function issueBiz(tx: LedgerOverlay): void {
  const issued = bizSupply;
  writeAsset(tx, bizAsset, { issuer: adminAccount, termsVersion: 1, issued, burned: 0n, day: 0, issuedOnDay: 0n });
  writeAssetTerms(tx, bizAsset, {
    definedAtMs: 0,
    terms: {
      version: 1,
      name: 'BIZ',
      kind: assetKinds.indexOf('settlement'),
      unit: 'BIZ',
      decimals,
      freezable: false,
      transferable: true,
      tradable: true,
      lifetimeDays: null,
      supplyMax: bizSupply,
      mintPerDayMax: 0n,
      onRedeem: onRedeem.payMerchant,
      acceptedBy: null,
      offline: { kind: 'owned-only' },
      earn: null,
      worth: null,
    },
  });
  give(tx, { owner: adminAccount, asset: bizAsset }, [{ expiryMs: null, amount: issued }], 0);
}
