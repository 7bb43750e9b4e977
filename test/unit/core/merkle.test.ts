import { describe, expect, it } from 'vitest';
import { AssertionFailure } from '#core/assert';
import { batchHashIsNative, hashPairs, hashPairsPortable } from '#core/batch-hash';
import { concatBytes } from '#core/bytes';
import { SeededEntropy } from '#core/entropy';
import { sha256 } from '#core/hash';
import { merkleDepth, merklePath, merkleRoot, rootFromPath, zeroHash } from '#core/merkle';

const entropy = new SeededEntropy('merkle');

function leavesOf(count: number): Uint8Array[] {
  return Array.from({ length: count }, () => entropy.bytes(32));
}

/** The definition, without levels or ladders: pad with zero leaves, hash pairs until one is left. */
function plainRoot(leaves: readonly Uint8Array[]): Uint8Array {
  let nodes = [...leaves];
  while (nodes.length < 2 ** merkleDepth(leaves.length)) nodes.push(new Uint8Array(32));
  while (nodes.length > 1) {
    nodes = Array.from({ length: nodes.length / 2 }, (_, index) =>
      sha256(nodes[2 * index] as Uint8Array, nodes[2 * index + 1] as Uint8Array),
    );
  }
  return nodes[0] as Uint8Array;
}

describe('Merkle root', () => {
  it('is what the definition says, for every count up to 70', () => {
    expect(merkleRoot([])).toEqual(new Uint8Array(32));
    for (let count = 1; count <= 70; count++) {
      const leaves = leavesOf(count);
      expect(merkleRoot(leaves)).toEqual(plainRoot(leaves));
    }
  });

  it('of zero leaves only is the zero hash of its level', () => {
    for (const depth of [0, 1, 5]) {
      expect(merkleRoot(Array.from({ length: 2 ** depth }, () => new Uint8Array(32)))).toEqual(zeroHash(depth));
    }
  });

  it('refuses leaves that are no hashes', () => {
    expect(() => merkleRoot([new Uint8Array(31)])).toThrow(AssertionFailure);
  });
});

describe('Merkle path', () => {
  it('leads from every leaf to the root', () => {
    for (const count of [1, 2, 3, 5, 8, 13, 33]) {
      const leaves = leavesOf(count);
      const root = merkleRoot(leaves);
      for (const [index, leaf] of leaves.entries()) {
        const path = merklePath(leaves, index);
        expect(path).toHaveLength(merkleDepth(count));
        expect(rootFromPath(leaf, index, path)).toEqual(root);
      }
    }
  });

  it('leads elsewhere from another leaf, index or sibling', () => {
    const leaves = leavesOf(8);
    const root = merkleRoot(leaves);
    const path = merklePath(leaves, 3);
    expect(rootFromPath(leaves[2] as Uint8Array, 3, path)).not.toEqual(root);
    expect(rootFromPath(leaves[3] as Uint8Array, 2, path)).not.toEqual(root);
    expect(rootFromPath(leaves[3] as Uint8Array, 3, path.toReversed())).not.toEqual(root);
  });

  it('with an index beyond its length or a malformed hash has no root', () => {
    const leaves = leavesOf(4);
    const path = merklePath(leaves, 1);
    const leaf = leaves[1] as Uint8Array;
    // Index 5 has the same low bits as 1: without the check it would lead to the same root.
    for (const index of [5, -1, 1.5, 2 ** 53]) expect(rootFromPath(leaf, index, path)).toBeUndefined();
    expect(rootFromPath(leaf.subarray(1), 1, path)).toBeUndefined();
    expect(rootFromPath(leaf, 1, [new Uint8Array(31), path[1] as Uint8Array])).toBeUndefined();
    expect(
      rootFromPath(
        leaf,
        0,
        Array.from({ length: 33 }, () => leaf),
      ),
    ).toBeUndefined();
  });
});

describe('batch hashing', () => {
  it('gives the same hashes native and portable, and writes nothing beyond them', () => {
    for (const count of [0, 1, 2, 3, 7, 8, 16, 17, 100]) {
      const level = entropy.bytes(count * 64 + 5);
      const native = new Uint8Array(count * 32 + 3).fill(0xaa);
      const portable = native.slice();
      hashPairs(level, count, native);
      hashPairsPortable(level, count, portable);
      expect(native).toEqual(portable);
      expect(native.subarray(count * 32)).toEqual(Uint8Array.of(0xaa, 0xaa, 0xaa));
      if (count > 0) expect(native.subarray(0, 32)).toEqual(sha256(level.subarray(0, 64)));
    }
  });

  it('works on views into the middle of a buffer', () => {
    const buffer = concatBytes(new Uint8Array(7), entropy.bytes(128));
    const out = new Uint8Array(75);
    hashPairs(buffer.subarray(7), 2, out.subarray(11));
    expect(out.subarray(11)).toEqual(concatBytes(sha256(buffer.subarray(7, 71)), sha256(buffer.subarray(71))));
  });

  it('uses the native module where this package ships one', () => {
    const shipped = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch);
    expect(batchHashIsNative || !shipped).toBe(true);
  });

  it('refuses buffers that are too small', () => {
    expect(() => hashPairs(new Uint8Array(63), 1, new Uint8Array(32))).toThrow(AssertionFailure);
    expect(() => hashPairs(new Uint8Array(64), 1, new Uint8Array(31))).toThrow(AssertionFailure);
  });
});
