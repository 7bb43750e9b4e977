/** `terminal.revoke`: a lane's key speaks no more, by the admin's word or that of the store's merchant (SPEC A15). */
import { applied, type Handler, refused } from '../effect.ts';
import { storeShard } from '../ids.ts';
import { reason } from '../reasons.ts';
import { adminAccount } from './account.ts';
import { readStore } from './store.ts';
import { readTerminal, terminalKey, terminals } from './terminal.ts';

/** Rule A15. What the lane has reserved stays until it is enrolled anew: its last sales may still be salvaged. */
export const revokeTerminal: Handler<'terminal.revoke'> = (tx, by, { store, lane }) => {
  const record = readStore(tx, store);
  if (record === null) return refused(reason.NO_SUCH_STORE);
  if (by.author !== adminAccount && by.author !== record.merchant) return refused(reason.NOT_AUTHORISED);
  const terminal = readTerminal(tx, store, lane);
  if (terminal === null) return refused(reason.UNKNOWN_ACCOUNT);
  if (terminal.revoked) return refused(reason.ALREADY_EXISTS);
  terminals.write(tx, storeShard(store), terminalKey(lane), { ...terminal, revoked: true });
  return applied();
};
