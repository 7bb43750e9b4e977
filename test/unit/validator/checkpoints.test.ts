import { describe, expect, it } from 'vitest';
import { equalBytes } from '#core/bytes';
import { encode } from '#core/format';
import { HASH_BYTES } from '#core/hash';
import { leafValueBytesMax, snapshotChunkFormat } from '#ledger/state/delta';
import { DenseTree } from '#ledger/state/dense-tree';
import { LedgerState } from '#ledger/state/ledger-state';
import { verifyShardProof } from '#ledger/state/proof';
import { leafHash, resultRoot, shardRoot } from '#ledger/state/roots';
import { Checkpoints } from '#sync/validator/checkpoints';

const receipts = new Uint8Array(HASH_BYTES);
const lightBlockAt = (height: number) => ({ header: { height } }) as Parameters<Checkpoints['take']>[0];

/** A state that moves on block by block, with its checkpoints and the result roots that were certified. */
class Chain {
  readonly state = LedgerState.empty();
  readonly checkpoints: Checkpoints;
  readonly results = new Map<number, Uint8Array>();
  height = 0;

  constructor(beforeBytesMax?: number) {
    this.checkpoints = new Checkpoints(this.state, beforeBytesMax);
  }

  block(writes: Readonly<Record<string, Uint8Array>>, shard = 'r'): void {
    const overlay = this.state.overlay();
    for (const [key, value] of Object.entries(writes)) overlay.put(shard, key, value);
    const change = this.state.evaluate(overlay, ++this.height);
    this.checkpoints.keep(change.changes);
    this.state.commit(change);
  }

  take(): number {
    this.checkpoints.take(lightBlockAt(this.height), receipts);
    this.results.set(this.height, resultRoot(this.state.stateRoot, receipts));
    return this.height;
  }

  /** Whether the chunks kept for a height are the shard that was certified there. */
  proves(height: number, shard = 'r'): boolean {
    const tree = new DenseTree();
    for (let chunk = 0, count = 1; chunk < count; chunk++) {
      const part = this.checkpoints.part(shard, height, chunk);
      if (part === undefined) return false;
      count = part.chunkCount;
      const { firstSlot, leaves } = part.chunk;
      expect(encode(snapshotChunkFormat, part.chunk).length).toBeLessThan(2.2 * 1024 * 1024);
      expect(firstSlot).toBe(tree.leafCount);
      const after = firstSlot + leaves.length;
      const slots = Uint32Array.from(leaves, (_, at) => firstSlot + at);
      const hashes = Buffer.concat(leaves.map(({ key, value }) => leafHash(key, value)));
      tree.commit(tree.stage(after, slots, hashes));
      if (chunk !== count - 1) continue;
      const root = shardRoot(shard, after, tree.root);
      return verifyShardProof(part.proof, root, this.results.get(height) as Uint8Array);
    }
    return false;
  }
}

const many = (count: number, bytes: number, fill: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, new Uint8Array(bytes).fill(fill)]));

describe('a checkpoint', () => {
  it('gives the shard as it was certified, whatever blocks and checkpoints came after it', () => {
    const chain = new Chain();
    chain.block(many(1_500, 40, 1));
    const heights = [chain.take()];
    for (let step = 2; step < 5; step++) {
      chain.block(many(step * 400, 40, step));
      chain.block({ [`new${step}`]: Uint8Array.of(step), k7: Uint8Array.of(step) });
      heights.push(chain.take());
    }
    chain.block({ k7: Uint8Array.of(99) });
    expect(heights.map((height) => chain.proves(height))).toEqual([true, true, true, true]);
  });

  it('is one of the last four', () => {
    const chain = new Chain();
    const heights: number[] = [];
    for (let n = 0; n < 6; n++) {
      chain.block({ k: Uint8Array.of(n) });
      heights.push(chain.take());
    }
    expect(heights.map((height) => chain.checkpoints.part('r', height, 0) !== undefined)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('ends before its time where too much has changed since, the oldest first, and a new one can be taken', () => {
    const chain = new Chain(100_000);
    chain.block(many(100, 500, 1));
    const first = chain.take();
    chain.block(many(100, 500, 2));
    const second = chain.take();
    expect([chain.proves(first), chain.proves(second)]).toEqual([true, true]);
    chain.block(many(100, 500, 3));
    expect([chain.proves(first), chain.proves(second)]).toEqual([false, true]);
    chain.block(many(400, 500, 4));
    chain.take();
    chain.block(many(400, 500, 5));
    expect(chain.checkpoints.has('r')).toBe(false);
    expect(chain.proves(chain.take())).toBe(true);
  });

  it('cuts small leaves into chunks of a thousand and the largest ones into chunks that a broker passes', () => {
    const chain = new Chain();
    chain.block(many(3_000, 40, 1));
    chain.block(many(100, leafValueBytesMax, 2), 'c/1');
    const height = chain.take();
    expect(chain.checkpoints.part('r', height, 0)?.chunkCount).toBe(3);
    expect(chain.proves(height)).toBe(true);
    expect(chain.checkpoints.part('c/1', height, 0)?.chunk.leaves.length).toBeLessThan(32);
    expect(chain.proves(height, 'c/1')).toBe(true);
    // A row of large leaves behind many small ones.
    chain.block(
      {
        ...many(3_000, 40, 1),
        ...Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`z${n}`, new Uint8Array(leafValueBytesMax)])),
      },
      'c/2',
    );
    expect(chain.proves(chain.take(), 'c/2')).toBe(true);
    // One large leaf among small ones must not make any chunk too large, also after it shrank.
    chain.block({ k5: new Uint8Array(leafValueBytesMax) });
    chain.block({ k5: Uint8Array.of(1) });
    expect(chain.proves(chain.take())).toBe(true);
    expect(equalBytes(chain.state.get('r', 'k5') as Uint8Array, Uint8Array.of(1))).toBe(true);
  });
});
