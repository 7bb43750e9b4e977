/** Answers about single things: an object with its path to the newest certificate, or this validator's word that there is none; a block's place in the history. */
import { signMessage } from '#core/ed25519';
import type { LedgerState } from '#ledger/state/ledger-state';
import { absenceDomain, absenceMessage, type ObjectName } from '../wire/absence.ts';
import { blockHash } from '../wire/block.ts';
import type { GatewayAnswer } from '../wire/gateway-message.ts';
import type { BlockStore } from './block-store.ts';
import type { ChainKeeper } from './chain-keeper.ts';

/** What the desk looks things up in, and signs with. */
export interface ProofDeskOptions {
  readonly chainId: Uint8Array;
  readonly state: LedgerState;
  readonly store: BlockStore;
  readonly keeper: ChainKeeper;
  readonly publicKey: Uint8Array;
  readonly secretSeed: Uint8Array;
}

const notFound: GatewayAnswer = { kind: 'none', reason: 'NOT_FOUND' };

/** The desk of one validator. */
export class ProofDesk {
  readonly #options: ProofDeskOptions;

  constructor(options: ProofDeskOptions) {
    this.#options = options;
  }

  /** As of the newest block, which must not lie before `atHeight`. */
  leaf(name: ObjectName, atHeight: number): GatewayAnswer {
    const { chainId, keeper, publicKey, secretSeed, state, store } = this.#options;
    const lightBlock = keeper.head;
    if (lightBlock === null || lightBlock.header.height < atHeight) return { kind: 'none', reason: 'BEHIND' };
    const { height } = lightBlock.header;
    const receiptsRoot = store.receiptsRoot(height);
    if (receiptsRoot === undefined) return notFound;
    const proof = state.leafProof(name.shard, name.key, receiptsRoot);
    const value = proof === undefined ? undefined : state.get(name.shard, name.key);
    if (proof !== undefined && value !== undefined) return { kind: 'leaf', lightBlock, value, proof };
    const said = { height, blockHash: blockHash(lightBlock.header) };
    const signature = signMessage(secretSeed, absenceDomain, absenceMessage(chainId, name, said));
    return { kind: 'absent', absence: { ...said, publicKey, signature } };
  }

  /** A block of any height up to the newest. */
  block(height: number): GatewayAnswer {
    const { keeper, store } = this.#options;
    const lightBlock = keeper.head;
    const asked = store.lightBlock(height);
    if (lightBlock === null || asked === undefined || height > lightBlock.header.height) return notFound;
    const { header, certificate } = asked;
    const isHead = height === lightBlock.header.height;
    const place = isHead ? null : store.historyProof(height, lightBlock.header.height);
    if (place === null && !isHead) return notFound;
    return { kind: 'block', header, resultRoot: certificate.resultRoot, place, lightBlock };
  }
}
