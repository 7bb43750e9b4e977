/** What every store of ledger objects promises to `LedgerState`. */
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { utf8 } from '#core/bytes';
import { LedgerState, type StateChange } from '#ledger/state/ledger-state';
import type { ObjectStore } from '#ledger/state/object-store';

/** A store under test; `reopen` gives it again as a new process finds it. */
export interface StoreUnderTest {
  readonly store: ObjectStore;
  reopen(): ObjectStore;
  close(): void;
}

type Write = readonly [shard: number, key: number, value: number];

const shards = ['r', 'c/4012345000016', 's/4012345000009'] as const;
/** Enough keys in one shard for several pages of the tree; blocks that are dropped among those that are committed. */
const story = fc.array(
  fc.record({
    writes: fc.array(fc.tuple(fc.nat(2), fc.nat(60), fc.nat(9)), { minLength: 1, maxLength: 40 }),
    dropped: fc.boolean(),
  }),
  { minLength: 1, maxLength: 10 },
);

function evaluated(state: LedgerState, height: number, writes: readonly Write[]): StateChange {
  const overlay = state.overlay();
  for (const [shard, key, value] of writes) overlay.put(shards[shard] as string, `k${key}`, Uint8Array.of(value));
  return state.evaluate(overlay, height);
}

function contentOf(state: LedgerState): string[] {
  return state
    .shardIds()
    .flatMap((shard) => [...state.leaves(shard)].map(({ slot, key, value }) => `${shard} ${slot} ${key} ${value}`));
}

/** Runs the contract on one implementation. */
export function describeObjectStore(name: string, open: () => StoreUnderTest): void {
  describe(name, () => {
    let under: StoreUnderTest;
    let state: LedgerState;
    beforeEach(() => {
      under = open();
      state = LedgerState.open(under.store);
    });
    afterEach(() => under.close());

    it('carries any story of blocks, some of them dropped, to the roots and objects of the state in memory', () => {
      fc.assert(
        fc.property(story, (blocks) => {
          const own = open();
          try {
            let over = LedgerState.open(own.store);
            const plain = LedgerState.empty();
            for (const [at, { writes, dropped }] of blocks.entries()) {
              const change = evaluated(over, at + 1, writes);
              const expected = evaluated(plain, at + 1, writes);
              expect([change.stateRoot, change.deltas]).toEqual([expected.stateRoot, expected.deltas]);
              if (dropped) continue;
              over.commit(change);
              plain.commit(expected);
              if (at % 3 === 2) over = LedgerState.open(own.reopen());
            }
            expect(over.stateRoot).toEqual(plain.stateRoot);
            expect(contentOf(over)).toEqual(contentOf(plain));
            for (const shard of plain.shardIds()) {
              expect(over.shardProof(shard, new Uint8Array(32))).toEqual(plain.shardProof(shard, new Uint8Array(32)));
            }
          } finally {
            own.close();
          }
        }),
        { numRuns: 40 },
      );
    });

    it('names the leaves that a block replaces, as they were', () => {
      state.commit(
        evaluated(state, 1, [
          [0, 1, 1],
          [0, 2, 2],
          [0, 3, 3],
        ]),
      );
      const { changes } = evaluated(state, 2, [
        [0, 3, 9],
        [0, 2, 2],
        [0, 7, 7],
        [0, 1, 8],
      ]);
      expect(changes.map(({ before }) => before.map(({ slot, key, value }) => [slot, key, ...value]))).toEqual([
        [
          [0, 'k1', 1],
          [2, 'k3', 3],
        ],
      ]);
    });

    it('hands out the array that was written, and the same one again', () => {
      const value = utf8('the very bytes');
      const overlay = state.overlay();
      overlay.put('r', 'key', value);
      state.commit(state.evaluate(overlay, 1));
      expect(state.get('r', 'key')).toBe(value);
      const again = LedgerState.open(under.reopen());
      expect(again.get('r', 'key')).toEqual(value);
      expect(again.get('r', 'key')).toBe(again.get('r', 'key'));
    });

    it('keeps the keys of different shards apart, and has nothing where nothing was written', () => {
      state.commit(
        evaluated(state, 1, [
          [0, 1, 1],
          [1, 1, 2],
        ]),
      );
      expect([state.get('r', 'k1'), state.get(shards[1], 'k1'), state.get(shards[2], 'k1')]).toEqual([
        Uint8Array.of(1),
        Uint8Array.of(2),
        undefined,
      ]);
      expect(state.get('r', 'k2')).toBeUndefined();
      expect([...state.leaves(shards[2])]).toEqual([]);
    });

    it('gives any range of slots', () => {
      const count = 700;
      const overlay = state.overlay();
      for (let n = 0; n < count; n++) overlay.put('r', `k${n}`, Uint8Array.of(n & 255));
      state.commit(state.evaluate(overlay, 1));
      for (const [first, wanted] of [
        [0, count],
        [255, 2],
        [256, 256],
        [690, 50],
        [count, 1],
      ] as const) {
        const slots = Array.from(state.leaves('r', first, wanted), ({ slot, key }) => `${slot} ${key}`);
        const due = Array.from({ length: Math.min(wanted, count - first) }, (_, at) => `${first + at} k${first + at}`);
        expect(slots).toEqual(due);
      }
    });

    it('is not touched by a change that another one has overtaken', () => {
      const [one, two] = [evaluated(state, 1, [[0, 1, 1]]), evaluated(state, 1, [[0, 2, 2]])];
      state.commit(two);
      expect(() => state.commit(one)).toThrow('has changed');
      expect(contentOf(LedgerState.open(under.reopen()))).toEqual(['r 0 k2 2']);
    });
  });
}
