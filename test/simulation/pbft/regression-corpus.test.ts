/** More faults that broke other people's consensus; the name of each is the one that it is known by. */
import { describe, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import type { ReplicaMessage } from '#sync/pbft/types';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { allReach, isVote, regionOf } from './scenario.ts';
import type { Rot } from './simulated-disk.ts';
import type { SimulatedRegion } from './simulated-region.ts';

const heights = (region: SimulatedRegion): number[][] =>
  region.honest.map(({ disk }) => disk.finals.map(({ block }) => block.header.height));

describe('R14, R23: same-height sync', () => {
  test('an answer to a catch-up that brings nothing new changes neither view nor votes', () => {
    const { region, order } = regionOf();
    region.node(order[0] as number).frozen = true;
    region.start();
    const others = region.nodes.filter(({ place }) => place !== order[0]);
    expect(region.runUntil(() => others.every((node) => node.replica?.status().view === 1), 3_000)).toBe(true);
    for (const node of others) {
      node.feed({ kind: 'committed', chain: node.disk.chain });
      expect(node.replica?.status().view).toBe(1);
    }
    expect(region.runUntil(() => others.every((node) => node.height >= 5), 10_000)).toBe(true);
  });
});

describe('R14, R15: the decide-vs-abort race', () => {
  test('COMMITs of a view that a replica has left still decide, and nothing else is decided', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { region, order } = regionOf({ seed });
      const held: { from: number; to: number; message: ReplicaMessage }[] = [];
      region.filter = (from, to, message) => {
        const isLate = isVote(message, commitPhase, 1, 0);
        if (isLate) held.push({ from, to, message });
        return !isLate;
      };
      region.start();
      const left = (): boolean => region.nodes.every((node) => (node.replica?.status().view ?? 0) >= 1);
      expect(region.runUntil(left, 5_000), `seed ${seed}`).toBe(true);
      const decider = order[seed % 4] as number;
      for (const { from, to, message } of held) if (to === decider) region.arrive(from, to, message);
      region.filter = () => true;
      expect(region.runUntil(allReach(region, 4), 20_000), `seed ${seed}`).toBe(true);
    }
  });
});

describe('R14, R23: the double commit after a sync', () => {
  test('a block that a slow disk is writing and that a peer hands over meanwhile is committed once', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { region } = regionOf({ seed });
      region.faults.diskMsMax = 150;
      region.start();
      for (let round = 0; round < 40; round++) {
        region.run(60);
        for (const node of region.nodes) {
          const peer = region.peerId((node.place + 1) % 4);
          node.feed({ kind: 'peer-status', peer, committedHeight: node.height + 2 });
        }
      }
      region.faults.diskMsMax = 2;
      expect(region.runUntil(allReach(region, 6), 30_000), `seed ${seed}`).toBe(true);
      for (const committed of heights(region)) expect(committed).toEqual(committed.map((_, at) => at + 1));
    }
  });
});

describe("R17, R18: the deadlock of S and S'", () => {
  test('a NEW-VIEW is judged by the timeouts it carries, not by others that a replica has seen', () => {
    const { region, order } = regionOf();
    const [first, second, third, fourth] = order as [number, number, number, number];
    // Only `fourth` prepares in view 0; its timeout reaches everybody but the next primary.
    region.filter = (from, to, message) => {
      if (isVote(message, preparePhase, 1, 0)) return to === fourth;
      if (isVote(message, commitPhase, 1, 0)) return false;
      return !(message.kind === 'timeout' && from === fourth && to === second);
    };
    region.start();
    expect(region.runUntil(() => region.node(fourth).disk.record?.prepared?.view === 0, 5_000)).toBe(true);
    expect(region.runUntil(allReach(region, 1), 10_000)).toBe(true);
    const final = region.node(third).disk.finals[0];
    expect(final?.block.header.viewOfOrigin).toBe(1);
    expect(toHex(region.node(fourth).disk.finals[0]?.hash ?? new Uint8Array())).toBe(
      toHex(final?.hash ?? new Uint8Array(1)),
    );
    expect(region.node(first).height).toBeGreaterThan(0);
  });
});

describe('R12, R15, R18: fuzzed view changes', () => {
  test('any field of any statement changed, signed anew or not, is a refusal: nobody stops, views go on', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const { region, order } = regionOf({ seed, lies: ['fuzz', 'foreign-heights', 'replay'], liar: seed % 4 });
      region.start();
      const victim = region.node(order[(seed + 1) % 4] as number);
      for (let round = 0; round < 4; round++) {
        victim.frozen = true;
        region.run(900);
        victim.thaw();
        region.run(300);
      }
      const target = Math.max(...region.honest.map((node) => node.height)) + 2;
      expect(region.runUntil(allReach(region, target), 30_000), `seed ${seed}`).toBe(true);
    }
  });
});

describe('R24: a rotten disk', () => {
  test.each(['everything', 'record', 'block'] as const satisfies readonly Rot[])(
    'of which a start finds lost: %s; its owner contradicts nothing it said and votes again',
    (rot) => {
      for (let seed = 1; seed <= 10; seed++) {
        const { region, order } = regionOf({ seed });
        const victim = region.node(order[seed % 4] as number);
        // Everybody has prepared a block and asked for the next view; who forgets that would ask again, naming nothing.
        region.filter = (_, __, message) => !isVote(message, commitPhase, 1, 0);
        region.start();
        const asked = (): boolean =>
          region.nodes.every(({ disk }) => disk.record?.prepared != null && disk.record.view > 0);
        expect(region.runUntil(asked, 5_000), `seed ${seed}`).toBe(true);
        region.run(seed % 5);
        region.filter = () => true;
        victim.crash();
        victim.start(rot);
        expect(region.runUntil(allReach(region, 12), 60_000), `seed ${seed}`).toBe(true);
        expect(victim.replica?.status().votes, `seed ${seed}`).toBe(true);
      }
    },
  );
});

describe('R16, R19: the storm of time-outs', () => {
  test('of replicas whose event loops lag far behind ends when the load does, and views stay at 0 afterwards', () => {
    const { region } = regionOf();
    // More work than time: each message takes longer to handle than peers take to say it again.
    for (const node of region.nodes) node.handleMs = 45;
    region.start();
    region.submit('one');
    region.run(6_000);
    expect(region.nodes.every((node) => (node.replica?.status().view ?? 0) > 0)).toBe(true);
    for (const node of region.nodes) node.handleMs = 0;
    expect(region.runUntil(allReach(region, 3), 30_000)).toBe(true);
    region.run(5_000);
    const from = Math.max(...region.nodes.map((node) => node.height)) + 1;
    expect(region.runUntil(allReach(region, from + 6), 60_000)).toBe(true);
    for (const { certificate } of region.node(0).disk.finals.slice(from)) expect(certificate.view).toBe(0);
  });

  test('does not begin while every message is handled a little faster than it is said', () => {
    const { region } = regionOf();
    for (const node of region.nodes) node.handleMs = 25;
    region.start();
    region.submit('one');
    expect(region.runUntil(allReach(region, 10), 20_000)).toBe(true);
    for (const { certificate } of region.node(0).disk.finals) expect(certificate.view).toBe(0);
  });
});
