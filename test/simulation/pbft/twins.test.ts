/** Twins: one of four validators runs two copies with one key, in every scenario up to a bound. */
import { describe, expect, test } from 'vitest';
import { SilentLockNode } from './broken-nodes.ts';
import { depth, playAll } from './twins-scenarios.ts';

/** The cut changes once, at any step. */
const once = { changes: 1, lastChange: depth - 1, wholeAtStart: false };
/** All is well until the cut changes for the first time, and it changes once more, both within the first view. */
const twice = { changes: 2, lastChange: 4, wholeAtStart: true };

describe('SPEC S1 to S4 hold with twins, and a healed region goes on', () => {
  test.each([0, 1, 2, 3])(
    'that lead in view %i of the first height: every cut of twelve steps that changes once',
    {
      timeout: 300_000,
    },
    (inOrder) => {
      expect(playAll(4, inOrder, { bound: once })).toBeGreaterThan(3_000);
    },
  );

  test.each([0, 1, 2, 3])(
    'that lead in view %i of the first height: cuts that change twice in its first view',
    {
      timeout: 300_000,
    },
    (inOrder) => {
      expect(playAll(4, inOrder, { bound: twice })).toBeGreaterThan(1_500);
    },
  );
});

test('twins find locks that timeouts do not name: some scenario makes two blocks final', { timeout: 300_000 }, () => {
  const bound = { ...twice, lastChange: 6 };
  const play = (): number =>
    playAll(4, 0, { bound, nodeOf: (region, place) => new SilentLockNode(region, place, true) });
  expect(play).toThrow('S1: two blocks');
});
