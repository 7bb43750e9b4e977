/** Identifiers that name things on the ledger, and the shard each thing lives in (a fixed function of its key). */
import { bytesOf, text, uint } from '#core/format';

/** Account: `admin`, an issuer's, brand's or merchant's GLN, or a terminal written `<gln>/<lane>`. */
export const accountIdFormat = text({ min: 1, max: 48, pattern: /^[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)?$/ });
/** Store: a GS1 GLN (AI 414), 13 digits. */
export const storeIdFormat = text({ min: 13, max: 13, pattern: /^[0-9]{13}$/ });
/** Coupon series: a GS1 Global Coupon Number without serial (AI 255), 13 digits. */
export const gcnFormat = text({ min: 13, max: 13, pattern: /^[0-9]{13}$/ });
/** Coupon serial within its series: 0-based; printed after the GCN without leading zeros. */
export const couponSerialFormat = uint({ max: 999_999_999_999 });
/** Trade item: GTIN-14 (AI 01). */
export const gtinFormat = text({ min: 14, max: 14, pattern: /^[0-9]{14}$/ });
/** Lot (AI 10) and product serial (AI 21): GS1 character set 82, at most 20 characters. */
export const lotFormat = text({ min: 1, max: 20, pattern: /^[!-"%-?A-Z_a-z]+$/ });
/** Product serial (AI 21): as a lot. */
export const productSerialFormat = lotFormat;
/** Right: unique within its store. */
export const rightIdFormat = text({ min: 1, max: 32, pattern: /^[a-z0-9][a-z0-9._-]*$/ });
/** Basket: 16 random bytes drawn by the lane, one a checkout. */
export const basketIdFormat = bytesOf(16);
/** SHA-256, 32 bytes. */
export const hashFormat = bytesOf(32);
/** Ed25519 public key (RFC 8032), 32 bytes. */
export const publicKeyFormat = bytesOf(32);
/** Ed25519 signature (RFC 8032), 64 bytes. */
export const signatureFormat = bytesOf(64);
/** Milliseconds since 1970-01-01T00:00Z. */
export const timeMsFormat = uint({ max: 253_402_300_799_999 });
/** Epoch of a terminal's key or of a hub. */
export const epochFormat = uint({ max: 0xffff_ffff });
/** Place of an entry in its stream, from 0. */
export const sequenceFormat = uint({ max: Number.MAX_SAFE_INTEGER });
/** Block height; genesis is 0. */
export const heightFormat = uint({ max: Number.MAX_SAFE_INTEGER });

/** A shard's name: one letter a kind, then the key it is a function of; at most 64 characters. */
export type ShardId = string;
/** A shard id on the wire. */
export const shardIdFormat = text({ min: 1, max: 64, pattern: /^(r|[scb]\/[!-~]+)$/ });

/** Home of accounts and of what concerns the whole region. */
export const regionShard: ShardId = 'r';
/** Home of one store's terminals, journal heads, rights and custody. */
export const storeShard = (store: string): ShardId => `s/${store}`;
/** Home of one coupon series: terms, item status, key commitments. */
export const seriesShard = (gcn: string): ShardId => `c/${gcn}`;
/** Home of one product batch: serial list and item status. */
export const batchShard = (gtin: string, lot: string): ShardId => `b/${gtin}/${lot}`;

/** Splits a terminal's account id `<gln>/<lane>`; `null` for accounts that are not terminals. */
export function terminalParts(account: string): { readonly store: string; readonly lane: string } | null {
  const slash = account.indexOf('/');
  return slash < 0 ? null : { store: account.slice(0, slash), lane: account.slice(slash + 1) };
}

/** The shard where an author's key and journal heads live: its store's for a terminal, the region's otherwise. */
export function authorShard(account: string): ShardId {
  const parts = terminalParts(account);
  return parts === null ? regionShard : storeShard(parts.store);
}
