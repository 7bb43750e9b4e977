import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HASH_BYTES, sha256 } from '#core/hash';
import { merklePath, merkleRoot } from '#core/merkle';
import { DenseTree } from '#ledger/state/dense-tree';
import { type ChangedPages, LeafHashArray, type LeafHashes, pageLeaves } from '#ledger/state/leaf-hashes';

/** Leaf hashes that a test may damage, and that the tree therefore compares. */
class Pages implements LeafHashes {
  readonly compared = true;
  readonly #hashes = new LeafHashArray();
  readonly bent = new Set<number>();

  read(firstSlot: number, count: number, into: Uint8Array, place: number): boolean {
    this.#hashes.read(firstSlot, count, into, place);
    for (const slot of this.bent) {
      if (slot >= firstSlot && slot < firstSlot + count) into[place + (slot - firstSlot) * HASH_BYTES] = 0;
    }
    return true;
  }

  commit(pages: ChangedPages): void {
    this.#hashes.commit(pages);
  }

  damaged(firstSlot: number): never {
    throw new RangeError(`page of slot ${firstSlot}`);
  }
}

const hashOf = (n: number): Uint8Array => {
  const hash = sha256(Uint8Array.of(n >>> 16, n >>> 8, n));
  hash[0] = 1;
  return hash;
};

/** Steps of growth (up to 90 new leaves) with rewritten slots among the old ones. */
const steps = fc.array(fc.record({ grow: fc.nat(90), rewrite: fc.array(fc.nat(2_000), { maxLength: 12 }) }), {
  minLength: 1,
  maxLength: 12,
});

function change(leaves: Uint8Array[], step: { grow: number; rewrite: readonly number[] }, draw: () => number) {
  const before = leaves.length;
  const slots = new Set(before === 0 ? [] : step.rewrite.map((n) => n % before));
  for (let slot = before; slot < before + step.grow; slot++) slots.add(slot);
  const indices = Uint32Array.from([...slots].sort((a, b) => a - b));
  for (const slot of indices) leaves[slot] = hashOf(draw());
  return { indices, hashes: Buffer.concat(Array.from(indices, (slot) => leaves[slot] as Uint8Array)) };
}

describe('a dense tree', () => {
  it('has the roots and paths of the plain tree after any growth, and again when it is loaded from its pages', () => {
    fc.assert(
      fc.property(steps, (story) => {
        const pages = new Pages();
        const tree = new DenseTree(pages);
        const leaves: Uint8Array[] = [];
        let drawn = 0;
        for (const step of story) {
          const { indices, hashes } = change(leaves, step, () => drawn++);
          tree.commit(tree.stage(leaves.length, indices, hashes));
          expect(tree.root).toEqual(merkleRoot(leaves));
        }
        const loaded = DenseTree.load(leaves.length, pages) as DenseTree;
        expect(loaded.root).toEqual(tree.root);
        for (const slot of [0, leaves.length >>> 1, leaves.length - 1].filter((at) => at >= 0 && at < leaves.length)) {
          expect(tree.path(slot)).toEqual(merklePath(leaves, slot));
          expect(loaded.path(slot)).toEqual(merklePath(leaves, slot));
          expect(loaded.leaf(slot)).toEqual(leaves[slot]);
        }
      }),
      { numRuns: 150 },
    );
  });

  it('notices a page that its holder changed, whenever it reads it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), (count, bent, beside) => {
        const pages = new Pages();
        const tree = new DenseTree(pages);
        const leaves: Uint8Array[] = [];
        const { indices, hashes } = change(leaves, { grow: count, rewrite: [] }, () => beside % 1_000);
        tree.commit(tree.stage(count, indices, hashes));
        const slot = bent % count;
        pages.bent.add(slot);
        const near = Math.min(count - 1, slot - (slot % pageLeaves) + (beside % pageLeaves));
        expect(() => tree.leaf(near)).toThrow(RangeError);
        expect(() => tree.path(near)).toThrow(RangeError);
        expect(() => tree.stage(count, Uint32Array.of(near), hashOf(7))).toThrow(RangeError);
        const loaded = DenseTree.load(count, pages) as DenseTree;
        expect(loaded.root).not.toEqual(tree.root);
      }),
      { numRuns: 100 },
    );
  });
});
