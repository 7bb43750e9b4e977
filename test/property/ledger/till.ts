/** What a till keeps: values and trees built from deltas alone, of all shards or of those that it asks for. */
import { strict as assert } from 'node:assert';
import { HashedShard } from '#agent/shard-store/hashed-shard';
import { equalBytes } from '#core/bytes';
import { decode, encode } from '#core/format';
import type { ShardId } from '#ledger/ids';
import { shardDeltaFormat } from '#ledger/state/delta';
import type { LedgerState, StateChange } from '#ledger/state/ledger-state';
import type { LedgerView } from '#ledger/state/view';

/** See the head of the file. */
export class Till implements LedgerView {
  readonly values = new Map<ShardId, Map<string, Uint8Array>>();
  readonly trees = new Map<ShardId, HashedShard>();
  readonly #wanted: (shard: ShardId) => boolean;
  readonly #isWhole: boolean;

  /** Without a test of what is wanted: everything, so that what is not there is known not to be. */
  constructor(state: LedgerState, wanted?: (shard: ShardId) => boolean) {
    this.#isWhole = wanted === undefined;
    this.#wanted = wanted ?? (() => true);
    for (const shard of state.shardIds())
      if (this.#wanted(shard)) this.#take(shard, [...state.leaves(shard)], state.leafCount(shard));
  }

  #take(shard: ShardId, leaves: readonly { slot: number; key: string; value: Uint8Array }[], leafCount: number): void {
    const tree = this.trees.get(shard) ?? new HashedShard(shard);
    this.trees.set(shard, tree);
    const staged = tree.stage(leafCount, leaves);
    assert.ok(staged !== null, 'a delta of the ledger is dense');
    staged.commit();
    const values = this.values.get(shard) ?? new Map<string, Uint8Array>();
    this.values.set(shard, values);
    for (const { key, value } of leaves) values.set(key, value);
  }

  /** Applies a block's deltas as they come over the wire. */
  apply(change: StateChange): void {
    for (const delta of change.deltas) {
      if (!this.#wanted(delta.shard)) continue;
      const received = decode(shardDeltaFormat, encode(shardDeltaFormat, delta));
      assert.ok(received.ok, 'a delta decodes');
      const root = this.trees.get(delta.shard)?.root ?? new HashedShard(delta.shard).root;
      assert.ok(equalBytes(received.value.baseRoot, root), `the delta of ${delta.shard} stands on what the till has`);
      this.#take(delta.shard, received.value.leaves, received.value.leafCount);
    }
  }

  holds(shard: ShardId): boolean {
    return this.#isWhole || this.values.has(shard);
  }

  get(shard: ShardId, key: string): Uint8Array | undefined {
    return this.values.get(shard)?.get(key);
  }
}
