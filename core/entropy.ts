/** Randomness as a thing that is passed in: the operating system's, or a reproducible stream. */
import { createHash, randomBytes } from 'node:crypto';
import { assert } from './assert.ts';
import { utf8 } from './bytes.ts';

/** Most bytes of one draw. */
export const ENTROPY_BYTES_MAX = 1 << 20;

const DRAW_BYTES = 6;
const DRAW_VALUES = 2 ** 48;

/** Source of random bytes. */
export interface Entropy {
  /** `count` fresh bytes, 0 to `ENTROPY_BYTES_MAX`. */
  bytes(count: number): Uint8Array;
}

function assertCount(count: number): void {
  assert(Number.isSafeInteger(count) && count >= 0 && count <= ENTROPY_BYTES_MAX, `cannot draw ${count} random bytes`);
}

/** The operating system's generator. */
export const systemEntropy: Entropy = {
  bytes(count) {
    assertCount(count);
    return new Uint8Array(randomBytes(count));
  },
};

/**
 * A reproducible stream: block i is SHA-256(seed || i as 8 bytes, big endian), used in full and in
 * order however it is cut into draws. The seed is text (a number is its decimal form) or bytes.
 * For tests, the simulator and draws from a beacon; not for keys unless the seed is a secret.
 */
export class SeededEntropy implements Entropy {
  readonly #seed: Uint8Array;
  #counter = 0n;
  #block = new Uint8Array(0);
  #used = 0;

  constructor(seed: string | number | Uint8Array) {
    this.#seed = seed instanceof Uint8Array ? Uint8Array.from(seed) : utf8(String(seed));
  }

  bytes(count: number): Uint8Array {
    assertCount(count);
    const out = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      if (this.#used === this.#block.length) this.#nextBlock();
      const part = this.#block.subarray(this.#used, this.#used + count - filled);
      out.set(part, filled);
      filled += part.length;
      this.#used += part.length;
    }
    return out;
  }

  #nextBlock(): void {
    const index = Buffer.alloc(8);
    index.writeBigUInt64BE(this.#counter++);
    this.#block = new Uint8Array(createHash('sha256').update(this.#seed).update(index).digest());
    this.#used = 0;
  }
}

/**
 * A uniform integer in [0, boundExclusive), bound 1 to 2^48: draws of 6 bytes, big endian, thrown
 * away from the last incomplete multiple of the bound on. The leader schedule relies on exactly this.
 */
export function uniformInt(entropy: Entropy, boundExclusive: number): number {
  assert(
    Number.isSafeInteger(boundExclusive) && boundExclusive >= 1 && boundExclusive <= DRAW_VALUES,
    `bound ${boundExclusive} is out of range`,
  );
  const limit = DRAW_VALUES - (DRAW_VALUES % boundExclusive);
  for (;;) {
    let draw = 0;
    for (const byte of entropy.bytes(DRAW_BYTES)) draw = draw * 256 + byte;
    if (draw < limit) return draw % boundExclusive;
  }
}
