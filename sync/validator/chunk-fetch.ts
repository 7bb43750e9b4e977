/**
 * Fetches the chunks of a checked plan from several peers at once: one question a peer is open, each chunk is checked before it is
 * kept, and what a peer did not give, or gave wrong, is asked of another.
 */
import type { Clock, Timer } from '#core/clock';
import type { PeerId } from '../pbft/voting-set.ts';
import type { PeerMessage } from '../wire/peer-message.ts';
import { type SnapshotChunks, type WantedChunk, wantedChunksMax } from '../wire/snapshot-message.ts';
import type { CheckedChunk, SnapshotPlan } from './snapshot-plan.ts';

const answerMsMax = 10_000;
/** Leaves asked for in one question, in chunks of a shard or of many small ones. */
const leavesAtOnce = 4_096;
/** A peer that has used up what it may be given is asked again after so long, one that did not answer after so long. */
const pauseMs = { busy: 250, silent: 10_000 } as const;
/** Answers that a peer may stay away with before it is not asked any more. */
const silencesMax = 3;

/** What a fetch needs. */
export interface ChunkFetchOptions {
  readonly plan: SnapshotPlan;
  readonly clock: Clock;
  peers(): readonly PeerId[];
  /** False when the peer cannot be told now. */
  send(to: PeerId, message: PeerMessage): boolean;
  onLie(peer: PeerId): void;
  write(at: WantedChunk, chunk: CheckedChunk): void;
  /** Every chunk has been written. */
  onDone(): void;
  /** Nobody has the rest. */
  onStuck(): void;
}

interface Asked {
  readonly chunks: readonly WantedChunk[];
  readonly timer: Timer;
}

/** One fetch. */
export class ChunkFetch {
  readonly #options: ChunkFetchOptions;
  /** Last first. */
  readonly #wanted: WantedChunk[];
  readonly #asked = new Map<PeerId, Asked>();
  /** Until when a peer is left alone. */
  readonly #pausedUntilMs = new Map<PeerId, number>();
  readonly #silences = new Map<PeerId, number>();
  #ended = false;

  constructor(options: ChunkFetchOptions) {
    this.#options = options;
    this.#wanted = [...options.plan.chunks()].reverse();
  }

  /** Chunks that are still to come. */
  get left(): number {
    return this.#wanted.length + [...this.#asked.values()].reduce((sum, { chunks }) => sum + chunks.length, 0);
  }

  /** Asks whoever can be asked. To be called now and then. */
  tick(): void {
    if (this.#ended) return;
    const { clock, peers } = this.#options;
    const nowMs = clock.monotonicMs();
    const connected = peers();
    const usable = connected.filter((peer) => this.#pausedUntilMs.get(peer) !== Number.POSITIVE_INFINITY);
    for (const peer of usable) {
      if (this.#wanted.length === 0) break;
      if (!this.#asked.has(peer) && (this.#pausedUntilMs.get(peer) ?? 0) <= nowMs) this.#ask(peer);
    }
    // Without any connection there is nothing better to do than to wait for one.
    if (connected.length > 0 && usable.length === 0 && this.#asked.size === 0) this.#end(() => this.#options.onStuck());
  }

  /** An answer; one that is late, or of another checkpoint, is passed over. */
  take(from: PeerId, { height, first, busy, chunks }: SnapshotChunks): void {
    const asked = this.#asked.get(from);
    const at = asked?.chunks[0];
    if (this.#ended || asked === undefined || at === undefined || height !== this.#options.plan.height) return;
    if (first.shardIndex !== at.shardIndex || first.firstSlot !== at.firstSlot) return;
    asked.timer.cancel();
    this.#asked.delete(from);
    this.#silences.delete(from);
    const taken = busy === 1 ? 0 : this.#write(asked.chunks, chunks);
    this.#giveBack(asked.chunks.slice(taken));
    if (taken < chunks.length) {
      this.#pausedUntilMs.set(from, Number.POSITIVE_INFINITY);
      this.#options.onLie(from);
    } else if (busy === 1) this.#pause(from, pauseMs.busy);
    else if (taken === 0) this.#pausedUntilMs.set(from, Number.POSITIVE_INFINITY);
    if (this.left === 0) this.#end(() => this.#options.onDone());
    else this.tick();
  }

  stop(): void {
    this.#end(() => undefined);
  }

  /** Writes what holds, up to the first chunk that does not; that many. */
  #write(wanted: readonly WantedChunk[], given: SnapshotChunks['chunks']): number {
    const { plan, write } = this.#options;
    for (const [index, leaves] of given.entries()) {
      const at = wanted[index];
      const checked = at === undefined ? null : plan.check(at, leaves);
      if (at === undefined || checked === null) return index;
      write(at, checked);
    }
    return given.length;
  }

  #ask(peer: PeerId): void {
    const { clock, plan, send } = this.#options;
    const chunks: WantedChunk[] = [];
    let leaves = 0;
    while (leaves < leavesAtOnce && chunks.length < wantedChunksMax) {
      const next = this.#wanted.pop();
      if (next === undefined) break;
      chunks.push(next);
      leaves += next.count;
    }
    const timer = clock.setTimer(answerMsMax, () => this.#silent(peer));
    this.#asked.set(peer, { chunks, timer });
    if (!send(peer, { kind: 'want-chunks', height: plan.height, chunks })) this.#silent(peer);
  }

  /** A peer has not answered, or cannot be asked. */
  #silent(peer: PeerId): void {
    const asked = this.#asked.get(peer);
    if (asked === undefined) return;
    asked.timer.cancel();
    this.#asked.delete(peer);
    this.#giveBack(asked.chunks);
    const silences = (this.#silences.get(peer) ?? 0) + 1;
    this.#silences.set(peer, silences);
    if (silences < silencesMax) this.#pause(peer, pauseMs.silent);
    else this.#pausedUntilMs.set(peer, Number.POSITIVE_INFINITY);
  }

  #pause(peer: PeerId, forMs: number): void {
    this.#pausedUntilMs.set(peer, this.#options.clock.monotonicMs() + forMs);
  }

  #giveBack(chunks: readonly WantedChunk[]): void {
    for (const chunk of [...chunks].reverse()) this.#wanted.push(chunk);
  }

  #end(then: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const { timer } of this.#asked.values()) timer.cancel();
    then();
  }
}
