/**
 * Everything a replica says: bound on disk first, sent then, said again while its height is undecided
 * (SPEC R10, R11, R20). Nothing signed leaves a replica but through here.
 */
import { assert } from '#core/assert';
import { type commitPhase, preparePhase, type Timeout } from '../wire/vote.ts';
import type { Candidate, HeightState } from './height-state.ts';
import type { Speaker, Statements } from './statements.ts';
import type { ReplicaConfig, ReplicaEffect, ReplicaMessage } from './types.ts';

/** What a persist releases once it is on disk. */
interface Pending {
  readonly token: number;
  readonly view: number;
  readonly release: (nowMs: number) => void;
}

/** Where a replica stands: unsigned, a hint. */
export function statusAt({ height, view }: HeightState): ReplicaMessage {
  return { kind: 'status', committedHeight: height - 1, view };
}

function speakerOf({ speaker }: HeightState): Speaker {
  assert(speaker !== null, 'who only follows says nothing');
  return speaker;
}

/** One replica's voice. Times are monotonic milliseconds. */
export class Voice {
  readonly #statements: Statements;
  readonly #resendMs: number;
  readonly #quietMs: number;
  readonly #emit: (effect: ReplicaEffect) => void;
  #pending: Pending[] = [];
  #token = 0;

  constructor(
    statements: Statements,
    { resendMs, heartbeatMs }: Pick<ReplicaConfig, 'resendMs' | 'heartbeatMs'>,
    emit: (effect: ReplicaEffect) => void,
  ) {
    this.#statements = statements;
    this.#resendMs = resendMs;
    this.#quietMs = Math.max(resendMs, heartbeatMs);
    this.#emit = emit;
  }

  /** The height is decided: what was to be said at it is not. */
  forget(): void {
    this.#pending = [];
  }

  /** Asks for the state's record to be fsynced; `release` runs when it is, unless the view has been left. */
  persist(state: HeightState, release: (nowMs: number) => void): void {
    const token = ++this.#token;
    this.#pending.push({ token, view: state.view, release });
    this.#emit({ kind: 'persist', record: state.record(), token });
  }

  /** The record of this token, and with it all earlier ones, is on disk. */
  persisted(state: HeightState, token: number, nowMs: number): void {
    const ready = this.#pending.filter((pending) => pending.token <= token);
    this.#pending = this.#pending.filter((pending) => pending.token > token);
    for (const { view, release } of ready) if (view === state.view) release(nowMs);
  }

  sayProposal(state: HeightState, candidate: Candidate, timeouts: readonly Timeout[] | null, nowMs: number): void {
    const { block, blockHash } = candidate;
    const draft = { view: state.view, block, timeouts };
    const proposal = this.#statements.signProposal(draft, blockHash, speakerOf(state));
    state.firstProposal(proposal);
    state.sent.proposal = proposal;
    this.#say(state, { kind: 'proposal', proposal }, nowMs);
  }

  sayVote(state: HeightState, phase: typeof preparePhase | typeof commitPhase, nowMs: number): void {
    const bound = phase === preparePhase ? state.prepare : state.commit;
    assert(bound !== null && bound.view === state.view, 'a vote is said in its own view');
    const vote = this.#statements.signVote({ phase, height: state.height, ...bound }, speakerOf(state));
    const outcome = state.votes.add(vote);
    assert(outcome.kind !== 'conflict', 'a replica never contradicts itself');
    if (phase === preparePhase) state.sent.prepare = vote;
    else state.sent.commit = vote;
    this.#say(state, { kind: 'vote', vote }, nowMs);
  }

  sayTimeout(state: HeightState, nowMs: number): void {
    const { height, view: nextView, prepared } = state;
    // R15: with a block prepared in this very view there is nothing to ask for any more.
    if (prepared !== null && prepared.view >= nextView) return;
    const timeout = this.#statements.signTimeout({ height, nextView, prepared }, speakerOf(state));
    state.timeouts.add(timeout);
    state.sent.timeout = timeout;
    this.#say(state, { kind: 'timeout', timeout }, nowMs);
  }

  /** Asks everybody for the block that this primary must re-propose and does not hold, if there is one. */
  askForBlock(state: HeightState, nowMs: number): void {
    const { height, wanted } = state;
    if (wanted !== null) this.#say(state, { kind: 'want-block', height, blockHash: wanted }, nowMs);
  }

  /** When `resend` is due: who has said nothing at this height, perhaps because it may not, speaks up less often. */
  resendAtMs(state: HeightState): number {
    const nothing = state.wanted === null && Object.values(state.sent).every((message) => message === null);
    return state.sentAtMs + (nothing ? this.#quietMs : this.#resendMs);
  }

  /** Says again what was said in the current view, and where this replica stands, if it is time. */
  resend(state: HeightState, nowMs: number): void {
    if (nowMs < this.resendAtMs(state)) return;
    const { proposal, timeout, prepare, commit } = state.sent;
    if (timeout !== null) this.#say(state, { kind: 'timeout', timeout }, nowMs);
    if (proposal !== null) this.#say(state, { kind: 'proposal', proposal }, nowMs);
    if (prepare !== null) this.#say(state, { kind: 'vote', vote: prepare }, nowMs);
    if (commit !== null) this.#say(state, { kind: 'vote', vote: commit }, nowMs);
    this.askForBlock(state, nowMs);
    this.#say(state, statusAt(state), nowMs);
  }

  #say(state: HeightState, message: ReplicaMessage, nowMs: number): void {
    state.sentAtMs = nowMs;
    this.#emit({ kind: 'broadcast', message });
  }
}
