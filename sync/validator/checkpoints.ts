/**
 * Shards as they were at the last checkpoints, for terminals that fetch whole ones. A checkpoint costs no copy of the
 * state: it keeps the roots, and the old value of each leaf that changes after it (ARCHITECTURE D1).
 */
import type { ShardId } from '#ledger/ids';
import type { Leaf, ShardProof, SnapshotChunk } from '#ledger/state/delta';
import { snapshotChunkLeavesMax } from '#ledger/state/delta';
import type { LedgerState } from '#ledger/state/ledger-state';
import type { LeafSizes, ShardChange } from '#ledger/state/object-store';
import type { LightBlock } from '../wire/gateway-message.ts';
import { ProofPaths } from './proof-paths.ts';

/** Checkpoints fall on the first block in each such span of certificate time, so that validators have the same ones. */
export const checkpointMsDefault = 30_000;
const checkpointsKept = 4;
/** Bytes of an ordinary chunk, and of any: half a megabyte passes every broker, and two pass most. */
const chunkBytes = { usual: 512 * 1024, max: 2 * 1024 * 1024 } as const;
/** Memory for leaves as they were, of all checkpoints; beyond it the oldest checkpoints end early. */
const beforeBytesDefault = 128 * 1024 * 1024;
/** What a leaf costs beside its key and value. */
const leafOverheadBytes = 200;

interface Checkpoint {
  readonly lightBlock: LightBlock;
  readonly receiptsRoot: Uint8Array;
  readonly index: ReadonlyMap<ShardId, number>;
  readonly roots: readonly Uint8Array[];
  readonly leafCounts: readonly number[];
  readonly chunkLeaves: readonly number[];
  /** Leaves that changed after it, as they were, by shard and slot. */
  readonly before: Map<ShardId, Map<number, Leaf>>;
  beforeBytes: number;
  paths: ProofPaths | null;
}

/** A chunk of a shard with what proves it. */
export interface SnapshotPart {
  readonly lightBlock: LightBlock;
  readonly proof: ShardProof;
  readonly chunk: SnapshotChunk;
  readonly chunkCount: number;
}

/** Leaves in a chunk of a shard: as many as usually fill it, and never more than fit if all were the largest. */
function chunkLeavesOf({ total, largest }: LeafSizes, leafCount: number): number {
  const usual = Math.floor((chunkBytes.usual * leafCount) / Math.max(total, 1));
  const most = Math.floor(chunkBytes.max / Math.max(largest, 1));
  return Math.max(1, Math.min(snapshotChunkLeavesMax, usual, most));
}

/** The last few checkpoints of one validator. */
export class Checkpoints {
  readonly #state: LedgerState;
  readonly #beforeBytesMax: number;
  /** Oldest first. */
  readonly #kept: Checkpoint[] = [];

  constructor(state: LedgerState, beforeBytesMax = beforeBytesDefault) {
    this.#state = state;
    this.#beforeBytesMax = beforeBytesMax;
  }

  /** Whether a block is the first of its span of time. */
  static isDue(timeMs: number, parentTimeMs: number, checkpointMs = checkpointMsDefault): boolean {
    return Math.floor(timeMs / checkpointMs) !== Math.floor(parentTimeMs / checkpointMs);
  }

  /** To be called with what each block changes: keeps the leaves as they were. */
  keep(changes: readonly ShardChange[]): void {
    const newest = this.#kept.at(-1);
    if (newest === undefined) return;
    for (const { delta, before: replaced } of changes) {
      const { shard } = delta;
      const index = newest.index.get(shard);
      if (index === undefined) continue;
      const leafCount = newest.leafCounts[index] as number;
      let before = newest.before.get(shard);
      if (before === undefined) {
        before = new Map();
        newest.before.set(shard, before);
      }
      for (const leaf of replaced) {
        if (leaf.slot >= leafCount || before.has(leaf.slot)) continue;
        before.set(leaf.slot, leaf);
        newest.beforeBytes += leafOverheadBytes + leaf.key.length + leaf.value.length;
      }
    }
    this.#dropOldest();
  }

  /** Ends checkpoints until the others are within their number and memory: the newest is the last to go. */
  #dropOldest(): void {
    const bytes = () => this.#kept.reduce((sum, { beforeBytes }) => sum + beforeBytes, 0);
    while (this.#kept.length > checkpointsKept || bytes() > this.#beforeBytesMax) this.#kept.shift();
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
      chunkLeaves: shards.map((shard) => chunkLeavesOf(this.#state.leafSizes(shard), this.#state.leafCount(shard))),
      before: new Map(),
      beforeBytes: 0,
      paths: null,
    });
    this.#dropOldest();
  }

  /** Height of the oldest one kept; 0 before the first. */
  get oldestHeight(): number {
    return this.#kept[0]?.lightBlock.header.height ?? 0;
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
    const chunkLeaves = checkpoint.chunkLeaves[shardIndex] as number;
    const chunkCount = Math.ceil(leafCount / chunkLeaves);
    const firstSlot = chunk * chunkLeaves;
    if (chunk >= chunkCount) return undefined;
    const now = this.#state.leaves(shard, firstSlot, Math.min(chunkLeaves, leafCount - firstSlot));
    const leaves = Array.from(now, (leaf) => {
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
