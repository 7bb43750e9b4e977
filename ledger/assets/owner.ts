/** Who can own units of an asset: holders and named accounts. Terminals own nothing: what they take goes to the merchant. */
import { readAccount } from '../accounts/account.ts';
import { readHolder } from '../accounts/holder.ts';
import { isHolder } from '../ids.ts';
import type { LedgerView } from '../state/view.ts';

/** Whether the ledger knows the account as an owner. */
export function isOwner(view: LedgerView, account: string): boolean {
  return (isHolder(account) ? readHolder(view, account) : readAccount(view, account)) !== null;
}
