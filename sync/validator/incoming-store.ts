/** A store that is filled with a fetched state, chunk by chunk, beside the one in use, and then takes its place at the next start. */
import { dirname } from 'node:path';
import { encode } from '#core/format';
import type { ShardId } from '#ledger/ids';
import { History, peakNodes } from '#ledger/state/history';
import { readWishedValidators } from '#ledger/validators/validator-set';
import { advanceChain, chainStateFormat } from '../pbft/chain.ts';
import type { ScheduleConfig } from '../pbft/schedule.ts';
import { silentUntilFoundOut } from '../pbft/silence.ts';
import { blockHash } from '../wire/block.ts';
import type { EpochCertificate } from '../wire/gateway-message.ts';
import type { WantedChunk } from '../wire/snapshot-message.ts';
import { BlockStore } from './block-store.ts';
import { changingEpoch } from './epoch-table.ts';
import type { CheckedChunk, SnapshotPlan } from './snapshot-plan.ts';
import { decideForIncoming, freshIncoming } from './store-swap.ts';

/** Leaves that are written in one transaction. */
const leavesAtOnce = 32_768;

/** Certificates by the epoch that they end. */
export type FetchedEpochs = ReadonlyMap<number, EpochCertificate>;

/** What a store takes over from the one in use, and how its chain goes on. */
export interface Succession {
  readonly chainId: Uint8Array;
  readonly own: BlockStore;
  readonly schedule: ScheduleConfig;
  readonly epochs: FetchedEpochs;
  /** The output of a header's beacon proof. */
  beaconOf(proof: Uint8Array): Uint8Array;
}

/** The store of one attempt. Throws what SQLite throws. */
export class IncomingStore {
  readonly #stateDir: string;
  readonly #plan: SnapshotPlan;
  readonly #store: BlockStore;
  readonly #sizes: { total: number; largest: number }[];
  #unflushed = 0;
  #leaves = 0;

  /** Makes it beside the store in use, in place of what an earlier attempt left. */
  constructor(own: BlockStore, plan: SnapshotPlan) {
    this.#stateDir = dirname(own.path);
    this.#plan = plan;
    // Nothing of it counts before all of it is there: only the end has to reach the disk.
    this.#store = new BlockStore(freshIncoming(this.#stateDir), { synchronous: 'NORMAL' });
    this.#sizes = plan.shards.map(() => ({ total: 0, largest: 0 }));
  }

  /** Leaves written. */
  get leaves(): number {
    return this.#leaves;
  }

  /** Writes a chunk that has been checked. */
  write({ shardIndex, firstSlot }: WantedChunk, { leaves, hashes }: CheckedChunk): void {
    const sizes = this.#sizes[shardIndex] as { total: number; largest: number };
    for (const { key, value } of leaves) {
      const bytes = key.length + value.length;
      sizes.total += bytes;
      sizes.largest = Math.max(sizes.largest, bytes);
    }
    const placed = leaves.map(({ key, value }, at) => ({ slot: firstSlot + at, key, value }));
    this.#store.open();
    this.#store.objects.load(shardIndex, placed, hashes);
    this.#leaves += leaves.length;
    this.#unflushed += leaves.length;
    if (this.#unflushed < leavesAtOnce) return;
    this.#store.flush();
    this.#unflushed = 0;
  }

  /**
   * All chunks are written: the store becomes the one of the next start. The caller says nothing any more in the name of the old one,
   * whose chain is shorter: whatever was said before is of a height that the new one has behind it.
   */
  complete({ chainId, own, schedule, epochs, beaconOf }: Succession): void {
    const { head, shards, stateRoot } = this.#plan;
    const { lightBlock, chain, peaks, receiptsRoot } = head;
    const { header, certificate } = lightBlock;
    const { resultRoot } = certificate;
    const store = this.#store;
    store.open();
    for (const [index, { shard, leafCount, root }] of shards.entries())
      store.objects.loadShard(index, { shard, leafCount, root, sizes: this.#sizes[index] ?? { total: 0, largest: 0 } });
    own.epochs.copyTo(store.epochs);
    for (const [epoch, kept] of epochs) store.epochs.add(epoch, kept);
    const changing = changingEpoch(chain, lightBlock);
    if (changing !== null) store.epochs.add(chain.epoch, changing);
    // A new founding has validators under other keys: what this one said before is no business of theirs, and no proof of silence.
    const sameEra = own.chain().era === chain.era;
    if (sameEra) own.authored.copyTo(store.authored);
    for (const { number, input, result } of own.calls.all()) {
      store.calls.put(number, input);
      if (result !== null) store.calls.putResult(number, result);
    }
    const history = History.fromPeaks(chain.height, peaks);
    const hash = blockHash(header);
    const made = history.append(hash, resultRoot);
    const after = advanceChain(schedule, chain, {
      header,
      blockHash: hash,
      resultRoot,
      historyRoot: history.root,
      beaconOutput: beaconOf(header.beaconProof),
      wished: readWishedValidators({ holds: () => true, get: (shard, key) => this.#get(shard, key) }),
    });
    store.beginAfter(chainId, {
      lightBlock,
      validators: chain.validators,
      stateRoot,
      receiptsRoot,
      chain: after,
      chainBefore: encode(chainStateFormat, chain),
      history,
      historyNodes: [...peakNodes(chain.height, peaks), ...made],
      silentUpTo: sameEra ? own.silentUpTo() : silentUntilFoundOut,
    });
    store.close();
    decideForIncoming(this.#stateDir);
  }

  /** Ends an attempt. */
  discard(): void {
    this.#store.close();
    freshIncoming(this.#stateDir);
  }

  #get(shard: ShardId, key: string): Uint8Array | undefined {
    const { objects } = this.#store;
    const index = objects.numberOf(shard);
    return index === undefined ? undefined : objects.read(index, key)?.value;
  }
}
