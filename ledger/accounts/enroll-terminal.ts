/** `terminal.enroll`: the admin gives a lane its key, or a new key and epoch (SPEC A3). */
import { releaseAllOf } from '../baskets/release-basket.ts';
import { applied, type Handler, refused } from '../effect.ts';
import { storeShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { readStore } from './store.ts';
import { formerTerminalKey, readTerminal, terminalKey, terminals } from './terminal.ts';

/** Rule A3. */
export const enrollTerminal: Handler<'terminal.enroll'> = (tx, by, { store, lane, publicKey, epoch }) => {
  if (readStore(tx, store) === null) return refused(reason.NO_SUCH_STORE);
  const known = readTerminal(tx, store, lane);
  if (known !== null) {
    if (epoch <= known.epoch) return refused(reason.ALREADY_EXISTS);
    // What the old epoch had reserved can no longer be captured by it.
    releaseAllOf(tx, { store, nowMs: by.blockTimeMs }, lane);
    terminals.write(tx, storeShard(store), formerTerminalKey(lane, known.epoch), known);
  }
  const terminal = { publicKey, epoch, revoked: false, frozenAtHeight: null };
  terminals.write(tx, storeShard(store), terminalKey(lane), terminal);
  return applied();
};
