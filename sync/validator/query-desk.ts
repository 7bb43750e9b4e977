/** Answers what terminals ask a validator. Every answer proves itself; none needs to be trusted because of who gave it. */
import type { ShardId } from '#ledger/ids';
import type { ShardDelta } from '#ledger/state/delta';
import type { LedgerState } from '#ledger/state/ledger-state';
import { mergeDeltas } from '#ledger/state/merge-deltas';
import { epochCertificatesMax, type GatewayAnswer, type GatewayQuery } from '../wire/gateway-message.ts';
import type { BlockStore } from './block-store.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { ProofDesk } from './proof-desk.ts';
import type { ReceiptMessages } from './receipt-messages.ts';

const directoryMax = 2_048;
const receiptLimits = { messages: 64, receipts: 2_048 };

/** Why there is no answer. */
export type NoAnswer = 'NOT_FOUND' | 'TOO_OLD' | 'BEHIND' | 'BUSY';

/** What the desk looks things up in. */
export interface QueryDeskOptions {
  readonly state: LedgerState;
  readonly store: BlockStore;
  readonly keeper: ChainKeeper;
  readonly receipts: ReceiptMessages;
  readonly proofs: ProofDesk;
  /** This validator's report, signed for an asker's nonce. */
  report(nonce: Uint8Array): { readonly report: string; readonly signature: Uint8Array };
}

function none(reason: NoAnswer): GatewayAnswer {
  return { kind: 'none', reason };
}

/** The desk of one validator. Questions may ask for anything; the cost of an answer is bounded. */
export class QueryDesk {
  readonly #options: QueryDeskOptions;

  constructor(options: QueryDeskOptions) {
    this.#options = options;
  }

  answer(query: GatewayQuery): GatewayAnswer {
    switch (query.kind) {
      case 'head':
        return { kind: 'head', lightBlock: this.#options.keeper.head };
      case 'directory':
        return this.#directory(query.afterIndex);
      case 'snapshot':
        return this.#snapshot(query.shard, query.height, query.chunk);
      case 'deltas':
        return this.#deltas(query.shard, query.afterHeight);
      case 'leaf':
        return this.#options.proofs.leaf(query, query.atHeight);
      case 'block':
        return this.#options.proofs.block(query.height);
      case 'status':
        return { kind: 'status', ...this.#options.report(query.nonce) };
      case 'epochs':
        return { kind: 'epochs', ...this.#options.store.epochs.after(query.afterEpoch, epochCertificatesMax) };
      case 'checkpoint': {
        const { certificate } = this.#options.keeper;
        return certificate === null ? none('NOT_FOUND') : { kind: 'checkpoint', certificate };
      }
      case 'receipts': {
        const messages = this.#options.receipts.from(query, receiptLimits);
        return messages.length === 0 ? none('NOT_FOUND') : { kind: 'receipts', messages };
      }
    }
  }

  #directory(afterIndex: number | null): GatewayAnswer {
    const shards = this.#options.state.shardIds();
    const first = afterIndex === null ? 0 : afterIndex + 1;
    const page = shards.slice(first, first + directoryMax).map((shard, at) => ({ index: first + at, shard }));
    return { kind: 'directory', shards: page, more: first + page.length < shards.length ? 1 : 0 };
  }

  #snapshot(shard: ShardId, height: number | null, chunk: number): GatewayAnswer {
    const { keeper, state } = this.#options;
    const { checkpoints, head } = keeper;
    // A shard younger than the last checkpoint: one of its own, so that a terminal need not wait for the next.
    if (height === null && !checkpoints.has(shard) && state.leafCount(shard) > 0 && head !== null) {
      const last = this.#options.store.result(head.header.height);
      if (last !== undefined) checkpoints.take(last.lightBlock, last.receiptsRoot);
    }
    const part = checkpoints.part(shard, height, chunk);
    if (part !== undefined) return { kind: 'snapshot', ...part };
    return none(height === null ? 'NOT_FOUND' : 'TOO_OLD');
  }

  #deltas(shard: ShardId, afterHeight: number): GatewayAnswer {
    const { keeper, state, store } = this.#options;
    const lightBlock = keeper.head;
    const root = state.shardRootOf(shard);
    if (lightBlock === null || root === undefined || afterHeight > lightBlock.header.height) return none('NOT_FOUND');
    const stored = store.deltasAfter(shard, afterHeight);
    const receiptsRoot = store.receiptsRoot(lightBlock.header.height);
    if (stored === undefined || receiptsRoot === undefined) return none('TOO_OLD');
    const { height } = lightBlock.header;
    const merged = stored.length === 0 ? null : mergeDeltas(stored);
    if (merged !== null && !merged.ok) return none('TOO_OLD');
    const unchanged: ShardDelta = { shard, baseRoot: root, height, leafCount: state.leafCount(shard), leaves: [] };
    // As of the newest block, which the proof speaks of, also where the last change was earlier.
    const delta = merged === null ? unchanged : { ...merged.value, height };
    return { kind: 'deltas', message: { lightBlock, delta, proof: state.shardProof(shard, receiptsRoot) } };
  }
}
