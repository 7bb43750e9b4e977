/** Hot leaves in memory, the least recently used dropped first. */

/**
 * Larger values are not kept: dropped one by one out of a cache, they are garbage that the heap's owner hardly notices and the
 * system counts. To read one again costs little beside its size.
 */
const valueBytesMax = 4_096;

/** Values by shard and key, bounded in bytes (values and keys; bookkeeping comes on top, some 150 bytes an entry). */
export class LeafCache {
  readonly #bytesMax: number;
  readonly #entriesMax: number;
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(limit: { readonly bytes: number; readonly entries: number }) {
    this.#bytesMax = limit.bytes;
    this.#entriesMax = limit.entries;
  }

  get(shard: string, key: string): Uint8Array | undefined {
    const name = `${shard}\n${key}`;
    const value = this.#entries.get(name);
    if (value !== undefined) {
      this.#entries.delete(name);
      this.#entries.set(name, value);
    }
    return value;
  }

  set(shard: string, key: string, value: Uint8Array): void {
    const name = `${shard}\n${key}`;
    this.#drop(name);
    if (value.length > valueBytesMax) return;
    this.#entries.set(name, value);
    this.#bytes += name.length + value.length;
    while (this.#bytes > this.#bytesMax || this.#entries.size > this.#entriesMax) {
      const oldest = this.#entries.keys().next();
      if (oldest.done) break;
      this.#drop(oldest.value);
    }
  }

  delete(shard: string, key: string): void {
    this.#drop(`${shard}\n${key}`);
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #drop(name: string): void {
    const value = this.#entries.get(name);
    if (value === undefined) return;
    this.#entries.delete(name);
    this.#bytes -= name.length + value.length;
  }
}
