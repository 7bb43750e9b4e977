/** Every block hash with its result root in a Merkle mountain range, so that a new certificate proves any old block. */
import { assert } from '#core/assert';
import { HASH_BYTES, sha256, taggedHash } from '#core/hash';

/** Hash of one block in the history. */
export function historyLeaf(blockHash: Uint8Array, resultRoot: Uint8Array): Uint8Array {
  return taggedHash('bizain/history-leaf/1', blockHash, resultRoot);
}

function bitCount(count: number): number {
  let ones = 0;
  for (let rest = count; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}

/** Perfect trees of falling size, one for each binary digit 1 of the count; the root commits to count and peaks. */
export class History {
  #count = 0;
  /** Largest tree first. */
  #peaks: Uint8Array[] = [];

  /** Continues from what `count` and `peaks()` gave. */
  static fromPeaks(count: number, peaks: readonly Uint8Array[]): History {
    assert(Number.isSafeInteger(count) && count >= 0, `history of ${count} blocks`);
    assert(peaks.length === bitCount(count), `${peaks.length} peaks for ${count} blocks`);
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
    const count = new Uint8Array(8);
    new DataView(count.buffer).setBigUint64(0, BigInt(this.#count));
    return taggedHash('bizain/history/1', count, ...this.#peaks);
  }

  /** The peaks, largest tree first. */
  peaks(): Uint8Array[] {
    return this.#peaks.map((peak) => peak.slice());
  }

  /** Adds the next block. */
  append(blockHash: Uint8Array, resultRoot: Uint8Array): void {
    let node = historyLeaf(blockHash, resultRoot);
    // As in binary counting: each trailing 1 of the count is a tree of the size just made.
    for (let rest = this.#count; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      const left = this.#peaks.pop();
      assert(left !== undefined, 'a peak for every binary digit 1 of the count');
      node = sha256(left, node);
    }
    this.#peaks.push(node);
    this.#count++;
  }
}
