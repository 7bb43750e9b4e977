/** L1 in numbers of virtual time, and the fairness of who leads. */
import { describe, expect, test } from 'vitest';
import { leaderOrder } from '#sync/pbft/schedule';
import type { Lie } from './lies.ts';
import { SimulatedRegion } from './simulated-region.ts';
import { cheapKeys } from './test-keys.ts';

const blocks = 20;

/** The first f of the order of primaries, who hurt most. */
function regionWith(count: number, faulty: number, lies: readonly Lie[], seed: number): SimulatedRegion {
  const keys = cheapKeys(count);
  const order = leaderOrder(new SimulatedRegion({ seed, keys }).genesis);
  return new SimulatedRegion({ seed, keys, liars: new Map(order.slice(0, faulty).map((index) => [index, lies])) });
}

describe('L1: once the network is timely', () => {
  test.each([
    [4, 1],
    [5, 1],
    [6, 1],
    [7, 2],
    [8, 2],
  ])(
    '%i validators of which %i say nothing decide a height each heartbeat, time-outs of the silent apart',
    (count, faulty) => {
      for (let seed = 1; seed <= 5; seed++) {
        const region = regionWith(count, faulty, [], seed);
        region.filter = (from) => region.node(from).honest;
        region.start();
        const { heartbeatMs, timeoutMsBase } = region.config;
        // Each silent one costs one time-out, then it is passed over (R4); a decision takes messages and writes.
        const boundMs = blocks * (heartbeatMs + 60) + faulty * 2 * (heartbeatMs + timeoutMsBase);
        const there = (): boolean => region.honest.every((node) => node.height >= blocks);
        expect(region.runUntil(there, boundMs), `seed ${seed}`).toBe(true);
      }
    },
  );

  test.each([
    [4, 1],
    [7, 2],
  ])('%i validators of which %i are slow decide within a view change a height', (count, faulty) => {
    for (let seed = 1; seed <= 5; seed++) {
      const region = regionWith(count, faulty, ['slow'], seed);
      region.start();
      const { heartbeatMs, timeoutMsBase } = region.config;
      const boundMs = blocks * (heartbeatMs + (faulty + 1) * 2 * timeoutMsBase);
      const there = (): boolean => region.honest.every((node) => node.height >= blocks);
      expect(region.runUntil(there, boundMs), `seed ${seed}`).toBe(true);
    }
  });
});

describe('R2: in a run without faults', () => {
  test.each([4, 5, 6, 7, 8])('each of %i validators proposes equally many committed blocks', (count) => {
    const region = new SimulatedRegion({ seed: count, keys: cheapKeys(count) });
    const proposed = region.everyIndex.map(() => 0);
    const turns = 12;
    let { chain } = region.node(0).disk;
    region.onCommit = (node, { block }) => {
      const { height, viewOfOrigin } = block.header;
      if (node.place !== 0) return;
      if (height <= turns * count) {
        const proposer = leaderOrder(chain)[viewOfOrigin] as number;
        proposed[proposer] = (proposed[proposer] ?? 0) + 1;
      }
      chain = node.disk.chain;
    };
    region.start();
    expect(region.runUntil(() => region.nodes.every((node) => node.height >= turns * count), 300_000)).toBe(true);
    expect(proposed).toEqual(region.everyIndex.map(() => turns));
  });
});
