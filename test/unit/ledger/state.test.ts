import { describe, expect, it } from 'vitest';
import { HashedShard } from '#agent/shard-store/hashed-shard';
import { decode, encode } from '#core/format';
import { sha256 } from '#core/hash';
import { merklePath, merkleRoot } from '#core/merkle';
import { shardDeltaFormat } from '#ledger/state/delta';
import { DenseTree } from '#ledger/state/dense-tree';
import { History } from '#ledger/state/history';
import { LedgerState } from '#ledger/state/ledger-state';
import { mergeDeltas } from '#ledger/state/merge-deltas';
import { emptyShardRoot, verifyShardProof } from '#ledger/state/proof';
import { leafHash, resultRoot, shardRoot } from '#ledger/state/roots';

const value = (n: number): Uint8Array => Uint8Array.of(n >>> 8, n & 255);
const leafOf = (n: number): Uint8Array => sha256(value(n));

function put(state: LedgerState, height: number, ...writes: [string, string, number][]) {
  const overlay = state.overlay();
  for (const [shard, key, n] of writes) overlay.put(shard, key, value(n));
  const change = state.evaluate(overlay, height);
  state.commit(change);
  return change;
}

describe('DenseTree', () => {
  it('has the root and the paths of the plain Merkle tree at every size', () => {
    const tree = new DenseTree();
    const leaves: Uint8Array[] = [];
    for (let count = 1; count <= 70; count++) {
      const leaf = leafOf(count);
      leaves.push(leaf);
      tree.commit(tree.stage(count, Uint32Array.of(count - 1), leaf));
      expect(tree.root).toEqual(merkleRoot(leaves));
      const slot = (count * 7) % count;
      expect(tree.path(slot)).toEqual(merklePath(leaves, slot));
    }
    const all = new DenseTree();
    const indices = Uint32Array.from(leaves.keys());
    all.commit(all.stage(leaves.length, indices, Buffer.concat(leaves)));
    expect(all.root).toEqual(tree.root);
  });

  it('stages without changing, and refuses to commit what another commit has overtaken', () => {
    const tree = new DenseTree();
    const one = tree.stage(1, Uint32Array.of(0), leafOf(1));
    const two = tree.stage(1, Uint32Array.of(0), leafOf(2));
    expect(tree.leafCount).toBe(0);
    tree.commit(two);
    expect(tree.root).toEqual(leafOf(2));
    expect(() => tree.commit(one)).toThrow('has changed');
  });

  it('leaves no slot out', () => {
    const tree = new DenseTree();
    expect(() => tree.stage(2, Uint32Array.of(1), leafOf(1))).toThrow('leave no slot out');
    expect(() => tree.stage(2, Uint32Array.of(1, 0), Buffer.concat([leafOf(1), leafOf(1)]))).toThrow('ascending');
  });
});

