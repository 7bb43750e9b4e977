/** A block's way through the node: stored with its bodies, then executed, then its result known here (SPEC R9). */
import type { Candidate, HeightState } from './height-state.ts';
import type { Instant, ReplicaEffect, ReplicaInput } from './types.ts';

/** What the node answers about a block. */
export type BlockAnswer = Extract<ReplicaInput, { readonly kind: 'stored' | 'refused' | 'executed' }>;

/** Sets the node to work on a block unless it is at it: bodies and block written before execution. */
export function startWork(candidate: Candidate, emit: (effect: ReplicaEffect) => void): void {
  if (candidate.stage !== 'known') return;
  candidate.stage = 'storing';
  emit({ kind: 'store-block', block: candidate.block, blockHash: candidate.blockHash });
}

/**
 * Takes an answer up. True if it gives the current view up: a fresh block that breaks the node's rules is its
 * proposer's fault. A proved block is not given up.
 */
export function takeAnswer(
  state: HeightState,
  answer: BlockAnswer,
  at: Instant,
  emit: (effect: ReplicaEffect) => void,
): boolean {
  const candidate = state.candidate(answer.blockHash);
  if (candidate === undefined) return false;
  const { accepted } = state;
  if (answer.kind === 'refused') {
    candidate.stage = 'refused';
    return accepted?.candidate === candidate && accepted.fresh;
  }
  if (answer.kind === 'stored' && candidate.stage === 'storing') {
    candidate.stage = 'executing';
    candidate.full = answer.full;
    emit({ kind: 'execute', block: candidate.block, blockHash: candidate.blockHash });
  }
  if (answer.kind === 'executed' && candidate.stage === 'executing') {
    candidate.stage = 'executed';
    candidate.resultRoot = answer.resultRoot;
    if (accepted?.candidate === candidate) accepted.waitingSinceMs = at.nowMs;
  }
  return false;
}
