/**
 * Fetches bodies by their digests from peers: so many from each at a time, from another one when an answer stays away, from
 * those first that have lately answered. Who sends a body that it was not asked for is found out.
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
/** Digests asked of a peer that it may still answer, however late. */
const owedMax = 16_384;
const failuresMax = 8;
/** How many bodies make good for one failure. */
const bodiesAFailure = 32;
/** Wants in a row that nobody has room for: the rest would find none either. */
const fruitlessMax = 64;

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
  /** Names asked of it and not sent by it, the oldest first. */
  readonly owed: Set<string>;
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

  /** A body has come from a peer. False when it was not asked of it. */
  arrived(from: PeerId, name: string): boolean {
    const standing = this.#standingOf(from);
    if (!standing.owed.delete(name)) return false;
    standing.heardMs = this.#options.clock.monotonicMs();
    standing.failures = Math.max(0, standing.failures - 1 / bodiesAFailure);
    this.forget(name);
    if (this.#idle.size > 0 && standing.inFlight <= inFlightMax / 2) this.#pump();
    return true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#wants.clear();
    this.#idle.clear();
  }

  #standingOf(peer: PeerId): Standing {
    let standing = this.#peers.get(peer);
    if (standing === undefined) {
      standing = { inFlight: 0, failures: 0, heardMs: Number.NEGATIVE_INFINITY, owed: new Set() };
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
    let fruitless = 0;
    for (const want of this.#idle) {
      if (fruitless >= fruitlessMax) break;
      const peer = this.#choose(want);
      if (peer === null) {
        fruitless++;
        continue;
      }
      fruitless = 0;
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
          owe(standing.owed, want.name);
        } else {
          standing.inFlight--;
          want.tried.add(peer);
        }
      }
    }
  }
}

/** The oldest debts lapse: whoever is asked for so much has long been away. */
function owe(owed: Set<string>, name: string): void {
  owed.delete(name);
  owed.add(name);
  if (owed.size > owedMax) for (const oldest of owed) return void owed.delete(oldest);
}
