/** Where a validator sits in the set of the running epoch: its place in statements, topics and replies. */
import { equalBytes } from '#core/bytes';
import { validatorsMax } from '#ledger/validators/validator-set';
import type { ChainState } from '../pbft/chain.ts';

/** See the file's head. */
export interface Seat {
  /** Place in the set; who has none (before its first epoch, after its last) answers under the highest number. */
  readonly index: number;
  /** Validators of the epoch. */
  readonly count: number;
  readonly isMember: boolean;
}

/** The seat of whoever has this key. */
export function seatOf({ validators }: Pick<ChainState, 'validators'>, publicKey: Uint8Array): Seat {
  const index = validators.findIndex((member) => equalBytes(member.publicKey, publicKey));
  const isMember = index >= 0;
  return { index: isMember ? index : validatorsMax - 1, count: validators.length, isMember };
}
