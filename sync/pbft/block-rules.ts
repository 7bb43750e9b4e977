/** Makes fresh blocks and checks those of others: the header rules (ARCHITECTURE D2; SPEC R6 to R8). */
import { equalBytes, toHex } from '#core/bytes';
import { type Block, blockBodiesMax, bodyDigest, type Header, operationsRoot } from '../wire/block.ts';
import { type ValidatorInfo, validatorSetHash } from '../wire/genesis.ts';
import type { CommittedBlock } from '../wire/peer-message.ts';
import { beaconAlpha } from './beacon.ts';
import { type ChainState, chainStateHash } from './chain.ts';
import type { Instant, ReplicaConfig, ReplicaPorts } from './types.ts';

/** Why a block is no valid proposal. */
export type BlockFault =
  | 'WRONG_CHAIN'
  | 'WRONG_VIEW'
  | 'WRONG_PARENT'
  | 'WRONG_OPERATIONS'
  | 'REPEATED_BODY'
  | 'WRONG_TIME'
  | 'WRONG_BEACON'
  | 'NOT_THE_PREPARED_BLOCK';

/** SPEC R6: whether the digests are those that the header commits to, each once. Holds for re-proposals too. */
export function bodiesMatchHeader(block: Block): boolean {
  if (block.bodyDigests.length > blockBodiesMax) return false;
  return equalBytes(operationsRoot(block.bodyDigests), block.header.operationsRoot);
}

/** Whether a block comes with the very bodies that its header commits to, in their order. */
export function bodiesAreWhole({ block, bodies }: Pick<CommittedBlock, 'block' | 'bodies'>): boolean {
  const { bodyDigests } = block;
  const whole = bodiesMatchHeader(block) && bodies.length === bodyDigests.length;
  return whole && bodyDigests.every((digest, at) => equalBytes(digest, bodyDigest(bodies[at] as Uint8Array)));
}

/** R17, R18: a NEW-VIEW that must re-propose takes the very block of the prepared certificate; its time is exempt (D2). */
export function reproposalFault(block: Block, blockHash: Uint8Array, target: Uint8Array): BlockFault | null {
  if (!equalBytes(blockHash, target)) return 'NOT_THE_PREPARED_BLOCK';
  return bodiesMatchHeader(block) ? null : 'WRONG_OPERATIONS';
}

interface Commitments {
  readonly validatorSet: Uint8Array;
  readonly chainState: Uint8Array;
}

/** A height is proposed and judged several times on one chain state. */
const known = new WeakMap<ChainState, Commitments>();
const knownSets = new WeakMap<readonly ValidatorInfo[], Uint8Array>();

/** What a header on this chain commits to beside parent and history. */
function commitments(chain: ChainState): Commitments {
  const before = known.get(chain);
  if (before !== undefined) return before;
  const validatorSet = knownSets.get(chain.validators) ?? validatorSetHash(chain.validators);
  knownSets.set(chain.validators, validatorSet);
  const made = { validatorSet, chainState: chainStateHash(chain) };
  known.set(chain, made);
  return made;
}

/** Blocks on one chain, by and for one replica. */
export class BlockRules {
  readonly #config: ReplicaConfig;
  readonly #ports: ReplicaPorts;

  constructor(config: ReplicaConfig, ports: ReplicaPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** A fresh block on `chain`, proposed by the owner of `ownKey` in `view`. */
  make(
    chain: ChainState,
    by: { readonly view: number; readonly ownKey: Uint8Array },
    digests: readonly Uint8Array[],
    at: Instant,
  ): Block {
    const height = chain.height + 1;
    const { validatorSet, chainState } = commitments(chain);
    return {
      header: {
        chainId: this.#config.chainId,
        height,
        viewOfOrigin: by.view,
        parentHash: chain.blockHash,
        operationsRoot: operationsRoot(digests),
        timeMs: Math.max(Math.floor(at.wallMs), chain.timeMs + 1),
        beaconProof: this.#ports.proveBeacon(by.ownKey, beaconAlpha(chain.seed, height)),
        validatorSetHash: validatorSet,
        parentResultRoot: chain.resultRoot,
        historyRoot: chain.historyRoot,
        chainStateHash: chainState,
      },
      bodyDigests: digests,
    };
  }

  /** What is wrong with a block that is proposed for the first time, in `view`, by `primary`. The dear beacon check comes last. */
  freshFault(
    block: Block,
    chain: ChainState,
    by: { readonly view: number; readonly primary: number },
    at: Instant,
  ): BlockFault | null {
    const { header } = block;
    const { aheadMsMax, behindMsMax } = this.#config;
    if (!equalBytes(header.chainId, this.#config.chainId)) return 'WRONG_CHAIN';
    if (header.viewOfOrigin !== by.view) return 'WRONG_VIEW';
    if (!followsChain(header, chain)) return 'WRONG_PARENT';
    if (!bodiesMatchHeader(block)) return 'WRONG_OPERATIONS';
    if (new Set(block.bodyDigests.map(toHex)).size !== block.bodyDigests.length) return 'REPEATED_BODY';
    // D2: later than the parent's and within bounds of this clock. A parent ahead of the clock is not its child's fault.
    const latestMs = Math.max(at.wallMs + aheadMsMax, chain.timeMs + 1);
    const earliestMs = Math.max(at.wallMs - behindMsMax, chain.timeMs + 1);
    if (header.timeMs > latestMs || header.timeMs < earliestMs) return 'WRONG_TIME';
    const alpha = beaconAlpha(chain.seed, header.height);
    const primary = chain.validators[by.primary];
    const proves = primary !== undefined && this.#ports.verifyBeacon(primary.publicKey, alpha, header.beaconProof);
    return proves ? null : 'WRONG_BEACON';
  }
}

/** Whether a header continues the chain, as everybody who has executed its parent knows it. */
export function followsChain(header: Header, chain: ChainState): boolean {
  const { validatorSet, chainState } = commitments(chain);
  return (
    header.height === chain.height + 1 &&
    equalBytes(header.parentHash, chain.blockHash) &&
    equalBytes(header.parentResultRoot, chain.resultRoot) &&
    equalBytes(header.historyRoot, chain.historyRoot) &&
    equalBytes(header.validatorSetHash, validatorSet) &&
    equalBytes(header.chainStateHash, chainState)
  );
}
