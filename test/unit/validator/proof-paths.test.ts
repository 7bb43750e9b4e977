import { expect, test } from 'vitest';
import { sha256 } from '#core/hash';
import { merklePath } from '#core/merkle';
import { ProofPaths } from '#sync/validator/proof-paths';

test('every path of a tree is the one that a single computation gives', () => {
  for (const count of [0, 1, 2, 3, 5, 8, 13, 64, 65]) {
    const leaves = Array.from({ length: count }, (_, index) => sha256(Uint8Array.of(index)));
    const paths = new ProofPaths(leaves);
    expect(paths.leafCount).toBe(count);
    for (let index = 0; index < count; index++) expect(paths.path(index)).toEqual(merklePath(leaves, index));
  }
});
