/** The key that an author signs with, now or in an earlier epoch, and whether it may still speak. */
import { accountKey, accounts, formerAccountKey } from '../accounts/account.ts';
import { readFormerHolder, readHolder } from '../accounts/holder.ts';
import { formerTerminalKey, terminalKey, terminals } from '../accounts/terminal.ts';
import { isHolder, regionShard, storeShard, terminalParts } from '../ids.ts';
import type { LedgerView } from '../state/view.ts';

/** `revoked`: by somebody's word. `frozen`: a terminal whose journals contradict each other. */
export type Standing = 'good' | 'revoked' | 'frozen';

/** What segments of an author are checked with. */
export interface AuthorKey {
  readonly publicKey: Uint8Array;
  readonly epoch: number;
  readonly standing: Standing;
}

/** The author's key in force, or the one that ended with the epoch; null for an unknown author, epoch, or one without a key. */
function keyAt(view: LedgerView, author: string, formerEpoch: number | null): AuthorKey | null {
  if (isHolder(author)) {
    const holder = formerEpoch === null ? readHolder(view, author) : readFormerHolder(view, author, formerEpoch);
    if (holder === null || holder.publicKey === null) return null;
    return { publicKey: holder.publicKey, epoch: holder.epoch, standing: 'good' };
  }
  const parts = terminalParts(author);
  if (parts !== null) {
    const { store, lane } = parts;
    const key = formerEpoch === null ? terminalKey(lane) : formerTerminalKey(lane, formerEpoch);
    const terminal = terminals.read(view, storeShard(store), key);
    if (terminal === null) return null;
    const standing = terminal.frozenAtHeight !== null ? 'frozen' : terminal.revoked ? 'revoked' : 'good';
    return { publicKey: terminal.publicKey, epoch: terminal.epoch, standing };
  }
  const key = formerEpoch === null ? accountKey(author) : formerAccountKey(author, formerEpoch);
  const account = accounts.read(view, regionShard, key);
  if (account === null) return null;
  const { publicKey, epoch, revoked } = account;
  return { publicKey, epoch, standing: revoked ? 'revoked' : 'good' };
}

/** The key and epoch that an author signs with now; null for an unknown author or one without a key. */
export function authorKey(view: LedgerView, author: string): AuthorKey | null {
  return keyAt(view, author, null);
}

/** The author's key of an epoch, ended or not; null where it never had one. */
export function authorKeyOf(view: LedgerView, author: string, epoch: number): AuthorKey | null {
  const now = authorKey(view, author);
  return now !== null && now.epoch === epoch ? now : keyAt(view, author, epoch);
}

/** The author's key where it may speak in this epoch now; null where it may not. */
export function speakingKey(view: LedgerView, author: string, epoch: number): AuthorKey | null {
  const key = authorKey(view, author);
  return key !== null && key.epoch === epoch && key.standing === 'good' ? key : null;
}
