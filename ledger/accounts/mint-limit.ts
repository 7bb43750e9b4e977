/** How many coupon items or product serials an account may create a day (SPEC A9): `minted/<account>` in the region shard. */
import { type Infer, list, record, uint, versioned } from '#core/format';
import { regionShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { readAccount } from './account.ts';

/** UTC days of block time are counted from 1970-01-01. */
export const mintDayFormat = uint({ max: 2_932_896 });
/** Items that a day allows on top of the account's limit. */
export const extraItemsFormat = uint({ max: 1_000_000_000_000 });
/** Most days, today included, for which more is allowed at a time. */
export const allowancesMax = 8;

/** The UTC day of a block time. */
export const mintDayOf = (blockTimeMs: number): number => Math.floor(blockTimeMs / 86_400_000);

/** `minted/<account>` in the region shard. */
export const mintedFormat = versioned(
  'minted',
  1,
  { bytesMax: 256 },
  {
    /** The day that `count` is of. */
    day: mintDayFormat,
    /** Items created on that day. */
    count: uint({}),
    /** What governors allowed on top, ascending by day. */
    allowances: list(record('allowance', { day: mintDayFormat, extra: extraItemsFormat }), { max: allowancesMax }),
  },
);
/** What an account created on its last day, and may create on top. */
export type Minted = Infer<typeof mintedFormat>;

const mintedBooks = storedObject(mintedFormat);
const mintedKey = (account: string): string => `minted/${account}`;

/** What the account created today, and what it may create on top today and later. */
export function readMinted(view: LedgerView, account: string, today: number): Minted {
  const stored = mintedBooks.read(view, regionShard, mintedKey(account)) ?? { day: 0, count: 0, allowances: [] };
  const count = stored.day === today ? stored.count : 0;
  return { day: today, count, allowances: stored.allowances.filter(({ day }) => day >= today) };
}

/** Replaces what is known of the account's day. */
export function writeMinted(tx: LedgerOverlay, account: string, minted: Minted): void {
  mintedBooks.write(tx, regionShard, mintedKey(account), minted);
}

/**
 * Counts `count` items (at least 1) that the account is about to create; MINT_LIMIT, and nothing counted, beyond what its limit and the
 * day's allowance leave. Accounts without a limit are not counted.
 */
export function chargeItems(tx: LedgerOverlay, account: string, count: number, blockTimeMs: number): bigint {
  const itemsMax = readAccount(tx, account)?.itemsPerDayMax ?? null;
  if (itemsMax === null) return 0n;
  const today = mintDayOf(blockTimeMs);
  const minted = readMinted(tx, account, today);
  const extra = minted.allowances.find(({ day }) => day === today)?.extra ?? 0;
  if (minted.count + count > itemsMax + extra) return reason.MINT_LIMIT;
  writeMinted(tx, account, { ...minted, count: minted.count + count });
  return 0n;
}
