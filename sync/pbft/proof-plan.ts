/** Which beacon proofs a replica should have ready, because proving takes longer than a vote may (SPEC R3). */
import { beaconAlpha } from './beacon.ts';
import { type ChainState, endsEpoch } from './chain.ts';
import { leaderOrder, type ScheduleConfig } from './schedule.ts';

/**
 * Alphas for the heights of the next turn, within the epoch, at which the validator `self` is due in view 0 or next
 * in line, soonest first. Empty when it is not; the same alpha may come again at the next height.
 */
export function alphasAhead(config: ScheduleConfig, chain: ChainState, self: number): Uint8Array[] {
  const alphas: Uint8Array[] = [];
  const next = chain.height + 1;
  for (let height = next; height < next + chain.validators.length; height++) {
    const leaders = leaderOrder({ ...chain, height: height - 1 });
    if (leaders[0] === self || (height === next && leaders[1] === self)) alphas.push(beaconAlpha(chain.seed, height));
    if (endsEpoch(config, chain, height)) break;
  }
  return alphas;
}
