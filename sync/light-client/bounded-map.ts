/** A map that forgets what was set longest ago. */
import { assert } from '#core/assert';

/** At most `countMax` entries; setting one more drops the oldest. Reading does not renew an entry. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>();
  readonly #countMax: number;

  constructor(countMax: number) {
    assert(countMax >= 1, `a map of at most ${countMax} entries`);
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: K): V | undefined {
    return this.#entries.get(key);
  }

  set(key: K, value: V): void {
    this.#entries.delete(key);
    if (this.#entries.size >= this.#countMax) {
      const oldest = this.#entries.keys().next();
      if (!oldest.done) this.#entries.delete(oldest.value);
    }
    this.#entries.set(key, value);
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }
}
