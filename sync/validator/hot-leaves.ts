/**
 * Leaves that were lately read or written, so that the next block need not ask the disk and finds the very same arrays. Two
 * generations: what is not used while the younger one fills up is dropped with the older one, without bookkeeping a leaf.
 */
import type { Leaf } from '#ledger/state/delta';

type Generation = Map<number, Map<string, Leaf>>;

/** What a leaf costs beside its value and key, bytes: objects, map entries, and the value's array. */
const leafOverheadBytes = 300;

/** Leaves by shard number and key within about `bytesMax`, everything counted. */
export class HotLeaves {
  readonly #halfBytes: number;
  #young: Generation = new Map();
  #old: Generation = new Map();
  #youngBytes = 0;

  constructor(bytesMax: number) {
    this.#halfBytes = bytesMax / 2;
  }

  get(shard: number, key: string): Leaf | undefined {
    const young = this.#young.get(shard)?.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(shard)?.get(key);
    if (old !== undefined) this.set(shard, old);
    return old;
  }

  set(shard: number, leaf: Leaf): void {
    let leaves = this.#young.get(shard);
    if (leaves === undefined) {
      leaves = new Map();
      this.#young.set(shard, leaves);
    }
    // A leaf that is written again and again is counted each time: the generation is over sooner, never later.
    this.#youngBytes += leafOverheadBytes + leaf.key.length + leaf.value.length;
    leaves.set(leaf.key, leaf);
    if (this.#youngBytes > this.#halfBytes) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
  }
}
