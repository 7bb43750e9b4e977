/** Faults that broke other people's consensus, each as a directed scenario over the production replica. */
import { describe, expect, test } from 'vitest';
import { toHex } from '#core/bytes';
import { commitPhase, preparePhase, timeoutDomain, timeoutMessage } from '#sync/wire/vote';
import { allReach, isVote, keys, regionOf } from './scenario.ts';
import { keyAt } from './test-keys.ts';

describe('R16: a huge view', () => {
  test('in a signed timeout of one validator moves nobody', () => {
    const { region, order } = regionOf();
    const liar = order[3] as number;
    region.start();
    for (let height = 1; height <= 5; height++) {
      for (const nextView of [1_000, 2 ** 31, 0xffff_ffff]) {
        const signature = keys.ports.sign(
          keyAt(keys, liar),
          timeoutDomain,
          timeoutMessage(region.config.chainId, { height, nextView, prepared: null }),
        );
        const timeout = { height, nextView, prepared: null, validator: liar, signature };
        for (const to of region.everyIndex) if (to !== liar) region.deliver(liar, to, { kind: 'timeout', timeout });
      }
      expect(region.runUntil(allReach(region, height), 5_000)).toBe(true);
      for (const node of region.nodes) expect(node.replica?.status().view).toBe(0);
    }
    for (const { certificate } of region.node(0).disk.finals) expect(certificate.view).toBe(0);
  });
});

describe('R4, R19: a frozen primary', () => {
  test('is voted out, passed over afterwards, and catches up when it wakes', () => {
    const { region, order } = regionOf();
    const frozen = region.node(order[0] as number);
    region.start();
    frozen.frozen = true;
    const others = region.nodes.filter((node) => node !== frozen);
    expect(region.runUntil(() => others.every((node) => node.height >= 1), 2_000)).toBe(true);
    expect(others[0]?.disk.finals[0]?.block.header.viewOfOrigin).toBe(1);
    expect(region.runUntil(() => others.every((node) => node.height >= 12), 20_000)).toBe(true);
    const views = others[0]?.disk.finals.map(({ block }) => block.header.viewOfOrigin) ?? [];
    expect(views.slice(1)).toEqual(views.slice(1).map(() => 0));
    expect(others[0]?.replica?.status().failedPrimaries).toEqual([`v${frozen.index}`]);
    frozen.frozen = false;
    frozen.feed({ kind: 'tick' });
    expect(region.runUntil(allReach(region, 15), 20_000)).toBe(true);
  });
});

describe('R17: a hidden lock', () => {
  test('held by one replica decides what is proposed, though the next primary never saw the block', () => {
    const { region, order } = regionOf();
    const [first, second, third, fourth] = order as [number, number, number, number];
    // Only `third` sees the quorum of PREPARE of view 0; `second`, the next primary, does not even see the block.
    region.filter = (_, to, message) => {
      if (message.kind === 'proposal' && message.proposal.view === 0) return to !== second;
      if (isVote(message, preparePhase, 1, 0)) return to === third;
      return !isVote(message, commitPhase, 1, 0);
    };
    region.start();
    expect(region.runUntil(() => region.node(third).disk.record?.prepared?.view === 0, 5_000)).toBe(true);
    const locked = toHex(region.node(third).disk.record?.prepared?.blockHash ?? new Uint8Array());
    expect(region.node(fourth).disk.record?.prepared).toBeNull();
    // The first primary falls silent, so that the lock's holder is in every quorum.
    region.node(first).frozen = true;
    expect(
      region.runUntil(() => [second, third, fourth].every((index) => region.node(index).height >= 1), 10_000),
    ).toBe(true);
    const final = region.node(second).disk.finals[0];
    expect(toHex(final?.hash ?? new Uint8Array())).toBe(locked);
    expect(final?.block.header.viewOfOrigin).toBe(0);
    expect(final?.certificate.view).toBeGreaterThan(0);
  });
});

