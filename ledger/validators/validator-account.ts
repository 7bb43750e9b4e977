/** A validator is an account of the ledger too: what it observes it says in a journal of its own, like any other author. */
import { equalBytes } from '#core/bytes';
import { accountKey, accountRoles, accounts, newAccount, readAccount } from '../accounts/account.ts';
import { regionShard } from '../ids.ts';
import type { LedgerOverlay } from '../state/view.ts';
import type { WishedValidator } from './validator-set.ts';

const validatorRole = accountRoles.indexOf('validator');

/**
 * Gives a validator its account: id is its name, key its voting key. False where the name is another account's, whose role or
 * key differs; an account that is just that stays as it is.
 */
export function registerValidatorAccount(
  tx: LedgerOverlay,
  { name, publicKey }: Pick<WishedValidator, 'name' | 'publicKey'>,
): boolean {
  const known = readAccount(tx, name);
  if (known !== null) return known.role === validatorRole && equalBytes(known.publicKey, publicKey);
  accounts.write(tx, regionShard, accountKey(name), newAccount({ role: validatorRole, publicKey, name }));
  return true;
}
