/** Every operation's rule, and the one way to apply an operation: authority, then handler, on writes that may be dropped. */
import { assignHub } from './accounts/assign-hub.ts';
import { enrollTerminal } from './accounts/enroll-terminal.ts';
import { openStore } from './accounts/open-store.ts';
import { registerAccount } from './accounts/register-account.ts';
import { authorityFault } from './authority.ts';
import { captureCoupons } from './coupons/capture-coupons.ts';
import { defineSeries } from './coupons/define-series.ts';
import { issueCoupons } from './coupons/issue-coupons.ts';
import { releaseCoupons } from './coupons/release-coupons.ts';
import { reserveCoupon } from './coupons/reserve-coupon.ts';
import { type Authorship, type Effect, type Handler, refused } from './effect.ts';
import type { Operation, OperationKind } from './operation.ts';
import { allocateUnit } from './rights/allocate-unit.ts';
import { grantRight } from './rights/grant-right.ts';
import { releaseRight } from './rights/release-right.ts';
import type { LedgerOverlay } from './state/view.ts';
import { commissionBatch } from './trace/commission-batch.ts';
import { recallBatch } from './trace/recall-batch.ts';
import { receiveProduct } from './trace/receive-product.ts';
import { sellProduct } from './trace/sell-product.ts';

/** The rule of every operation, by kind. */
export const handlers: { readonly [K in OperationKind]: Handler<K> } = {
  'account.register': registerAccount,
  'store.open': openStore,
  'terminal.enroll': enrollTerminal,
  'hub.assign': assignHub,
  'series.define': defineSeries,
  'coupon.issue': issueCoupons,
  'coupon.reserve': reserveCoupon,
  'coupon.capture': captureCoupons,
  'coupon.release': releaseCoupons,
  'right.grant': grantRight,
  'right.allocate': allocateUnit,
  'right.release': releaseRight,
  'batch.commission': commissionBatch,
  'trace.receive': receiveProduct,
  'trace.sell': sellProduct,
  'batch.recall': recallBatch,
};

/**
 * Applies one operation to `tx`. After a refusal `tx` may hold writes that must be dropped: give it an overlay of its own,
 * and absorb that only when the outcome is another.
 */
export function applyOperation(tx: LedgerOverlay, by: Authorship, operation: Operation): Effect {
  const fault = authorityFault(tx, by.author, operation.kind);
  if (fault !== 0) return refused(fault);
  // The table maps each kind to the handler of that kind, which TypeScript cannot follow through the union.
  const handler = handlers[operation.kind] as Handler<OperationKind>;
  return handler(tx, by, operation);
}
