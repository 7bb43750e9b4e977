/**
 * The replica: a deterministic state machine that turns messages and answers of its node into effects.
 * SPEC.md has the rules (R...) and why they are safe; the node around it does all reading, writing and sending.
 */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import { type Block, blockHash as hashOf } from '../wire/block.ts';
import { type Certificate, commitPhase, preparePhase } from '../wire/vote.ts';
import { BlockRules, bodiesMatchHeader, reproposalFault } from './block-rules.ts';
import { type BlockAnswer, startWork, takeAnswer } from './block-work.ts';
import type { ChainState } from './chain.ts';
import { proposalEvidence, voteEvidence } from './evidence.ts';
import { type Candidate, HeightState } from './height-state.ts';
import { MessageGate } from './message-gate.ts';
import { losesPatience, ownTimesMs, type Pool, viewDeadlineMs } from './pacing.ts';
import { PeersAhead } from './peers-ahead.ts';
import { PrimaryDuty, type Proposed, type Turn } from './primary-duty.ts';
import { proofsAhead } from './proof-plan.ts';
import { statusOf } from './replica-status.ts';
import type { ScheduleConfig } from './schedule.ts';
import { Silence } from './silence.ts';
import { Statements } from './statements.ts';
import { highestPrepared } from './timeout-set.ts';
import type {
  Instant,
  Recovered,
  ReplicaConfig,
  ReplicaEffect,
  ReplicaInput,
  ReplicaPorts,
  ReplicaStatus,
} from './types.ts';
import { statusAt, Voice } from './voice.ts';
import { peerAt, votingSetsOn } from './voting-set.ts';

type InputOf<K extends ReplicaInput['kind']> = Extract<ReplicaInput, { readonly kind: K }>;

/** One validator's part in ordering the region's blocks. Throws nothing but assertions. */
export class Replica {
  readonly #config: ReplicaConfig;
  readonly #schedule: ScheduleConfig;
  readonly #rules: BlockRules;
  readonly #peers: PeersAhead;
  readonly #gate: MessageGate;
  readonly #voice: Voice;
  readonly #duty: PrimaryDuty;
  #silence: Silence;
  #chain: ChainState | null = null;
  #height: HeightState | null = null;
  #pool: Pool = { waitingCount: 0, oldest: null };
  /** Segments are expected in blocks since then at the earliest. */
  #patienceFromMs = 0;
  /** The decided block is with the node. */
  #committing = false;
  #halted = false;
  #timerMs: number | null = null;
  #at: Instant = { nowMs: 0, wallMs: 0 };
  #effects: ReplicaEffect[] = [];
  readonly #emit = (effect: ReplicaEffect): void => void this.#effects.push(effect);

  /** The ports must be pure; who votes stands in the chain that `started` brings. */
  constructor(config: ReplicaConfig, ports: ReplicaPorts) {
    assert(config.epochTurns >= 1 && config.timeoutGrowth >= 1, 'epochTurns and timeoutGrowth are at least 1');
    this.#config = config;
    this.#schedule = { epochTurns: config.epochTurns };
    this.#silence = new Silence(this.#schedule, 0);
    const statements = new Statements(config.chainId, ports);
    this.#rules = new BlockRules(config, ports);
    this.#peers = new PeersAhead(config.resendMs / 2);
    this.#gate = new MessageGate(config, statements, this.#peers);
    this.#voice = new Voice(statements, config, this.#emit);
    this.#duty = new PrimaryDuty(config, this.#rules, this.#voice, this.#emit);
  }

