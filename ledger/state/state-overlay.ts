/** Writes on top of a view, kept apart until their owner takes them over or drops them. */
import { assert } from '#core/assert';
import type { ShardId } from '../ids.ts';
import { leafValueBytesMax } from './delta.ts';
import type { LedgerOverlay, LedgerView } from './view.ts';

/** Writes of one shard: objects by key in the order of first writing, and their size in a delta (upper bound, bytes). */
export interface ShardWrites {
  readonly objects: ReadonlyMap<string, Uint8Array>;
  readonly bytes: number;
}

interface OpenWrites extends ShardWrites {
  readonly objects: Map<string, Uint8Array>;
  bytes: number;
}

/** CBOR heads of a leaf, its slot, and the length of its key and value. */
const leafOverheadBytes = 20;

function leafBytes(key: string, value: Uint8Array): number {
  return leafOverheadBytes + key.length + value.length;
}

/** Copy on write over any view. Dropping it leaves no trace. */
export class StateOverlay implements LedgerOverlay {
  readonly base: LedgerView;
  readonly #shards = new Map<ShardId, OpenWrites>();

  constructor(base: LedgerView) {
    this.base = base;
  }

  holds(shard: ShardId): boolean {
    return this.base.holds(shard);
  }

  get(shard: ShardId, key: string): Uint8Array | undefined {
    return this.#shards.get(shard)?.objects.get(key) ?? this.base.get(shard, key);
  }

  /** Keeps the array itself: it must not be changed afterwards. */
  put(shard: ShardId, key: string, value: Uint8Array): void {
    assert(value.length <= leafValueBytesMax, `object ${shard} ${key} has ${value.length} bytes`);
    let writes = this.#shards.get(shard);
    if (writes === undefined) {
      writes = { objects: new Map(), bytes: 0 };
      this.#shards.set(shard, writes);
    }
    const before = writes.objects.get(key);
    writes.bytes += before === undefined ? leafBytes(key, value) : value.length - before.length;
    writes.objects.set(key, value);
  }

  /** Shards written to, in the order of first writing. */
  writes(): ReadonlyMap<ShardId, ShardWrites> {
    return this.#shards;
  }

  /** Whether every shard's writes, with those of `child` on top, stay within both limits. */
  hasRoomFor(child: StateOverlay, limits: { readonly leavesMax: number; readonly bytesMax: number }): boolean {
    for (const [shard, { objects, bytes }] of child.#shards) {
      const own = this.#shards.get(shard);
      let leaves = own?.objects.size ?? 0;
      let total = own?.bytes ?? 0;
      // Cheap bound first: most operations are far from both limits.
      if (leaves + objects.size <= limits.leavesMax && total + bytes <= limits.bytesMax) continue;
      for (const [key, value] of objects) {
        const before = own?.objects.get(key);
        if (before === undefined) leaves++;
        total += before === undefined ? leafBytes(key, value) : value.length - before.length;
      }
      if (leaves > limits.leavesMax || total > limits.bytesMax) return false;
    }
    return true;
  }

  /** Takes over the writes of an overlay that stands on this one, in their order. */
  absorb(child: StateOverlay): void {
    assert(child.base === this, 'only an overlay of this overlay can be absorbed');
    for (const [shard, { objects }] of child.#shards) {
      for (const [key, value] of objects) this.put(shard, key, value);
    }
  }
}
