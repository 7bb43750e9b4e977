/** Identifiers that name things on the ledger, and the shard each thing lives in (a fixed function of its key). */
import { bigUint, bytesOf, text, uint } from '#core/format';
import { rememberLast } from './remember-last.ts';

/**
 * Account: `admin`, the name of an issuer, brand, merchant or validator, a terminal written `<gln>/<lane>`, or a holder written
 * `@` and 32 hexadecimal digits, a pseudonym that one issuer alone can trace to a person (ARCHITECTURE D14).
 */
export const accountIdFormat = text({
  min: 1,
  max: 48,
  pattern: /^(@[0-9a-f]{32}|[a-z0-9][a-z0-9._-]*(\/[a-z0-9][a-z0-9._-]*)?)$/,
});
/** Holder: `@` and 32 hexadecimal digits. */
export const holderIdFormat = text({ min: 33, max: 33, pattern: /^@[0-9a-f]{32}$/ });
/** Asset: points, prepaid value, ad credit, a settlement token, or `biz`. */
export const assetIdFormat = text({ min: 1, max: 32, pattern: /^[a-z0-9][a-z0-9._-]*$/ });
/** Alliance of merchants and issuers. */
export const allianceIdFormat = text({ min: 1, max: 32, pattern: /^[a-z0-9][a-z0-9._-]*$/ });
/** Amounts are integers in base units (cents for EUR); no floats anywhere. */
export const amountFormat = bigUint({ bitsMax: 96 });
/** Store: a GS1 GLN (AI 414), 13 digits. */
export const storeIdFormat = text({ min: 13, max: 13, pattern: /^[0-9]{13}$/ });
/** Coupon series: a GS1 Global Coupon Number without serial (AI 255), 13 digits. */
export const gcnFormat = text({ min: 13, max: 13, pattern: /^[0-9]{13}$/ });
/** Coupon serial within its series: 0-based; printed after the GCN without leading zeros. */
export const couponSerialFormat = uint({ max: 999_999_999_999 });
/**
 * Trade item: a GTIN-14 (AI 01), `cn.drug.` and the first seven of the 20 digits of a Chinese drug trace code, or
 * `own.<brand>.<name>`, which that brand alone may use.
 */
export const tradeItemFormat = text({
  min: 7,
  max: 40,
  pattern: /^([0-9]{14}|cn\.drug\.[0-9]{7}|own\.[a-z0-9][a-z0-9._-]*)$/,
});
/** Logistics unit: a GS1 SSCC (AI 00), 18 digits. */
export const ssccFormat = text({ min: 18, max: 18, pattern: /^[0-9]{18}$/ });
/** Lot (AI 10) and product serial (AI 21): GS1 character set 82, at most 20 characters. */
export const lotFormat = text({ min: 1, max: 20, pattern: /^[!-"%-?A-Z_a-z]+$/ });
/** Product serial (AI 21): as a lot. */
export const productSerialFormat = lotFormat;
/** Right: unique within its store. */
export const rightIdFormat = text({ min: 1, max: 32, pattern: /^[a-z0-9][a-z0-9._-]*$/ });
/** Lane of a store. */
export const laneFormat = text({ min: 1, max: 16, pattern: /^[a-z0-9][a-z0-9._-]*$/ });
/** A name for people. */
export const nameFormat = text({ min: 1, max: 80 });
/** Basket: 16 random bytes drawn by the lane, one a checkout. */
export const basketIdFormat = bytesOf(16);
/** SHA-256, 32 bytes. */
export const hashFormat = bytesOf(32);
/** Ed25519 public key (RFC 8032), 32 bytes. */
export const publicKeyFormat = bytesOf(32);
/** Ed25519 signature (RFC 8032), 64 bytes. */
export const signatureFormat = bytesOf(64);
/** The last millisecond of the year 9999. */
export const timeMsMax = 253_402_300_799_999;
/** Milliseconds since 1970-01-01T00:00Z. */
export const timeMsFormat = uint({ max: timeMsMax });
/** Epoch of a terminal's key or of a hub. */
export const epochFormat = uint({ max: 0xffff_ffff });
/** Place of an entry in its stream, from 0. */
export const sequenceFormat = uint({ max: Number.MAX_SAFE_INTEGER });
/** Block height; genesis is 0. */
export const heightFormat = uint({ max: Number.MAX_SAFE_INTEGER });

/** A shard's name: one letter a kind, then the key it is a function of; at most 64 characters. */
export type ShardId = string;
/** A shard id on the wire. */
export const shardIdFormat = text({ min: 1, max: 64, pattern: /^(r|[abcdhklsx]\/[!-~]+)$/ });

/** Home of accounts and of what concerns the whole region. */
export const regionShard: ShardId = 'r';
/** Home of one store's terminals, journal heads, rights and custody. */
export const storeShard = rememberLast((store: string): ShardId => `s/${store}`);
/** Home of one coupon series: terms, item status, key commitments. */
export const seriesShard = rememberLast((gcn: string): ShardId => `c/${gcn}`);
/** Home of one product batch: serial list and item status. */
export const batchShard = (tradeItem: string, lot: string): ShardId => `b/${tradeItem}/${lot}`;
/** Home of logistics units: one shard for the thousand that differ in the last three digits before the check digit. */
export const unitShard = (sscc: string): ShardId => `b/00/${sscc.slice(0, 14)}`;

/** Home of one asset: its terms and supply. */
export const assetShard = (asset: string): ShardId => `a/${asset}`;
/** Home of one alliance: terms, members, clearing. */
export const allianceShard = (alliance: string): ShardId => `l/${alliance}`;
/** Home of the market. */
export const marketShard: ShardId = 'x/market';
/** Home of what is known against validators. */
export const validatorsShard: ShardId = 'x/validators';
/** Home of contract calls. */
export const contractsShard: ShardId = 'x/contracts';
/** The author of receipts for what calls came to. No account and no terminal can have this name. */
export const contractsAuthor = contractsShard;
/** The author of receipts for what matching moved. No account and no terminal can have this name. */
export const marketAuthor = marketShard;

/** Length of the span of block time whose sales share a shard: 30 days. */
const salesPeriodMs = 30 * 86_400_000;
/** The span that a sale in a block of this time belongs to. */
export const salesPeriodOf = (blockTimeMs: number): number => Math.floor(blockTimeMs / salesPeriodMs);
/** Home of what a store sold against coupons, points and prepaid value within one span; tills need not hold it. */
export const salesShard = (store: string, period: number): ShardId => `d/${store}/${period}`;

/** Whether an account id is a holder's. */
export const isHolder = (account: string): boolean => account.startsWith('@');
/** Home of an account's balances: one of 256 shards for holders, a shard of its own for any other. No till caches holders'. */
export const bookShard = (account: string): ShardId =>
  isHolder(account) ? `h/${account.slice(1, 3)}` : `k/${account}`;

/** Splits a terminal's account id `<gln>/<lane>`; `null` for accounts that are not terminals. */
export const terminalParts = rememberLast(
  (account: string): { readonly store: string; readonly lane: string } | null => {
    const slash = account.indexOf('/');
    return slash < 0 ? null : { store: account.slice(0, slash), lane: account.slice(slash + 1) };
  },
);

/** The shard where an author's key and journal heads live: a terminal's store's, a holder's book, the region's otherwise. */
export function authorShard(account: string): ShardId {
  const parts = terminalParts(account);
  if (parts !== null) return storeShard(parts.store);
  return isHolder(account) ? bookShard(account) : regionShard;
}
