/** Brings together the bodies of proposed blocks: from the pool, the store, and peers that have them. */
import { toHex } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import type { PeerId } from '../pbft/voting-set.ts';
import type { Block } from '../wire/block.ts';
import type { BodyFetcher } from './body-fetcher.ts';
import type { Body } from './body-table.ts';

/** The broker usually brings a body about when the proposal comes: wait this long before asking a peer. */
const graceMs = 4;

interface Want {
  readonly height: number;
  readonly block: Block;
  readonly found: Map<string, Uint8Array>;
  readonly missing: Set<string>;
  readonly done: (bodies: Body[]) => void;
  timer: Timer | null;
}

/** What the collector reaches for. */
export interface CollectorOptions {
  readonly clock: Clock;
  readonly fetcher: BodyFetcher;
  /** A body at hand, in the pool or on disk. */
  lookUp(name: string, digest: Uint8Array): Uint8Array | undefined;
  /** Peers to ask, the likeliest first. */
  peers(block: Block): readonly PeerId[];
}

/** Blocks whose bodies are being collected. */
export class BodyCollector {
  readonly #options: CollectorOptions;
  readonly #wants = new Map<string, Want>();

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /** Calls `done` once, with the bodies in the block's order, as soon as all are here: perhaps before this returns. */
  collect(block: Block, blockHash: Uint8Array, done: (bodies: Body[]) => void): void {
    const found = new Map<string, Uint8Array>();
    const missing = new Set<string>();
    for (const digest of block.bodyDigests) {
      const name = toHex(digest);
      const bytes = this.#options.lookUp(name, digest);
      if (bytes === undefined) missing.add(name);
      else found.set(name, bytes);
    }
    const want: Want = { height: block.header.height, block, found, missing, done, timer: null };
    if (missing.size === 0) {
      this.#finish(want);
      return;
    }
    this.#wants.set(toHex(blockHash), want);
    want.timer = this.#options.clock.setTimer(graceMs, () => this.#fetch(want));
  }

  /** A body has come, from anywhere; `name` is its digest in hex. Whether some block was waiting for it. */
  offerNamed(name: string, bytes: Uint8Array): boolean {
    let wanted = false;
    for (const [hash, want] of this.#wants) {
      if (!want.missing.delete(name)) continue;
      wanted = true;
      want.found.set(name, bytes);
      if (want.missing.size > 0) continue;
      this.#wants.delete(hash);
      this.#finish(want);
    }
    if (wanted) this.#options.fetcher.forget(name);
    return wanted;
  }

  /** Gives up blocks of this height and below. */
  dropUpTo(height: number): void {
    for (const [hash, want] of this.#wants) {
      if (want.height > height) continue;
      want.timer?.cancel();
      this.#wants.delete(hash);
    }
  }

  #finish(want: Want): void {
    want.timer?.cancel();
    want.done(want.block.bodyDigests.map((digest) => ({ digest, bytes: want.found.get(toHex(digest)) as Uint8Array })));
  }

  #fetch(want: Want): void {
    const bodies = want.block.bodyDigests
      .map((digest) => ({ digest, name: toHex(digest) }))
      .filter(({ name }) => want.missing.has(name));
    this.#options.fetcher.want(bodies, {
      holders: () => this.#options.peers(want.block),
      isNeeded: (name) => [...this.#wants.values()].some(({ missing }) => missing.has(name)),
      // A quorum voted for the block or will: somebody has them.
      roundsMax: Number.POSITIVE_INFINITY,
    });
  }
}
