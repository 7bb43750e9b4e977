/** What happens to a segment that arrives, from a broker or from a peer: into the pool, answered, or turned away. */
import type { Clock } from '#core/clock';
import { type Segment, segmentClaim } from '#ledger/journal/segment';
import type { PeerId } from '../pbft/voting-set.ts';
import type { Admission, TurnedAwayFor } from './admission.ts';
import type { BodyCollector } from './body-collector.ts';
import { LateComers } from './late-comers.ts';
import type { Pooled } from './pooled-stream.ts';
import type { SegmentPool } from './segment-pool.ts';
import type { SignatureQueue } from './signature-queue.ts';

/** A segment is handed to the peers when it was not ordered within this time: perhaps they never got it. */
const gossipAfterMs = 400;
const gossipMaxATime = 512;
/** What waits behind a gap for longer is dropped: its sender sends it again. */
const stuckMs = 60_000;

/** Whoever brought a segment, told once what became of it. */
export interface SegmentSender {
  /** Held: to be ordered, or until its author is known. */
  taken(): void;
  /** It was ordered before; `justNow`: so lately that its receipts are on their way to all who listen. */
  ordered(segment: Segment, justNow: boolean): void;
  /** Why it was not taken; `segment` is null where the bytes are none. */
  turnedAway(why: TurnedAwayFor, segment: Segment | null): void;
}

/** What the door leads to. */
export interface SegmentDoorOptions {
  readonly pool: SegmentPool;
  readonly collector: BodyCollector;
  readonly signatures: SignatureQueue;
  readonly chainId: Uint8Array;
  /** Who tells authors by the brokers. */
  readonly sender: () => SegmentSender;
  readonly clock: Clock;
  gossip(segment: Pooled): void;
  /** A peer told of a segment that none is. */
  onLie(peer: PeerId, what: string): void;
  /** Something was admitted. */
  onAdmitted(): void;
}

interface Handling {
  readonly sender: SegmentSender | null;
  readonly mayWait: boolean;
  readonly from?: PeerId;
}

/** The door of one validator. */
export class SegmentDoor {
  readonly #options: SegmentDoorOptions;
  readonly #late: LateComers;
  readonly #turnedAway: Record<string, number> = {};

  constructor(options: SegmentDoorOptions) {
    this.#options = options;
    this.#late = new LateComers(options.clock);
  }

  /** Segments turned away, by reason. */
  get turnedAway(): Readonly<Record<string, number>> {
    return this.#turnedAway;
  }

  /** A segment from a terminal: it is answered, by the brokers or to the sender it came from. */
  fromTerminal(bytes: Uint8Array, sender: SegmentSender = this.#options.sender()): void {
    this.#take(bytes, { sender, mayWait: true });
  }

  /** A segment that a peer has told of and was asked for. */
  fromPeer(from: PeerId, bytes: Uint8Array): void {
    this.#take(bytes, { sender: null, mayWait: true, from });
  }

  /** A segment of this validator's own journal. */
  fromSelf(bytes: Uint8Array): void {
    this.#take(bytes, { sender: null, mayWait: true });
  }

  /** The ledger has moved on: authors may have become known. */
  afterCommit(): void {
    for (const held of this.#late.takeAll()) {
      const waits = this.#take(held.bytes, { sender: held.last ? this.#options.sender() : null, mayWait: false });
      if (waits && !held.last) this.#late.putBack(held);
    }
  }

  /** Now and then: gossip what waits too long, give up what is stuck. */
  tidy(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const segment of this.#options.pool.toGossip(nowMs - gossipAfterMs, gossipMaxATime))
      this.#options.gossip(segment);
    this.#options.pool.dropStuck(nowMs - stuckMs);
    this.afterCommit();
  }

  /** Whether the segment's author may only be unknown so far. */
  #take(bytes: Uint8Array, how: Handling): boolean {
    const { pool, collector, signatures, chainId } = this.#options;
    const seen = pool.examine(bytes);
    if (seen.kind !== 'candidate') return this.#conclude(seen, bytes, how);
    // A block that waits for it executes it, and checks it then.
    collector.offerNamed(seen.name, bytes);
    const answer = (genuine: boolean): void => {
      if (genuine) {
        pool.noteGenuine(seen);
        this.#conclude(pool.enter(seen), bytes, how);
      } else {
        pool.drop(seen);
        this.#turnAway({ reason: 'BAD_SIGNATURE', nextSequence: null, retryAfterMs: null }, seen.segment, how);
      }
    };
    // A block may have come that executed it, and checked it for that.
    const isKnown = (): boolean => pool.isKnownGenuine(seen);
    signatures.add(segmentClaim(chainId, seen.segment, seen.publicKey), answer, isKnown);
    return false;
  }

  #conclude(admission: Admission, bytes: Uint8Array, how: Handling): boolean {
    switch (admission.kind) {
      case 'known':
        how.sender?.taken();
        return false;
      case 'admitted':
        how.sender?.taken();
        this.#options.onAdmitted();
        return false;
      case 'duplicate':
        how.sender?.ordered(admission.segment, admission.justNow);
        return false;
      case 'turned-away': {
        const { reason, segment } = admission;
        const early = reason === 'UNKNOWN_AUTHOR' || reason === 'STALE_EPOCH';
        if (early && how.sender === null && !how.mayWait) return true;
        if (early && how.mayWait && this.#late.hold(bytes)) {
          how.sender?.taken();
          return true;
        }
        this.#turnAway(admission, segment, how);
        return false;
      }
    }
  }

  #turnAway({ reason, nextSequence, retryAfterMs }: TurnedAwayFor, segment: Segment | null, how: Handling): void {
    this.#turnedAway[reason] = (this.#turnedAway[reason] ?? 0) + 1;
    // An honest validator tells of what it has admitted, and these two are the same for everybody.
    const lied = reason === 'BAD_FORMAT' || reason === 'BAD_SIGNATURE';
    if (how.from !== undefined && lied) this.#options.onLie(how.from, reason);
    how.sender?.turnedAway({ reason, nextSequence, retryAfterMs }, segment);
  }
}
