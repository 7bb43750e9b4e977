/**
 * The terminal's judge of everything the region says: commit certificates against the validators of their height, whom epoch
 * certificates prove one after the other; receipts and shards against certified result roots. Nothing leaves it unverified; it
 * knows no broker and no disk.
 */
import { equalBytes, toHex } from '#core/bytes';
import { merkleDepth } from '#core/merkle';
import { bad, ok, type Result } from '#core/result';
import type { ShardId } from '#ledger/ids';
import type { Receipt } from '#ledger/receipt';
import type { ShardDelta, ShardProof } from '#ledger/state/delta';
import { verifyShardProof } from '#ledger/state/proof';
import { resultRoot } from '#ledger/state/roots';
import type { ChainState } from '../pbft/chain.ts';
import { epochsOver } from '../pbft/refounded-chain.ts';
import { blockHash } from '../wire/block.ts';
import type { DeltaMessage, EpochCertificate, LightBlock, ReceiptsMessage } from '../wire/gateway-message.ts';
import { chainIdOf, type Genesis, type ValidatorInfo } from '../wire/genesis.ts';
import type { OperatorCheckpoint } from '../wire/operator-checkpoint.ts';
import type { RecoveryPage } from '../wire/recovery-page.ts';
import { isCommitOf, verifyCertificate } from '../wire/vote.ts';
import { BoundedMap } from './bounded-map.ts';
import type { CertifiedShard } from './certified-shard.ts';
import { chainStateOf, nextEpochStart } from './epoch-certificate.ts';
import type { LightFault } from './light-fault.ts';
import { type LightPlace, trustingPeriodMs } from './light-place.ts';
import { type OperatorFault, type RecoveryFault, verifyCheckpoint, verifyRecoveryPage } from './operator-word.ts';
import { provedReceiptsRoot } from './proved-receipts.ts';
import { ValidatorSpans } from './validator-spans.ts';

/** Heights whose certified hashes are remembered, so that a repeated light block is not verified twice. */
const knownBlocksMax = 1_024;

interface KnownBlock {
  readonly hash: Uint8Array;
  readonly resultRoot: Uint8Array;
}

/** A delta with what its shard must become. */
export interface CheckedDelta {
  readonly delta: ShardDelta;
  readonly certified: CertifiedShard;
}

/** Who is told what a light client learns, and who tells it the time. */
export interface LightWatch {
  /** Each newer head, once. */
  readonly onHead?: (head: LightBlock) => void;
  /** A certified contradiction: more than f validators are faulty and people must decide. */
  readonly onFork?: (detail: string) => void;
  /**
   * A block of validators unknown at a height where others may vote by now: ask for `epochs`. Unverified, so that anybody can
   * bring it about: ask seldom.
   */
  readonly onUnknownSet?: () => void;
  /** The latest time that it can be now, ms since 1970; without it trust does not expire. */
  readonly presentMs?: () => number;
}

/** Follows one region. Heads only move forward; a certified contradiction is `FORKED_REGION`. */
export class LightClient {
  readonly chainId: Uint8Array;
  readonly genesis: Genesis;
  readonly #watch: LightWatch;
  #known = new BoundedMap<number, KnownBlock>(knownBlocksMax);
  #spans: ValidatorSpans;
  #trustedMs: number;
  #epoch: number | null = null;
  #era: number;
  #head: LightBlock | null = null;

  /**
   * `trusted` is the place of an earlier run (`export`); its head is verified again, and all of it ignored if that fails. `watch`
   * is called synchronously, whatever message brought the news.
   */
  constructor(genesis: Genesis, trusted?: LightPlace, watch: LightWatch = {}) {
    this.genesis = genesis;
    this.chainId = chainIdOf(genesis);
    this.#watch = watch;
    const { timeMs, validators } = genesis;
    this.#spans = new ValidatorSpans(trusted?.spans ?? [{ fromHeight: 1, validators }]);
    this.#trustedMs = trusted?.trustedMs ?? timeMs;
    this.#epoch = trusted?.epoch ?? null;
    this.#era = trusted?.era ?? 0;
    const head = trusted?.head ?? null;
    if (head === null || this.#admit(head, false).ok) {
      this.#head = head;
      if (head !== null) watch.onHead?.(head);
      return;
    }
    this.#spans = new ValidatorSpans([{ fromHeight: 1, validators }]);
    this.#trustedMs = timeMs;
    this.#epoch = null;
    this.#era = 0;
  }

  /** The newest certified block seen, or null before the first. */
  get head(): LightBlock | null {
    return this.#head;
  }

  /** The validators of the newest epoch that is known, in the order of their indices. */
  get validators(): readonly ValidatorInfo[] {
    return this.#spans.at(this.#head?.header.height ?? 1)?.validators ?? this.#spans.newest.validators;
  }

