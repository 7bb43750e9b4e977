/** R24 where sets change: who lost its memory is not misled by the set of an epoch that is over. */
import { expect, test } from 'vitest';
import type { ReplicaMessage } from '#sync/pbft/types';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { SimulatedRegion } from './simulated-region.ts';
import { cheapKeys } from './test-keys.ts';

const keys = cheapKeys(6);
const timing = { heartbeatMs: 100, timeoutMsBase: 200, epochTurns: 1 };
/** Epochs of one turn each: four validators, four, five, six, then v1 to v5 up to this height, then v2 to v5. */
const lastOfFive = 24;
const forgetful = 3;
/** Members of the five that see its last block prepared and hear nothing more. */
const stuck: readonly number[] = [1, 2];

function heightOf(message: ReplicaMessage): number | null {
  if (message.kind === 'vote') return message.vote.height;
  return message.kind === 'proposal' ? message.proposal.block.header.height : null;
}

/** What the stuck ones may hear: everything before that block, and of it no COMMIT and no word that it is final. */
function mayHear(message: ReplicaMessage): boolean {
  const height = heightOf(message);
  if (height === null || height < lastOfFive) return height !== null || message.kind === 'timeout';
  return height === lastOfFive && (message.kind === 'proposal' || isPrepare(message));
}

function isPrepare(message: ReplicaMessage): boolean {
  return message.kind === 'vote' && message.vote.phase === preparePhase;
}

function isCommit(message: ReplicaMessage, height: number): boolean {
  return message.kind === 'vote' && message.vote.phase === commitPhase && message.vote.height === height;
}

test('R24: members that an epoch left behind just before its end do not say where the region stands', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const region = new SimulatedRegion({ seed, keys, timing, first: 4, wishedAt: () => keys.validators.slice(2) });
    const isStuck = (place: number): boolean => stuck.includes(place);
    const others = region.nodes.filter(({ place }) => place >= 3);
    region.filter = (_, to, message) => !isStuck(to) || mayHear(message);
    region.start();
    const over = (): boolean => others.every((node) => node.height >= lastOfFive + 2);
    expect(region.runUntil(over, 60_000), `seed ${seed}`).toBe(true);
    for (const place of stuck) expect(region.node(place).height, `seed ${seed}`).toBe(lastOfFive - 1);
    // The next set goes on with three of its four and ends in a view change with a block prepared.
    const height = Math.max(...others.map((node) => node.height)) + 2;
    const among = (from: number, to: number): boolean => isStuck(from) === isStuck(to);
    region.filter = (from, to, message) => among(from, to) && !isCommit(message, height);
    const asked = (): boolean =>
      others.every(({ disk: { record } }) => record?.height === height && record.prepared !== null && record.view > 0);
    expect(region.runUntil(asked, 60_000), `seed ${seed}`).toBe(true);
    // One of the three loses its disk and hears the stuck ones only, then everybody.
    const victim = region.node(forgetful);
    victim.crash();
    victim.start('everything');
    const isVictim = (place: number): boolean => place === forgetful;
    region.filter = (from, to) =>
      isVictim(from) || isVictim(to) ? isStuck(isVictim(from) ? to : from) : among(from, to);
    expect(
      region.runUntil(() => victim.height === lastOfFive - 1, 60_000),
      `seed ${seed}`,
    ).toBe(true);
    region.run(1_000);
    region.filter = (_, to, message) => !isStuck(to) && !isCommit(message, height);
    region.run(2_000);
    region.filter = () => true;
    const there = (): boolean => region.nodes.every((node) => node.place === 0 || node.height >= height + 12);
    expect(region.runUntil(there, 120_000), `seed ${seed}`).toBe(true);
    expect(victim.replica?.status().votes, `seed ${seed}`).toBe(true);
  }
});
