/** The door for messages of other validators: height, sender, signature, justification (SPEC R12, R13, R15, R18, R22). */

import { quorum } from '#ledger/validators/quorum';
import { blockHash as hashOf } from '../wire/block.ts';
import type { Proposal } from '../wire/peer-message.ts';
import { commitPhase, preparePhase, type Timeout, type Vote } from '../wire/vote.ts';
import type { HeightState } from './height-state.ts';
import type { EarlyMessage, PeersAhead } from './peers-ahead.ts';
import type { Statements } from './statements.ts';
import type { Instant, ReplicaConfig } from './types.ts';
import { type PeerId, peerAt, type VotingSet } from './voting-set.ts';

/** A message that belongs to the current height and is what it claims to be, or what became of it. */
export type Passed =
  | { readonly kind: 'proposal'; readonly proposal: Proposal; readonly blockHash: Uint8Array }
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'timeout'; readonly timeout: Timeout }
  /** Its sender has missed a commit and should be told. */
  | { readonly kind: 'behind'; readonly peer: PeerId }
  | { readonly kind: 'dropped' };

const dropped: Passed = { kind: 'dropped' };

/** Checks messages of one replica's peers and counts what it turns away. */
export class MessageGate {
  readonly #config: ReplicaConfig;
  readonly #statements: Statements;
  readonly #peers: PeersAhead;
  readonly #refused = new Map<string, number>();

  constructor(config: ReplicaConfig, statements: Statements, peers: PeersAhead) {
    this.#config = config;
    this.#statements = statements;
    this.#peers = peers;
  }

  /** Counts a message that was turned away. Reasons are constants of the program. */
  refuse(reason: string): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  /** Messages turned away so far, by reason. */
  refused(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#refused);
  }

  /** Judges one message. Early ones of the next height are kept, later ones show only that their sender is ahead. */
  pass(message: EarlyMessage, state: HeightState, at: Instant): Passed {
    const { height, validator } = placeOf(message);
    // A place in an earlier epoch's set is another one now. Whoever is stuck there says so in its status.
    if (height < state.epochStart) return dropped;
    if (validator === (height > state.height ? state.setNext : state.set).self) return dropped;
    if (height < state.height) return this.#late(message.kind, height, validator, state, at);
    // Who votes two heights from now may differ; then a status tells as much.
    const fault =
      height === state.height ? this.#currentFault(message, state) : this.#signatureFault(message, state.setNext);
    if (fault !== null) {
      this.refuse(fault);
      return dropped;
    }
    if (height > state.height) {
      const peer = peerAt(state.setNext, validator);
      if (peer !== null) this.#peers.claim(peer, height - 1);
      if (height === state.height + 1) this.#peers.keep(validator, message);
      return dropped;
    }
    if (message.kind !== 'proposal') return message;
    return { kind: 'proposal', proposal: message.proposal, blockHash: hashOf(message.proposal.block.header) };
  }

  /** Votes of the height just decided come late as a rule; anything else means that the sender is stuck. */
  #late(kind: EarlyMessage['kind'], height: number, validator: number, state: HeightState, at: Instant): Passed {
    const straggler = kind === 'vote' && height === state.height - 1;
    if (straggler && at.nowMs < state.sinceMs + this.#config.resendMs / 2) return dropped;
    const peer = peerAt(state.set, validator);
    return peer !== null && this.#peers.mayAnswer(peer, at.nowMs) ? { kind: 'behind', peer } : dropped;
  }

  #currentFault(message: EarlyMessage, state: HeightState): string | null {
    switch (message.kind) {
      case 'vote':
        if (state.votes.has(message.vote)) return null;
        return this.#signatureFault(message, state.set);
      case 'timeout':
        if (state.timeouts.has(message.timeout)) return null;
        return this.#signatureFault(message, state.set);
      case 'proposal': {
        const { proposal } = message;
        if (proposal.validator !== state.primary(proposal.view)) return 'NOT_PRIMARY';
        return this.#signatureFault(message, state.set) ?? this.#justificationFault(proposal, state);
      }
    }
  }

  #signatureFault(message: EarlyMessage, set: VotingSet): string | null {
    switch (message.kind) {
      case 'vote': {
        const { phase } = message.vote;
        if (phase !== preparePhase && phase !== commitPhase) return 'BAD_PHASE';
        return this.#statements.voteIsSigned(message.vote, set) ? null : 'BAD_SIGNATURE';
      }
      case 'timeout':
        return this.#statements.timeoutIsGood(message.timeout, set) ? null : 'BAD_TIMEOUT';
      case 'proposal': {
        const hash = hashOf(message.proposal.block.header);
        return this.#statements.proposalIsSigned(message.proposal, hash, set) ? null : 'BAD_SIGNATURE';
      }
    }
  }

  /** R18: view 0 needs nothing, a higher view a quorum of good timeouts for exactly that view. */
  #justificationFault({ view, timeouts }: Proposal, state: HeightState): string | null {
    if (view === 0) return timeouts === null ? null : 'NEEDLESS_TIMEOUTS';
    if (timeouts === null || timeouts.length < quorum(state.set.validators.length)) return 'TOO_FEW_TIMEOUTS';
    let last = -1;
    for (const timeout of timeouts) {
      if (timeout.validator <= last || timeout.nextView !== view || timeout.height !== state.height)
        return 'WRONG_TIMEOUTS';
      last = timeout.validator;
      if (!state.timeouts.has(timeout) && !this.#statements.timeoutIsGood(timeout, state.set)) return 'BAD_TIMEOUT';
    }
    return null;
  }
}

function placeOf(message: EarlyMessage): { readonly height: number; readonly validator: number } {
  switch (message.kind) {
    case 'proposal':
      return { height: message.proposal.block.header.height, validator: message.proposal.validator };
    case 'vote':
      return message.vote;
    case 'timeout':
      return message.timeout;
  }
}
