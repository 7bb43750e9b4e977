/**
 * Tells peers of segments that were not ordered for a while, by digest, and fetches those that they tell of. So that not
 * everybody tells everybody: f+1 validators, drawn by digest, tell at once; the others wait their turn and keep silent when
 * they have heard of the segment from f+1, for then an honest validator has told all. A segment that only one has is thus
 * known to all soon, and one that all have costs f+1 digests a peer.
 */
import { compareBytes, fromHex, toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import { taggedHash } from '#core/hash';
import { faultyMax } from '#ledger/validators/quorum';
import type { PeerId } from '../pbft/voting-set.ts';
import { digestsMax, type PeerMessage } from '../wire/peer-message.ts';
import { Allowance } from './allowance.ts';
import type { BodyFetcher, WantedBody } from './body-fetcher.ts';

/** How long each validator after the first f+1 waits for those before it. */
export const turnMs = 150;
/** What was told and still waits is told again after this time, doubled every time: a peer may have been away. */
export const againMs = 2_000;
const timesMax = 6;
const toldMax = 8_192;
/** Digests remembered of each peer. */
const heardMax = 4_096;
const heardLimits = { perSecond: 16_000, perSecondEach: 2_000, burstSeconds: 2 };
/** Bodies that may be wanted because of gossip, and how fast one peer may add to them: no faster than it is found to have none. */
const wantsMax = 8_192;
const wantLimits = { perSecond: 8_000, perSecondEach: 500, burstSeconds: 2 };
const roundsMax = 2;

interface Telling {
  readonly digest: Uint8Array;
  dueMs: number;
  times: number;
}

/** What gossip rests on. */
export interface GossipOptions {
  readonly clock: Clock;
  readonly self: PeerId;
  readonly fetcher: BodyFetcher;
  /** The validators of this epoch. */
  validators(): readonly PeerId[];
  /** Whether the segment waits here to be ordered. */
  waits(name: string): boolean;
  /** Whether the segment is held here, waiting or ordered. */
  holds(name: string, digest: Uint8Array): boolean;
  broadcast(message: PeerMessage): void;
}

/** The gossip of one validator. */
export class SegmentGossip {
  readonly #options: GossipOptions;
  readonly #tellings = new Map<string, Telling>();
  /** What each peer has told, the oldest first. */
  readonly #heard = new Map<PeerId, Set<string>>();
  readonly #allowance: Allowance;
  readonly #wantAllowance: Allowance;

  constructor(options: GossipOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock, heardLimits);
    this.#wantAllowance = new Allowance(options.clock, wantLimits);
  }

  /** A segment waits here for too long: it is told of when this validator's turn has come. */
  offer({ digest, name }: WantedBody): void {
    const oldest = this.#tellings.keys().next();
    if (this.#tellings.size >= toldMax && !oldest.done) this.#tellings.delete(oldest.value);
    this.#tellings.set(name, { digest, dueMs: this.#options.clock.monotonicMs() + this.#turnOf(digest), times: 0 });
  }

  /** A peer has told of segments: those that are not here are fetched from whoever told of them. */
  heard(from: PeerId, digests: readonly Uint8Array[]): void {
    const { fetcher, holds } = this.#options;
    const wanted: WantedBody[] = [];
    for (const digest of digests) {
      if (!this.#allowance.take(from)) break;
      const name = toHex(digest);
      this.#note(from, name);
      if (fetcher.isWanted(name) || holds(name, digest)) continue;
      if (fetcher.count + wanted.length < wantsMax && this.#wantAllowance.take(from)) wanted.push({ digest, name });
    }
    if (wanted.length === 0) return;
    fetcher.want(wanted, {
      holders: (name) => [...this.#heard].flatMap(([peer, names]) => (names.has(name) ? [peer] : [])),
      isNeeded: (name) => !holds(name, fromHex(name) ?? new Uint8Array(0)),
      roundsMax,
    });
  }

  /** Now and then: tells what is due. */
  tick(): void {
    const { clock, validators, waits } = this.#options;
    const nowMs = clock.monotonicMs();
    const enough = faultyMax(validators().length) + 1;
    const due: Uint8Array[] = [];
    for (const [name, telling] of this.#tellings) {
      if (telling.dueMs > nowMs) continue;
      if (!waits(name) || telling.times >= timesMax || this.#tellers(name) >= enough) {
        this.#tellings.delete(name);
        continue;
      }
      due.push(telling.digest);
      telling.dueMs = nowMs + againMs * 2 ** telling.times++;
    }
    this.tell(due);
  }

  /** Tells all peers at once. */
  tell(digests: readonly Uint8Array[]): void {
    for (let at = 0; at < digests.length; at += digestsMax)
      this.#options.broadcast({ kind: 'have-bodies', digests: digests.slice(at, at + digestsMax) });
  }

  /** 0 for the first f+1 in the order drawn by the digest, then a turn more for each. */
  #turnOf(digest: Uint8Array): number {
    const { self, validators } = this.#options;
    const keys = validators();
    const lot = (peer: PeerId) => taggedHash('bizain/gossip/1', digest, fromHex(peer) ?? new Uint8Array(0));
    const own = lot(self);
    const before = keys.filter((peer) => compareBytes(lot(peer), own) < 0).length;
    return Math.max(0, before - faultyMax(keys.length)) * turnMs;
  }

  #tellers(name: string): number {
    // Whoever is a member without a vote may be anything: of the validators at most f lie.
    return this.#options.validators().filter((peer) => this.#heard.get(peer)?.has(name) === true).length;
  }

  #note(from: PeerId, name: string): void {
    let names = this.#heard.get(from);
    if (names === undefined) {
      names = new Set();
      this.#heard.set(from, names);
    }
    names.add(name);
    if (names.size <= heardMax) return;
    const oldest = names.keys().next();
    if (!oldest.done) names.delete(oldest.value);
  }
}
