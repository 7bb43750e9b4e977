/** `hub.assign`: the admin names the one lane that spends what the store owns (SPEC A4, ARCHITECTURE D5). */
import { applied, type Handler, refused } from '../effect.ts';
import { storeShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { readRights } from '../rights/read.ts';
import { isOwning } from '../rights/right.ts';
import { readStore, storeKey, stores } from './store.ts';
import { readTerminal } from './terminal.ts';

/** Rule A4. */
export const assignHub: Handler<'hub.assign'> = (tx, _by, { store, lane, hubEpoch }) => {
  const record = readStore(tx, store);
  if (record === null) return refused(reason.NO_SUCH_STORE);
  if (readTerminal(tx, store, lane) === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (record.hub !== null && hubEpoch <= record.hub.hubEpoch) return refused(reason.HUB_FENCED);
  // A hub that cannot be asked may have spent what the store owns through it: its word is not overruled while such a right is open.
  const isHubs = readRights(tx, store).some((right) => right.lane === null && isOwning(right));
  if (record.hub !== null && isHubs) return refused(reason.LEASE_OPEN);
  stores.write(tx, storeShard(store), storeKey, { ...record, hub: { lane, hubEpoch } });
  return applied();
};
