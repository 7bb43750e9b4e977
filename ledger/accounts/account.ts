/** Accounts of the region shard: the admin, issuers, brands, merchants and validators, each with its key and who governs it. */
import { bool, type Infer, list, optional, text, uint, versioned } from '#core/format';
import { epochFormat, publicKeyFormat, regionShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerView } from '../state/view.ts';

/** Roles by their number in `account.register`; `admin` exists from genesis. */
export const accountRoles = ['issuer', 'brand', 'merchant', 'validator', 'admin'] as const;
/** The role of an account; terminals and holders have none. */
export type AccountRole = (typeof accountRoles)[number];

/** The region's administrator. */
export const adminAccount = 'admin';

/** Most governors of an account. */
export const governorsMax = 16;
/** Public keys of an account's governors, by the index that approvals name. */
export const governorsFormat = list(publicKeyFormat, { max: governorsMax });
/** Coupon items an issuer, serials a brand may create within one UTC day of block time; null: any number. */
export const itemsPerDayMaxFormat = optional(uint({ max: 1_000_000_000_000 }));

/** `account/<id>` in the region shard, and `account/<id>/<epoch>` as an epoch ended. */
export const accountFormat = versioned(
  'account',
  1,
  { bytesMax: 1_024 },
  {
    /** Index into `accountRoles`. */
    role: uint({ max: accountRoles.length - 1 }),
    publicKey: publicKeyFormat,
    /** Of the key; a new one starts new streams. */
    epoch: epochFormat,
    name: text({ min: 1, max: 80 }),
    /** Whether it may author nothing any more. */
    revoked: bool(),
    /** None: the admin governs it. */
    governors: governorsFormat,
    /** How many governors must approve; 0 where there are none. */
    threshold: uint({ max: governorsMax }),
    /** Counts what was approved: an approval is for one version. */
    version: uint({ max: 0xffff_ffff }),
    itemsPerDayMax: itemsPerDayMaxFormat,
  },
);
/** An account as stored. */
export type Account = Infer<typeof accountFormat>;

/** Reads and writes `account/<id>`. */
export const accounts = storedObject(accountFormat);
/** The object key of an account in the region shard. */
export const accountKey = (id: string): string => `account/${id}`;

/** The object key of an account as an earlier epoch ended. */
export const formerAccountKey = (id: string, epoch: number): string => `account/${id}/${epoch}`;

/** An account with its first key, governed by the admin, without limits. */
export function newAccount(of: Pick<Account, 'role' | 'publicKey' | 'name'>): Account {
  return { ...of, epoch: 0, revoked: false, governors: [], threshold: 0, version: 0, itemsPerDayMax: null };
}

/** The account, or null; terminals are no accounts (terminal.ts). */
export function readAccount(view: LedgerView, id: string): Account | null {
  return accounts.read(view, regionShard, accountKey(id));
}

/** The role of an account. */
export function roleOf(account: Account): AccountRole {
  return accountRoles[account.role] as AccountRole;
}