  /** The validators of a height, in the order of their indices; null where they are not known. */
  validatorsAt(height: number): readonly ValidatorInfo[] | null {
    return this.#spans.at(height)?.validators ?? null;
  }

  /** The epoch of the last certificate followed: what an `epochs` question names. Null: ask for all. */
  get epoch(): number | null {
    return this.#epoch;
  }

  /** What a later run may be given as `trusted`. */
  export(): LightPlace {
    const spans = this.#spans.stored();
    return { head: this.#head, trustedMs: this.#trustedMs, spans, era: this.#era, epoch: this.#epoch };
  }

  /**
   * Takes certificates of epochs, the earliest first, each verified by what the ones before it prove. The answer is the number of
   * new sets; with a fault, those before the faulty one have been taken.
   */
  follow(certificates: readonly EpochCertificate[]): Result<number, LightFault> {
    let count = 0;
    for (const certificate of certificates) {
      const { lightBlock } = certificate;
      const chain = chainStateOf(certificate);
      if (!chain.ok) return chain;
      const accepted = this.acceptHead(lightBlock);
      if (!accepted.ok) return accepted;
      // Genuine, but the set that it proves never came to vote: its era ended before.
      if (chain.value.era < this.#era) continue;
      const fromHeight = nextEpochStart(this.genesis.epochTurns, chain.value);
      const added = this.#spans.add({ fromHeight, validators: [...chain.value.validatorsNext] });
      if (added === 'contradicts')
        return this.#forked(lightBlock.header.height, certificate.lightBlock.certificate.blockHash);
      if (added === 'new') count++;
      if (this.#epoch === null || chain.value.epoch > this.#epoch) this.#epoch = chain.value.epoch;
    }
    return ok(count);
  }

  /**
   * Goes on from a checkpoint that enough operators have signed. `older`: what is known is at least as new, and stays. `newer`: what
   * was known before, contradictions too, is forgotten, and the checkpoint's block is the head.
   */
  trust(checkpoint: OperatorCheckpoint): Result<'newer' | 'older', LightFault | OperatorFault> {
    const chain = verifyCheckpoint(this.genesis, checkpoint);
    if (!chain.ok) return chain;
    const { era, timeMs } = chain.value;
    if (era < this.#era || timeMs <= this.#trustedMs) return ok('older');
    this.#restart(chain.value);
    const head = this.acceptHead(checkpoint.certificate.lightBlock);
    return head.ok ? ok('newer') : head;
  }

  /**
   * Follows a new founding. `older`: that era is known. `newer`: whatever was known of heights after the page's block is forgotten.
   */
  refound(page: RecoveryPage): Result<'newer' | 'older', LightFault | OperatorFault | RecoveryFault> {
    const before = verifyRecoveryPage(this.genesis, page);
    if (!before.ok) return before;
    if (page.era <= this.#era) return ok('older');
    const { epochStart: fromHeight, validators, epoch } = before.value;
    const { lightBlock } = page.certificate;
    const { height, timeMs } = lightBlock.header;
    const next = { fromHeight: height + 1, validators: page.validators };
    this.#spans = this.#spans.refounded({ fromHeight, validators }, next);
    this.#era = page.era;
    this.#epoch = epoch + epochsOver;
    this.#trustedMs = timeMs;
    this.#known = new BoundedMap(knownBlocksMax);
    if (this.#head !== null && this.#head.header.height > height) this.#head = null;
    const head = this.acceptHead(lightBlock);
    return head.ok ? ok('newer') : head;
  }

  #restart(chain: ChainState): void {
    this.#era = chain.era;
    const { epochStart: fromHeight, validators, validatorsNext } = chain;
    this.#spans = new ValidatorSpans([{ fromHeight, validators }]);
    this.#spans.add({ fromHeight: nextEpochStart(this.genesis.epochTurns, chain), validators: validatorsNext });
    this.#trustedMs = chain.timeMs;
    this.#epoch = chain.epoch;
    this.#head = null;
    this.#known = new BoundedMap(knownBlocksMax);
  }

  /** Verifies a light block; `newer` moves the head, `known` is the same height or an older one. */
  acceptHead(lightBlock: LightBlock): Result<'newer' | 'known', LightFault> {
    const admitted = this.#admit(lightBlock);
    if (!admitted.ok) return admitted;
    if (this.#head !== null && lightBlock.header.height <= this.#head.header.height) return ok('known');
    this.#head = lightBlock;
    this.#watch.onHead?.(lightBlock);
    return ok('newer');
  }

  /** The receipts of a message, each proved by the block's certificate. All or none. */
  checkReceipts(message: ReceiptsMessage): Result<readonly Receipt[], LightFault> {
    const { header, certificate } = message.lightBlock;
    // Cheap tests first: a forger must not buy signature checks with nonsense.
    const depth = merkleDepth(message.receiptCount);
    for (const { receipt, index, path } of message.receipts) {
      if (index >= message.receiptCount || path.length !== depth) return bad('BAD_RECEIPT');
      if (receipt.height !== header.height || receipt.timeMs !== header.timeMs) return bad('BAD_RECEIPT');
    }
    const accepted = this.acceptHead(message.lightBlock);
    if (!accepted.ok) return accepted;
    const root = provedReceiptsRoot(message.receipts, message.receiptCount);
    if (root === undefined) return bad('BAD_RECEIPT');
    if (!equalBytes(resultRoot(message.stateRoot, root), certificate.resultRoot)) return bad('BAD_RECEIPTS_ROOT');
    return ok(message.receipts.map(({ receipt }) => receipt));
  }

  /**
   * A delta with the certified shard it must lead to: the proof holds only for one root, which the holder of the
   * shard computes by applying the leaves.
   */
  checkDelta(message: DeltaMessage): Result<CheckedDelta, LightFault> {
    const { delta, lightBlock, proof } = message;
    if (delta.height !== lightBlock.header.height) return bad('BAD_DELTA', 'delta of another height');
    let last = -1;
    for (const { slot } of delta.leaves) {
      if (slot <= last || slot >= delta.leafCount) return bad('BAD_DELTA', 'slots not ascending within the leaf count');
      last = slot;
    }
    const certified = this.checkShard(lightBlock, proof, delta.shard);
    return certified.ok ? ok({ delta, certified: certified.value }) : certified;
  }

  /** The certified shard that a light block and a proof speak of, for a shard fetched by other means (a snapshot). */
  checkShard(lightBlock: LightBlock, proof: ShardProof, shard: ShardId): Result<CertifiedShard, LightFault> {
    const accepted = this.acceptHead(lightBlock);
    if (!accepted.ok) return accepted;
    const { header, certificate } = lightBlock;
    return ok({
      shard,
      height: header.height,
      timeMs: header.timeMs,
      hasRoot: (root) => verifyShardProof(proof, root, certificate.resultRoot),
    });
  }

  /** Whether the block is certified and contradicts nothing seen. `expires`: whether trust may have run out. */
  #admit({ header, certificate }: LightBlock, expires = true): Result<true, LightFault> {
    if (!equalBytes(header.chainId, this.chainId)) return bad('OTHER_CHAIN');
    const set = this.#spans.at(header.height);
    if (set === null) return bad('OTHER_VALIDATORS', 'too long ago');
    if (!equalBytes(header.validatorSetHash, set.setHash)) return this.#unknownSet(header.height);
    if (header.height === 0) return bad('OTHER_HEIGHT');
    const hash = blockHash(header);
    const ofBlock = isCommitOf(header, hash, certificate);
    if (!ofBlock.ok) return ofBlock;
    const known = this.#known.get(header.height);
    const same =
      known !== undefined && equalBytes(known.hash, hash) && equalBytes(known.resultRoot, certificate.resultRoot);
    if (same) return ok(true);
    const presentMs = expires ? this.#watch.presentMs?.() : undefined;
    if (presentMs !== undefined && presentMs - this.#trustedMs > trustingPeriodMs) return bad('TRUST_EXPIRED');
    const genuine = verifyCertificate(this.chainId, set.validators, certificate);
    if (!genuine.ok) return genuine;
    if (known !== undefined) return this.#forked(header.height, hash);
    const block = { hash, resultRoot: certificate.resultRoot };
    const before = this.#known.get(header.height - 1);
    const parent = { hash: header.parentHash, resultRoot: header.parentResultRoot };
    if (before !== undefined && !sameBlock(before, parent)) return this.#forked(header.height, hash);
    this.#known.set(header.height, block);
    this.#trustedMs = Math.max(this.#trustedMs, header.timeMs);
    return ok(true);
  }

  #unknownSet(height: number): Result<never, LightFault> {
    const { fromHeight } = this.#spans.newest;
    const after = Math.max(fromHeight, this.#head?.header.height ?? 0);
    if (height > after) this.#watch.onUnknownSet?.();
    return bad('OTHER_VALIDATORS', `not the validators of height ${height}`);
  }

  #forked(height: number, hash: Uint8Array): Result<never, LightFault> {
    const detail = `certified block ${toHex(hash)} at height ${height} contradicts one seen before`;
    this.#watch.onFork?.(detail);
    return bad('FORKED_REGION', detail);
  }
}

function sameBlock(a: KnownBlock, b: KnownBlock): boolean {
  return equalBytes(a.hash, b.hash) && equalBytes(a.resultRoot, b.resultRoot);
}
