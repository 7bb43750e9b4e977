/** Whether a hub's allocation is good for a spend (ARCHITECTURE D5). */
import { verifySignature } from '#core/ed25519';
import { readStore } from '../accounts/store.ts';
import { readTerminal } from '../accounts/terminal.ts';
import { reason } from '../reasons.ts';
import type { LedgerView } from '../state/view.ts';
import { type Allocation, allocationDomain, allocationMessage } from './allocation.ts';

/** What the allocation must be for. */
export interface AllocatedSpend {
  readonly store: string;
  readonly lane: string;
  readonly rightId: string;
  readonly gcn: string;
  readonly serial: number;
}

/** Reason bits against an allocation of the store's hub, whoever spends it; 0 for a genuine one of the hub in force. */
export function hubWordFault(view: LedgerView, chainId: Uint8Array, store: string, allocation: Allocation): number {
  const hub = readStore(view, store)?.hub ?? null;
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
  return genuine ? 0 : reason.ALLOCATION_INVALID;
}

/** Reason bits against a spend of an owned unit through this allocation; null is good only from the hub itself. */
export function allocationFault(
  view: LedgerView,
  chainId: Uint8Array,
  spend: AllocatedSpend,
  allocation: Allocation | null,
): number {
  const { store, lane, rightId, gcn, serial } = spend;
  if (allocation === null) return readStore(view, store)?.hub?.lane === lane ? 0 : reason.ALLOCATION_MISSING;
  const forThis =
    allocation.lane === `${store}/${lane}` &&
    allocation.rightId === rightId &&
    allocation.gcn === gcn &&
    allocation.serial === serial;
  return forThis ? hubWordFault(view, chainId, store, allocation) : reason.ALLOCATION_INVALID;
}
