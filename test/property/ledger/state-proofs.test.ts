import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode } from '#core/format';
import { sha256 } from '#core/hash';
import { type LeafProof, leafProofFormat } from '#ledger/state/delta';
import { History } from '#ledger/state/history';
import { type HistoryProof, historyProofFormat, proveHistory, verifyHistoryProof } from '#ledger/state/history-proof';
import { LedgerState } from '#ledger/state/ledger-state';
import { type ClaimedLeaf, verifyLeafProof } from '#ledger/state/proof';
import { resultRoot } from '#ledger/state/roots';

const receipts = sha256(Uint8Array.of(1));
const odd = [Number.NaN, -1, 0.5, 2 ** 32, 2 ** 53, Number.POSITIVE_INFINITY];

/** A state of some shards of different sizes, and one object of it with its proof. */
function proved(sizes: readonly number[], pick: number): { proof: LeafProof; leaf: ClaimedLeaf; root: Uint8Array } {
  const state = LedgerState.empty();
  const overlay = state.overlay();
  const all: ClaimedLeaf[] = [];
  for (const [at, size] of sizes.entries()) {
    for (let n = 0; n < size; n++) {
      const leaf = { shard: `c/${at}`, key: `k${n}`, value: Uint8Array.of(at, n >>> 8, n) };
      overlay.put(leaf.shard, leaf.key, leaf.value);
      all.push(leaf);
    }
  }
  state.commit(state.evaluate(overlay, 1));
  const leaf = all[pick % all.length] as ClaimedLeaf;
  const proof = state.leafProof(leaf.shard, leaf.key, receipts);
  if (proof === undefined) throw new Error('the object is there');
  return { proof, leaf, root: resultRoot(state.stateRoot, receipts) };
}

const states = fc.tuple(fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 6 }), fc.nat());

describe('a leaf proof', () => {
  it('proves every object of any state, also after a journey as bytes', () => {
    fc.assert(
      fc.property(states, ([sizes, pick]) => {
        const { proof, leaf, root } = proved(sizes, pick);
        const received = decode(leafProofFormat, encode(leafProofFormat, proof));
        expect(received).toEqual({ ok: true, value: proof });
        expect(verifyLeafProof(proof, leaf, root)).toBe(true);
      }),
    );
  });

  it('proves no other value, key, shard, slot, count or root', () => {
    fc.assert(
      fc.property(states, fc.nat(3), ([sizes, pick], other) => {
        const { proof, leaf, root } = proved(sizes, pick);
        const { slot, leafCount, shard } = proof;
        const holds = (bent: Partial<LeafProof>, claim: Partial<ClaimedLeaf> = {}, at = root) =>
          verifyLeafProof({ ...proof, ...bent }, { ...leaf, ...claim }, at);
        expect(holds({}, { value: Uint8Array.of(...leaf.value, other) })).toBe(false);
        expect(holds({}, { key: `${leaf.key}x` })).toBe(false);
        expect(holds({}, { shard: `${leaf.shard}x` })).toBe(false);
        expect(holds({ slot: slot + 1 + other })).toBe(false);
        expect(holds({ leafCount: leafCount + 1 + other })).toBe(false);
        expect(holds({ shard: { ...shard, shardIndex: shard.shardIndex + 1 + other } })).toBe(false);
        expect(holds({ shard: { ...shard, shardCount: shard.shardCount + 1 + other } })).toBe(false);
        expect(holds({ path: [...proof.path, root] })).toBe(false);
        expect(holds({}, {}, receipts)).toBe(false);
      }),
    );
  });

  it('with a byte changed is no proof or not decodable, and with any numbers never an exception', () => {
    fc.assert(
      fc.property(states, fc.nat(), fc.integer({ min: 1, max: 255 }), ([sizes, pick], at, bits) => {
        const { proof, leaf, root } = proved(sizes, pick);
        const bytes = encode(leafProofFormat, proof).slice();
        const place = at % bytes.length;
        bytes[place] = (bytes[place] as number) ^ bits;
        const received = decode(leafProofFormat, bytes);
        expect(received.ok && verifyLeafProof(received.value, leaf, root)).toBe(false);
        for (const number of odd) {
          const shard = { ...proof.shard, shardCount: number, shardIndex: number };
          expect(verifyLeafProof({ ...proof, slot: number, leafCount: number }, leaf, root)).toBe(false);
          expect(verifyLeafProof({ ...proof, shard }, leaf, root)).toBe(false);
        }
      }),
    );
  });

  it('is not made for what is not there', () => {
    const state = LedgerState.empty();
    expect(state.leafProof('r', 'k', receipts)).toBeUndefined();
  });
});

