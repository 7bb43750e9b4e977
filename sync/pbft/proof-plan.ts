/** Which beacon proofs a replica should have ready, because proving takes longer than a vote may (SPEC R3). */
import { beaconAlpha } from './beacon.ts';
import { type ChainState, endsEpoch } from './chain.ts';
import { leaderOrder, type ScheduleConfig } from './schedule.ts';
import type { Speaker } from './statements.ts';
import type { ReplicaEffect } from './types.ts';

/**
 * The proofs to have ready for the heights of the next turn, within the epoch, at which the speaker is due in view 0 or next
 * in line, soonest first. None when it is not, or has no vote; the same alpha may come again at the next height.
 */
export function proofsAhead(config: ScheduleConfig, chain: ChainState, speaker: Speaker | null): ReplicaEffect[] {
  if (speaker === null) return [];
  const { validator: self, ownKey } = speaker;
  const effects: ReplicaEffect[] = [];
  const next = chain.height + 1;
  for (let height = next; height < next + chain.validators.length; height++) {
    const leaders = leaderOrder({ ...chain, height: height - 1 });
    if (leaders[0] === self || (height === next && leaders[1] === self))
      effects.push({ kind: 'prove-ahead', ownKey, alpha: beaconAlpha(chain.seed, height) });
    if (endsEpoch(config, chain, height)) break;
  }
  return effects;
}
