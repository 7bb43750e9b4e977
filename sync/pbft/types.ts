/**
 * The replica's face: what it is configured with, what goes in, what comes out. Read with SPEC.md.
 * The node obeys the effects of a step in order and answers those that ask for an answer.
 */
import type { Block } from '../wire/block.ts';
import type { PeerMessage, Proposal } from '../wire/peer-message.ts';
import type { Certificate, Timeout, Vote } from '../wire/vote.ts';
import type { ChainState } from './chain.ts';
import type { VoteRecord } from './vote-record.ts';
import type { PeerId } from './voting-set.ts';

/** Everything about a region and its timing that a replica rests on. All times in milliseconds. */
export interface ReplicaConfig {
  readonly chainId: Uint8Array;
  /** Own voting keys: the one in use, and another one while it is being rotated. Whoever has none in a set only follows. */
  readonly ownKeys: readonly Uint8Array[];
  /** Turns of the whole set in an epoch, at least 1. */
  readonly epochTurns: number;
  /** An idle region makes a block this often. */
  readonly heartbeatMs: number;
  /** Shortest time from one commit to the next proposal. */
  readonly blockIntervalMs: number;
  /** How long a segment may wait, unproposed although there was room, before its primary is voted out. */
  readonly patienceMs: number;
  /** Time-out of view 0, its growth a view, and its limit. */
  readonly timeoutMsBase: number;
  readonly timeoutGrowth: number;
  readonly timeoutMsMax: number;
  /** Own messages of an undecided height are sent again this often. */
  readonly resendMs: number;
  /** Bounds of a fresh block's time around the replica's wall clock. */
  readonly aheadMsMax: number;
  readonly behindMsMax: number;
}

/** Timing that suits validators on one continent; `genesis` gives the rest. */
export const replicaTiming = {
  blockIntervalMs: 10,
  patienceMs: 4_000,
  timeoutMsBase: 1_000,
  timeoutGrowth: 1.5,
  timeoutMsMax: 20_000,
  resendMs: 1_000,
  aheadMsMax: 5_000,
  behindMsMax: 30_000,
} as const;

/** Pure functions around keys: same input, same answer, no state that matters. */
export interface ReplicaPorts {
  /** Signature (64 bytes) of one of the own keys over a message in a domain (`wire/vote.ts`, `wire/peer-message.ts`). */
  sign(ownKey: Uint8Array, domain: string, message: Uint8Array): Uint8Array;
  /** Whether the key signed the message. */
  verify(signed: {
    readonly publicKey: Uint8Array;
    readonly domain: string;
    readonly message: Uint8Array;
    readonly signature: Uint8Array;
  }): boolean;
  /** Beacon proof (80 bytes) of one of the own keys for an alpha; slow unless the node proved ahead (see `prove-ahead`). */
  proveBeacon(ownKey: Uint8Array, alpha: Uint8Array): Uint8Array;
  /** Whether the proof is that of the key for an alpha. */
  verifyBeacon(publicKey: Uint8Array, alpha: Uint8Array, proof: Uint8Array): boolean;
}