const blockOf = (n: number) => ({
  blockHash: sha256(Uint8Array.of(1, n >>> 8, n)),
  resultRoot: sha256(Uint8Array.of(2, n >>> 8, n)),
});

/** A history of `count` blocks with the roots after each, and its nodes. */
function historyOf(count: number) {
  const history = new History();
  const nodes = new Map<string, Uint8Array>();
  const roots = [history.root];
  for (let n = 0; n < count; n++) {
    const { blockHash, resultRoot: result } = blockOf(n);
    for (const { level, place, hash } of history.append(blockHash, result)) nodes.set(`${level} ${place}`, hash);
    roots.push(history.root);
  }
  return { roots, nodeAt: (level: number, place: number) => nodes.get(`${level} ${place}`), nodeCount: nodes.size };
}

describe('a history proof', () => {
  const blocks = 70;
  const { roots, nodeAt, nodeCount } = historyOf(blocks);
  const prove = (index: number, count: number): HistoryProof => {
    const proof = proveHistory(index, count, nodeAt);
    if (proof === null) throw new Error(`block ${index} of ${count}`);
    return proof;
  };

  it('proves every block to every later history, and to no other', () => {
    expect(nodeCount).toBeLessThan(2 * blocks);
    for (let count = 1; count <= blocks; count++) {
      for (let index = 0; index < count; index++) {
        const proof = prove(index, count);
        expect(verifyHistoryProof(proof, blockOf(index), roots[count] as Uint8Array)).toBe(true);
        expect(verifyHistoryProof(proof, blockOf(index), roots[count - 1] as Uint8Array)).toBe(false);
        expect(verifyHistoryProof(proof, blockOf(index + 1), roots[count] as Uint8Array)).toBe(false);
      }
    }
  });

  it('holds for its own place and count only', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: blocks }),
        fc.nat(),
        fc.nat(blocks),
        fc.nat(blocks),
        (count, pick, a, b) => {
          const index = pick % count;
          fc.pre(a !== index || b !== count);
          const bent = { ...prove(index, count), index: a, count: b };
          expect(verifyHistoryProof(bent, blockOf(index), roots[count] as Uint8Array)).toBe(false);
        },
      ),
    );
  });

  it('with a byte changed is no proof or not decodable, and with any numbers never an exception', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: blocks }),
        fc.nat(),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (...draw) => {
          const [count, pick, at, bits] = draw;
          const index = pick % count;
          const root = roots[count] as Uint8Array;
          const proof = prove(index, count);
          const bytes = encode(historyProofFormat, proof).slice();
          expect(decode(historyProofFormat, bytes)).toEqual({ ok: true, value: proof });
          const place = at % bytes.length;
          bytes[place] = (bytes[place] as number) ^ bits;
          const received = decode(historyProofFormat, bytes);
          expect(received.ok && verifyHistoryProof(received.value, blockOf(index), root)).toBe(false);
          for (const number of odd) {
            expect(verifyHistoryProof({ ...proof, index: number }, blockOf(index), root)).toBe(false);
            expect(verifyHistoryProof({ ...proof, count: number }, blockOf(index), root)).toBe(false);
          }
        },
      ),
    );
  });

  it('is not made for a block that the history does not have, or without the nodes', () => {
    expect(proveHistory(5, 5, nodeAt)).toBeNull();
    expect(proveHistory(-1, 5, nodeAt)).toBeNull();
    expect(proveHistory(0, blocks + 1, nodeAt)).toBeNull();
    expect(proveHistory(0, 8, () => undefined)).toBeNull();
  });
});
