/** Whose tills take an asset for baskets, by a version of its terms (SPEC V8). */
import { isMember } from '../alliances/alliance.ts';
import { acceptanceFault } from '../coupons/acceptance.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { readAsset, readAssetTerms } from './asset.ts';

/** An asset in a store. */
export interface AssetInStore {
  readonly asset: string;
  readonly termsVersion: number;
  /** Merchant of the store; null for a store that is not on the ledger. */
  readonly merchant: string | null;
  /** When it is taken, certificate time. */
  readonly atMs: number;
}

/** NOT_ACCEPTED_HERE where the store does not take it, also for an asset or version that is not on the ledger; NOT_A_MEMBER. */
export function assetAcceptanceFault(view: LedgerView, of: AssetInStore): bigint {
  const { asset, termsVersion, merchant, atMs } = of;
  const record = readAsset(view, asset);
  const terms = readAssetTerms(view, asset, termsVersion);
  if (record === null || terms === null || merchant === null) return reason.NOT_ACCEPTED_HERE;
  const { acceptedBy } = terms;
  if (acceptedBy === null) return 0n;
  return acceptanceFault({ acceptedBy, issuer: record.issuer, merchant }, (alliance) =>
    isMember(view, alliance, merchant, atMs) ? 0n : reason.NOT_A_MEMBER,
  );
}
