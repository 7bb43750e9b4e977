/** Paths to many leaves of one Merkle tree (core/merkle.ts), the levels computed once. */
import { hashPairs } from '#core/batch-hash';
import { HASH_BYTES } from '#core/hash';
import { merkleDepth, zeroHash } from '#core/merkle';

/** All levels of a tree over 32-byte leaf hashes; paths are those of `merklePath`. */
export class ProofPaths {
  readonly #levels: Uint8Array[] = [];
  readonly #leafCount: number;

  constructor(leaves: readonly Uint8Array[]) {
    this.#leafCount = leaves.length;
    const depth = merkleDepth(leaves.length);
    let count = leaves.length;
    let level = new Uint8Array((count + (count & 1)) * HASH_BYTES);
    for (let index = 0; index < leaves.length; index++) level.set(leaves[index] as Uint8Array, index * HASH_BYTES);
    for (let height = 1; height <= depth; height++) {
      this.#levels.push(level);
      const parents = (count + 1) >>> 1;
      const next = new Uint8Array((parents + (parents & 1)) * HASH_BYTES);
      hashPairs(level, parents, next);
      if (parents & 1) next.set(zeroHash(height), parents * HASH_BYTES);
      level = next;
      count = parents;
    }
  }

  get leafCount(): number {
    return this.#leafCount;
  }

  /** Siblings from the leaf at `index` upwards. */
  path(index: number): Uint8Array[] {
    let at = index;
    return this.#levels.map((level) => {
      const sibling = (at ^ 1) * HASH_BYTES;
      at >>>= 1;
      return level.slice(sibling, sibling + HASH_BYTES);
    });
  }
}
