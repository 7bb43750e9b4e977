/**
 * The committed chain of one validator: takes a certified block that has been executed, makes it durable in one
 * transaction, and only then moves the state in memory on.
 */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import { encode } from '#core/format';
import { outcomes } from '#ledger/receipt';
import type { History } from '#ledger/state/history';
import { wishedAfter } from '#ledger/validators/validator-set';
import { advanceChain, type ChainState, chainStateFormat } from '../pbft/chain.ts';
import type { ScheduleConfig } from '../pbft/schedule.ts';
import type { Block } from '../wire/block.ts';
import type { EpochCertificate, LightBlock } from '../wire/gateway-message.ts';
import type { RecoveryPage } from '../wire/recovery-page.ts';
import type { Certificate } from '../wire/vote.ts';
import type { BeaconKeeper } from './beacon-keeper.ts';
import type { BlockStore } from './block-store.ts';
import type { Body } from './body-table.ts';
import { Checkpoints } from './checkpoints.ts';
import { changingEpoch } from './epoch-table.ts';
import type { Executed, Executor } from './executor.ts';
import { afterFounding } from './refounding.ts';
import type { Retention } from './retention.ts';
import type { SegmentPool } from './segment-pool.ts';
import { spansOf } from './span-table.ts';

/** A block that has just been committed. */
export interface Committed {
  readonly lightBlock: LightBlock;
  readonly executed: Executed;
  readonly chain: ChainState;
}

/** Entries of committed blocks by what became of them. */
export interface EntriesExecuted {
  readonly applied: number;
  /** Refused or conflicted. */
  readonly other: number;
}

/** What a keeper brings together. */
export interface ChainKeeperOptions {
  readonly schedule: ScheduleConfig;
  readonly store: BlockStore;
  readonly executor: Executor;
  readonly pool: SegmentPool;
  readonly beacon: BeaconKeeper;
  /** Length of the spans of time that checkpoints begin, ms. */
  readonly checkpointMs?: number;
  readonly retention: Retention;
  /** New foundings of the region, for who comes to their blocks from before. */
  readonly pages?: readonly RecoveryPage[];
}

/** Where this validator stands, in memory and on disk alike. */
export class ChainKeeper {
  readonly checkpoints: Checkpoints;
  readonly #options: ChainKeeperOptions;
  readonly #history: History;
  #chain: ChainState;
  #head: LightBlock | null;
  #applied = 0;
  #other = 0;

  /** Takes up what the store holds; the executor's state must be the store's. */
  constructor(options: ChainKeeperOptions) {
    const { store, executor } = options;
    this.#options = options;
    this.#chain = store.chain();
    this.#history = store.history();
    this.checkpoints = new Checkpoints(executor.state);
    const last = store.result(this.#chain.height);
    this.#head = last?.lightBlock ?? null;
    if (last !== undefined) this.checkpoints.take(last.lightBlock, last.receiptsRoot);
  }

  get chain(): ChainState {
    return this.#chain;
  }

  /** The newest light block; null before the first block. */
  get head(): LightBlock | null {
    return this.#head;
  }

  /** The newest light block with the chain state that its header commits to; null before the first block. */
  get certificate(): EpochCertificate | null {
    return this.#options.store.newestCertificate();
  }

  /** Since the start. */
  get entries(): EntriesExecuted {
    return { applied: this.#applied, other: this.#other };
  }

  /** Commits the next block, whose result is kept by the executor. Durable when this returns. */
  commit(block: Block, blockHash: Uint8Array, certificate: Certificate, bodies: readonly Body[]): Committed {
    const { schedule, store, executor, pool, beacon, retention } = this.#options;
    const { header } = block;
    const executed = executor.result(blockHash);
    assert(header.height === this.#chain.height + 1, `block ${header.height} does not follow ${this.#chain.height}`);
    assert(executed !== undefined, 'a block is executed before it is committed');
    assert(equalBytes(executed.resultRoot, certificate.resultRoot), 'the certificate is for another result');
    const { resultRoot } = executed;
    const due =
      this.#chain.height === 0 || Checkpoints.isDue(header.timeMs, this.#chain.timeMs, this.#options.checkpointMs);
    const origin = due ? { chainState: encode(chainStateFormat, this.#chain), peaks: this.#history.peaks() } : null;
    const historyNodes = this.#history.append(blockHash, resultRoot);
    const step = {
      header,
      blockHash,
      resultRoot,
      historyRoot: this.#history.root,
      beaconOutput: beacon.outputOf(header.beaconProof),
      wished: wishedAfter(executed.change, executor.state).map(({ name, publicKey }) => ({ name, publicKey })),
    };
    const chain = afterFounding(this.#options.pages ?? [], advanceChain(schedule, this.#chain, step));
    const certified = changingEpoch(this.#chain, { header, certificate });
    if (certified !== null) {
      store.open();
      store.epochs.add(this.#chain.epoch, certified);
    }
    const prunableUpTo = retention.prunableUpTo(header.height, this.checkpoints.oldestHeight);
    const history = this.#history;
    store.commit({ block, blockHash, certificate, executed, bodies, chain, history, historyNodes, prunableUpTo });
    this.checkpoints.keep(executed.change.changes);
    executor.commit(blockHash);
    this.#chain = chain;
    this.#head = { header, certificate };
    if (due) this.checkpoints.take(this.#head, executed.receiptsRoot, origin);
    pool.committed(block.bodyDigests, header.timeMs);
    for (const { first } of spansOf(executed.receipts)) {
      const receipt = executed.receipts[first];
      if (receipt !== undefined) pool.refresh(receipt);
    }
    for (const { outcome } of executed.receipts) {
      if (outcomes[outcome] === 'applied') this.#applied++;
      else this.#other++;
    }
    return { lightBlock: this.#head, executed, chain };
  }
}