/** The time of a step: monotonic for timers, wall clock for block times only. */
export interface Instant {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** What the node found on its disk. */
export interface Recovered {
  /** Stored in the transaction of the last committed block; `genesisChain` on an empty disk. */
  readonly chain: ChainState;
  /** The last persisted vote record, of whatever height; null on an empty disk. */
  readonly record: VoteRecord | null;
  /** Stored blocks (effect `store-block`) of the height after `chain.height`. */
  readonly blocks: readonly Block[];
  /** Nothing is said up to this height (SPEC R24): 0 for a whole memory, `silentUntilFoundOut` where the disk cannot tell. */
  readonly silentUpTo: number;
}

export type ReplicaInput =
  /** Exactly once, first. */
  | { readonly kind: 'started'; readonly recovered: Recovered }
  /** The time asked for by `set-timer` has come. Earlier or more often does no harm. */
  | { readonly kind: 'tick' }
  | { readonly kind: 'proposal'; readonly proposal: Proposal }
  | { readonly kind: 'vote'; readonly vote: Vote }
  | { readonly kind: 'timeout'; readonly timeout: Timeout }
  /** A peer says how far it has come. Unsigned, so only a hint. */
  | { readonly kind: 'peer-status'; readonly peer: PeerId; readonly committedHeight: number }
  /** A peer asks for an uncommitted block (peer message `want-block`). */
  | { readonly kind: 'want-block'; readonly peer: PeerId; readonly height: number; readonly blockHash: Uint8Array }
  /** A block that `fetch-block` asked for, from any peer, unchecked. */
  | { readonly kind: 'block'; readonly block: Block }
  /** Segments that could go into a block now. `oldest`: the one waiting longest, since when (monotonic); null if none. */
  | {
      readonly kind: 'pool';
      readonly waitingCount: number;
      readonly oldest: { readonly digest: Uint8Array; readonly sinceMs: number } | null;
    }
  /** Answers `gather`: digests in the order of execution, within the limits of a block; empty is fine. */
  | {
      readonly kind: 'gathered';
      readonly height: number;
      readonly view: number;
      readonly digests: readonly Uint8Array[];
    }
  /**
   * Answers `store-block`: the block and all its bodies are here, checked and written; they are fsynced no later than the
   * next record that `persisted` answers for. `full`: no room for another segment.
   */
  | { readonly kind: 'stored'; readonly blockHash: Uint8Array; readonly full: boolean }
  /** Answers `store-block` or `execute`: the block breaks a limit or a rule of the node. */
  | { readonly kind: 'refused'; readonly blockHash: Uint8Array; readonly reason: string }
  /** Answers `execute`. */
  | { readonly kind: 'executed'; readonly blockHash: Uint8Array; readonly resultRoot: Uint8Array }
  /** Answers `persist`: this record, or a later one, is on disk, fsynced. */
  | { readonly kind: 'persisted'; readonly token: number }
  /** Blocks up to `chain.height` are committed and durable: answers `commit`, and follows a catch-up. */
  | { readonly kind: 'committed'; readonly chain: ChainState };

/** Two different statements that one validator signed for one place. */
export interface Equivocation {
  readonly validator: number;
  readonly height: number;
  readonly view: number;
  readonly pair:
    | { readonly kind: 'vote'; readonly first: Vote; readonly second: Vote }
    | { readonly kind: 'proposal'; readonly first: Proposal; readonly second: Proposal };
}

/** What validators send each other on a replica's behalf. */
export type ReplicaMessage = Extract<
  PeerMessage,
  { readonly kind: 'proposal' | 'vote' | 'timeout' | 'status' | 'want-block' | 'block' }
>;

export type ReplicaEffect =
  /** Fill a block from the pool; answer `gathered`. */
  | { readonly kind: 'gather'; readonly height: number; readonly view: number }
  /** Get the block's bodies (pool, peers), check digests and limits, write block and bodies; answer `stored` or `refused`. */
  | { readonly kind: 'store-block'; readonly block: Block; readonly blockHash: Uint8Array }
  /** Execute on an overlay, change nothing, keep the result until `committed`; answer `executed` or `refused`. */
  | { readonly kind: 'execute'; readonly block: Block; readonly blockHash: Uint8Array }
  /** Overwrite the vote record and fsync, in order with all other writes; answer `persisted`. */
  | { readonly kind: 'persist'; readonly record: VoteRecord; readonly token: number }
  /** To every peer. Already signed; never sent before the persist that it rests on. */
  | { readonly kind: 'broadcast'; readonly message: ReplicaMessage }
  /** To one peer. */
  | { readonly kind: 'send'; readonly to: PeerId; readonly message: ReplicaMessage }
  /** Final: apply the executed result, durable in one transaction, `advanceChain`; answer `committed`. */
  | {
      readonly kind: 'commit';
      readonly block: Block;
      readonly blockHash: Uint8Array;
      readonly certificate: Certificate;
    }
  /** Fetch committed blocks from this height on, from `hint` or anyone; check, execute, commit; then `committed`. */
  | { readonly kind: 'catch-up'; readonly fromHeight: number; readonly hint: PeerId | null }
  /** The one timer of the replica: replaces the earlier one; null stops it. Monotonic time. */
  | { readonly kind: 'set-timer'; readonly atMs: number | null }
  /** This alpha may be needed soon by `proveBeacon`: prove it in the background. */
  | { readonly kind: 'prove-ahead'; readonly ownKey: Uint8Array; readonly alpha: Uint8Array }
  | { readonly kind: 'evidence'; readonly equivocation: Equivocation }
  /** Own execution contradicts a quorum: the replica has stopped for good; report it and stop the node. */
  | {
      readonly kind: 'diverged';
      readonly height: number;
      readonly certificate: Certificate;
      /** Null: the own node refused the block. */
      readonly ownResultRoot: Uint8Array | null;
    };

/** What an operator sees of a replica. */
export interface ReplicaStatus {
  readonly committedHeight: number;
  readonly view: number;
  readonly epoch: number;
  /** Names of validators. */
  readonly primary: string;
  readonly failedPrimaries: readonly string[];
  /** Whether this replica has a vote at the next height. */
  readonly votes: boolean;
  readonly halted: boolean;
  /** Height up to which it follows without a word because it has lost its memory (SPEC R24). */
  readonly silentUpTo: number;
  /** Messages turned away, by reason. */
  readonly refused: Readonly<Record<string, number>>;
}
