/**
 * Where a dense tree finds the hashes of its leaves. The tree itself keeps one node for each page of 8 of them, and asks
 * for a page when one of its leaves changes or is to be proved.
 */
import { AssertionFailure } from '#core/assert';
import { HASH_BYTES } from '#core/hash';

/**
 * Leaves in a page. A tree holds 8 bytes of nodes a leaf (twice 32 bytes a page); larger pages would hold less, and have more
 * hashes read and hashed again for a leaf that changes.
 */
export const pageLeaves = 8;

/** Pages that a change writes. */
export interface ChangedPages {
  /** Page numbers, ascending. Page n holds slots 8 n to 8 n + 7. */
  readonly numbers: Uint32Array;
  /** Hashes reserved for each page: 8, or fewer in a tree of one small page. */
  readonly width: number;
  /** The pages one after the other, 32 bytes a leaf, zeros behind the last leaf. */
  readonly hashes: Uint8Array;
  /** Leaves of the whole tree after the change. */
  readonly leafCount: number;
}

/** The leaf hashes of one tree. */
export interface LeafHashes {
  /** Whether what is read is compared with the tree's nodes: hashes from a disk are, hashes in memory need not be. */
  readonly compared: boolean;
  /**
   * Copies the hashes of `count` slots from `firstSlot` on, the first of a page, into `into` at byte `place`. False where
   * the holder has not exactly these.
   */
  read(firstSlot: number, count: number, into: Uint8Array, place: number): boolean;
  /** Takes over what a committed change made of its pages. Nothing to do for a holder that was written before its tree. */
  commit(pages: ChangedPages): void;
  /** Called when the page of a slot is missing or is not what the tree says: throws what the holder's users understand. */
  damaged(firstSlot: number): never;
}

/** How many leaves a page has in a tree of `leafCount`: 8, fewer in the last one, none behind it. */
export function leavesOfPage(page: number, leafCount: number): number {
  return Math.max(0, Math.min(pageLeaves, leafCount - page * pageLeaves));
}

/** Size for an array of `before` bytes that must hold `bytes`: it is copied seldom and at most a quarter of it is unused. */
export function roomFor(bytes: number, before: number): number {
  return bytes <= before ? before : Math.max(bytes, before + Math.ceil(before / 4));
}

/** Leaf hashes in one typed array, 32 bytes a leaf. */
export class LeafHashArray implements LeafHashes {
  readonly compared = false;
  #hashes = new Uint8Array(0);

  get byteLength(): number {
    return this.#hashes.length;
  }

  read(firstSlot: number, count: number, into: Uint8Array, place: number): boolean {
    const from = firstSlot * HASH_BYTES;
    into.set(this.#hashes.subarray(from, from + count * HASH_BYTES), place);
    return true;
  }

  commit({ numbers, width, hashes, leafCount }: ChangedPages): void {
    this.#grow(leafCount * HASH_BYTES);
    for (let at = 0; at < numbers.length; at++) {
      const page = numbers[at] as number;
      const from = at * width * HASH_BYTES;
      const bytes = leavesOfPage(page, leafCount) * HASH_BYTES;
      this.#hashes.set(hashes.subarray(from, from + bytes), page * pageLeaves * HASH_BYTES);
    }
  }

  damaged(firstSlot: number): never {
    throw new AssertionFailure(`leaf hashes in memory are those of the tree (slot ${firstSlot})`);
  }

  #grow(bytes: number): void {
    if (bytes <= this.#hashes.length) return;
    const grown = new Uint8Array(roomFor(bytes, this.#hashes.length));
    grown.set(this.#hashes);
    this.#hashes = grown;
  }
}
