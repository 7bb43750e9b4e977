/**
 * Shards as they were at the last checkpoints, for terminals that fetch whole ones. A checkpoint costs no copy of the
 * state: it keeps the roots, and the old value of each leaf that changes after it (ARCHITECTURE D1).
 */
import { assert } from '#core/assert';
import { regionShard, type ShardId } from '#ledger/ids';
import type { Leaf, ShardDelta, ShardProof, SnapshotChunk } from '#ledger/state/delta';
import { snapshotChunkLeavesMax } from '#ledger/state/delta';
import type { LedgerState } from '#ledger/state/ledger-state';
import type { LightBlock } from '../wire/gateway-message.ts';
import { ProofPaths } from './proof-paths.ts';

/** Checkpoints fall on the first block in each such span of certificate time, so that validators have the same ones. */
export const checkpointMs = 30_000;
const checkpointsKept = 4;
/**
 * Leaves in a chunk of any shard but the region's, whose leaves are small: key commitments and serial lists have some
 * 16 KiB a leaf, and a chunk of half a megabyte passes any broker. The same on every validator.
 */
const heavyChunkLeaves = 32;

interface Checkpoint {
  readonly lightBlock: LightBlock;
  readonly receiptsRoot: Uint8Array;
  readonly index: ReadonlyMap<ShardId, number>;
  readonly roots: readonly Uint8Array[];
  readonly leafCounts: readonly number[];
  /** Leaves that changed after it, as they were, by shard and slot. */
  readonly before: Map<ShardId, Map<number, Leaf>>;
  paths: ProofPaths | null;
}

/** A chunk of a shard with what proves it. */
export interface SnapshotPart {
  readonly lightBlock: LightBlock;
  readonly proof: ShardProof;
  readonly chunk: SnapshotChunk;
  readonly chunkCount: number;
}

/** The last few checkpoints of one validator. */
export class Checkpoints {
  readonly #state: LedgerState;
  readonly #leavesFrom: (shard: ShardId, firstSlot: number, count: number) => readonly Leaf[];
  /** Oldest first. */
  readonly #kept: Checkpoint[] = [];

  /** `leavesFrom` reads committed leaves by slot. */
  constructor(state: LedgerState, leavesFrom: (shard: ShardId, firstSlot: number, count: number) => readonly Leaf[]) {
    this.#state = state;
    this.#leavesFrom = leavesFrom;
  }

  /** Whether a block is the first of its span of time. */
  static isDue(timeMs: number, parentTimeMs: number): boolean {
    return Math.floor(timeMs / checkpointMs) !== Math.floor(parentTimeMs / checkpointMs);
  }

  /** To be called before a block's deltas are committed: keeps the old values. */
  beforeCommit(deltas: readonly ShardDelta[]): void {
    const newest = this.#kept.at(-1);
    if (newest === undefined) return;
    for (const { shard, leaves } of deltas) {
      const index = newest.index.get(shard);
      if (index === undefined) continue;
      const leafCount = newest.leafCounts[index] as number;
      let before = newest.before.get(shard);
      if (before === undefined) {
        before = new Map();
        newest.before.set(shard, before);
      }
      for (const { slot, key } of leaves) {
        if (slot >= leafCount || before.has(slot)) continue;
        const value = this.#state.get(shard, key);
        assert(value !== undefined, 'a leaf below the leaf count has a value');
        before.set(slot, { slot, key, value });
      }
    }
  }

  /** Makes a checkpoint of the state as it is now, which the light block certifies. */
  take(lightBlock: LightBlock, receiptsRoot: Uint8Array): void {
    if (this.#kept.at(-1)?.lightBlock.header.height === lightBlock.header.height) return;
    const shards = this.#state.shardIds();
    this.#kept.push({
      lightBlock,
      receiptsRoot,
      index: new Map(shards.map((shard, index) => [shard, index])),
      roots: shards.map((shard) => this.#state.shardRootOf(shard) as Uint8Array),
      leafCounts: shards.map((shard) => this.#state.leafCount(shard)),
      before: new Map(),
      paths: null,
    });
    if (this.#kept.length > checkpointsKept) this.#kept.shift();
  }

  /** Whether the newest checkpoint has the shard. */
  has(shard: ShardId): boolean {
    return this.#kept.at(-1)?.index.has(shard) ?? false;
  }

  /** A chunk at a height, or at the newest checkpoint; undefined where that checkpoint, shard or chunk is not kept. */
  part(shard: ShardId, height: number | null, chunk: number): SnapshotPart | undefined {
    const at =
      height === null ? this.#kept.length - 1 : this.#kept.findIndex((c) => c.lightBlock.header.height === height);
    const checkpoint = this.#kept[at];
    const shardIndex = checkpoint?.index.get(shard);
    if (checkpoint === undefined || shardIndex === undefined) return undefined;
    const leafCount = checkpoint.leafCounts[shardIndex] as number;
    const chunkLeaves = shard === regionShard ? snapshotChunkLeavesMax : heavyChunkLeaves;
    const chunkCount = Math.ceil(leafCount / chunkLeaves);
    const firstSlot = chunk * chunkLeaves;
    if (chunk >= chunkCount) return undefined;
    const leaves = this.#leavesFrom(shard, firstSlot, Math.min(chunkLeaves, leafCount - firstSlot)).map((leaf) => {
      const { key, value } = this.#valueAt(at, shard, leaf);
      return { key, value };
    });
    checkpoint.paths ??= new ProofPaths(checkpoint.roots);
    const { lightBlock, receiptsRoot } = checkpoint;
    const proof = {
      shardIndex,
      shardCount: checkpoint.roots.length,
      path: checkpoint.paths.path(shardIndex),
      receiptsRoot,
    };
    return {
      lightBlock,
      proof,
      chunk: { shard, height: lightBlock.header.height, leafCount, firstSlot, leaves },
      chunkCount,
    };
  }

  /** A leaf as it was at a checkpoint: the oldest value kept since then, else today's. */
  #valueAt(from: number, shard: ShardId, now: Leaf): Leaf {
    for (let index = from; index < this.#kept.length; index++) {
      const before = this.#kept[index]?.before.get(shard)?.get(now.slot);
      if (before !== undefined) return before;
    }
    return now;
  }
}
