/** What a replica does as primary of its view: a fresh block, or the one it must re-propose (SPEC R5, R16, R17). */
import { blockHash as hashOf } from '../wire/block.ts';
import type { BlockRules } from './block-rules.ts';
import type { ChainState } from './chain.ts';
import type { Candidate, HeightState } from './height-state.ts';
import { type Pool, proposeAtMs } from './pacing.ts';
import { highestPrepared } from './timeout-set.ts';
import type { Instant, ReplicaConfig, ReplicaEffect, ReplicaInput } from './types.ts';
import type { Voice } from './voice.ts';

/** Where the replica stands in this step. */
export interface Turn {
  readonly state: HeightState;
  readonly chain: ChainState;
  readonly pool: Pool;
  readonly at: Instant;
}

/** A block that this primary is about to propose, its record on the way to disk; the replica accepts it at once. */
export interface Proposed {
  readonly candidate: Candidate;
  readonly fresh: boolean;
}

/** One replica's duty as primary. */
export class PrimaryDuty {
  readonly #config: ReplicaConfig;
  readonly #rules: BlockRules;
  readonly #voice: Voice;
  readonly #emit: (effect: ReplicaEffect) => void;

  constructor(config: ReplicaConfig, rules: BlockRules, voice: Voice, emit: (effect: ReplicaEffect) => void) {
    this.#config = config;
    this.#rules = rules;
    this.#voice = voice;
    this.#emit = emit;
  }

  /** Proposes what must be re-proposed, or asks the node to fill a fresh block, if it is this replica's turn and time. */
  lead({ state, pool, at }: Turn): Proposed | null {
    const { height, view } = state;
    if (state.proposing || state.accepted !== null || !state.leads) return null;
    if (view === 0 && at.nowMs < proposeAtMs(this.#config, state, pool)) return null;
    const bound = this.#bound(state, at);
    if (bound !== 'free') return bound;
    state.proposing = true;
    this.#emit({ kind: 'gather', height, view });
    return null;
  }

  /** Makes the fresh block of what the node gathered. Idle view 0 before its heartbeat makes none. */
  gathered(turn: Turn, input: Extract<ReplicaInput, { readonly kind: 'gathered' }>): Proposed | null {
    const { state, chain, pool, at } = turn;
    const { height, view, digests } = input;
    const asked = height === state.height && view === state.view && state.proposing;
    if (!asked || state.proposed?.view === view || state.accepted !== null) return null;
    if (view === 0 && digests.length === 0 && at.nowMs < proposeAtMs(this.#config, state, pool)) {
      state.proposing = false;
      return null;
    }
    // More timeouts may have come since: what binds is the quorum that goes with the proposal.
    const bound = this.#bound(state, at);
    if (bound !== 'free') return bound;
    const { speaker } = state;
    if (speaker === null) return null;
    const block = this.#rules.make(chain, { view, ownKey: speaker.ownKey }, digests, at);
    return this.#propose(state, { candidate: state.addCandidate(block, hashOf(block.header)), fresh: true }, at);
  }

  /** R17: the block that the timeouts bind this view to; null while it cannot be proposed; `free` for a fresh one. */
  #bound(state: HeightState, at: Instant): Proposed | null | 'free' {
    if (state.view === 0) return 'free';
    const timeouts = state.timeouts.quorumFor(state.view);
    if (timeouts === null) return null;
    const target = highestPrepared(timeouts);
    if (target === null) return 'free';
    const candidate = state.candidate(target.blockHash);
    if (candidate !== undefined) return this.#propose(state, { candidate, fresh: false }, at);
    if (state.wanted === null) {
      state.wanted = target.blockHash;
      this.#voice.askForBlock(state, at.nowMs);
    }
    return null;
  }

  #propose(state: HeightState, proposed: Proposed, _at: Instant): Proposed {
    const timeouts = state.view === 0 ? null : state.timeouts.quorumFor(state.view);
    const { candidate } = proposed;
    state.proposing = true;
    state.proposed = { view: state.view, blockHash: candidate.blockHash };
    this.#voice.persist(state, (nowMs) => this.#voice.sayProposal(state, candidate, timeouts, nowMs));
    return proposed;
  }
}
