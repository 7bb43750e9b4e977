/** Who may author what: the whole table. That an object is the author's own is checked by its handler. */
import { readAccount, roleOf } from './accounts/account.ts';
import { readHolder } from './accounts/holder.ts';
import { readStore } from './accounts/store.ts';
import { readTerminal } from './accounts/terminal.ts';
import type { Authorship } from './effect.ts';
import { isHolder, terminalParts } from './ids.ts';
import type { OperationKind } from './operation.ts';
import { reason } from './reasons.ts';
import type { LedgerView } from './state/view.ts';

/**
 * `terminal`: any enrolled terminal. `hub`: the terminal that is its store's hub now. `holder`: a registered holder, by its own
 * key. The others are roles of accounts.
 */
export type AuthorRole = 'admin' | 'issuer' | 'brand' | 'merchant' | 'validator' | 'holder' | 'terminal' | 'hub';

/** The roles that may author each operation; SPEC.md lists the same. */
export const authorsOf = {
  'account.register': ['admin'],
  'store.open': ['admin'],
  'terminal.enroll': ['admin'],
  'hub.assign': ['admin'],
  'account.govern': ['admin', 'issuer', 'brand', 'merchant', 'validator'],
  'account.rekey': ['admin', 'issuer', 'brand', 'merchant', 'validator'],
  'account.revoke': ['admin', 'issuer', 'brand', 'merchant', 'validator'],
  'terminal.revoke': ['admin', 'issuer', 'merchant'],
  'mint.allow': ['admin', 'issuer', 'brand', 'merchant', 'validator'],
  'holder.register': ['issuer'],
  'holder.rebind': ['issuer', 'holder'],
  'holder.keep': ['holder'],
  'series.define': ['issuer'],
  'coupon.issue': ['issuer'],
  'coupon.reserve': ['terminal'],
  'coupon.keys': ['issuer'],
  'coupon.transfer': ['issuer', 'holder', 'terminal'],
  'coupon.claim': ['issuer', 'holder', 'terminal'],
  'coupon.void': ['issuer'],
  'coupon.expire': ['issuer'],
  'basket.capture': ['terminal'],
  'basket.release': ['terminal'],
  'basket.void': ['terminal'],
  'basket.return': ['terminal'],
  'basket.review': ['holder', 'issuer', 'terminal'],
  'right.grant': ['issuer', 'merchant', 'brand', 'holder'],
  'right.allocate': ['hub'],
  'right.release': ['terminal'],
  'right.renew': ['issuer', 'merchant', 'brand', 'holder'],
  'right.recall': ['issuer', 'merchant', 'brand', 'holder'],
  'right.closeout': ['issuer', 'merchant', 'brand', 'holder'],
  'right.sublease': ['hub'],
  'batch.commission': ['brand'],
  'trace.receive': ['terminal'],
  'trace.sell': ['terminal'],
  'batch.recall': ['brand'],
  'batch.append': ['brand'],
  'trace.aggregate': ['brand', 'terminal'],
  'trace.disaggregate': ['brand', 'terminal'],
  'trace.ship': ['terminal'],
  'trace.inspect': ['terminal'],
  'trace.return': ['terminal'],
  'trace.destroy': ['brand', 'terminal'],
  'journal.gap': ['admin', 'issuer', 'merchant'],
  'journal.accuse': ['admin', 'issuer', 'brand', 'merchant', 'validator', 'terminal'],
  'journal.salvage': ['admin'],
  'asset.define': ['issuer'],
  'asset.issue': ['issuer'],
  'asset.pay': ['admin', 'issuer', 'brand', 'merchant', 'validator', 'holder', 'terminal'],
  'asset.burn': ['admin', 'issuer', 'brand', 'merchant', 'validator', 'holder', 'terminal'],
  'asset.freeze': ['issuer'],
  'asset.expire': ['issuer'],
  'points.earn': ['terminal'],
  'asset.hold': ['terminal'],
  'offer.place': ['admin', 'issuer', 'brand', 'merchant', 'validator', 'holder', 'terminal'],
  'offer.withdraw': ['admin', 'issuer', 'brand', 'merchant', 'validator', 'holder', 'terminal'],
  'alliance.propose': ['issuer', 'merchant'],
  'alliance.sign': ['issuer', 'merchant'],
  'alliance.leave': ['issuer', 'merchant'],
  'alliance.fund': ['issuer', 'merchant'],
  'alliance.withdraw': ['issuer', 'merchant'],
  'alliance.prefer': ['issuer', 'merchant'],
  'alliance.collect': ['issuer', 'merchant', 'holder'],
  'referral.add': ['holder', 'issuer', 'merchant', 'terminal'],
  'validator.join': ['admin'],
  'validator.leave': ['admin', 'validator'],
  'validator.rotate': ['validator'],
  'validator.accuse': ['validator'],
  'contract.enable': ['admin'],
  'contract.call': ['admin', 'issuer', 'brand', 'merchant'],
  'contract.attest': ['validator'],
} as const satisfies Record<OperationKind, readonly AuthorRole[]>;

/** Who asks to author an operation. `salvaged`: the admin has let its entry in, whatever became of its key. */
export type Asking = Pick<Authorship, 'author' | 'salvaged'>;

/** The roles of an author now, or the reason why it has none. */
function rolesOf(view: LedgerView, { author, salvaged = false }: Asking): readonly AuthorRole[] | bigint {
  if (isHolder(author)) return readHolder(view, author) === null ? reason.UNKNOWN_ACCOUNT : ['holder'];
  const parts = terminalParts(author);
  if (parts === null) {
    const account = readAccount(view, author);
    if (account === null) return reason.UNKNOWN_ACCOUNT;
    return account.revoked && !salvaged ? reason.NOT_AUTHORISED : [roleOf(account)];
  }
  const terminal = readTerminal(view, parts.store, parts.lane);
  if (terminal === null) return reason.UNKNOWN_ACCOUNT;
  if (terminal.frozenAtHeight !== null && !salvaged) return reason.FROZEN;
  if (terminal.revoked && !salvaged) return reason.NOT_AUTHORISED;
  return readStore(view, parts.store)?.hub?.lane === parts.lane ? ['terminal', 'hub'] : ['terminal'];
}

/** Reason bits against this author for this kind of operation; none where it may. */
export function authorityFault(view: LedgerView, asking: Asking, kind: OperationKind): bigint {
  const may: readonly AuthorRole[] = authorsOf[kind];
  const roles = rolesOf(view, asking);
  if (typeof roles === 'bigint') return roles;
  return roles.some((role) => may.includes(role)) ? 0n : reason.NOT_AUTHORISED;
}
