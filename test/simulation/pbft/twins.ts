/**
 * Twins (Bano et al., OPODIS 2021): f validators run two copies with one key, and the network is cut in every way at
 * every step, for each place of the twins among the primaries. Nothing is drawn. A step hands out all that was said since
 * the step before, as far as the cut of the moment lets it through; the rest is lost.
 */
import { toHex } from '#core/bytes';
import { leaderOrder } from '#sync/pbft/schedule';
import type { ReplicaMessage } from '#sync/pbft/types';
import type { Final } from './simulated-disk.ts';
import { calm, type NodeOf, SimulatedRegion } from './simulated-region.ts';
import { cheapKeys, type TestKeys } from './test-keys.ts';
import { Trace } from './trace.ts';

/** Who hears whom in a step: by the place of the speaker, the places that hear it as bits. */
export type Cut = readonly number[];

/** A scenario: the cut of each step. */
export interface Scenario {
  readonly validators: number;
  /** Places in the order of primaries that have twins. */
  readonly twinned: readonly number[];
  readonly cuts: readonly Cut[];
}

interface Spoken {
  readonly from: number;
  readonly to: number;
  readonly arrive: () => void;
}

/** Steps that a healed network may take until every honest machine is along. */
const healStepsMax = 400;

/** A region whose messages lie about until a step hands them out. */
class SteppedRegion extends SimulatedRegion {
  spoken: Spoken[] = [];

  override deliver(from: number, to: number, message: ReplicaMessage): void {
    this.spoken.push({ from, to, arrive: () => this.arrive(from, to, message) });
  }

  override ask(from: number, to: number, height: number, answer: (finals: readonly Final[]) => void): void {
    this.spoken.push({
      from,
      to,
      arrive: () => {
        const finals = this.node(to).finalsFrom(height);
        if (finals.length > 0) this.spoken.push({ from: to, to: from, arrive: () => answer(finals) });
      },
    });
  }
}

/** What a scenario did to the messages, step by step: scenarios that did the same are one. */
export class TwinsMemory {
  /** By what was lost so far: who said something to whom, as from * 16 + to. */
  readonly #spoken = new Map<string, Uint8Array>();
  readonly #done = new Set<string>();

  /** What has been lost after a step, given what was before. */
  after(before: string, pairs: Uint8Array, cut: Cut): string {
    const trace = new Trace();
    for (let at = 0; at < before.length; at += 8) trace.note(Number.parseInt(before.slice(at, at + 8), 16));
    for (let at = 0; at < pairs.length; at++) {
      const pair = pairs[at] as number;
      if (!hears(cut, pair >> 4, pair & 15)) trace.note(at);
    }
    return trace.hash;
  }

  learn(before: string, pairs: Uint8Array): void {
    this.#spoken.set(before, pairs);
  }

  /** Whether a scenario would do what another has done. */
  knows({ validators, twinned, cuts }: Scenario): boolean {
    let at = start(validators, twinned);
    for (const cut of cuts) {
      const pairs = this.#spoken.get(at);
      if (pairs === undefined) return false;
      at = this.after(at, pairs, cut);
    }
    return this.#done.has(at);
  }

  finish(at: string): void {
    this.#done.add(at);
  }
}

function hears(cut: Cut, from: number, to: number): boolean {
  return (((cut[from] as number) >> to) & 1) === 1;
}

function start(validators: number, twinned: readonly number[]): string {
  const trace = new Trace();
  trace.note(validators, ...twinned);
  return trace.hash;
}

interface Cast {
  readonly keys: TestKeys;
  /** Indices in the order in which they lead. */
  readonly order: readonly number[];
}

const casts = new Map<number, Cast>();

/** Keys of so many validators, and who of them leads the first height in which view. */
export function castOf(validators: number): Cast {
  const known = casts.get(validators);
  if (known !== undefined) return known;
  const keys = cheapKeys(validators);
  const made = { keys, order: leaderOrder(new SimulatedRegion({ seed: 1, keys }).genesis) };
  casts.set(validators, made);
  return made;
}

function regionOf({ validators, twinned }: Scenario, nodeOf?: NodeOf): SteppedRegion {
  const { keys, order } = castOf(validators);
  const region = new SteppedRegion({
    seed: 1,
    keys,
    twins: twinned.map((place) => order[place] as number),
    timing: { heartbeatMs: 300, resendMs: 450, timeoutMsMax: 2_000 },
    ...(nodeOf === undefined ? {} : { nodeOf }),
  });
  region.faults = { ...calm, diskMsMax: 0, executeMsMax: 0, earlyTimers: 0 };
  return region;
}

/** Twins have different things to propose, and everybody has all bodies. */
function fillPools(region: SteppedRegion): void {
  for (const { place, index } of region.nodes) {
    const isSecond = place !== index;
    const digest = region.submit(isSecond ? `second of ${index}` : region.node(index).honest ? 'all' : `${index}`, [
      place,
    ]);
    for (const node of region.nodes) node.disk.bodies.add(toHex(digest));
  }
}

/** Lets time pass until somebody says something. */
function waitForWords(region: SteppedRegion): void {
  region.runUntil(() => region.spoken.length > 0, 10_000);
}

function step(region: SteppedRegion, cut: Cut | null): void {
  const words = region.spoken;
  region.spoken = [];
  for (const { from, to, arrive } of words) if (cut === null || hears(cut, from, to)) arrive();
  region.run(2);
}

/**
 * Plays a scenario, then heals the network until all honest machines have come along. Throws `SafetyViolation`; returns
 * false if they do not come along.
 */
export function playTwins(scenario: Scenario, memory: TwinsMemory | null, nodeOf?: NodeOf): boolean {
  const region = regionOf(scenario, nodeOf);
  region.start();
  fillPools(region);
  let at = start(scenario.validators, scenario.twinned);
  for (const cut of scenario.cuts) {
    waitForWords(region);
    const pairs = Uint8Array.from(region.spoken, ({ from, to }) => from * 16 + to);
    memory?.learn(at, pairs);
    at = memory?.after(at, pairs, cut) ?? at;
    step(region, cut);
  }
  memory?.finish(at);
  const target = Math.max(...region.honest.map((node) => node.height)) + 1;
  for (let steps = 0; steps < healStepsMax; steps++) {
    if (region.honest.every((node) => node.height >= target)) return true;
    waitForWords(region);
    step(region, null);
  }
  return false;
}
