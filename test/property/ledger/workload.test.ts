import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executeBlock } from '#ledger/execute';
import { LedgerState } from '#ledger/state/ledger-state';
import { chainId, type PastBlock } from '../../unit/ledger/world.ts';
import { Dice } from './dice.ts';
import { openWorkload } from './opening.ts';
import { Opening } from './stage.ts';
import { Till } from './till.ts';
import { cases, deedsOf, play } from './workload.ts';

const opening = new Opening(openWorkload());

function rebuilt(state: LedgerState): LedgerState {
  return LedgerState.load(state.shardIds().map((shard) => ({ shard, leaves: state.leaves(shard) })));
}

const told = (state: LedgerState): string =>
  state
    .shardIds()
    .map((shard) => [...state.leaves(shard)].map(({ key, value }) => key + Buffer.from(value).toString('hex')).join())
    .join();

describe('random histories of all operations', () => {
  it('I8: lead to the same roots from a state rebuilt of its leaves', () => {
    fc.assert(
      fc.property(cases({ minLength: 10, maxLength: 40 }), (one) => {
        const stage = opening.stage();
        let copy = rebuilt(stage.state);
        expect(copy.stateRoot).toEqual(stage.state.stateRoot);
        play(stage, one, (block) => {
          const { timeMs, beacon, segments } = stage.blocks.at(-1) as PastBlock;
          const input = { chainId, height: stage.height, timeMs, beacon, segments, isGenuine: () => true };
          const again = executeBlock(copy, input);
          expect(again.resultRoot).toEqual(block.resultRoot);
          copy.commit(again.change);
          copy = rebuilt(copy);
          expect(copy.stateRoot).toEqual(stage.state.stateRoot);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('give a till that applies the deltas the certified root of every shard', () => {
    fc.assert(
      fc.property(cases({ minLength: 10, maxLength: 60 }), (one) => {
        const stage = opening.stage();
        const till = new Till(stage.state);
        play(stage, one, ({ change }) => {
          till.apply(change);
          for (const { shard } of change.deltas)
            expect(till.trees.get(shard)?.root).toEqual(stage.state.shardRootOf(shard));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('leave no trace when the block is dropped', () => {
    fc.assert(
      fc.property(cases({ minLength: 5, maxLength: 30 }), ({ theme, steps }) => {
        const stage = opening.stage();
        const before = told(stage.state);
        for (const step of steps) for (const deed of deedsOf(stage, new Dice(step), [], theme)) stage.take(deed);
        const { executed, again } = stage.tried();
        expect(told(stage.state)).toBe(before);
        expect(again.resultRoot).toEqual(executed.resultRoot);
      }),
      { numRuns: 60 },
    );
  });
});
