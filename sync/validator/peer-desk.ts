/** What peers ask and say, sorted: statements to the replica, segments to the door, questions answered from the store. */
import { toHex } from '#core/bytes';
import { encode } from '#core/format';
import type { PeerId } from '../pbft/voting-set.ts';
import { type CommittedBlock, catchUpBlocksMax, committedBlockFormat, type PeerMessage } from '../wire/peer-message.ts';
import type { BlockStore } from './block-store.ts';
import type { CatchUp } from './catch-up.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { ReplicaDriver } from './replica-driver.ts';
import type { SegmentDoor } from './segment-door.ts';
import type { SegmentPool } from './segment-pool.ts';

/** Bytes of blocks in one answer; a single larger block is still given. */
const blocksBytesMax = 6 * 1024 * 1024;

/** What the desk hands on to. */
export interface PeerDeskOptions {
  readonly store: BlockStore;
  readonly keeper: ChainKeeper;
  readonly pool: SegmentPool;
  readonly driver: ReplicaDriver;
  readonly door: SegmentDoor;
  readonly catchUp: CatchUp;
  /** False when the peer's queue is full. */
  send(to: PeerId, message: PeerMessage): boolean;
}

/** The desk of one validator. */
export class PeerDesk {
  readonly #options: PeerDeskOptions;
  /** Who last proposed at the height in work: the likeliest to have a block's bodies. */
  #proposer: PeerId | null = null;

  constructor(options: PeerDeskOptions) {
    this.#options = options;
  }

  get proposer(): PeerId | null {
    return this.#proposer;
  }

  take(from: PeerId, message: PeerMessage): void {
    const { driver, door, catchUp } = this.#options;
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
        driver.dispatch({ kind: 'block', block: message.block });
        return;
      case 'want-bodies':
        this.#giveBodies(from, message.digests);
        return;
      case 'body':
        door.fromPeer(message.segment);
        return;
      case 'want-blocks':
        this.#giveBlocks(from, message.fromHeight, message.count);
        return;
      case 'blocks':
        catchUp.take(from, message.blocks);
        return;
      case 'have-bodies':
      case 'alive':
        return;
    }
  }

  #giveBodies(to: PeerId, digests: readonly Uint8Array[]): void {
    for (const digest of digests) {
      const segment = this.#options.pool.body(toHex(digest)) ?? this.#options.store.body(digest);
      if (segment !== undefined && !this.#options.send(to, { kind: 'body', segment })) return;
    }
  }

  #giveBlocks(to: PeerId, fromHeight: number, count: number): void {
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
    this.#options.send(to, { kind: 'blocks', blocks });
  }
}