describe('R18: NEW-VIEW with forged or omitted prepares', () => {
  test('cannot replace a block that one cut-off replica has already committed', () => {
    for (let seed = 1; seed <= 25; seed++) {
      const { region, order } = regionOf({ seed, lies: ['forge-new-view', 'vote-for-everything'], liar: 1 });
      const committer = order[0] as number;
      // Height 1 becomes final at `committer` alone, which then falls silent; the next primary lies.
      region.filter = (_, to, message) => to === committer || !isVote(message, commitPhase, 1, 0);
      region.start();
      expect(
        region.runUntil(() => region.node(committer).height >= 1, 5_000),
        `seed ${seed}`,
      ).toBe(true);
      region.filter = (from, to, message) =>
        from !== committer && to !== committer && !isVote(message, commitPhase, 1, 0);
      region.run(3_000);
      region.filter = () => true;
      expect(region.runUntil(allReach(region, 3), 30_000), `seed ${seed}`).toBe(true);
    }
  });
});

describe('R10, R11: a power cut', () => {
  test('of everybody after PREPARE and before COMMIT ends in the block that was prepared', () => {
    const { region } = regionOf();
    region.filter = (_, __, message) => !isVote(message, commitPhase, 1, 0);
    region.start();
    const prepared = (): boolean => region.nodes.every((node) => node.disk.record?.prepared != null);
    expect(region.runUntil(prepared, 5_000)).toBe(true);
    const hash = toHex(region.node(0).disk.record?.prepared?.blockHash ?? new Uint8Array());
    for (const node of region.nodes) node.crash();
    region.filter = () => true;
    for (const node of region.nodes) node.start();
    expect(region.runUntil(allReach(region, 1), 5_000)).toBe(true);
    for (const node of region.nodes) expect(toHex(node.disk.finals[0]?.hash ?? new Uint8Array())).toBe(hash);
  });

  test('at every single write of the first blocks loses nothing that was said', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const { region } = regionOf({ seed });
      region.start();
      region.faults.crashAtWrite = 0.15;
      const end = region.events.nowMs + 4_000;
      while (region.events.nowMs < end) {
        region.run(50);
        for (const node of region.nodes) if (node.replica === null) node.start();
      }
      region.faults.crashAtWrite = 0;
      for (const node of region.nodes) if (node.replica === null) node.start();
      const target = Math.max(...region.nodes.map((node) => node.height)) + 2;
      expect(region.runUntil(allReach(region, target), 30_000), `seed ${seed}`).toBe(true);
    }
  });
});

describe('R9, R19: a primary that holds something back', () => {
  test('bodies: its block is replaced in the next view', () => {
    const { region } = regionOf();
    region.withheld = (block) => block.header.height === 1 && block.header.viewOfOrigin === 0;
    region.start();
    expect(region.runUntil(allReach(region, 2), 5_000)).toBe(true);
    expect(region.node(0).disk.finals[0]?.block.header.viewOfOrigin).toBe(1);
  });

  test('two blocks for one view: one of them or neither, and all agree', () => {
    let accusations = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const { region } = regionOf({ seed, lies: ['equivocate-proposal', 'vote-for-everything'] });
      region.start();
      expect(region.runUntil(allReach(region, 5), 30_000), `seed ${seed}`).toBe(true);
      accusations += region.honest.reduce((sum, node) => sum + node.evidence.length, 0);
    }
    // R21: who was told both has the evidence.
    expect(accusations).toBeGreaterThan(0);
  });
});

test('R23: a node that was down for long catches up from certified blocks, though a liar claims to be further', () => {
  const { region, order } = regionOf();
  const late = region.node(order[3] as number);
  region.start();
  late.crash();
  expect(region.runUntil(() => region.nodes.every((node) => node === late || node.height >= 40), 60_000)).toBe(true);
  late.start();
  late.feed({ kind: 'peer-status', peer: region.peerId(order[0] as number), committedHeight: 1_000_000 });
  expect(region.runUntil(allReach(region, 41), 10_000)).toBe(true);
});

test('R7, R8: a clock that is wrong by an hour harms only its owner', () => {
  const { region, order } = regionOf();
  region.node(order[0] as number).skewMs = 3_600_000;
  region.start();
  expect(region.runUntil(allReach(region, 6), 20_000)).toBe(true);
  const { finals } = region.node(order[1] as number).disk;
  for (const { block } of finals) expect(Math.abs(block.header.timeMs - region.epochMs)).toBeLessThan(60_000);
});

test('L1: timers that fire a millisecond early do not make a replica forget what it waits for', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { region } = regionOf({ seed });
    region.faults.earlyTimers = 0.5;
    region.start();
    expect(region.runUntil(allReach(region, 6), 10_000), `seed ${seed}`).toBe(true);
  }
});
