/** `store.open`: the admin opens a store of a merchant (SPEC A2). */
import { applied, type Handler, refused } from '../effect.ts';
import { storeShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { readAccount, roleOf } from './account.ts';
import { readStore, storeKey, stores } from './store.ts';

/** Rule A2. */
export const openStore: Handler<'store.open'> = (tx, _by, { store, merchant, name, market }) => {
  const account = readAccount(tx, merchant);
  if (account === null) return refused(reason.UNKNOWN_ACCOUNT);
  // An issuer that takes its own coupons has stores too.
  const role = roleOf(account);
  if (role !== 'merchant' && role !== 'issuer') return refused(reason.BAD_OPERATION);
  if (readStore(tx, store) !== null) return refused(reason.ALREADY_EXISTS);
  stores.write(tx, storeShard(store), storeKey, { merchant, name, market, hub: null });
  return applied();
};
