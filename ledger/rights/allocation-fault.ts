/** Whether a hub's allocation is good for a spend (ARCHITECTURE D5). */
import { verifySignature } from '#core/ed25519';
import { type Hub, readStore } from '../accounts/store.ts';
import { isFrozenLane, readTerminal } from '../accounts/terminal.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { type Allocation, allocationDomain, allocationMessage } from './allocation.ts';
import { isNumberUsed } from './allocation-numbers.ts';
import { type Right, rightClosedOut } from './right.ts';
import { type Spend, sameSpend } from './spend.ts';

/** Whose spend it is. */
export interface SpendingLane {
  readonly store: string;
  readonly lane: string;
}

/** The hub whose word counts for a right: the one in force; the last one for a right that was closed out. */
function hubOf(view: LedgerView, store: string, right: Right | null): Hub | null {
  return right?.status === rightClosedOut ? right.fencedHub : (readStore(view, store)?.hub ?? null);
}

/** Reason bits against the word of a hub, whoever spends it; none for a genuine one of the hub that counts for the right. */
export function hubWordFault(
  view: LedgerView,
  chainId: Uint8Array,
  { store, right }: { readonly store: string; readonly right: Right | null },
  allocation: Allocation,
): bigint {
  const hub = hubOf(view, store, right);
  if (hub === null || allocation.hubEpoch > hub.hubEpoch) return reason.ALLOCATION_INVALID;
  if (allocation.hubEpoch < hub.hubEpoch) return reason.HUB_FENCED;
  const terminal = readTerminal(view, store, hub.lane);
  if (terminal === null || allocation.hub !== `${store}/${hub.lane}`) return reason.ALLOCATION_INVALID;
  const genuine = verifySignature({
    publicKey: terminal.publicKey,
    domain: allocationDomain,
    message: allocationMessage(chainId, allocation),
    signature: allocation.signature,
  });
  if (!genuine) return reason.ALLOCATION_INVALID;
  // A hub that told two stories may have given the unit to two lanes.
  return isFrozenLane(view, store, hub.lane) ? reason.FROZEN : 0n;
}

/** Reason bits against the spend of an owned unit through this allocation; null is good only from the hub itself. */
export function allocationFault(
  view: LedgerView,
  chainId: Uint8Array,
  spending: SpendingLane & { readonly right: Right; readonly spend: Spend },
  allocation: Allocation | null,
): bigint {
  const { store, lane, right, spend } = spending;
  if (allocation === null) return hubOf(view, store, right)?.lane === lane ? 0n : reason.ALLOCATION_MISSING;
  const forThis =
    allocation.lane === `${store}/${lane}` && allocation.rightId === right.id && sameSpend(allocation.unit, spend);
  if (!forThis) return reason.ALLOCATION_INVALID;
  const { hubEpoch, number } = allocation;
  const word = hubWordFault(view, chainId, spending, allocation);
  return isNumberUsed(view, { store, hubEpoch, number }, 'spent') ? word | reason.ALLOCATION_INVALID : word;
}
