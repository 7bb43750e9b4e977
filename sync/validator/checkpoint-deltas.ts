/**
 * What changed in reference shards (series, alliances, batches) from one checkpoint to the next, merged: a till that keeps
 * many of them need not hear every block (ARCHITECTURE D1). Made a little at a time, so that no block waits for it.
 */
import type { Clock, Timer } from '#core/clock';
import { encode } from '#core/format';
import type { Log } from '#core/log';
import type { ShardId } from '#ledger/ids';
import type { ShardProof } from '#ledger/state/delta';
import type { LedgerState } from '#ledger/state/ledger-state';
import { mergeDeltas } from '#ledger/state/merge-deltas';
import { deltaMessageFormat, type LightBlock } from '../wire/gateway-message.ts';
import { isReferenceShard } from '../wire/topics.ts';
import type { BlockStore } from './block-store.ts';
import type { Committed } from './chain-keeper.ts';
import { Checkpoints } from './checkpoints.ts';

/** Shards of one checkpoint; beyond it terminals ask. */
const shardsMax = 4_096;
/** Shards, and bytes of messages, made at a time. */
const stepShards = 32;
const stepBytes = 1024 * 1024;
const stepMs = 20;

interface Due {
  readonly shard: ShardId;
  readonly lightBlock: LightBlock;
  readonly afterHeight: number;
  /** As of the checkpoint: the state has moved on when the message is made. */
  readonly proof: ShardProof;
}

/** What it needs. */
export interface CheckpointDeltasOptions {
  readonly state: LedgerState;
  readonly store: Pick<BlockStore, 'deltasAfter'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Length of the spans of certificate time, ms: the same at all validators. */
  readonly checkpointMs: number;
  /** Where the chain stands. */
  readonly chain: { readonly height: number; readonly timeMs: number };
  /** Whether anybody is to be told of the checkpoint at this height. */
  wanted(height: number): boolean;
  /** An encoded delta message. `height`: of its checkpoint. */
  send(shard: ShardId, payload: Uint8Array, height: number): void;
}

/** Follows the chain block by block. */
export class CheckpointDeltas {
  readonly #options: CheckpointDeltasOptions;
  readonly #changed = new Set<ShardId>();
  #due: Due[] = [];
  /** The last checkpoint, or where this run began; and the time of the last block. */
  #checkpointHeight: number;
  #timeMs: number;
  #timer: Timer | null = null;

  constructor(options: CheckpointDeltasOptions) {
    this.#options = options;
    this.#checkpointHeight = options.chain.height;
    this.#timeMs = options.chain.timeMs;
  }

  /** To be called with each block, when the state stands there. */
  committed({ lightBlock, executed }: Committed): void {
    const { checkpointMs, state, wanted } = this.#options;
    const { height, timeMs } = lightBlock.header;
    for (const { shard } of executed.change.deltas) if (isReferenceShard(shard)) this.#changed.add(shard);
    const isDue = Checkpoints.isDue(timeMs, this.#timeMs, checkpointMs);
    this.#timeMs = timeMs;
    if (!isDue) return;
    const afterHeight = this.#checkpointHeight;
    this.#checkpointHeight = height;
    const shards = [...this.#changed].slice(0, shardsMax);
    this.#changed.clear();
    if (!wanted(height)) return;
    if (this.#due.length > 0)
      this.#options.log.warn({ shards: this.#due.length }, 'deltas of a checkpoint came too late');
    this.#due = shards.map((shard) => {
      return { shard, lightBlock, afterHeight, proof: state.shardProof(shard, executed.receiptsRoot) };
    });
    this.#goOn();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#due = [];
  }

  #goOn(): void {
    if (this.#timer !== null || this.#due.length === 0) return;
    this.#timer = this.#options.clock.setTimer(stepMs, () => {
      this.#timer = null;
      this.#step();
      this.#goOn();
    });
  }

  #step(): void {
    let bytes = 0;
    for (let made = 0; made < stepShards && bytes < stepBytes; made++) {
      const due = this.#due.shift();
      if (due === undefined) return;
      const payload = this.#message(due);
      if (payload === null) continue;
      bytes += payload.length;
      this.#options.send(due.shard, payload, due.lightBlock.header.height);
    }
  }

  /** Null where too much changed, or too long ago: a terminal asks for it, or for a snapshot. */
  #message({ shard, lightBlock, afterHeight, proof }: Due): Uint8Array | null {
    const { height } = lightBlock.header;
    const stored = this.#options.store.deltasAfter(shard, afterHeight)?.filter((delta) => delta.height <= height) ?? [];
    const merged = mergeDeltas(stored);
    if (!merged.ok) return null;
    return encode(deltaMessageFormat, { lightBlock, delta: { ...merged.value, height }, proof });
  }
}
