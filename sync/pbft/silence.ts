/**
 * What a replica does that has lost its vote record: it follows without a word until the region has left behind every height
 * at which it may have spoken (SPEC R24). Pure; the node says what was lost.
 */
import { equalBytes, toHex } from '#core/bytes';
import { faultyMax, quorum } from '#ledger/validators/quorum';
import { type ChainState, lastOfEpoch } from './chain.ts';
import type { ScheduleConfig } from './schedule.ts';
import type { PeerId } from './voting-set.ts';

/** `Recovered.silentUpTo` of a replica that cannot know from its own disk how far it had come. */
export const silentUntilFoundOut = Number.MAX_SAFE_INTEGER;

/** Heights by which a replica may have been ahead of what the others say they have committed: see SPEC R24. */
const headsAhead = 2;

/** Other validators of a set of n whose heads bound what a member may have signed; a member without memory counts among the f. */
export function headsNeeded(n: number): number {
  return n - quorum(n) + faultyMax(n);
}

type Keys = readonly Uint8Array[];

/** The silence of one replica's life. */
export class Silence {
  readonly #schedule: ScheduleConfig;
  #upTo: number;
  /** What each peer said first in this life. */
  readonly #heads = new Map<PeerId, number>();

  constructor(schedule: ScheduleConfig, upTo: number) {
    this.#schedule = schedule;
    this.#upTo = upTo;
  }

  /** Highest height at which nothing is said. */
  get upTo(): number {
    return this.#upTo;
  }

  /** A peer says how far it has come, on a connection of this life. */
  hear(said: { readonly peer: PeerId; readonly committedHeight: number }, chain: ChainState, own: Keys): void {
    if (this.#upTo !== silentUntilFoundOut || this.#heads.has(said.peer)) return;
    this.#heads.set(said.peer, said.committedHeight);
    this.#settle(chain, own);
  }

  /** The keys with which something may be said at the height after a chain: without its memory a replica follows like one that has none. */
  keysAfter(chain: ChainState, own: Keys): Keys {
    this.#settle(chain, own);
    return chain.height < this.#upTo ? [] : own;
  }

  /**
   * Bounds the silence as soon as the chain, which is certified, has come to what enough of its validators had committed. A head that
   * the chain has not reached proves nothing and is left for later. So do heads at the very end of an epoch: if the region
   * has gone on with another set, those left behind there know nothing of it.
   */
  #settle(chain: ChainState, ownKeys: Keys): void {
    if (this.#upTo !== silentUntilFoundOut) return;
    const { validators } = chain;
    const others = validators.filter(({ publicKey }) => !ownKeys.some((own) => equalBytes(own, publicKey)));
    // In an epoch that has no vote for it there is nothing to say.
    if (others.length === validators.length) return;
    const heads = others.flatMap(({ publicKey }) => {
      const head = this.#heads.get(toHex(publicKey));
      return head !== undefined && head <= chain.height ? [head] : [];
    });
    if (heads.length < headsNeeded(validators.length)) return;
    const bound = Math.max(...heads) + headsAhead;
    if (bound > lastOfEpoch(this.#schedule, chain)) return;
    this.#upTo = Math.max(bound, chain.height + headsAhead);
    this.#heads.clear();
  }
}
