/** `terminal.enroll`: the admin gives a lane its key, or a new key and epoch (SPEC A3). */
import { releaseAllOf } from '../coupons/release-coupons.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { storeShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { readStore } from './store.ts';
import { readTerminal, terminalKey, terminals } from './terminal.ts';

/** Rule A3. */
export const enrollTerminal: Handler<'terminal.enroll'> = (tx, _by, { store, lane, publicKey, epoch }) => {
  if (readStore(tx, store) === null) return refused(reason.NO_SUCH_STORE);
  const known = readTerminal(tx, store, lane);
  if (known !== null && epoch <= known.epoch) return refused(reason.ALREADY_EXISTS);
  // What the old epoch had reserved can no longer be captured by it.
  if (known !== null) releaseAllOf(tx, store, lane);
  terminals.write(tx, storeShard(store), terminalKey(lane), { publicKey, epoch });
  return applied();
};
