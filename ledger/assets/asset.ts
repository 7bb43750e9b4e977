/** An asset in its own shard: its issuer and supply, and its immutable terms by version. */
import { type Infer, uint, versioned } from '#core/format';
import { accountIdFormat, amountFormat, assetShard, timeMsFormat } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type AssetTerms, assetTermsFormat } from './terms.ts';

/** `asset` in the asset's shard. */
export const assetFormat = versioned(
  'asset',
  1,
  { bytesMax: 192 },
  {
    issuer: accountIdFormat,
    /** Newest terms; earlier versions stay readable. */
    termsVersion: uint({ max: 0xffff }),
    /** All that was ever issued; never less than `burned`, and the difference is the sum of all balances. */
    issued: amountFormat,
    burned: amountFormat,
    /** Day of block time (days since 1970, UTC) that `issuedOnDay` counts. */
    day: uint({ max: 0xffff_ffff }),
    /** What `asset.issue` issued on `day`. */
    issuedOnDay: amountFormat,
  },
);
/** An asset as stored. */
export type Asset = Infer<typeof assetFormat>;

/** `terms/<version>` in the asset's shard. */
export const storedAssetTermsFormat = versioned(
  'stored-asset-terms',
  1,
  { bytesMax: 32 * 1024 },
  { terms: assetTermsFormat, definedAtMs: timeMsFormat },
);
/** A version of the terms and the time of the block that set it. */
export type StoredAssetTerms = Infer<typeof storedAssetTermsFormat>;

/** `earned/<merchant>` in the asset's shard. */
export const earnedFormat = versioned(
  'earned',
  1,
  { bytesMax: 64 },
  {
    /** Day of block time (days since 1970, UTC) that `amount` counts. */
    day: uint({ max: 0xffff_ffff }),
    /** What the merchant's terminals booked on it. */
    amount: amountFormat,
  },
);
/** What a merchant's terminals booked on a day. */
export type Earned = Infer<typeof earnedFormat>;

const assets = storedObject(assetFormat);
const termsObjects = storedObject(storedAssetTermsFormat);
const earnedObjects = storedObject(earnedFormat);

/** The asset, or null. */
export function readAsset(view: LedgerView, asset: string): Asset | null {
  return assets.read(view, assetShard(asset), 'asset');
}

/** Creates or replaces the asset's record. */
export function writeAsset(tx: LedgerOverlay, asset: string, record: Asset): void {
  assets.write(tx, assetShard(asset), 'asset', record);
}

/** One version of the terms with its date, or null. */
export function readStoredTerms(view: LedgerView, asset: string, version: number): StoredAssetTerms | null {
  return termsObjects.read(view, assetShard(asset), `terms/${version}`);
}

/** Writes a new version of the terms; the caller sees to it that no version is written twice. */
export function writeAssetTerms(tx: LedgerOverlay, asset: string, stored: StoredAssetTerms): void {
  termsObjects.write(tx, assetShard(asset), `terms/${stored.terms.version}`, stored);
}

/** A version of the terms, the newest where none is named; null where asset or version is unknown. */
export function readAssetTerms(view: LedgerView, asset: string, version?: number): AssetTerms | null {
  const wanted = version ?? readAsset(view, asset)?.termsVersion;
  return wanted === undefined ? null : (readStoredTerms(view, asset, wanted)?.terms ?? null);
}

/** What a merchant's terminals booked last, or null. */
export function readEarned(view: LedgerView, asset: string, merchant: string): Earned | null {
  return earnedObjects.read(view, assetShard(asset), `earned/${merchant}`);
}

/** Replaces what a merchant's terminals booked. */
export function writeEarned(tx: LedgerOverlay, asset: string, merchant: string, earned: Earned): void {
  earnedObjects.write(tx, assetShard(asset), `earned/${merchant}`, earned);
}