  /**
   * One step: the input is taken in whole, and everything that follows from it comes back as effects, to be
   * obeyed in order. `at.nowMs` never goes back. The first input is `started`.
   */
  step(input: ReplicaInput, at: Instant): ReplicaEffect[] {
    assert(at.nowMs >= this.#at.nowMs || this.#height === null, 'monotonic time went back');
    assert((this.#height === null) === (input.kind === 'started'), '`started` comes once and first');
    this.#at = at;
    this.#effects = [];
    if (this.#halted) return [];
    this.#take(input);
    this.#progress();
    this.#setTimer();
    return this.#effects;
  }

  /** Where the replica stands, for operators. */
  status(): ReplicaStatus {
    const rest = { halted: this.#halted, silentUpTo: this.#silence.upTo, refused: this.#gate.refused() };
    return statusOf(this.#chain, this.#height, rest);
  }

  #take(input: ReplicaInput): void {
    switch (input.kind) {
      case 'started':
        this.#start(input.recovered);
        return;
      case 'tick':
        // Timers may fire a little early: what is not due yet must be asked for again.
        this.#timerMs = null;
        return;
      case 'proposal':
      case 'vote':
      case 'timeout':
        this.#receive(input);
        return;
      case 'peer-status':
        this.#hear(input);
        return;
      case 'want-block':
        this.#lendBlock(input);
        return;
      case 'block':
        this.#takeBlock(input.block);
        return;
      case 'pool':
        this.#pool = { waitingCount: input.waitingCount, oldest: input.oldest };
        return;
      case 'gathered':
        this.#gathered(input);
        return;
      case 'stored':
      case 'refused':
      case 'executed':
        this.#takeAnswer(input);
        return;
      case 'persisted':
        this.#voice.persisted(this.#now().state, input.token, this.#at.nowMs);
        return;
      case 'committed':
        this.#committed(input.chain);
        return;
    }
  }

  /** Everything that may follow, in an order in which nothing undoes what came before. */
  #progress(): void {
    if (!this.#halted && !this.#committing) this.#decide();
    if (this.#halted || this.#committing) return;
    this.#changeView();
    if (this.#now().state.speaker !== null) {
      this.#accept(this.#duty.lead(this.#turn()));
      this.#castPrepare();
      this.#castCommit();
    }
    this.#voice.resend(this.#now().state, this.#at.nowMs);
    this.#catchUp();
  }

  #start(recovered: Recovered): void {
    const { chain, record } = recovered;
    this.#silence = new Silence(this.#schedule, recovered.silentUpTo);
    assert(record === null || record.height <= chain.height + 1, 'the vote record is ahead of the committed chain');
    const state = this.#enterHeight(chain);
    for (const block of recovered.blocks) {
      if (block.header.height === state.height && bodiesMatchHeader(block))
        state.addCandidate(block, hashOf(block.header));
    }
    if (record === null || record.height !== state.height || state.speaker === null) return;
    // R11: what is on disk was perhaps sent; it binds, and it may be said again.
    state.restore(record);
    const { nowMs } = this.#at;
    if (record.view > 0) this.#voice.sayTimeout(state, nowMs);
    if (record.prepare?.view === record.view) this.#voice.sayVote(state, preparePhase, nowMs);
    if (record.commit?.view === record.view) this.#voice.sayVote(state, commitPhase, nowMs);
    const taken = record.prepare?.view === record.view ? record.prepare : record.proposed;
    const candidate = taken?.view === record.view ? state.candidate(taken.blockHash) : undefined;
    if (candidate === undefined) return;
    this.#accept({ candidate, fresh: candidate.block.header.viewOfOrigin === record.view });
    if (record.view === 0 && state.proposing) this.#voice.sayProposal(state, candidate, null, nowMs);
  }

  #enterHeight(chain: ChainState): HeightState {
    this.#chain = chain;
    this.#committing = false;
    this.#voice.forget();
    const ownKeys = this.#silence.keysAfter(chain, this.#config.ownKeys);
    const state = new HeightState(chain, this.#at.nowMs, votingSetsOn(this.#schedule, chain, ownKeys));
    for (const effect of proofsAhead(this.#schedule, chain, state.speaker)) this.#emit(effect);
    this.#height = state;
    return state;
  }

  #committed(chain: ChainState): void {
    const { state } = this.#now();
    if (chain.height < state.height) return;
    const block = state.candidate(chain.blockHash);
    const { oldest } = this.#pool;
    if (block === undefined || block.full || state.lostPatience) this.#patienceFromMs = this.#at.nowMs;
    if (oldest !== null && block?.block.bodyDigests.some((digest) => equalBytes(digest, oldest.digest))) {
      this.#pool = { waitingCount: 0, oldest: null };
    }
    this.#peers.advanced();
    this.#enterHeight(chain);
    for (const early of this.#peers.takeEarly()) this.#receive(early);
  }

  #receive(message: InputOf<'proposal' | 'vote' | 'timeout'>): void {
    const { state } = this.#now();
    const passed = this.#gate.pass(message, state, this.#at);
    switch (passed.kind) {
      case 'proposal':
        this.#takeProposal(passed);
        return;
      case 'vote': {
        const outcome = state.votes.add(passed.vote);
        if (outcome.kind !== 'conflict') return;
        this.#emit({ kind: 'evidence', equivocation: voteEvidence(outcome.first, passed.vote) });
        return;
      }
      case 'timeout':
        state.timeouts.add(passed.timeout);
        return;
      case 'behind':
        this.#emit({ kind: 'send', to: passed.peer, message: statusAt(state) });
        return;
      case 'dropped':
    }
  }

  /** R12, R18: takes the primary's proposal of this view, or of a higher one that a quorum of timeouts proves. */
  #takeProposal({ proposal, blockHash }: { proposal: InputOf<'proposal'>['proposal']; blockHash: Uint8Array }): void {
    const { state, chain } = this.#now();
    const { view, block, timeouts, validator } = proposal;
    const first = state.firstProposal(proposal);
    if (!equalBytes(hashOf(first.block.header), blockHash)) {
      this.#emit({ kind: 'evidence', equivocation: proposalEvidence(first, proposal) });
    }
    if (view < state.view || (view === state.view && state.accepted !== null)) return;
    const target = timeouts === null ? null : highestPrepared(timeouts);
    const fault =
      target === null
        ? this.#rules.freshFault(block, chain, { view, primary: validator }, this.#at)
        : reproposalFault(block, blockHash, target.blockHash);
    if (fault !== null) {
      this.#gate.refuse(fault);
      return;
    }
    if (view > state.view) this.#enterView(view, false);
    this.#accept({ candidate: state.addCandidate(block, blockHash), fresh: target === null });
  }

  #lendBlock({ peer, height, blockHash }: InputOf<'want-block'>): void {
    const { state } = this.#now();
    const block = height === state.height ? state.candidate(blockHash)?.block : undefined;
    if (block !== undefined) this.#emit({ kind: 'send', to: peer, message: { kind: 'block', block } });
  }

  #takeBlock(block: Block): void {
    const { state } = this.#now();
    const blockHash = hashOf(block.header);
    if (state.wanted === null || !equalBytes(state.wanted, blockHash) || !bodiesMatchHeader(block)) return;
    state.addCandidate(block, blockHash);
    state.wanted = null;
  }

  #takeAnswer(answer: BlockAnswer): void {
    const { state } = this.#now();
    if (takeAnswer(state, answer, this.#at, this.#emit)) this.#enterView(state.view + 1, true);
  }

  #accept(proposed: Proposed | null): void {
    if (proposed === null) return;
    const { state } = this.#now();
    const { candidate, fresh } = proposed;
    state.accepted = { candidate, fresh, waitingSinceMs: this.#at.nowMs };
    state.wanted = null;
    startWork(candidate, this.#emit);
  }

  /** R14: a quorum of COMMIT for one hash and one result in one view is final, whatever view this replica is in. */
  #decide(): void {
    const { state } = this.#now();
    const certificate = state.votes.commitCertificate();
    if (certificate === null) return;
    const candidate = state.candidate(certificate.blockHash);
    if (candidate === undefined) {
      for (const { validator } of certificate.signatures) {
        const peer = peerAt(state.set, validator);
        if (peer !== null && validator !== state.set.self) this.#peers.claim(peer, state.height);
      }
      return;
    }
    startWork(candidate, this.#emit);
    if (candidate.stage !== 'executed' && candidate.stage !== 'refused') return;
    if (candidate.resultRoot === null || !equalBytes(candidate.resultRoot, certificate.resultRoot)) {
      this.#halt(certificate, candidate);
      return;
    }
    this.#committing = true;
    this.#emit({ kind: 'commit', block: candidate.block, blockHash: candidate.blockHash, certificate });
  }

  #halt(certificate: Certificate, candidate: Candidate): void {
    this.#halted = true;
    const { resultRoot } = candidate;
    this.#emit({ kind: 'diverged', height: certificate.height, certificate, ownResultRoot: resultRoot });
  }

  /** R12: one PREPARE a view, for the executed block of its proposal. */
  #castPrepare(): void {
    const { state } = this.#now();
    const { accepted, view } = state;
    if (accepted === null || state.prepare?.view === view) return;
    const { candidate } = accepted;
    if (candidate.stage !== 'executed' || candidate.resultRoot === null) return;
    if (losesPatience(this.#config, state, { pool: this.#pool, fromMs: this.#patienceFromMs, nowMs: this.#at.nowMs })) {
      state.lostPatience = true;
      this.#enterView(view + 1, true);
      return;
    }
    state.prepare = { view, blockHash: candidate.blockHash, resultRoot: candidate.resultRoot };
    this.#voice.persist(state, (nowMs) => this.#voice.sayVote(state, preparePhase, nowMs));
  }

  /** R13: one COMMIT a view, for what a quorum has prepared in it. */
  #castCommit(): void {
    const { state } = this.#now();
    const { accepted, view } = state;
    if (accepted === null || state.prepare?.view !== view || state.commit?.view === view) return;
    const certificate = state.votes.certificate(preparePhase, view);
    if (certificate === null || !equalBytes(certificate.blockHash, state.prepare.blockHash)) return;
    if (!equalBytes(certificate.resultRoot, state.prepare.resultRoot)) {
      this.#halt(certificate, accepted.candidate);
      return;
    }
    state.prepared = certificate;
    state.commit = state.prepare;
    this.#voice.persist(state, (nowMs) => this.#voice.sayVote(state, commitPhase, nowMs));
  }

  #changeView(): void {
    const { state } = this.#now();
    const joined = state.timeouts.joinView();
    if (joined > state.view) this.#enterView(joined, true);
    if (state.view > 0 && state.viewRunsSinceMs === null && state.timeouts.reached(state.view)) {
      state.viewRunsSinceMs = this.#at.nowMs;
    }
    const deadlineMs = viewDeadlineMs(this.#config, state, this.#pool);
    // Who only follows goes where the voters go.
    if (state.speaker !== null && deadlineMs !== null && this.#at.nowMs >= deadlineMs)
      this.#enterView(state.view + 1, true);
  }

  #enterView(view: number, ask: boolean): void {
    const { state } = this.#now();
    assert(view > state.view, `view ${view} after ${state.view}`);
    state.enterView(view);
    if (ask && state.speaker !== null) this.#voice.persist(state, (nowMs) => this.#voice.sayTimeout(state, nowMs));
    else state.viewRunsSinceMs = this.#at.nowMs;
  }

  #gathered(input: InputOf<'gathered'>): void {
    if (input.digests.length === 0) this.#pool = { waitingCount: 0, oldest: null };
    if (!this.#committing) this.#accept(this.#duty.gathered(this.#turn(), input));
  }

  #turn(): Turn {
    const { state, chain } = this.#now();
    return { state, chain, pool: this.#pool, at: this.#at };
  }

  #catchUp(): void {
    const { state, chain } = this.#now();
    const hint = this.#peers.ask(chain.height, this.#at.nowMs);
    if (hint !== null) this.#emit({ kind: 'catch-up', fromHeight: state.height, hint });
  }

  /** R22, R23: whoever is ahead may be asked, whoever is behind is told. */
  #hear(said: InputOf<'peer-status'>): void {
    const { state, chain } = this.#now();
    const { peer, committedHeight } = said;
    this.#peers.claim(peer, committedHeight);
    this.#silence.hear(said, chain, this.#config.ownKeys);
    if (committedHeight < chain.height && this.#peers.mayAnswer(peer, this.#at.nowMs))
      this.#emit({ kind: 'send', to: peer, message: statusAt(state) });
  }

  #now(): { readonly state: HeightState; readonly chain: ChainState } {
    assert(this.#height !== null && this.#chain !== null, 'the replica has not started');
    return { state: this.#height, chain: this.#chain };
  }

  #setTimer(): void {
    const { state, chain } = this.#now();
    const times = [
      ...ownTimesMs(this.#config, state, this.#pool),
      this.#voice.resendAtMs(state),
      this.#peers.askAtMs(chain.height, this.#at.nowMs),
    ].filter((atMs) => atMs !== null);
    const atMs = this.#halted || this.#committing ? null : Math.min(...times);
    if (atMs === this.#timerMs) return;
    this.#timerMs = atMs;
    this.#emit({ kind: 'set-timer', atMs });
  }
}
