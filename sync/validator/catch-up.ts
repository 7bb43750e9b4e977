/**
 * Brings a validator that was away up to the others: committed blocks from a peer, each checked by its certificate,
 * executed, and compared with the certified result.
 */
import { equalBytes } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import { bad, ok, type Result } from '#core/result';
import { bodiesAreWhole, followsChain } from '../pbft/block-rules.ts';
import type { PeerId } from '../pbft/voting-set.ts';
import { blockHash as hashOf } from '../wire/block.ts';
import { type CommittedBlock, catchUpBlocksMax, type PeerMessage } from '../wire/peer-message.ts';
import { isCommitOf, verifyCertificate } from '../wire/vote.ts';
import type { ChainKeeper, Committed } from './chain-keeper.ts';
import type { ValidatorErrorCode } from './errors.ts';
import type { Executor } from './executor.ts';

const answerMsMax = 5_000;

/** What a catch-up needs. */
export interface CatchUpOptions {
  readonly chainId: Uint8Array;
  readonly keeper: ChainKeeper;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Log;
  peers(): readonly PeerId[];
  send(to: PeerId, message: PeerMessage): void;
  onCommitted(committed: Committed): void;
  /** A peer gave a block that its certificate or its bodies contradict. */
  onLie(peer: PeerId): void;
  /** A peer had no block after the committed one. */
  onNothing(peer: PeerId): void;
  onFatal(error: Error): void;
}

/** One catch-up at a time. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** Whom the running request was sent to. */
  #asked: PeerId | null = null;
  #timer: Timer | null = null;
  #turn = 0;

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Whether blocks are being fetched or worked off. */
  get running(): boolean {
    return this.#asked !== null;
  }

  /** Starts fetching blocks after the committed one, from `hint` or anyone. Does nothing while one is running. */
  start(hint: PeerId | null): void {
    if (this.running) return;
    const peers = this.#options.peers();
    const peer = hint !== null && peers.includes(hint) ? hint : peers[this.#turn++ % Math.max(1, peers.length)];
    if (peer !== undefined) this.#ask(peer);
  }

  /** An answer to `want-blocks`. Anything not asked for is ignored. */
  take(from: PeerId, blocks: readonly CommittedBlock[]): void {
    if (from !== this.#asked) return;
    this.#timer?.cancel();
    this.#workOff(from, blocks, 0);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#asked = null;
  }

  #ask(peer: PeerId): void {
    this.#asked = peer;
    const fromHeight = this.#options.keeper.chain.height + 1;
    this.#options.send(peer, { kind: 'want-blocks', fromHeight, count: catchUpBlocksMax });
    this.#timer = this.#options.clock.setTimer(answerMsMax, () => {
      this.#asked = null;
    });
  }

  /** One block a timer tick, so that votes and terminals are not kept waiting. */
  #workOff(from: PeerId, blocks: readonly CommittedBlock[], index: number): void {
    const { clock, keeper, log, onLie } = this.#options;
    const next = blocks[index];
    if (next === undefined) {
      this.#asked = null;
      // A full answer: there may be more where it came from. Else the replica asks again when it still lags.
      if (blocks.length > 0) this.#ask(from);
      else this.#options.onNothing(from);
      return;
    }
    const { height } = keeper.chain;
    if (next.block.header.height > height) {
      const taken = this.#takeBlock(next);
      if (!taken.ok) {
        log.warn(
          { event: 'bad-block-offered', peer: from, height: next.block.header.height, reason: taken.reason },
          'a peer offered a block that does not hold',
        );
        this.#asked = null;
        if (taken.reason !== 'DIVERGED') onLie(from);
        return;
      }
    }
    this.#timer = clock.setTimer(0, () => this.#workOff(from, blocks, index + 1));
  }

  #takeBlock(offered: CommittedBlock): Result<true> {
    const { executor, keeper } = this.#options;
    const { block, certificate, bodies } = offered;
    const hash = hashOf(block.header);
    const checked = this.#check(offered, hash);
    if (!checked.ok) return checked;
    const executed = executor.execute(block.header, hash, bodies);
    if (!equalBytes(executed.resultRoot, certificate.resultRoot)) {
      this.#options.onFatal(divergence(block.header.height));
      return bad('DIVERGED');
    }
    const named = block.bodyDigests.map((digest, index) => ({ digest, bytes: bodies[index] as Uint8Array }));
    this.#options.onCommitted(keeper.commit(block, hash, certificate, named));
    return ok(true);
  }

  /** A quorum vouches for the header; here it is only made sure that it is the next one, and that the bodies are its own. */
  #check(offered: CommittedBlock, hash: Uint8Array): Result<true> {
    const { certificate } = offered;
    const { chainId, keeper } = this.#options;
    const { chain } = keeper;
    const { header } = offered.block;
    if (!equalBytes(header.chainId, chainId) || !followsChain(header, chain)) return bad('NOT_THE_NEXT_BLOCK');
    const certified = isCommitOf(header, hash, certificate);
    if (!certified.ok) return certified;
    const verified = verifyCertificate(chainId, chain.validators, certificate);
    if (!verified.ok) return verified;
    return bodiesAreWhole(offered) ? ok(true) : bad('OTHER_BODIES');
  }
}

/** The error of a validator whose execution contradicts a certificate. */
export function divergence(height: number): BizainError {
  const code: ValidatorErrorCode = 'CHAIN_DIVERGED';
  const message = `Executing block ${height} gave another result than a quorum certified. This validator has stopped. Check that it runs the same version as the others; keep its state directory for examination and start with an empty one.`;
  return new BizainError({ code, message, context: { height } });
}
