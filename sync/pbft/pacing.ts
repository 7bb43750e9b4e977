/** When a replica acts by itself: proposals, time-outs (SPEC R5, R19). Pure functions of its state; monotonic milliseconds. */
import { equalBytes } from '#core/bytes';
import { faultyMax } from '#ledger/validators/quorum';
import type { HeightState } from './height-state.ts';
import type { ReplicaConfig, ReplicaInput } from './types.ts';

/** What the node last said about waiting segments. */
export type Pool = Omit<Extract<ReplicaInput, { readonly kind: 'pool' }>, 'kind'>;

/** Time-out of a view: grows geometrically up to a limit. */
export function viewTimeoutMs(config: ReplicaConfig, view: number): number {
  // Beyond 64 views any growth has reached the limit; the power would only overflow.
  return Math.round(Math.min(config.timeoutMsMax, config.timeoutMsBase * config.timeoutGrowth ** Math.min(view, 64)));
}

/** When the primary of view 0 proposes: at once for waiting segments, at the heartbeat otherwise. */
export function proposeAtMs(config: ReplicaConfig, state: HeightState, pool: Pool): number {
  return state.sinceMs + (pool.waitingCount > 0 ? config.blockIntervalMs : config.heartbeatMs);
}

/** When the current view has failed; null while no quorum is there to run it. */
export function viewDeadlineMs(config: ReplicaConfig, state: HeightState, pool: Pool): number | null {
  const timeoutMs = viewTimeoutMs(config, state.view);
  if (state.accepted !== null) return state.accepted.waitingSinceMs + timeoutMs;
  if (state.view > 0) return state.viewRunsSinceMs === null ? null : state.viewRunsSinceMs + timeoutMs;
  const silentAtMs = state.sinceMs + config.heartbeatMs + timeoutMs;
  if (pool.oldest === null) return silentAtMs;
  return Math.min(silentAtMs, Math.max(state.sinceMs, pool.oldest.sinceMs) + timeoutMs);
}

/**
 * R19: whether the accepted block leaves out a segment that has waited too long although there was room. Only
 * fresh blocks of others are judged, and only in the views 0 to f: among f+1 primaries one is honest, and if that
 * one left the segment out too, the fault is in what we hold.
 */
export function losesPatience(
  config: ReplicaConfig,
  state: HeightState,
  waiting: { readonly pool: Pool; readonly fromMs: number; readonly nowMs: number },
): boolean {
  const { accepted, view } = state;
  const { oldest } = waiting.pool;
  if (accepted === null || oldest === null || !accepted.fresh || accepted.candidate.full) return false;
  if (view > faultyMax(state.set.validators.length) || state.leads) return false;
  if (waiting.nowMs < Math.max(oldest.sinceMs, waiting.fromMs) + config.patienceMs) return false;
  return !accepted.candidate.block.bodyDigests.some((digest) => equalBytes(digest, oldest.digest));
}

/** When a replica acts by itself next, of what is said here; null for what it does not wait for. */
export function ownTimesMs(config: ReplicaConfig, state: HeightState, pool: Pool): (number | null)[] {
  const proposes = state.view === 0 && !state.proposing && state.leads;
  return [
    state.speaker === null ? null : viewDeadlineMs(config, state, pool),
    proposes ? proposeAtMs(config, state, pool) : null,
  ];
}
