/** Everything that one replica knows about one undecided height. Data and small questions; the rules are in replica.ts. */
import { toHex } from '#core/bytes';
import type { Block } from '../wire/block.ts';
import type { Proposal } from '../wire/peer-message.ts';
import type { Certificate, Timeout, Vote } from '../wire/vote.ts';
import type { ChainState } from './chain.ts';
import { leaderOrder } from './schedule.ts';
import type { Speaker } from './statements.ts';
import { TimeoutSet } from './timeout-set.ts';
import type { BoundVote, VoteRecord } from './vote-record.ts';
import { VoteTally } from './vote-tally.ts';
import type { VotingSet } from './voting-set.ts';

/** Blocks that may be in work at one height: one a view, the oldest goes first. */
export const candidatesMax = 4;
/** Views for which the first proposal is remembered, to tell a second one. */
const proposalsRememberedMax = 8;

/** How far the node has come with a block. */
export interface Candidate {
  readonly block: Block;
  readonly blockHash: Uint8Array;
  stage: 'known' | 'storing' | 'executing' | 'executed' | 'refused';
  /** Own result, once executed. */
  resultRoot: Uint8Array | null;
  full: boolean;
}

/** The block that the primary of the current view proposed and this replica took. */
export interface Accepted {
  readonly candidate: Candidate;
  /** Proposed for the first time, in this view. */
  readonly fresh: boolean;
  /** Since when its votes are waited for: taken, or executed here (monotonic). */
  waitingSinceMs: number;
}

/** What has been sent in the current view and is sent again while the height is undecided. */
export interface Sent {
  proposal: Proposal | null;
  timeout: Timeout | null;
  prepare: Vote | null;
  commit: Vote | null;
}

/** State of one height. */
export class HeightState {
  readonly height: number;
  /** First height of its epoch: from there on places in the set mean the same. */
  readonly epochStart: number;
  /** When the replica came to this height (monotonic). */
  readonly sinceMs: number;
  readonly leaders: readonly number[];
  /** Who votes at this height, and at the next one. */
  readonly set: VotingSet;
  readonly setNext: VotingSet;
  readonly votes: VoteTally;
  readonly timeouts: TimeoutSet;
  readonly candidates = new Map<string, Candidate>();
  readonly #proposals = new Map<number, Proposal>();

  view = 0;
  /** When the time-out of a view above 0 began to run: a quorum asked for it, or it was entered by NEW-VIEW. */
  viewRunsSinceMs: number | null = null;
  accepted: Accepted | null = null;
  sent: Sent = { proposal: null, timeout: null, prepare: null, commit: null };
  sentAtMs = 0;
  /** A `gather` for the current view is with the node, or its block is proposed. */
  proposing = false;
  /** The block hash that a NEW-VIEW of ours must re-propose and that we do not hold. */
  wanted: Uint8Array | null = null;
  /** This replica voted a primary out for leaving a segment waiting. */
  lostPatience = false;

  proposed: VoteRecord['proposed'] = null;
  prepare: BoundVote | null = null;
  commit: BoundVote | null = null;
  prepared: Certificate | null = null;

  constructor(
    chain: ChainState,
    sinceMs: number,
    { set, setNext }: { readonly set: VotingSet; readonly setNext: VotingSet },
  ) {
    this.height = chain.height + 1;
    this.epochStart = chain.epochStart;
    this.sinceMs = sinceMs;
    this.sentAtMs = sinceMs;
    this.leaders = leaderOrder(chain);
    this.set = set;
    this.setNext = setNext;
    const { length: count } = set.validators;
    this.votes = new VoteTally(count);
    this.timeouts = new TimeoutSet(count);
  }

  /** Whether this replica is the primary of the current view. */
  get leads(): boolean {
    return this.primary(this.view) === this.set.self;
  }

  /** Key and place under which this replica speaks at this height; null for one that only follows. */
  get speaker(): Speaker | null {
    const { self, validators } = this.set;
    const member = self === null ? undefined : validators[self];
    return self === null || member === undefined ? null : { validator: self, ownKey: member.publicKey };
  }

  primary(view: number): number {
    return this.leaders[view % this.leaders.length] as number;
  }

  /** What must be on disk for everything said so far. */
  record(): VoteRecord {
    const { height, view, proposed, prepare, commit, prepared } = this;
    return { height, view, proposed, prepare, commit, prepared };
  }

  /** Takes up what a record of this height binds to. */
  restore(record: VoteRecord): void {
    this.enterView(record.view);
    this.proposed = record.proposed;
    this.prepare = record.prepare;
    this.commit = record.commit;
    this.prepared = record.prepared;
    this.proposing = record.proposed?.view === record.view;
  }

  candidate(blockHash: Uint8Array): Candidate | undefined {
    return this.candidates.get(toHex(blockHash));
  }

  /** The candidate for a block, new or known already. Drops the oldest that nothing rests on when there are too many. */
  addCandidate(block: Block, blockHash: Uint8Array): Candidate {
    const name = toHex(blockHash);
    const known = this.candidates.get(name);
    if (known !== undefined) return known;
    const keep = new Set([this.prepared, this.accepted?.candidate].map((held) => held && toHex(held.blockHash)));
    for (const other of this.candidates.keys()) {
      if (this.candidates.size < candidatesMax) break;
      if (!keep.has(other)) this.candidates.delete(other);
    }
    const candidate: Candidate = { block, blockHash, stage: 'known', resultRoot: null, full: false };
    this.candidates.set(name, candidate);
    return candidate;
  }

  /** The first proposal seen in this view: the given one if there was none. */
  firstProposal(proposal: Proposal): Proposal {
    const known = this.#proposals.get(proposal.view);
    if (known !== undefined) return known;
    if (this.#proposals.size >= proposalsRememberedMax) this.#proposals.delete(Math.min(...this.#proposals.keys()));
    this.#proposals.set(proposal.view, proposal);
    return proposal;
  }

  /** Moves to a higher view: nothing of the lower one is said or accepted any more. */
  enterView(view: number): void {
    this.view = view;
    this.viewRunsSinceMs = null;
    this.accepted = null;
    this.sent = { proposal: null, timeout: null, prepare: null, commit: null };
    this.proposing = false;
    this.wanted = null;
  }
}
