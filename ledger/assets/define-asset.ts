/** `asset.define`: an issuer starts an asset, or adds the next version of its terms (SPEC V1). */
import type { CborValue } from '#core/codec';
import { encode } from '#core/format';
import { accountKey, accounts, readAccount } from '../accounts/account.ts';
import { type Approvals, approvalFault } from '../accounts/approvals.ts';
import { type Authorship, applied, type Handler, refused } from '../effect.ts';
import { regionShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import type { LedgerOverlay } from '../state/view.ts';
import { readAsset, readAssetTerms, writeAsset, writeAssetTerms } from './asset.ts';
import { type AssetTerms, assetKinds, assetTermsFormat } from './terms.ts';

function isSound({ kind, lifetimeDays, earn, worth }: AssetTerms): boolean {
  if (lifetimeDays === 0 || earn?.den === 0 || worth?.den === 0) return false;
  return earn === null || assetKinds[kind] === 'points';
}

/** What units already out rest on: it cannot change under them. */
function sameNature(a: AssetTerms, b: AssetTerms): boolean {
  return (
    a.kind === b.kind &&
    a.unit === b.unit &&
    a.decimals === b.decimals &&
    a.freezable === b.freezable &&
    a.supplyMax === b.supplyMax &&
    a.onRedeem === b.onRedeem
  );
}

/**
 * Terms state how much may be issued: where the issuer has governors, they have to agree, or whoever has its key would set its own
 * limit. The approvals use up one version of the account.
 */
function governorsFault(tx: LedgerOverlay, by: Authorship, what: CborValue[], approvals: Approvals): bigint {
  const account = readAccount(tx, by.author);
  if (account === null || account.governors.length === 0) return 0n;
  const version = account.version + 1;
  const fault = approvalFault(by, account, { account: by.author, version, what }, approvals);
  if (fault === 0n) accounts.write(tx, regionShard, accountKey(by.author), { ...account, version });
  return fault;
}

/** What governors of an issuer sign for `asset.define` (approvals.ts). */
export function definedAsset(asset: string, terms: AssetTerms): CborValue[] {
  return ['asset.define', asset, encode(assetTermsFormat, terms)];
}

/** Rule V1. */
export const defineAsset: Handler<'asset.define'> = (tx, by, { asset, terms, approvals }) => {
  if (!isSound(terms)) return refused(reason.BAD_OPERATION);
  const unapproved = governorsFault(tx, by, definedAsset(asset, terms), approvals);
  if (unapproved !== 0n) return refused(unapproved);
  const stored = { terms, definedAtMs: by.blockTimeMs };
  const known = readAsset(tx, asset);
  if (known === null) {
    if (terms.version !== 1) return refused(reason.BAD_OPERATION);
    writeAsset(tx, asset, { issuer: by.author, termsVersion: 1, issued: 0n, burned: 0n, day: 0, issuedOnDay: 0n });
    writeAssetTerms(tx, asset, stored);
    return applied();
  }
  if (known.issuer !== by.author) return refused(reason.NOT_AUTHORISED, reason.ALREADY_EXISTS);
  if (terms.version <= known.termsVersion) return refused(reason.ALREADY_EXISTS);
  const last = readAssetTerms(tx, asset);
  if (terms.version !== known.termsVersion + 1 || last === null || !sameNature(terms, last))
    return refused(reason.BAD_OPERATION);
  writeAsset(tx, asset, { ...known, termsVersion: terms.version });
  writeAssetTerms(tx, asset, stored);
  return applied();
};
