/** What operators see of a replica. */
import type { ChainState } from './chain.ts';
import type { HeightState } from './height-state.ts';
import type { ReplicaStatus } from './types.ts';

function nameAt(chain: ChainState | null, validator: number): string {
  return chain?.validators[validator]?.name ?? String(validator);
}

/** Where a replica stands; all zeros before it has started. */
export function statusOf(
  chain: ChainState | null,
  height: HeightState | null,
  rest: Pick<ReplicaStatus, 'halted' | 'silentUpTo' | 'refused'>,
): ReplicaStatus {
  return {
    committedHeight: chain?.height ?? 0,
    epoch: chain?.epoch ?? 0,
    view: height?.view ?? 0,
    primary: height === null ? '' : nameAt(chain, height.primary(height.view)),
    failedPrimaries: chain?.failed.map(({ validator }) => nameAt(chain, validator)) ?? [],
    votes: height !== null && height.speaker !== null,
    ...rest,
  };
}
