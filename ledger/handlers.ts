/** Every operation's rule, and the one way to apply an operation: authority, then handler, on writes that may be dropped. */
import { allowMinting } from './accounts/allow-minting.ts';
import { assignHub } from './accounts/assign-hub.ts';
import { enrollTerminal } from './accounts/enroll-terminal.ts';
import { governAccount } from './accounts/govern-account.ts';
import { openStore } from './accounts/open-store.ts';
import { keepHolder, rebindHolder } from './accounts/rebind-holder.ts';
import { registerAccount } from './accounts/register-account.ts';
import { registerHolder } from './accounts/register-holder.ts';
import { rekeyAccount } from './accounts/rekey-account.ts';
import { revokeAccount } from './accounts/revoke-account.ts';
import { revokeTerminal } from './accounts/revoke-terminal.ts';
import { collectDebt } from './alliances/collect-debt.ts';
import { proposeAlliance, signAlliance } from './alliances/form-alliance.ts';
import { fundAlliance, leaveAlliance, preferFee, withdrawCover } from './alliances/keep-member.ts';
import { addReferral } from './alliances/referral.ts';
import { burnAsset } from './assets/burn-asset.ts';
import { defineAsset } from './assets/define-asset.ts';
import { earnPoints } from './assets/earn-points.ts';
import { expireAsset } from './assets/expire-asset.ts';
import { freezeAsset } from './assets/freeze-asset.ts';
import { holdAmount } from './assets/hold-amount.ts';
import { issueAsset } from './assets/issue-asset.ts';
import { payAsset } from './assets/pay-asset.ts';
import { authorityFault } from './authority.ts';
import { captureBasket } from './baskets/capture-basket.ts';
import { releaseBasket } from './baskets/release-basket.ts';
import { returnBasket } from './baskets/return-basket.ts';
import { reviewBasket } from './baskets/review-basket.ts';
import { voidBasket } from './baskets/void-basket.ts';
import { attestCalls } from './contracts/attest-calls.ts';
import { callContract } from './contracts/call-contract.ts';
import { enableExecutor } from './contracts/enable-executor.ts';
import { defineSeries } from './coupons/define-series.ts';
import { expireCoupons, voidCoupons } from './coupons/end-coupons.ts';
import { issueCoupons, supplyKeys } from './coupons/issue-coupons.ts';
import { reserveCoupon } from './coupons/reserve-coupon.ts';
import { claimCoupon, transferCoupon } from './coupons/transfer-coupon.ts';
import { type Authorship, type Effect, type Handler, refused } from './effect.ts';
import { accuseFork } from './journal/accuse-fork.ts';
import { declareGap } from './journal/declare-gap.ts';
import { salvageBranch } from './journal/salvage-branch.ts';
import { placeOffer } from './market/place-offer.ts';
import { withdrawOffer } from './market/withdraw-offer.ts';
import type { Operation, OperationKind } from './operation.ts';
import { allocateUnit } from './rights/allocate-unit.ts';
import { closeoutRight } from './rights/closeout-right.ts';
import { grantRight } from './rights/grant-right.ts';
import { recallRight } from './rights/recall-right.ts';
import { releaseRight } from './rights/release-right.ts';
import { renewRight } from './rights/renew-right.ts';
import { subleaseRight } from './rights/sublease-right.ts';
import type { LedgerOverlay } from './state/view.ts';
import { appendToBatch, commissionBatch } from './trace/commission-batch.ts';
import { aggregateUnit, disaggregateUnit } from './trace/pack-unit.ts';
import {
  destroyProduct,
  inspectProduct,
  receiveProduct,
  returnProduct,
  sellProduct,
  shipProduct,
} from './trace/product-handlers.ts';
import { recallBatch } from './trace/recall-batch.ts';
import { accuseValidator } from './validators/accuse-validator.ts';
import { joinValidator } from './validators/join-validator.ts';
import { leaveValidator } from './validators/leave-validator.ts';
import { rotateValidator } from './validators/rotate-validator.ts';

/** The rule of every operation, by kind. */
export const handlers: { readonly [K in OperationKind]: Handler<K> } = {
  'account.register': registerAccount,
  'store.open': openStore,
  'terminal.enroll': enrollTerminal,
  'hub.assign': assignHub,
  'account.govern': governAccount,
  'account.rekey': rekeyAccount,
  'account.revoke': revokeAccount,
  'terminal.revoke': revokeTerminal,
  'mint.allow': allowMinting,
  'holder.register': registerHolder,
  'holder.rebind': rebindHolder,
  'holder.keep': keepHolder,
  'series.define': defineSeries,
  'coupon.issue': issueCoupons,
  'coupon.reserve': reserveCoupon,
  'coupon.keys': supplyKeys,
  'coupon.transfer': transferCoupon,
  'coupon.claim': claimCoupon,
  'coupon.void': voidCoupons,
  'coupon.expire': expireCoupons,
  'basket.capture': captureBasket,
  'basket.release': releaseBasket,
  'basket.void': voidBasket,
  'basket.return': returnBasket,
  'basket.review': reviewBasket,
  'right.grant': grantRight,
  'right.allocate': allocateUnit,
  'right.release': releaseRight,
  'right.renew': renewRight,
  'right.recall': recallRight,
  'right.closeout': closeoutRight,
  'right.sublease': subleaseRight,
  'batch.commission': commissionBatch,
  'trace.receive': receiveProduct,
  'trace.sell': sellProduct,
  'batch.recall': recallBatch,
  'batch.append': appendToBatch,
  'trace.aggregate': aggregateUnit,
  'trace.disaggregate': disaggregateUnit,
  'trace.ship': shipProduct,
  'trace.inspect': inspectProduct,
  'trace.return': returnProduct,
  'trace.destroy': destroyProduct,
  'journal.gap': declareGap,
  'journal.accuse': accuseFork,
  'journal.salvage': salvageBranch,
  'asset.define': defineAsset,
  'asset.issue': issueAsset,
  'asset.pay': payAsset,
  'asset.burn': burnAsset,
  'asset.freeze': freezeAsset,
  'asset.expire': expireAsset,
  'points.earn': earnPoints,
  'asset.hold': holdAmount,
  'offer.place': placeOffer,
  'offer.withdraw': withdrawOffer,
  'alliance.propose': proposeAlliance,
  'alliance.sign': signAlliance,
  'alliance.leave': leaveAlliance,
  'alliance.fund': fundAlliance,
  'alliance.withdraw': withdrawCover,
  'alliance.prefer': preferFee,
  'alliance.collect': collectDebt,
  'referral.add': addReferral,
  'validator.join': joinValidator,
  'validator.leave': leaveValidator,
  'validator.rotate': rotateValidator,
  'validator.accuse': accuseValidator,
  'contract.enable': enableExecutor,
  'contract.call': callContract,
  'contract.attest': attestCalls,
};

/**
 * Applies one operation to `tx`. After a refusal `tx` may hold writes that must be dropped: give it a draft of an overlay, or an
 * overlay of its own.
 */
export function applyOperation(tx: LedgerOverlay, by: Authorship, operation: Operation): Effect {
  const fault = authorityFault(tx, by, operation.kind);
  if (fault !== 0n) return refused(fault);
  // The table maps each kind to the handler of that kind, which TypeScript cannot follow through the union.
  const handler = handlers[operation.kind] as Handler<OperationKind>;
  return handler(tx, by, operation);
}
