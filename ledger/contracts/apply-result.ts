/** Does what a certified result says, within what the caller has reserved and what members owe each other now (SPEC K5). */
import { changeDebt, isMember, readDebt } from '../alliances/alliance.ts';
import { readAsset, readAssetTerms } from '../assets/asset.ts';
import { give, takeLocked } from '../assets/balance.ts';
import { isOwner } from '../assets/owner.ts';
import { reason } from '../reasons.ts';
import type { Movement } from '../receipt.ts';
import type { LedgerOverlay } from '../state/view.ts';
import type { OpenCall } from './call.ts';
import type { CallNetting, CallPayment, CallResult } from './result.ts';

type Done = Extract<CallResult, { readonly kind: 'done' }>;

/** What a result paid, by asset and in order; or the reasons why it cannot be done, and then it is to be dropped. */
export type Applied = { readonly movements: readonly Movement[] } | { readonly faults: bigint };

/** Reasons against one payment whatever the caller has. */
function paymentFault(tx: LedgerOverlay, caller: string, { asset, to, amount }: CallPayment): bigint {
  if (amount === 0n || to === caller) return reason.BAD_OPERATION;
  if (!isOwner(tx, to)) return reason.UNKNOWN_ACCOUNT;
  const issuer = readAsset(tx, asset)?.issuer;
  const isFree = readAssetTerms(tx, asset)?.transferable === true;
  return isFree || caller === issuer || to === issuer ? 0n : reason.NOT_TRANSFERABLE;
}

/** Pays out of the reserve; `paid` counts it by asset. */
function pay(
  tx: LedgerOverlay,
  { caller, reserved }: OpenCall,
  payment: CallPayment,
  { nowMs, paid }: { readonly nowMs: number; readonly paid: Map<string, bigint> },
): bigint {
  const { asset, to, amount } = payment;
  const sum = (paid.get(asset) ?? 0n) + amount;
  if (sum > (reserved.find((one) => one.asset === asset)?.amount ?? 0n)) return reason.LIMIT_EXCEEDED;
  const fault = paymentFault(tx, caller, payment);
  if (fault !== 0n) return fault;
  const lots = takeLocked(tx, { owner: caller, asset }, amount, nowMs);
  if (lots === null) return reason.INSUFFICIENT_BALANCE;
  give(tx, { owner: to, asset }, lots, nowMs);
  paid.set(asset, sum);
  return 0n;
}

/** Whether the nettings leave every member of each alliance with what it owes on balance. */
function isNeutral(nettings: readonly CallNetting[]): boolean {
  const sums = new Map<string, bigint>();
  for (const { alliance, debtor, creditor, amount } of nettings) {
    const [owes, owed] = [`${alliance} ${debtor}`, `${alliance} ${creditor}`];
    sums.set(owes, (sums.get(owes) ?? 0n) - amount);
    sums.set(owed, (sums.get(owed) ?? 0n) + amount);
  }
  return [...sums.values()].every((sum) => sum === 0n);
}

/** Takes off what members owe each other. */
function net(tx: LedgerOverlay, caller: string, netting: CallNetting, nowMs: number): bigint {
  const { alliance, debtor, creditor, amount } = netting;
  if (!isMember(tx, alliance, caller, nowMs)) return reason.NOT_A_MEMBER;
  if (amount === 0n || amount > readDebt(tx, alliance, debtor, creditor)) return reason.LIMIT_EXCEEDED;
  changeDebt(tx, alliance, { debtor, creditor }, -amount);
  return 0n;
}

/** Does all of a result, or says why not. What the call has locked beyond that is the caller's business to get back. */
export function applyResult(tx: LedgerOverlay, call: OpenCall, { payments, nettings }: Done, nowMs: number): Applied {
  const paid = new Map<string, bigint>();
  const movements: Movement[] = [];
  if (!isNeutral(nettings)) return { faults: reason.BAD_OPERATION };
  for (const payment of payments) {
    const faults = pay(tx, call, payment, { nowMs, paid });
    if (faults !== 0n) return { faults };
    movements.push({ asset: payment.asset, from: call.caller, to: payment.to, amount: payment.amount });
  }
  for (const netting of nettings) {
    const faults = net(tx, call.caller, netting, nowMs);
    if (faults !== 0n) return { faults };
  }
  return { movements };
}
