/** The choices of one step: a small generator seeded by the step's number, so that a shrunk case replays by its numbers alone. */

/** Draws in a fixed order from a seed of 32 bits. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** An integer from 0 to `count` - 1 (mulberry32). */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }

  /** True once in `count` draws. */
  oneIn(count: number): boolean {
    return this.below(count) === 0;
  }

  /** One of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  /** One of a list, or null where it is empty. */
  some<T>(list: readonly T[]): T | null {
    return list.length === 0 ? null : this.pick(list);
  }

  /** An amount from 0 to `most`, now and then one that is far too much. */
  amount(most: number): bigint {
    if (this.oneIn(25)) return this.pick([0n, 2n ** 64n, 2n ** 96n - 1n]);
    return BigInt(this.below(most + 1));
  }
}
