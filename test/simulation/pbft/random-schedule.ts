/** A schedule drawn from a seed: chaos, then calm, in which everybody must come along. */
import { everyLie, type Lie } from './byzantine-node.ts';
import { Draws } from './draws.ts';
import { calm, SimulatedRegion } from './simulated-region.ts';
import type { TestKeys } from './test-keys.ts';

/** What a schedule came to. */
export interface ScheduleOutcome {
  readonly heights: number;
  readonly highestView: number;
  readonly crashes: number;
}

/** Thrown when calm does not bring everybody along. */
export class NoProgress extends Error {
  override readonly name = 'NoProgress';
}

const chaosMs = 3_000;
const healedMs = 120_000;

/**
 * Runs one schedule over `keys.validators.length` validators of which the last `liarCount` lie.
 * Throws `SafetyViolation` or `NoProgress`.
 */
export function runSchedule(seed: number, keys: TestKeys, liarCount: number): ScheduleOutcome {
  const draws = new Draws(seed ^ 0x5eed);
  const count = keys.validators.length;
  const liars = new Map<number, Lie[]>();
  for (let index = count - liarCount; index < count; index++)
    liars.set(
      index,
      everyLie.filter(() => draws.chance(0.4)),
    );
  const region = new SimulatedRegion({ seed, keys, liars });
  const worst = draws.unit();
  region.faults = {
    loss: draws.pick([0, 0.02, 0.2]) * worst,
    duplication: draws.pick([0, 0.1]),
    delayMsMax: draws.pick([5, 30, 120]),
    straggling: draws.pick([0, 0.05]),
    crashAtWrite: draws.pick([0, 0, 0.01, 0.04]),
    diskMsMax: draws.pick([1, 20]),
  };
  for (const node of region.honest) node.skewMs = draws.between(-2_000, 2_000);
  region.start();
  let segments = 0;
  while (region.events.nowMs < chaosMs) {
    if (draws.chance(0.5))
      region.submit(
        `segment ${segments++}`,
        region.everyIndex.filter(() => draws.chance(0.8)),
      );
    if (draws.chance(0.15)) splitNetwork(region, draws);
    if (draws.chance(0.25)) region.filter = () => true;
    for (const node of region.honest) {
      if (node.replica === null) {
        if (draws.chance(0.5)) node.start();
      } else if (region.faults.crashAtWrite > 0 && draws.chance(0.02)) node.crash();
    }
    region.run(draws.between(20, 300));
  }
  return heal(region);
}

function splitNetwork(region: SimulatedRegion, draws: Draws): void {
  const side = region.everyIndex.map(() => draws.chance(0.5));
  const oneWay = draws.chance(0.2);
  region.filter = (from, to) => side[from] === side[to] || (oneWay && side[from] === true);
}

function heal(region: SimulatedRegion): ScheduleOutcome {
  region.faults = { ...calm };
  region.filter = () => true;
  for (const node of region.honest) if (node.replica === null) node.start();
  const digest = region.submit('after the storm');
  const name = digest.toString();
  const target = Math.max(...region.honest.map((node) => node.height)) + 3;
  const everybodyThere = (): boolean => region.honest.every((node) => node.height >= target);
  if (!region.runUntil(everybodyThere, healedMs)) {
    const where = region.honest
      .map((node) => `${node.index}: ${node.height}/${node.replica?.status().view}`)
      .join(', ');
    throw new NoProgress(`healed for ${healedMs} ms, yet short of height ${target} (${where})`);
  }
  const ordered = region.honest[0]?.disk.finals.flatMap(({ block }) => block.bodyDigests.map(String)) ?? [];
  if (new Set(ordered).size !== ordered.length) throw new NoProgress('a segment was ordered twice');
  if (!region.runUntil(() => holds(region, name), healedMs)) throw new NoProgress('the last segment was never ordered');
  return {
    heights: Math.max(...region.honest.map((node) => node.height)),
    highestView: Math.max(
      ...region.honest.flatMap(({ disk }) => disk.finals.map(({ certificate }) => certificate.view)),
    ),
    crashes: region.honest.reduce((sum, node) => sum + node.crashes, 0),
  };
}

function holds(region: SimulatedRegion, digest: string): boolean {
  return region.honest.every(({ disk }) =>
    disk.finals.some(({ block }) => block.bodyDigests.map(String).includes(digest)),
  );
}
