/** What directed scenarios begin with. */
import { leaderOrder } from '#sync/pbft/schedule';
import type { ReplicaMessage } from '#sync/pbft/types';
import type { Lie } from './lies.ts';
import { SimulatedRegion } from './simulated-region.ts';
import { cheapKeys } from './test-keys.ts';

/** Keys of four. */
export const keys = cheapKeys(4);

/** A region of four, one of them a liar at a place in the order of primaries. */
export function regionOf(options: { lies?: readonly Lie[]; liar?: number; seed?: number } = {}): {
  region: SimulatedRegion;
  /** Primaries of height 1 in order of views; `liar` (default 0) is the place of the liar among them. */
  order: readonly number[];
} {
  const probe = new SimulatedRegion({ seed: 1, keys });
  const order = leaderOrder(probe.genesis);
  const liars = options.lies === undefined ? new Map() : new Map([[order[options.liar ?? 0] as number, options.lies]]);
  return { region: new SimulatedRegion({ seed: options.seed ?? 1, keys, liars }), order };
}

/** Whether every honest node has committed a height. */
export function allReach(region: SimulatedRegion, height: number): () => boolean {
  return () => region.honest.every((node) => node.height >= height);
}

/** Whether a message is a vote at a place. */
export function isVote(message: ReplicaMessage, phase: number, height: number, view: number): boolean {
  return (
    message.kind === 'vote' &&
    message.vote.phase === phase &&
    message.vote.height === height &&
    message.vote.view === view
  );
}
