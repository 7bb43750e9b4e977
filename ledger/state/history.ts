/** Every block hash with its result root in a Merkle mountain range, so that a new certificate proves any old block. */
import { assert } from '#core/assert';
import { HASH_BYTES, sha256, taggedHash } from '#core/hash';

/** Hash of one block in the history. */
export function historyLeaf(blockHash: Uint8Array, resultRoot: Uint8Array): Uint8Array {
  return taggedHash('bizain/history-leaf/1', blockHash, resultRoot);
}

/** A node that is there for good: over the blocks `place * 2^level` and on, 2^level of them. Level 0 is a block itself. */
export interface HistoryNode {
  readonly level: number;
  readonly place: number;
  readonly hash: Uint8Array;
}

/** Levels of the perfect trees in a history of `count` blocks, largest first: the binary digits 1 of the count. */
export function peakLevels(count: number): number[] {
  const levels: number[] = [];
  for (let rest = count, level = 0; rest > 0; rest = Math.floor(rest / 2), level++) {
    if (rest % 2 === 1) levels.unshift(level);
  }
  return levels;
}

/** Root of a history: commits to the count and the roots of its perfect trees, largest first. */
export function historyRootOf(count: number, peaks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(count));
  return taggedHash('bizain/history/1', bytes, ...peaks);
}

/** The peaks of a history of `count` blocks as the nodes that they are. */
export function peakNodes(count: number, peaks: readonly Uint8Array[]): HistoryNode[] {
  let before = 0;
  return peakLevels(count).map((level, at) => {
    const place = before / 2 ** level;
    before += 2 ** level;
    return { level, place, hash: peaks[at] as Uint8Array };
  });
}

/** Perfect trees of falling size, one for each binary digit 1 of the count. */
export class History {
  #count = 0;
  /** Largest tree first. */
  #peaks: Uint8Array[] = [];

  /** Continues from what `count` and `peaks()` gave. */
  static fromPeaks(count: number, peaks: readonly Uint8Array[]): History {
    assert(Number.isSafeInteger(count) && count >= 0, `history of ${count} blocks`);
    assert(peaks.length === peakLevels(count).length, `${peaks.length} peaks for ${count} blocks`);
    assert(
      peaks.every((peak) => peak.length === HASH_BYTES),
      'a peak is 32 bytes',
    );
    const history = new History();
    history.#count = count;
    history.#peaks = peaks.map((peak) => peak.slice());
    return history;
  }

  get count(): number {
    return this.#count;
  }

  get root(): Uint8Array {
    return historyRootOf(this.#count, this.#peaks);
  }

  /** The peaks, largest tree first. */
  peaks(): Uint8Array[] {
    return this.#peaks.map((peak) => peak.slice());
  }

  /** Adds the next block. Gives the nodes that are now there for good, for whoever will prove old blocks (`proveHistory`). */
  append(blockHash: Uint8Array, resultRoot: Uint8Array): HistoryNode[] {
    let hash = historyLeaf(blockHash, resultRoot);
    const made: HistoryNode[] = [{ level: 0, place: this.#count, hash }];
    // As in binary counting: each trailing 1 of the count is a tree of the size just made.
    for (let rest = this.#count, level = 1; rest % 2 === 1; rest = Math.floor(rest / 2), level++) {
      const left = this.#peaks.pop();
      assert(left !== undefined, 'a peak for every binary digit 1 of the count');
      hash = sha256(left, hash);
      made.push({ level, place: Math.floor(rest / 2), hash });
    }
    this.#peaks.push(hash);
    this.#count++;
    return made;
  }
}
