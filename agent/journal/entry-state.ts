/** The states of an entry; it is in exactly one at any time. */

/** States that an entry ends in, in the order of their stored numbers from 1; `pending` has no stored row. */
export const settledStates = ['final', 'refused', 'conflicted', 'voided', 'lost'] as const;
export type SettledState = (typeof settledStates)[number];

/**
 * `pending`: no certified answer yet. `final`: in force. `refused`: nothing changed on the ledger; parked here
 * with its reason. `conflicted`: it happened in the shop, somebody else was first. `voided`: a reservation whose
 * release is in force. `lost`: declared lost by an operator.
 */
export type EntryState = 'pending' | SettledState;

/** The stored number of a state. */
export function stateNumber(state: SettledState): number {
  return settledStates.indexOf(state) + 1;
}

/** The state of a stored number; `undefined` for a number that no state has. */
export function stateOfNumber(number: number): SettledState | undefined {
  return settledStates[number - 1];
}

/** Names one entry of this journal. */
export interface EntryPlace {
  readonly epoch: number;
  /** 0 value, 1 trace. */
  readonly stream: number;
  readonly sequence: number;
}

/** Where a stream stands: what the next entry gets, and the chain hash of the last one (the stream's seed before the first). */
export interface StreamHead {
  readonly stream: number;
  readonly nextSequence: number;
  readonly headHash: Uint8Array;
}