describe('LedgerState', () => {
  it('gives slots in the order of first writing and keeps them', () => {
    const state = LedgerState.empty();
    put(state, 1, ['r', 'b', 1], ['r', 'a', 2]);
    const { deltas, newShards } = put(state, 2, ['r', 'c', 3], ['r', 'b', 4], ['c/1', 'x', 5]);
    expect(newShards).toEqual(['c/1']);
    expect([...state.leaves('r')].map(({ key, slot }) => `${slot}${key}`)).toEqual(['0b', '1a', '2c']);
    expect(deltas.map(({ shard, leafCount, leaves }) => [shard, leafCount, leaves.map(({ slot }) => slot)])).toEqual([
      ['r', 3, [0, 2]],
      ['c/1', 1, [0]],
    ]);
  });

  it('leaves out what was written but not changed', () => {
    const state = LedgerState.empty();
    put(state, 1, ['r', 'a', 1]);
    const root = state.stateRoot;
    expect(put(state, 2, ['r', 'a', 1]).deltas).toEqual([]);
    expect(state.stateRoot).toEqual(root);
  });

  it('proves every shard root against the result root, and nothing else', () => {
    const state = LedgerState.empty();
    const shards = Array.from({ length: 11 }, (_, n) => `c/${n}`);
    put(state, 1, ...shards.map((shard, n): [string, string, number] => [shard, 'k', n]));
    const receipts = sha256(value(9));
    const result = resultRoot(state.stateRoot, receipts);
    for (const shard of shards) {
      const proof = state.shardProof(shard, receipts);
      const root = state.shardRootOf(shard) as Uint8Array;
      expect(verifyShardProof(proof, root, result)).toBe(true);
      expect(verifyShardProof(proof, emptyShardRoot(shard), result)).toBe(false);
      expect(verifyShardProof({ ...proof, shardIndex: proof.shardIndex ^ 1 }, root, result)).toBe(false);
      expect(verifyShardProof({ ...proof, shardCount: 12 }, root, result)).toBe(false);
      expect(verifyShardProof({ ...proof, shardCount: 0 }, root, result)).toBe(false);
      expect(verifyShardProof({ ...proof, path: proof.path.slice(1) }, root, result)).toBe(false);
      expect(verifyShardProof({ ...proof, receiptsRoot: result }, root, result)).toBe(false);
    }
  });

  it('a till that applies the deltas has the certified roots; merged deltas do the same at once', () => {
    const state = LedgerState.empty();
    const tree = new HashedShard('r');
    expect(tree.root).toEqual(emptyShardRoot('r'));
    const changes = [1, 2, 3].map((height) =>
      put(state, height, ['r', `k${height}`, height], ['r', 'k1', height * 10], ['r', 'twice', 1]),
    );
    const deltas = changes.flatMap((change) => change.deltas);
    for (const delta of deltas) {
      expect(delta.baseRoot).toEqual(tree.root);
      tree.stage(delta.leafCount, delta.leaves)?.commit();
    }
    expect(tree.root).toEqual(state.shardRootOf('r'));
    const merged = mergeDeltas(deltas);
    if (!merged.ok) throw new Error(merged.reason);
    const fresh = new HashedShard('r');
    fresh.stage(merged.value.leafCount, merged.value.leaves)?.commit();
    expect(fresh.root).toEqual(tree.root);
    expect(decode(shardDeltaFormat, encode(shardDeltaFormat, merged.value))).toEqual(merged);
    expect(mergeDeltas([...deltas].reverse())).toMatchObject({ ok: false, reason: 'NOT_CONSECUTIVE' });
    expect(mergeDeltas([])).toMatchObject({ ok: false });
  });

  it('a change made of another state is an assertion', () => {
    const overlay = LedgerState.empty().overlay();
    expect(() => LedgerState.empty().evaluate(overlay, 1)).toThrow('another state');
  });
});

describe('HashedShard', () => {
  it('refuses leaves that are no dense change, never throws, and stays as it was', () => {
    const tree = new HashedShard('r');
    const leaf = (slot: number) => ({ slot, key: 'k', value: value(slot) });
    tree.stage(2, [leaf(0), leaf(1)])?.commit();
    const bad = [
      tree.stage(4, [leaf(2)]),
      tree.stage(1, [leaf(0)]),
      tree.stage(2, [leaf(1), leaf(0)]),
      tree.stage(2, [leaf(0), leaf(0)]),
      tree.stage(2, [leaf(2)]),
      tree.stage(0xffff_ffff, [leaf(2)]),
      tree.stage(3, [leaf(0), leaf(3)]),
    ];
    expect(bad).toEqual(bad.map(() => null));
    const root = shardRoot('r', 2, merkleRoot([leafHash('k', value(0)), leafHash('k', value(1))]));
    expect(tree.root).toEqual(root);
    expect(tree.has(leaf(1))).toBe(true);
    expect(tree.has({ ...leaf(1), slot: 0 })).toBe(false);
    expect(tree.has({ ...leaf(1), slot: 2 })).toBe(false);
  });
});

describe('History', () => {
  it('commits to every block in order, and continues from its peaks', () => {
    const roots = new Set<string>();
    const history = new History();
    for (let n = 0; n < 40; n++) {
      const copy = History.fromPeaks(history.count, history.peaks());
      expect(copy.root).toEqual(history.root);
      roots.add(Buffer.from(history.root).toString('hex'));
      history.append(leafOf(n), leafOf(n + 1));
      copy.append(leafOf(n + 1), leafOf(n));
      expect(copy.root).not.toEqual(history.root);
    }
    expect(roots.size).toBe(40);
    expect(history.peaks()).toHaveLength(2);
    expect(() => History.fromPeaks(40, [])).toThrow('peaks');
  });
});
