/** Who votes at a height, and as whom this replica does (SPEC R1). Indices in statements are places in the set of their height. */
import { equalBytes, toHex } from '#core/bytes';
import type { ValidatorInfo } from '../wire/genesis.ts';
import { type ChainState, endsEpoch } from './chain.ts';
import type { ScheduleConfig } from './schedule.ts';

/** How a replica and its node name a validator, whatever set it is in: its public key in hex. */
export type PeerId = string;

/** The validators of one height. */
export interface VotingSet {
  readonly validators: readonly ValidatorInfo[];
  /** Own place; null for a node that follows without voting. */
  readonly self: number | null;
}

/** The set with the place of whoever has one of these keys. */
function votingSet(validators: readonly ValidatorInfo[], ownKeys: readonly Uint8Array[]): VotingSet {
  const place = validators.findIndex(({ publicKey }) => ownKeys.some((own) => equalBytes(own, publicKey)));
  return { validators, self: place < 0 ? null : place };
}

/** Who votes at the next height and at the one after it, as far as this chain decides them. */
export function votingSetsOn(
  config: ScheduleConfig,
  chain: ChainState,
  ownKeys: readonly Uint8Array[],
): { readonly set: VotingSet; readonly setNext: VotingSet } {
  const set = votingSet(chain.validators, ownKeys);
  const crosses = endsEpoch(config, chain, chain.height + 1);
  return { set, setNext: crosses ? votingSet(chain.validatorsNext, ownKeys) : set };
}

/** The id of the validator at a place; null where the set has none. */
export function peerAt({ validators }: VotingSet, validator: number): PeerId | null {
  const member = validators[validator];
  return member === undefined ? null : toHex(member.publicKey);
}
