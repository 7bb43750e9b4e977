/**
 * Shards as they were at the last checkpoints, for terminals that fetch whole ones. A checkpoint costs no copy of the
 * state: it keeps the roots, and the old value of each leaf that changes after it (ARCHITECTURE D1).
 */
import type { ShardId } from '#ledger/ids';
import { chunkSpanUpTo } from '#ledger/state/chunk-roots';
import type { Leaf, ShardProof, SnapshotChunk } from '#ledger/state/delta';
import type { LedgerState } from '#ledger/state/ledger-state';
import type { LeafSizes, ShardChange } from '#ledger/state/object-store';
import type { LightBlock } from '../wire/gateway-message.ts';
import { ProofPaths } from './proof-paths.ts';

/** Checkpoints fall on the first block in each such span of certificate time, so that validators have the same ones. */
export const checkpointMsDefault = 30_000;
const checkpointsKept = 4;
/** So many while the oldest is being fetched: ten minutes of the usual spans. */
const checkpointsKeptInUse = 20;
/** Bytes of an ordinary chunk, and of any: half a megabyte passes every broker, and two pass most. */
const chunkBytes = { usual: 512 * 1024, max: 2 * 1024 * 1024 } as const;
/** Memory for leaves as they were, of all checkpoints; beyond it the oldest checkpoints end early. */
const beforeBytesDefault = 128 * 1024 * 1024;
/** What a leaf costs beside its key and value. */
const leafOverheadBytes = 200;

/** What a checkpoint's header commits to, for who begins with it: as it was before the checkpoint's block. */
export interface CheckpointOrigin {
  /** Encoded `chainStateFormat`. */
  readonly chainState: Uint8Array;
  /** Peaks of the history, largest first. */
  readonly peaks: readonly Uint8Array[];
}

/** A shard as it was at a checkpoint. */
export interface CheckpointShard {
  readonly shard: ShardId;
  readonly leafCount: number;
  readonly root: Uint8Array;
  /** Leaves of a chunk, and the nodes over the chunks (`ledger/state/chunk-roots.ts`). */
  readonly span: number;
  readonly nodes: Uint8Array;
}

/** A checkpoint that another validator can begin with. */
export interface CheckpointHead extends CheckpointOrigin {
  readonly lightBlock: LightBlock;
  readonly receiptsRoot: Uint8Array;
  readonly shardCount: number;
}

interface Checkpoint {
  readonly lightBlock: LightBlock;
  readonly origin: CheckpointOrigin | null;
  readonly receiptsRoot: Uint8Array;
  /** Shards by their number, and back. */
  readonly names: readonly ShardId[];
  readonly index: ReadonlyMap<ShardId, number>;
  readonly roots: readonly Uint8Array[];
  readonly leafCounts: readonly number[];
  readonly chunkLeaves: readonly number[];
  /** Leaves that changed after it, as they were, by shard and slot. */
  readonly before: Map<ShardId, Map<number, Leaf>>;
  beforeBytes: number;
  paths: ProofPaths | null;
  /** Nodes over the chunks of each shard; none without an origin. */
  readonly nodes: readonly Uint8Array[];
  /** Whether somebody has read of it since the newest one was taken. */
  inUse: boolean;
}

/** A chunk of a shard with what proves it. */
export interface SnapshotPart {
  readonly lightBlock: LightBlock;
  readonly proof: ShardProof;
  readonly chunk: SnapshotChunk;
  readonly chunkCount: number;
}

/** Leaves in a chunk of a shard: as many as usually fill it, never more than fit if all were the largest, and one node of the tree over them. */
function chunkLeavesOf({ total, largest }: LeafSizes, leafCount: number): number {
  const usual = Math.floor((chunkBytes.usual * leafCount) / Math.max(total, 1));
  const most = Math.floor(chunkBytes.max / Math.max(largest, 1));
  return chunkSpanUpTo(Math.min(usual, most));
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
    const kept = () => (this.#kept[0]?.inUse === true ? checkpointsKeptInUse : checkpointsKept);
    while (this.#kept.length > kept() || bytes() > this.#beforeBytesMax) this.#kept.shift();
  }

  /** Makes a checkpoint of the state as it is now, which the light block certifies. Without its origin validators cannot begin with it. */
  take(lightBlock: LightBlock, receiptsRoot: Uint8Array, origin: CheckpointOrigin | null = null): void {
    if (this.#kept.at(-1)?.lightBlock.header.height === lightBlock.header.height) return;
    const shards = this.#state.shardIds();
    const chunkLeaves = shards.map((s) => chunkLeavesOf(this.#state.leafSizes(s), this.#state.leafCount(s)));
    const made: Checkpoint = {
      lightBlock,
      origin,
      receiptsRoot,
      names: shards,
      index: new Map(shards.map((shard, index) => [shard, index])),
      roots: shards.map((shard) => this.#state.shardRootOf(shard) as Uint8Array),
      leafCounts: shards.map((shard) => this.#state.leafCount(shard)),
      chunkLeaves,
      nodes: origin === null ? [] : shards.map((s, at) => this.#state.chunkNodes(s, chunkLeaves[at] as number)),
      before: new Map(),
      beforeBytes: 0,
      paths: null,
      inUse: false,
    };
    this.#kept.push(made);
    this.#dropOldest();
    // Who is at work asks again before the next one.
    for (const checkpoint of this.#kept) checkpoint.inUse = false;
  }

  /** The newest checkpoint that a validator can begin with. */
  head(): CheckpointHead | null {
    const found = this.#kept.findLast(({ origin }) => origin !== null);
    if (found === undefined || found.origin === null) return null;
    const { lightBlock, receiptsRoot, origin, roots } = found;
    return { lightBlock, receiptsRoot, shardCount: roots.length, ...origin };
  }

  /** Shards at a height from one on, at most `count`, in the order of their creation; undefined where that checkpoint is not kept. */
  shards(height: number, from: number, count: number): CheckpointShard[] | undefined {
    const found = this.#at(height);
    if (found === undefined || found.origin === null) return undefined;
    found.inUse = true;
    const { names, roots, leafCounts, chunkLeaves, nodes } = found;
    return names.slice(from, from + count).map((shard, at) => ({
      shard,
      leafCount: leafCounts[from + at] as number,
      root: roots[from + at] as Uint8Array,
      span: chunkLeaves[from + at] as number,
      nodes: nodes[from + at] as Uint8Array,
    }));
  }

  /**
   * Leaves of a shard, by its number, as they were at a height; undefined where that checkpoint, shard or any of the slots is not kept,
   * or they are more than a chunk holds.
   */
  leaves(height: number, at: { shardIndex: number; firstSlot: number; count: number }): Leaf[] | undefined {
    const found = this.#at(height);
    const shard = found?.names[at.shardIndex];
    if (found === undefined || shard === undefined) return undefined;
    if (at.firstSlot + at.count > (found.leafCounts[at.shardIndex] as number)) return undefined;
    found.inUse = true;
    const from = this.#kept.indexOf(found);
    const leaves: Leaf[] = [];
    let bytes = 0;
    for (const now of this.#state.leaves(shard, at.firstSlot, at.count)) {
      const leaf = this.#valueAt(from, shard, now);
      bytes += leaf.key.length + leaf.value.length;
      if (bytes > 2 * chunkBytes.max) return undefined;
      leaves.push(leaf);
    }
    return leaves;
  }

  #at(height: number): Checkpoint | undefined {
    return this.#kept.find(({ lightBlock }) => lightBlock.header.height === height);
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
    checkpoint.inUse = true;
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
