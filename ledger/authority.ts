/** Who may author what: the whole table. That an object is the author's own is checked by its handler. */
import { readAccount, roleOf } from './accounts/account.ts';
import { readStore } from './accounts/store.ts';
import { readTerminal } from './accounts/terminal.ts';
import { terminalParts } from './ids.ts';
import type { OperationKind } from './operation.ts';
import { reason } from './reasons.ts';
import type { LedgerView } from './state/view.ts';

/** `terminal`: any enrolled terminal. `hub`: the terminal that is its store's hub now. */
export type AuthorRole = 'admin' | 'issuer' | 'brand' | 'terminal' | 'hub';

/** The role that each operation asks of its author; SPEC.md lists the same. */
export const authorOf = {
  'account.register': 'admin',
  'store.open': 'admin',
  'terminal.enroll': 'admin',
  'hub.assign': 'admin',
  'series.define': 'issuer',
  'coupon.issue': 'issuer',
  'coupon.reserve': 'terminal',
  'coupon.capture': 'terminal',
  'coupon.release': 'terminal',
  'right.grant': 'issuer',
  'right.allocate': 'hub',
  'right.release': 'hub',
  'batch.commission': 'brand',
  'trace.receive': 'terminal',
  'trace.sell': 'terminal',
  'batch.recall': 'brand',
} as const satisfies Record<OperationKind, AuthorRole>;

/** Reason bits against this author for this kind of operation; 0 where it may. */
export function authorityFault(view: LedgerView, author: string, kind: OperationKind): number {
  const wanted: AuthorRole = authorOf[kind];
  const parts = terminalParts(author);
  if (parts === null) {
    const account = readAccount(view, author);
    if (account === null) return reason.UNKNOWN_ACCOUNT;
    return roleOf(account) === wanted ? 0 : reason.NOT_AUTHORISED;
  }
  if (readTerminal(view, parts.store, parts.lane) === null) return reason.UNKNOWN_ACCOUNT;
  if (wanted === 'terminal') return 0;
  if (wanted !== 'hub') return reason.NOT_AUTHORISED;
  return readStore(view, parts.store)?.hub?.lane === parts.lane ? 0 : reason.NOT_AUTHORISED;
}
