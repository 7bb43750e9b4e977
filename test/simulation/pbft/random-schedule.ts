/** A schedule drawn from a seed: chaos, then calm, in which everybody must come along. */
import { toHex } from '#core/bytes';
import type { ValidatorInfo } from '#sync/wire/genesis';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { Draws } from './draws.ts';
import type { ExecutionOf } from './execution.ts';
import { everyLie, type Lie } from './lies.ts';
import type { Rot } from './simulated-disk.ts';
import type { SimulatedNode } from './simulated-node.ts';
import { calm, type NodeOf, type RegionOptions, SimulatedRegion } from './simulated-region.ts';
import type { TestKeys } from './test-keys.ts';

/** What a schedule came to. */
export interface ScheduleOutcome {
  readonly heights: number;
  readonly highestView: number;
  readonly crashes: number;
  /** Disks that were lost in part or in whole. */
  readonly rots: number;
  /** Epochs begun. */
  readonly epochs: number;
  /** Virtual time that calm took to bring everybody along. */
  readonly healedMs: number;
  /** Equal for equal runs. */
  readonly trace: string;
}

/** Thrown when calm does not bring everybody along. */
export class NoProgress extends Error {
  override readonly name = 'NoProgress';
}

/** Clients of a region under test, with invariants of their own. */
export interface Clients {
  readonly executionOf: ExecutionOf;
  /** Takes its place beside a region before that starts. */
  attend(region: SimulatedRegion, draws: Draws): void;
  /** Somebody writes and sends something. */
  act(): void;
  /** Everything that is asked for at the end. */
  close(): void;
}

/** How a schedule is run. */
export interface ScheduleOptions {
  readonly keys: TestKeys;
  /** So many of the last validators lie, or lose their disk once in a while. */
  readonly faultyCount: number;
  readonly nodeOf?: NodeOf;
  readonly clients?: Clients;
  /** So many of the keys are the first set, and every few heights another set is wished; the set stays the same by default. */
  readonly changingFrom?: number;
  /** Calm in which everybody must come along, whatever time-outs chaos has grown; virtual milliseconds. */
  readonly healMsMax?: number;
}

const chaosMsMin = 800;
const chaosMsMax = 2_600;
const usualHealMsMax = 120_000;
/** Within it quick heights have come to the second epoch, unless liars stand in the way. */
const settlingMsMax = 2_000;
/** Heights for which one set is wished. */
const eraHeights = 7;
/** Heights that everybody must reach after the furthest one's. */
const headway = 3;
/** Of faulty validators within f, those that only lose their disk. */
const forgetfulShare = 0.2;

/** The way of one schedule. */
class Schedule {
  readonly #region: SimulatedRegion;
  readonly #draws: Draws;
  readonly #clients: Clients | undefined;
  readonly #forgetful: readonly number[];
  readonly #healMsMax: number;
  readonly #changing: boolean;
  #segments = 0;
  #rots = 0;

  constructor(seed: number, options: ScheduleOptions) {
    const { keys, faultyCount, clients, nodeOf } = options;
    this.#draws = new Draws(seed ^ 0x5eed);
    this.#clients = clients;
    this.#healMsMax = options.healMsMax ?? usualHealMsMax;
    this.#changing = options.changingFrom !== undefined;
    const count = keys.validators.length;
    const { draws, liars, forgetful } = cast(this.#draws, count, faultyCount);
    this.#forgetful = forgetful;
    this.#region = new SimulatedRegion({
      seed,
      keys,
      liars,
      ...(nodeOf === undefined ? {} : { nodeOf }),
      ...(clients === undefined ? {} : { executionOf: clients.executionOf }),
      ...(options.changingFrom === undefined ? {} : changingSets(seed, keys, options.changingFrom)),
    });
    clients?.attend(this.#region, draws);
    this.#drawFaults();
  }

