/**
 * The terminal's judge of everything the region says: commit certificates against the validator set, receipts and
 * shards against certified result roots. Nothing leaves it unverified; it knows no broker, no clock and no disk.
 */
import { equalBytes, toHex } from '#core/bytes';
import { merkleDepth } from '#core/merkle';
import { bad, ok, type Result } from '#core/result';
import type { ShardId } from '#ledger/ids';
import type { Receipt } from '#ledger/receipt';
import type { ShardDelta, ShardProof } from '#ledger/state/delta';
import { verifyShardProof } from '#ledger/state/proof';
import { resultRoot } from '#ledger/state/roots';
import { blockHash } from '../wire/block.ts';
import type { DeltaMessage, LightBlock, ReceiptsMessage } from '../wire/gateway-message.ts';
import { chainIdOf, type Genesis, validatorSetHash } from '../wire/genesis.ts';
import { commitPhase, verifyCertificate } from '../wire/vote.ts';
import { BoundedMap } from './bounded-map.ts';
import type { CertifiedShard } from './certified-shard.ts';
import type { LightFault } from './light-fault.ts';
import { provedReceiptsRoot } from './proved-receipts.ts';

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

/** Who is told what a light client learns. */
export interface LightWatch {
  /** Each newer head, once. */
  readonly onHead?: (head: LightBlock) => void;
  /** A certified contradiction: more than f validators are faulty and people must decide. */
  readonly onFork?: (detail: string) => void;
}

/** Follows one region. Heads only move forward; a certified contradiction is `FORKED_REGION`. */
export class LightClient {
  readonly chainId: Uint8Array;
  readonly genesis: Genesis;
  readonly #setHash: Uint8Array;
  readonly #watch: LightWatch;
  readonly #known = new BoundedMap<number, KnownBlock>(knownBlocksMax);
  #head: LightBlock | null = null;

  /**
   * `trusted` is the head of an earlier run (`export`); it is verified again, and ignored if it fails. `watch` is called
   * synchronously, whatever message brought the news.
   */
  constructor(genesis: Genesis, trusted?: LightBlock, watch: LightWatch = {}) {
    this.genesis = genesis;
    this.chainId = chainIdOf(genesis);
    this.#setHash = validatorSetHash(genesis.validators);
    this.#watch = watch;
    if (trusted !== undefined) this.acceptHead(trusted);
  }

  /** The newest certified block seen, or null before the first. */
  get head(): LightBlock | null {
    return this.#head;
  }

  /** What a later run may be given as `trusted`. */
  export(): LightBlock | null {
    return this.#head;
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

  /** Whether the block is certified and contradicts nothing seen. */
  #admit({ header, certificate }: LightBlock): Result<true, LightFault> {
    if (!equalBytes(header.chainId, this.chainId)) return bad('OTHER_CHAIN');
    if (!equalBytes(header.validatorSetHash, this.#setHash)) return bad('OTHER_VALIDATORS');
    if (certificate.phase !== commitPhase) return bad('NOT_COMMIT');
    if (certificate.height !== header.height || header.height === 0) return bad('OTHER_HEIGHT');
    const hash = blockHash(header);
    if (!equalBytes(certificate.blockHash, hash)) return bad('OTHER_BLOCK');
    const known = this.#known.get(header.height);
    const same =
      known !== undefined && equalBytes(known.hash, hash) && equalBytes(known.resultRoot, certificate.resultRoot);
    if (same) return ok(true);
    const genuine = verifyCertificate(this.chainId, this.genesis.validators, certificate);
    if (!genuine.ok) return genuine;
    if (known !== undefined) return this.#forked(header.height, hash);
    const block = { hash, resultRoot: certificate.resultRoot };
    const before = this.#known.get(header.height - 1);
    const parent = { hash: header.parentHash, resultRoot: header.parentResultRoot };
    if (before !== undefined && !sameBlock(before, parent)) return this.#forked(header.height, hash);
    this.#known.set(header.height, block);
    return ok(true);
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
