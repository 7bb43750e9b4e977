/** Regions whose validators change while they run: joins, leaves and new keys, across epochs and in the middle of view changes. */
import { describe, expect, test } from 'vitest';
import { toHex, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { leaderOrder } from '#sync/pbft/schedule';
import type { ReplicaMessage } from '#sync/pbft/types';
import type { ValidatorInfo } from '#sync/wire/genesis';
import { commitPhase } from '#sync/wire/vote';
import { SimulatedRegion } from './simulated-region.ts';
import { cheapKeys, keyAt } from './test-keys.ts';

const keys = cheapKeys(8);
const [v0, v1, v2, v3, v4, v5, v6, v7] = keys.validators as [
  ValidatorInfo,
  ValidatorInfo,
  ValidatorInfo,
  ValidatorInfo,
  ValidatorInfo,
  ValidatorInfo,
  ValidatorInfo,
  ValidatorInfo,
];
const v2Anew = { name: v2.name, publicKey: sha256(utf8('cheap 2 anew')) };
const timing = { heartbeatMs: 100, timeoutMsBase: 200 };
const faster = { timing, keys } as const;

/** The machine of v2 has both of its keys. */
const ownKeysOf = (index: number): readonly Uint8Array[] =>
  index === 2 ? [v2.publicKey, v2Anew.publicKey] : [keyAt(keys, index)];

const all = (region: SimulatedRegion, height: number) => () => region.honest.every((node) => node.height >= height);
const heightOf = (message: ReplicaMessage): number | null => {
  if (message.kind === 'vote') return message.vote.height;
  if (message.kind === 'timeout') return message.timeout.height;
  return message.kind === 'proposal' ? message.proposal.block.header.height : null;
};

describe('R1: sets by epoch', () => {
  /** What is wished from a height on. */
  const wishes: readonly (readonly [number, readonly ValidatorInfo[]])[] = [
    [0, [v0, v1, v2, v3, v4, v5]],
    [30, [v0, v1, v2Anew, v3, v4, v5, v6, v7]],
    [90, [v1, v2Anew, v3, v5, v6, v7]],
    [150, [v5, v6, v7, v3]],
  ];
  const wishedAt = (height: number): readonly ValidatorInfo[] =>
    wishes.findLast(([from]) => from <= height)?.[1] as readonly ValidatorInfo[];

  test('from four to eight validators and to four others, one of them with a new key, under loss and power cuts', () => {
    for (let seed = 1; seed <= 4; seed++) {
      const region = new SimulatedRegion({ ...faster, seed, first: 4, wishedAt, ownKeysOf });
      const sets = new Set<string>();
      region.onCommit = ({ disk }) => sets.add(disk.chain.validators.map(({ name }) => name).join(' '));
      region.start();
      Object.assign(region.faults, { loss: 0.02, duplication: 0.02, straggling: 0.01, crashAtWrite: 0.002 });
      const reached = (): boolean => {
        for (const node of region.nodes) if (!node.alive) node.start();
        return all(region, 320)();
      };
      expect(region.runUntil(reached, 600_000), `seed ${seed}`).toBe(true);
      const sizes = new Set([...sets].map((set) => set.split(' ').length));
      expect([...sizes].sort(), `seed ${seed}`).toEqual([4, 5, 6, 7, 8]);
      expect([...sets].at(-1)).toBe('v3 v5 v6 v7');
    }
  });

  test('who has left votes to the end of its epoch, then follows and says nothing signed', () => {
    const region = new SimulatedRegion({ ...faster, seed: 3, first: 5, wishedAt: () => [v1, v2, v3, v4] });
    const said: number[] = [];
    region.filter = (from, _, message) => {
      const height = heightOf(message);
      if (from === 0 && height !== null) said.push(height);
      return true;
    };
    region.start();
    expect(region.runUntil(all(region, 60), 60_000)).toBe(true);
    // Epochs 0 and 1 have ten heights each.
    expect(Math.max(...said)).toBe(20);
    expect(said).toContain(20);
    expect(region.node(0).replica?.status().votes).toBe(false);
    expect(region.node(1).replica?.status().votes).toBe(true);
  });

  test('a key in use is replaced: its owner votes under either in its own epochs, and with one machine lacking the set goes on', () => {
    const wished = [v0, v1, v2Anew, v3];
    const region = new SimulatedRegion({ ...faster, seed: 5, first: 4, wishedAt: () => wished, ownKeysOf });
    region.start();
    expect(region.runUntil(all(region, 16), 60_000)).toBe(true);
    region.node(0).frozen = true;
    const others = region.nodes.filter(({ place }) => place >= 1 && place <= 3);
    expect(region.runUntil(() => others.every((node) => node.height >= 30), 60_000)).toBe(true);
    const chain = region.node(1).disk.chain;
    expect(chain.validators).toEqual(wished);
  });
});

describe('R1, R15 to R18: a set change in the middle of a view change', () => {
  const cases: readonly (readonly [string, number, readonly ValidatorInfo[]])[] = [
    ['one joins', 4, [v0, v1, v2, v3, v4]],
    ['the first one leaves', 5, [v1, v2, v3, v4]],
    ['a key is replaced', 4, [v0, v1, v2Anew, v3]],
  ];

  test.each(cases)(
    '%s: what one replica alone has committed in the old set stands, and the new set changes view too',
    (_, first, wished) => {
      const last = 2 * 2 * first;
      for (let seed = 1; seed <= 8; seed++) {
        const region = new SimulatedRegion({ ...faster, seed, first, wishedAt: () => wished, ownKeysOf });
        const old = region.nodes.slice(0, first);
        // The last height of the last epoch of the old set: its COMMITs of view 0 reach one replica only.
        const committer = old[seed % first] as (typeof old)[number];
        const isLastCommit = (message: ReplicaMessage): boolean =>
          message.kind === 'vote' &&
          message.vote.phase === commitPhase &&
          message.vote.height === last &&
          message.vote.view === 0;
        region.filter = (_from, to, message) => to === committer.place || !isLastCommit(message);
        region.start();
        expect(
          region.runUntil(() => committer.height >= last, 60_000),
          `seed ${seed}`,
        ).toBe(true);
        expect(committer.disk.chain.validators).toEqual(wished);
        // It goes on into the new epoch alone, cut off, while the others change view in the old one.
        region.filter = (from, to, message) =>
          from !== committer.place && to !== committer.place && !isLastCommit(message);
        const others = old.filter((node) => node !== committer);
        expect(
          region.runUntil(() => others.every((node) => node.height >= last), 60_000),
          `seed ${seed}`,
        ).toBe(true);
        const [other] = others as [(typeof old)[number]];
        expect(toHex(other.disk.finals[last - 1]?.hash as Uint8Array)).toBe(
          toHex(committer.disk.finals[last - 1]?.hash as Uint8Array),
        );
        expect(other.disk.finals[last - 1]?.certificate.view).toBeGreaterThan(0);
        // The first primary of the new set is silent: its members vote it out.
        const { chain } = other.disk;
        const primary = chain.validators[leaderOrder(chain)[0] as number] as ValidatorInfo;
        const silent = region.nodes.find(({ index }) => `v${index}` === primary.name) as (typeof old)[number];
        silent.frozen = true;
        region.filter = () => true;
        const rest = region.nodes.filter((node) => node !== silent);
        expect(
          region.runUntil(() => rest.every((node) => node.height >= last + 4), 60_000),
          `seed ${seed}`,
        ).toBe(true);
        const next = rest[0]?.disk.finals[last];
        expect(next?.block.header.viewOfOrigin, `seed ${seed}`).toBeGreaterThan(0);
        silent.thaw();
        expect(region.runUntil(all(region, last + 8), 60_000), `seed ${seed}`).toBe(true);
      }
    },
  );
});

describe('R22, R23: catching up across epochs', () => {
  /** The set loses its first member twice, so that every place in it means somebody else. */
  const wishedAt = (height: number): readonly ValidatorInfo[] =>
    height < 20 ? [v1, v2, v3, v4, v5] : [v2, v3, v4, v5, v6];

  test.each([1, 3, 5, 7])(
    'v%i, cut off for many epochs and then reached again, comes back without a restart',
    (cut) => {
      const region = new SimulatedRegion({ ...faster, seed: cut, first: 6, wishedAt, ownKeysOf });
      region.start();
      expect(region.runUntil(all(region, 3), 10_000)).toBe(true);
      region.filter = (from, to) => from !== cut && to !== cut;
      const others = region.nodes.filter(({ place }) => place !== cut);
      expect(region.runUntil(() => others.every((node) => node.height >= 120), 300_000)).toBe(true);
      expect(region.node(cut).height).toBeLessThan(10);
      region.filter = () => true;
      expect(region.runUntil(all(region, 130), 30_000)).toBe(true);
    },
  );

  test('a machine that was down meanwhile believes each certificate by the set of its height', () => {
    const region = new SimulatedRegion({ ...faster, seed: 9, first: 6, wishedAt, ownKeysOf });
    region.start();
    const late = region.node(4);
    expect(region.runUntil(all(region, 3), 10_000)).toBe(true);
    late.crash();
    const others = region.nodes.filter((node) => node !== late);
    expect(region.runUntil(() => others.every((node) => node.height >= 120), 300_000)).toBe(true);
    const { certificate } = others[0]?.disk.finals[100] ?? {};
    const { chain } = late.disk;
    expect(certificate !== undefined && region.checks.isCertificate(certificate, chain)).toBe(false);
    late.start();
    expect(region.runUntil(all(region, 125), 60_000)).toBe(true);
  });
});
