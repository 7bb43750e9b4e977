/** Accounts of the region shard: the admin, issuers, brands and merchants, each with its key. */
import { type Infer, text, uint, versioned } from '#core/format';
import { publicKeyFormat, regionShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerView } from '../state/view.ts';

/** Roles by their number in `account.register`; `admin` exists from genesis. */
export const accountRoles = ['issuer', 'brand', 'merchant', 'admin'] as const;
/** The role of an account; terminals have none. */
export type AccountRole = (typeof accountRoles)[number];

/** The region's administrator. */
export const adminAccount = 'admin';

/** `account/<id>` in the region shard. */
export const accountFormat = versioned(
  'account',
  1,
  { bytesMax: 256 },
  {
    /** Index into `accountRoles`. */
    role: uint({ max: accountRoles.length - 1 }),
    publicKey: publicKeyFormat,
    name: text({ min: 1, max: 80 }),
  },
);
/** An account as stored. */
export type Account = Infer<typeof accountFormat>;

/** Reads and writes `account/<id>`. */
export const accounts = storedObject(accountFormat);
/** The object key of an account in the region shard. */
export const accountKey = (id: string): string => `account/${id}`;

/** The account, or null; terminals are no accounts (terminal.ts). */
export function readAccount(view: LedgerView, id: string): Account | null {
  return accounts.read(view, regionShard, accountKey(id));
}

/** The role of an account. */
export function roleOf(account: Account): AccountRole {
  return accountRoles[account.role] as AccountRole;
}
