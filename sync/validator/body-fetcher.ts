/**
 * Fetches bodies by their digests from peers: so many from each at a time, from another one when an answer stays away, from
 * those first that have lately answered.
 */
import type { Clock, Timer } from '#core/clock';
import type { PeerId } from '../pbft/voting-set.ts';
import { digestsMax, type PeerMessage } from '../wire/peer-message.ts';

/** Bodies asked of one peer and not answered yet. */
export const inFlightMax = 256;
/** A peer that has sent none of the bodies asked of it for so long is passed over; doubled with every round. */
export const patienceMs = 150;
const doublingsMax = 4;
const tickMs = 50;
const failuresMax = 8;
/** How many bodies make good for one failure. */
const bodiesAFailure = 32;

/** A body that is wanted. */
export interface WantedBody {
  readonly digest: Uint8Array;
  /** `digest` in hex. */
  readonly name: string;
}

/** Where bodies may be had, and for how long it is tried. */
export interface WantTerms {
  /** Peers to ask for the body now, the likeliest first. */
  holders(name: string): readonly PeerId[];
  /** Whether the body is still needed: asked before it is fetched again. */
  isNeeded(name: string): boolean;
  /** How often all holders are tried before the want is given up. */
  readonly roundsMax: number;
}

interface Want extends WantedBody {
  readonly terms: WantTerms;
  readonly tried: Set<PeerId>;
  round: number;
  asked: { readonly peer: PeerId; readonly sinceMs: number } | null;
}

interface Standing {
  inFlight: number;
  /** Counts up with every wait in vain and down with bodies. */
  failures: number;
  heardMs: number;
}

/** What the fetcher needs. */
export interface FetcherOptions {
  readonly clock: Clock;
  /** False when the peer cannot be asked now. */
  send(to: PeerId, message: PeerMessage): boolean;
}

/** The fetcher of one validator. */
export class BodyFetcher {
  readonly #options: FetcherOptions;
  readonly #wants = new Map<string, Want>();
  /** Those that nobody is asked for at the moment. */
  readonly #idle = new Set<Want>();
  readonly #peers = new Map<PeerId, Standing>();
  #timer: Timer | null = null;

  constructor(options: FetcherOptions) {
    this.#options = options;
  }

  /** Bodies that are wanted. */
  get count(): number {
    return this.#wants.size;
  }

  isWanted(name: string): boolean {
    return this.#wants.has(name);
  }

  /** Wants bodies until they have come, are forgotten, or are given up by the terms. New terms replace older ones. */
  want(bodies: readonly WantedBody[], terms: WantTerms): void {
    for (const { digest, name } of bodies) {
      const before = this.#wants.get(name);
      if (before !== undefined) this.#idle.delete(before);
      const asked = before?.asked ?? null;
      const want: Want = { digest, name, terms, asked, tried: before?.tried ?? new Set(), round: 0 };
      this.#wants.set(name, want);
      if (asked === null) this.#idle.add(want);
    }
    this.#pump();
    if (this.#wants.size > 0) this.#timer ??= this.#options.clock.setTimer(tickMs, () => this.#tick());
  }

  /** The body is not wanted any more. */
  forget(name: string): void {
    const want = this.#wants.get(name);
    if (want === undefined) return;
    this.#wants.delete(name);
    this.#idle.delete(want);
    if (want.asked !== null) this.#standingOf(want.asked.peer).inFlight--;
  }

  /** A body that was asked of a peer has come from it. */
  arrived(from: PeerId, name: string): void {
    const standing = this.#standingOf(from);
    standing.heardMs = this.#options.clock.monotonicMs();
    standing.failures = Math.max(0, standing.failures - 1 / bodiesAFailure);
    this.forget(name);
    if (this.#idle.size > 0 && standing.inFlight <= inFlightMax / 2) this.#pump();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#wants.clear();
    this.#idle.clear();
  }

  #standingOf(peer: PeerId): Standing {
    let standing = this.#peers.get(peer);
    if (standing === undefined) {
      standing = { inFlight: 0, failures: 0, heardMs: Number.NEGATIVE_INFINITY };
      this.#peers.set(peer, standing);
    }
    return standing;
  }

  #tick(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const failed = new Set<PeerId>();
    for (const want of this.#wants.values()) {
      if (want.asked === null) continue;
      const { peer, sinceMs } = want.asked;
      const standing = this.#standingOf(peer);
      // A peer that sends is not late, however long its queue is.
      const waitedMs = nowMs - Math.max(sinceMs, standing.heardMs);
      if (waitedMs < patienceMs * 2 ** Math.min(want.round, doublingsMax)) continue;
      failed.add(peer);
      standing.inFlight--;
      want.tried.add(peer);
      want.asked = null;
      this.#idle.add(want);
    }
    for (const peer of failed) {
      const standing = this.#standingOf(peer);
      standing.failures = Math.min(failuresMax, standing.failures + 1);
    }
    this.#pump();
    this.#timer = this.#wants.size === 0 ? null : this.#options.clock.setTimer(tickMs, () => this.#tick());
  }

  /** Asks for what nobody is asked for, as far as there is room. */
  #pump(): void {
    const batches = new Map<PeerId, Want[]>();
    // Where one want finds nobody with room, the others of its terms are not tried: they wait for the next time.
    const exhausted = new Set<WantTerms>();
    for (const want of this.#idle) {
      if (exhausted.has(want.terms)) continue;
      const peer = this.#choose(want);
      if (peer === null) {
        if (this.#wants.get(want.name) === want) exhausted.add(want.terms);
        continue;
      }
      const batch = batches.get(peer) ?? [];
      batch.push(want);
      batches.set(peer, batch);
      this.#standingOf(peer).inFlight++;
    }
    for (const [peer, batch] of batches) this.#ask(peer, batch);
  }

  #choose(want: Want): PeerId | null {
    if (!want.terms.isNeeded(want.name)) {
      this.forget(want.name);
      return null;
    }
    const holders = want.terms.holders(want.name);
    let open = holders.filter((peer) => !want.tried.has(peer));
    if (open.length === 0 && holders.length > 0) {
      want.round++;
      want.tried.clear();
      if (want.round >= want.terms.roundsMax) {
        this.forget(want.name);
        return null;
      }
      open = [...holders];
    }
    const free = open.filter((peer) => this.#standingOf(peer).inFlight < inFlightMax);
    const failures = (peer: PeerId) => Math.ceil(this.#standingOf(peer).failures);
    return free.sort((a, b) => failures(a) - failures(b))[0] ?? null;
  }

  #ask(peer: PeerId, batch: readonly Want[]): void {
    const standing = this.#standingOf(peer);
    const sinceMs = this.#options.clock.monotonicMs();
    for (let at = 0; at < batch.length; at += digestsMax) {
      const part = batch.slice(at, at + digestsMax);
      const sent = this.#options.send(peer, { kind: 'want-bodies', digests: part.map(({ digest }) => digest) });
      for (const want of part) {
        if (sent) {
          want.asked = { peer, sinceMs };
          this.#idle.delete(want);
        } else {
          standing.inFlight--;
          want.tried.add(peer);
        }
      }
    }
  }
}
