/** What peers ask and say, sorted: statements to the replica, segments to the door, questions answered from the store. */
import { toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import { encode } from '#core/format';
import type { PeerId } from '../pbft/voting-set.ts';
import { bodyDigest } from '../wire/block.ts';
import { type CommittedBlock, catchUpBlocksMax, committedBlockFormat, type PeerMessage } from '../wire/peer-message.ts';
import { Allowance } from './allowance.ts';
import type { BlockStore } from './block-store.ts';
import type { BodyCollector } from './body-collector.ts';
import type { BodyFetcher } from './body-fetcher.ts';
import type { CatchUp } from './catch-up.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { OwedAnswers } from './owed-answers.ts';
import type { ReplicaDriver } from './replica-driver.ts';
import type { SegmentDoor } from './segment-door.ts';
import type { SegmentGossip } from './segment-gossip.ts';
import type { SegmentPool } from './segment-pool.ts';
import { SnapshotDesk } from './snapshot-desk.ts';
import type { SnapshotFetch } from './snapshot-fetch.ts';
import type { StoreHealer } from './store-healer.ts';

/** Bytes of blocks in one answer; a single larger block is still given. */
const blocksBytesMax = 6 * 1024 * 1024;

/** What is given to peers is counted in units of this size; a lookup in vain is one too. */
const givingUnitBytes = 1_024;
/** 32 MiB a second to one peer, 96 to all: enough to catch up fast, too little to be kept busy with. */
const givingLimits = { perSecond: 96 * 1_024, perSecondEach: 32 * 1_024, burstSeconds: 2 };

/** What the desk hands on to. */
export interface PeerDeskOptions {
  readonly store: BlockStore;
  readonly keeper: ChainKeeper;
  readonly pool: SegmentPool;
  readonly driver: ReplicaDriver;
  readonly door: SegmentDoor;
  readonly catchUp: CatchUp;
  readonly collector: BodyCollector;
  readonly fetchers: readonly BodyFetcher[];
  readonly gossip: SegmentGossip;
  readonly owed: OwedAnswers;
  readonly healer: StoreHealer;
  readonly snapshots: SnapshotFetch;
  readonly clock: Clock;
  /** A peer has said what it must know to be wrong, or what it was not asked for. */
  onLie(peer: PeerId, what: string): void;
  /** False when the peer's queue is full. */
  send(to: PeerId, message: PeerMessage): boolean;
}

/** The desk of one validator. */
export class PeerDesk {
  readonly #options: PeerDeskOptions;
  readonly #giving: Allowance;
  readonly #snapshots: SnapshotDesk;
  /** Who last proposed at the height in work: the likeliest to have a block's bodies. */
  #proposer: PeerId | null = null;

  constructor(options: PeerDeskOptions) {
    this.#options = options;
    this.#giving = new Allowance(options.clock, givingLimits);
    this.#snapshots = new SnapshotDesk({
      checkpoints: () => options.keeper.checkpoints,
      epochs: () => options.store.epochs,
      giving: this.#giving,
      unitBytes: givingUnitBytes,
      send: (to, message) => options.send(to, message),
    });
  }

  get proposer(): PeerId | null {
    return this.#proposer;
  }

  take(from: PeerId, message: PeerMessage): void {
    const { driver, gossip, catchUp, healer, owed, onLie } = this.#options;
    switch (message.kind) {
      case 'proposal':
        this.#proposer = from;
        driver.dispatch({ kind: 'proposal', proposal: message.proposal });
        return;
      case 'vote':
        driver.dispatch({ kind: 'vote', vote: message.vote });
        return;
      case 'timeout':
        driver.dispatch({ kind: 'timeout', timeout: message.timeout });
        return;
      case 'status':
        driver.dispatch({ kind: 'peer-status', peer: from, committedHeight: message.committedHeight });
        return;
      case 'want-block':
        driver.dispatch({
          kind: 'want-block',
          peer: from,
          height: message.height,
          blockHash: message.blockHash,
        });
        return;
      case 'block':
        if (owed.take(from, 'block')) driver.dispatch({ kind: 'block', block: message.block });
        else onLie(from, 'a block that was not asked for');
        return;
      case 'want-bodies':
        this.#giveBodies(from, message.digests);
        return;
      case 'body':
        this.#takeBody(from, message.segment);
        return;
      case 'want-blocks':
        this.#giveBlocks(from, message.fromHeight, message.count);
        return;
      case 'blocks':
        if (!owed.take(from, 'blocks')) onLie(from, 'blocks that were not asked for');
        else if (!healer.take(from, message.blocks)) catchUp.take(from, message.blocks);
        return;
      case 'want-snapshot':
        this.#snapshots.giveHead(from, message.afterEpoch);
        return;
      case 'want-shards':
        this.#snapshots.giveShards(from, message.height, message.from);
        return;
      case 'want-chunks':
        this.#snapshots.giveChunks(from, message.height, message.chunks);
        return;
      case 'snapshot-head':
      case 'shards':
      case 'chunks':
        if (owed.take(from, message.kind)) this.#options.snapshots.take(from, message);
        else onLie(from, 'a piece of a state that was not asked for');
        return;
      case 'have-bodies':
        gossip.heard(from, message.digests);
        return;
      case 'alive':
        return;
    }
  }

  #giveBodies(to: PeerId, digests: readonly Uint8Array[]): void {
    for (const digest of digests) {
      if (!this.#giving.take(to)) return;
      const segment = this.#options.pool.body(toHex(digest)) ?? this.#options.store.body(digest);
      if (segment === undefined) continue;
      this.#giving.charge(to, segment.length / givingUnitBytes);
      if (!this.#options.send(to, { kind: 'body', segment })) return;
    }
  }

  #takeBody(from: PeerId, segment: Uint8Array): void {
    const { fetchers, collector, door, owed, onLie } = this.#options;
    const name = toHex(bodyDigest(segment));
    if (!owed.take(from, { body: name })) {
      onLie(from, 'a body that was not asked for');
      return;
    }
    for (const fetcher of fetchers) fetcher.arrived(from, name);
    if (!collector.offerNamed(name, segment)) door.fromPeer(from, segment);
  }

  #giveBlocks(to: PeerId, fromHeight: number, count: number): void {
    if (!this.#giving.take(to)) return;
    const blocks: CommittedBlock[] = [];
    const newest = this.#options.keeper.chain.height;
    let bytes = 0;
    for (let height = fromHeight; height <= newest && blocks.length < Math.min(count, catchUpBlocksMax); height++) {
      const block = this.#options.store.committedBlock(height);
      if (block === undefined) break;
      bytes += encode(committedBlockFormat, block).length;
      if (blocks.length > 0 && bytes > blocksBytesMax) break;
      blocks.push(block);
    }
    this.#giving.charge(to, bytes / givingUnitBytes);
    this.#options.send(to, { kind: 'blocks', blocks });
  }
}
