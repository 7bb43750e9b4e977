/**
 * Reads the store through in the background, a height at a time, and fetches from peers what has rotted. What a peer gives
 * is compared with the own history before it is written.
 */
import { equalBytes } from '#core/bytes';
import type { Clock } from '#core/clock';
import type { Log } from '#core/log';
import { historyLeaf } from '#ledger/state/history';
import { bodiesAreWhole } from '../pbft/block-rules.ts';
import type { PeerId } from '../pbft/voting-set.ts';
import { blockHash } from '../wire/block.ts';
import type { CommittedBlock, PeerMessage } from '../wire/peer-message.ts';
import { isCommitOf, verifyCertificate } from '../wire/vote.ts';
import type { BlockStore } from './block-store.ts';

const askAgainMs = 2_000;

/** What a healer needs. */
export interface HealerOptions {
  readonly chainId: Uint8Array;
  readonly store: BlockStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Height of the newest block. */
  height(): number;
  peers(): readonly PeerId[];
  send(to: PeerId, message: PeerMessage): void;
}

/** One block is asked for at a time. */
export class StoreHealer {
  readonly #options: HealerOptions;
  #asked: { readonly peer: PeerId; readonly height: number; readonly sinceMs: number } | null = null;
  #turn = 0;
  #next = 1;
  #healed = 0;

  constructor(options: HealerOptions) {
    this.#options = options;
  }

  /** Blocks written again since the start. */
  get healed(): number {
    return this.#healed;
  }

  /** Reads one more height, and asks for a rotten block. To be called every now and then. */
  tick(): void {
    const { store, clock } = this.#options;
    const newest = this.#options.height();
    if (newest > 0) {
      this.#next = this.#next > newest ? 1 : Math.max(this.#next, store.prunedUpTo() + 1);
      if (this.#next <= newest) store.scrub(this.#next++);
    }
    const nowMs = clock.monotonicMs();
    if (this.#asked !== null && nowMs - this.#asked.sinceMs < askAgainMs) return;
    const height = store.damagedHeights()[0];
    const peers = this.#options.peers();
    const peer = peers[this.#turn++ % Math.max(1, peers.length)];
    this.#asked = null;
    if (height === undefined || peer === undefined) return;
    this.#asked = { peer, height, sinceMs: nowMs };
    this.#options.send(peer, { kind: 'want-blocks', fromHeight: height, count: 1 });
  }

  /** Takes an answer to `want-blocks`; false where it is not the healer's. */
  take(from: PeerId, blocks: readonly CommittedBlock[]): boolean {
    const asked = this.#asked;
    const offered = blocks[0];
    if (asked === null || from !== asked.peer) return false;
    if (offered !== undefined && offered.block.header.height !== asked.height) return false;
    this.#asked = null;
    const { store, log } = this.#options;
    const { height } = asked;
    if (offered === undefined || !this.#isOurs(offered)) {
      log.warn({ peer: from, height }, 'a peer has no good copy of a damaged block');
      return true;
    }
    store.heal(offered);
    this.#healed++;
    log.warn({ peer: from, height }, 'a damaged block was fetched again');
    return true;
  }

  #isOurs(offered: CommittedBlock): boolean {
    const { chainId, store } = this.#options;
    const { certificate } = offered;
    const { header } = offered.block;
    const hash = blockHash(header);
    const leaf = store.historyLeaf(header.height);
    const validators = store.validatorSet(header.validatorSetHash);
    return (
      leaf !== undefined &&
      equalBytes(leaf, historyLeaf(hash, certificate.resultRoot)) &&
      isCommitOf(header, hash, certificate).ok &&
      validators !== undefined &&
      verifyCertificate(chainId, validators, certificate).ok &&
      bodiesAreWhole(offered)
    );
  }
}