  #drawFaults(): void {
    const draws = this.#draws;
    const region = this.#region;
    const worst = draws.unit();
    region.faults = {
      loss: draws.pick([0, 0.02, 0.2]) * worst,
      duplication: draws.pick([0, 0.1]),
      delayMsMax: draws.pick([5, 30, 120]),
      straggling: draws.pick([0, 0.05]),
      crashAtWrite: draws.pick([0, 0, 0.01, 0.04]),
      writeFails: draws.pick([0, 0, 0.01]),
      diskMsMax: draws.pick([1, 20]),
      executeMsMax: draws.pick([0, 5, 60]),
      earlyTimers: 0.05,
    };
    for (const node of region.honest) {
      node.skewMs = draws.between(-2_000, 2_000);
      node.clockRate = draws.pick([1, 1, 1, 0.8, 1.25]);
      node.handleMs = draws.chance(0.05) ? draws.between(2, 15) : 0;
    }
  }

  run(): ScheduleOutcome {
    const region = this.#region;
    region.start();
    // Calm first, to be out of the first epochs when it begins.
    if (this.#changing) {
      const { faults } = region;
      region.faults = { ...calm };
      region.runUntil(() => region.honest.some(({ disk }) => disk.chain.epoch >= 1), settlingMsMax);
      region.faults = faults;
    }
    const untilMs = region.events.nowMs + this.#draws.between(chaosMsMin, chaosMsMax);
    while (region.events.nowMs < untilMs) this.#disturb();
    return this.#heal();
  }

  #disturb(): void {
    const region = this.#region;
    const draws = this.#draws;
    if (draws.chance(0.5)) this.#submit();
    if (draws.chance(0.12)) splitNetwork(region, draws);
    else if (draws.chance(0.2)) cutStatements(region, draws);
    else if (draws.chance(0.3)) region.filter = () => true;
    for (const node of region.honest) this.#trouble(node);
    region.run(draws.between(20, 300));
  }

  #submit(): void {
    const draws = this.#draws;
    if (this.#clients !== undefined) this.#clients.act();
    else {
      const to = this.#region.everyIndex.filter(() => draws.chance(0.8));
      this.#region.submit(`segment ${this.#segments++}`, to);
    }
  }

  /** Comes up again, perhaps on a disk that has lost something; or goes down, or freezes. */
  #trouble(node: SimulatedNode): void {
    const draws = this.#draws;
    const forgetful = this.#forgetful.includes(node.index);
    if (!node.alive) {
      if (!draws.chance(0.5)) return;
      const rot: Rot | null = forgetful && draws.chance(0.5) ? draws.pick(['everything', 'record', 'block']) : null;
      if (rot !== null) this.#rots++;
      node.start(rot);
      return;
    }
    if (node.frozen) node.thaw();
    else if (draws.chance(0.01)) node.frozen = true;
    const crashes = this.#region.faults.crashAtWrite > 0 ? 0.02 : 0;
    if (draws.chance(forgetful ? 0.15 : crashes)) node.crash();
  }

  #heal(): ScheduleOutcome {
    const region = this.#region;
    const { honest, events } = region;
    const sinceMs = events.nowMs;
    region.faults = { ...calm };
    region.filter = () => true;
    for (const node of honest) {
      node.handleMs = 0;
      node.thaw();
      if (!node.alive) node.start();
    }
    const digest = toHex(region.submit('after the storm'));
    const target = Math.max(...honest.map((node) => node.height)) + (this.#changing ? 4 * headway : headway);
    const everybodyThere = (): boolean => honest.every((node) => node.height >= target);
    if (!region.runUntil(everybodyThere, this.#healMsMax))
      throw new NoProgress(`healed for ${this.#healMsMax} ms, yet short of height ${target} (${whereabouts(region)})`);
    const healedMs = events.nowMs - sinceMs;
    const voting = (): boolean => honest.every((node) => node.replica?.status().votes || !node.isMember);
    if (!region.runUntil(voting, this.#healMsMax)) throw new NoProgress('a node that lost its disk never votes again');
    if (!region.runUntil(() => holds(region, digest), this.#healMsMax))
      throw new NoProgress('the last segment was never ordered');
    if (this.#clients === undefined) onceEach(region);
    this.#clients?.close();
    const { finals } = furthest(region).disk;
    return {
      heights: finals.length,
      highestView: Math.max(...finals.map(({ certificate }) => certificate.view)),
      crashes: honest.reduce((sum, node) => sum + node.crashes, 0),
      rots: this.#rots,
      epochs: furthest(region).disk.chain.epoch,
      healedMs,
      trace: region.trace.hash,
    };
  }
}

/** Lies that hurt most together. */
const attacks: readonly (readonly Lie[])[] = [
  ['forge-new-view', 'vote-for-everything', 'hide-prepared'],
  ['forge-new-view', 'choose-quorum', 'two-faced'],
  ['equivocate-proposal', 'vote-for-everything'],
  ['old-lock', 'replay', 'hide-prepared', 'choose-quorum'],
];

/** Who of the last `faultyCount` validators lies how, and who only loses its disk. More than f of them all lie. */
function cast(
  draws: Draws,
  count: number,
  faultyCount: number,
): { readonly draws: Draws; readonly liars: ReadonlyMap<number, Lie[]>; readonly forgetful: readonly number[] } {
  const tolerated = Math.floor((count - 1) / 3);
  const liars = new Map<number, Lie[]>();
  const forgetful: number[] = [];
  const share = draws.pick([0.1, 0.25, 0.4]);
  for (let index = count - faultyCount; index < count; index++) {
    if (faultyCount <= tolerated && draws.chance(forgetfulShare)) forgetful.push(index);
    else if (draws.chance(0.4)) liars.set(index, [...draws.pick(attacks)]);
    else
      liars.set(
        index,
        everyLie.filter(() => draws.chance(faultyCount > tolerated ? 0.4 : share)),
      );
  }
  return { draws, liars, forgetful };
}

/** Short epochs, quick heights, and a set that is wished anew every few heights. */
function changingSets(seed: number, keys: TestKeys, first: number): Partial<RegionOptions> {
  const { validators } = keys;
  const wishedAt = (height: number): readonly ValidatorInfo[] => {
    const draws = new Draws(seed ^ (Math.floor(height / eraHeights) << 20));
    const wished = validators.filter(() => draws.chance(0.6));
    return wished.length < first ? validators.slice(0, first) : wished;
  };
  return { first, wishedAt, timing: { heartbeatMs: 80, epochTurns: 1 } };
}

function splitNetwork(region: SimulatedRegion, draws: Draws): void {
  const side = region.everyIndex.map(() => draws.chance(0.5));
  const oneWay = draws.chance(0.2);
  region.filter = (from, to) => side[from] === side[to] || (oneWay && side[from] === true);
}

/**
 * One kind of statement reaches only some, so that a quorum stands for these and for nobody else; often they are then
 * heard no more, so that the others go on without them.
 */
function cutStatements(region: SimulatedRegion, draws: Draws): void {
  const share = draws.pick([0.2, 0.3, 0.5]);
  const hears = region.nodes.map(() => draws.chance(share));
  const cut = draws.pick([preparePhase, commitPhase, commitPhase, commitPhase, 'proposal', 'timeout'] as const);
  const mute = draws.chance(0.6);
  region.filter = (from, to, message) => {
    if (message.kind === 'vote') return message.vote.phase !== cut || hears[to] === true;
    if (mute && hears[from] === true && message.kind !== 'proposal') return false;
    return message.kind !== cut || hears[to] === true;
  };
}

function whereabouts(region: SimulatedRegion): string {
  const place = (node: SimulatedNode): string => `${node.index}: ${node.height}/${node.replica?.status().view}`;
  return region.honest.map(place).join(', ');
}

function furthest(region: SimulatedRegion): SimulatedNode {
  return region.honest.reduce((a, b) => (b.height > a.height ? b : a));
}

function holds(region: SimulatedRegion, digest: string): boolean {
  return region.honest.every(({ disk }) => disk.bodies.has(digest) && isOrdered(disk.finals, digest));
}

function isOrdered(finals: SimulatedNode['disk']['finals'], digest: string): boolean {
  for (let at = finals.length - 1; at >= 0; at--)
    if (finals[at]?.block.bodyDigests.some((one) => toHex(one) === digest)) return true;
  return false;
}

/** While nothing is skipped, a segment is ordered once. */
function onceEach(region: SimulatedRegion): void {
  const ordered = furthest(region).disk.finals.flatMap(({ block }) => block.bodyDigests.map(toHex));
  if (new Set(ordered).size !== ordered.length) throw new NoProgress('a segment was ordered twice');
}

/**
 * Runs one schedule. Throws `SafetyViolation` or `NoProgress`, or what the production code asserts.
 */
export function runSchedule(seed: number, options: ScheduleOptions): ScheduleOutcome {
  return new Schedule(seed, options).run();
}
