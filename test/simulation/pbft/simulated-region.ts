/** A whole region in virtual time: nodes, a network that misbehaves by a seed, and checks after every step. */

import { toHex, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { beaconAlpha } from '#sync/pbft/beacon';
import { type ChainState, genesisChain } from '#sync/pbft/chain';
import type { ScheduleConfig } from '#sync/pbft/schedule';
import { type ReplicaConfig, type ReplicaMessage, replicaTiming } from '#sync/pbft/types';
import type { PeerId } from '#sync/pbft/voting-set';
import type { Block } from '#sync/wire/block';
import type { ValidatorInfo } from '#sync/wire/genesis';
import { ByzantineNode } from './byzantine-node.ts';
import { Draws } from './draws.ts';
import { EventQueue } from './event-queue.ts';
import { cheapExecution, type ExecutionOf } from './execution.ts';
import type { Lie } from './lies.ts';
import { SafetyChecks } from './safety-checks.ts';
import type { Final } from './simulated-disk.ts';
import { SimulatedNode } from './simulated-node.ts';
import { keyAt, type TestKeys } from './test-keys.ts';
import { Trace } from './trace.ts';

/** How badly network and machines behave; probabilities a message or a write, times in virtual milliseconds. */
export interface Faults {
  loss: number;
  duplication: number;
  delayMsMax: number;
  /** Share of messages that take up to twenty times longer. */
  straggling: number;
  /** The power goes right after a write, before it is answered. */
  crashAtWrite: number;
  /** A write fails, which ends the process. */
  writeFails: number;
  diskMsMax: number;
  executeMsMax: number;
  /** Share of timers that fire a millisecond before their time, as those of machines do. */
  earlyTimers: number;
}

export const calm: Faults = {
  loss: 0,
  duplication: 0,
  delayMsMax: 10,
  straggling: 0,
  crashAtWrite: 0,
  writeFails: 0,
  diskMsMax: 2,
  executeMsMax: 5,
  earlyTimers: 0.05,
};

/** Makes the node of a place: the honest one, a liar, a twin, or one that is broken on purpose. */
export type NodeOf = (
  region: SimulatedRegion,
  place: { readonly place: number; readonly index: number },
  honest: boolean,
) => SimulatedNode;

export interface RegionOptions {
  readonly seed: number;
  readonly keys: TestKeys;
  /** By index of the liar. */
  readonly liars?: ReadonlyMap<number, readonly Lie[]>;
  /** Validators with a second machine that has the same key: neither is checked, both run what honest ones run. */
  readonly twins?: readonly number[];
  readonly timing?: Partial<ReplicaConfig>;
  readonly executionOf?: ExecutionOf;
  /** What honest machines run; the production replica on a sound node by default. */
  readonly nodeOf?: NodeOf;
  readonly genesisSeed?: string;
  /** Validators of the genesis: the first ones of the keys; all by default. */
  readonly first?: number;
  /** What the ledger wishes after the block of a height; by default the genesis set for ever. */
  readonly wishedAt?: (height: number) => readonly ValidatorInfo[];
  /** Keys of the machine at an index; by default the one that the keys give it. */
  readonly ownKeysOf?: (index: number) => readonly Uint8Array[];
}

/** Decides whether a message from one place to another gets through. */
export type Filter = (from: number, to: number, message: ReplicaMessage) => boolean;

const everything: Filter = () => true;
const request: ReplicaMessage = { kind: 'status', committedHeight: 0, view: 0 };
const kindNumbers: Record<ReplicaMessage['kind'], number> = {
  proposal: 1,
  vote: 2,
  timeout: 3,
  status: 4,
  'want-block': 5,
  block: 6,
};

const soundNode: NodeOf = (region, place, honest) => new SimulatedNode(region, place, honest);

/** One region under test. */
export class SimulatedRegion {
  readonly events = new EventQueue();
  readonly trace = new Trace();
  readonly draws: Draws;
  readonly keys: TestKeys;
  readonly config: ReplicaConfig;
  readonly schedule: ScheduleConfig;
  readonly genesis: ChainState;
  readonly checks: SafetyChecks;
  /** By place: validators in the order of the set, then second machines of twins. */
  readonly nodes: readonly SimulatedNode[];
  readonly honest: readonly SimulatedNode[];
  /** Indices of the validators. */
  readonly everyIndex: readonly number[];
  readonly executionOf: ExecutionOf;
  readonly wishedAt: (height: number) => readonly ValidatorInfo[];
  readonly ownKeysOf: (index: number) => readonly Uint8Array[];
  readonly #places = new Map<PeerId, number[]>();
  readonly epochMs = 1_800_000_000_000;
  /** Contents of the segments that mean something to the ledger, by their digest in hex. */
  readonly contents = new Map<string, Uint8Array>();
  /** Digests of bodies that break a rule of the node. */
  readonly badBodies = new Set<string>();
  /** What liars have heard: they share it. */
  readonly overheard: ReplicaMessage[] = [];
  faults: Faults = { ...calm };
  filter: Filter = everything;
  /** Blocks whose bodies nobody gets. */
  withheld: (block: Block) => boolean = () => false;
  onCommit: (node: SimulatedNode, final: Final) => void = () => {};

  constructor(options: RegionOptions) {
    const { keys, seed, twins = [], nodeOf = soundNode } = options;
    const validators = keys.validators.slice(0, options.first ?? keys.validators.length);
    this.keys = keys;
    this.wishedAt = options.wishedAt ?? (() => validators);
    this.ownKeysOf = options.ownKeysOf ?? ((index) => [keyAt(keys, index)]);
    this.draws = new Draws(seed);
    this.executionOf = options.executionOf ?? cheapExecution;
    this.config = {
      ...replicaTiming,
      chainId: sha256(utf8('test chain')),
      ownKeys: [],
      epochTurns: 2,
      heartbeatMs: 500,
      timeoutMsBase: 200,
      timeoutMsMax: 4_000,
      resendMs: 150,
      patienceMs: 1_500,
      ...options.timing,
    };
    this.schedule = { epochTurns: this.config.epochTurns };
    const root = new Uint8Array(32);
    this.genesis = genesisChain({
      seed: sha256(utf8(options.genesisSeed ?? 'genesis')),
      timeMs: this.epochMs - 1_000,
      validators,
      resultRoot: root,
      historyRoot: root,
    });
    this.checks = new SafetyChecks(this.config.chainId, keys);
    this.everyIndex = keys.validators.map((_, index) => index);
    const indexes = [...this.everyIndex, ...twins];
    this.nodes = indexes.map((index, at) => {
      const place = { place: at, index };
      for (const id of this.ownKeysOf(index).map(toHex)) this.#places.set(id, [...(this.#places.get(id) ?? []), at]);
      const lies = options.liars?.get(index);
      if (lies !== undefined) return new ByzantineNode(this, place, lies);
      return twins.includes(index) ? soundNode(this, place, false) : nodeOf(this, place, true);
    });
    this.honest = this.nodes.filter((node) => node.honest);
  }

  peerIdOf(index: number): PeerId {
    return toHex(keyAt(this.keys, index));
  }

  /** The id that replicas know the machine at a place by, and back. */
  peerId(place: number): PeerId {
    return this.peerIdOf(this.node(place).index);
  }

  placesOf(peer: PeerId): readonly number[] {
    return this.#places.get(peer) ?? [];
  }

  node(place: number): SimulatedNode {
    return this.nodes[place] as SimulatedNode;
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  deliver(from: number, to: number, message: ReplicaMessage): void {
    const { draws, faults } = this;
    if (!this.filter(from, to, message) || draws.chance(faults.loss)) return;
    const copies = draws.chance(faults.duplication) ? 2 : 1;
    const { life } = this.node(to);
    for (let copy = 0; copy < copies; copy++) {
      const slow = draws.chance(faults.straggling) ? 20 : 1;
      this.events.plan(draws.between(1, faults.delayMsMax * slow), () => {
        // What is on its way to a machine that starts anew goes with its connections.
        if (this.node(to).life === life) this.arrive(from, to, message);
      });
    }
  }

  /** A message at its destination. */
  arrive(from: number, to: number, message: ReplicaMessage): void {
    this.trace.note(this.events.nowMs, (from << 8) | to, kindNumbers[message.kind]);
    if (message.kind === 'vote') this.trace.noteBytes(message.vote.signature);
    this.node(to).receive(from, message);
  }

  /** Time that a question and its answer take together; null when either gets lost. */
  #roundTripMs(from: number, to: number): number | null {
    const { draws, faults } = this;
    if (!this.filter(from, to, request) || !this.filter(to, from, request)) return null;
    if (draws.chance(faults.loss) || draws.chance(faults.loss)) return null;
    return draws.between(2, 2 * faults.delayMsMax);
  }

  /** Asks a machine for committed blocks from a height on. */
  ask(from: number, to: number, height: number, answer: (finals: readonly Final[]) => void): void {
    const tripMs = this.#roundTripMs(from, to);
    if (tripMs === null) return;
    this.events.plan(tripMs / 2, () => {
      const finals = this.node(to).finalsFrom(height);
      if (finals.length > 0) this.events.plan(tripMs / 2, () => answer(finals));
    });
  }

  /** Asks everybody for a body; the first who has it and is in reach sends it. */
  askBody(from: number, name: string, answer: () => void): void {
    const inReach = (place: number): boolean => this.filter(from, place, request) && this.filter(place, from, request);
    const giver = this.nodes.find((node) => node.place !== from && node.servesBody(name, from) && inReach(node.place));
    const tripMs = giver === undefined ? null : this.#roundTripMs(from, giver.place);
    if (tripMs !== null) this.events.plan(tripMs, answer);
  }

  /** What a node proves at a height; null if the height is not its next one. */
  alphaOf(node: SimulatedNode, height: number): Uint8Array | null {
    return node.height + 1 === height ? beaconAlpha(node.disk.chain.seed, height) : null;
  }

  progressed(node: SimulatedNode, final: Final): void {
    this.trace.note(this.events.nowMs, node.place, final.block.header.height);
    this.trace.noteBytes(final.hash);
    this.onCommit(node, final);
  }

  /** Gives a segment to some machines, or all. */
  submit(name: string, to: readonly number[] = this.nodes.map(({ place }) => place)): Uint8Array {
    const digest = sha256(utf8(name));
    for (const place of to) this.node(place).submit(digest);
    return digest;
  }

  run(durationMs: number): void {
    const untilMs = this.events.nowMs + durationMs;
    while (this.events.runNext(untilMs)) {
      // Each event checks itself.
    }
    this.events.nowMs = untilMs;
  }

  /** Runs until the condition holds; false when the time is over first. */
  runUntil(condition: () => boolean, durationMs: number): boolean {
    const untilMs = this.events.nowMs + durationMs;
    while (!condition()) if (!this.events.runNext(untilMs)) return condition();
    return true;
  }
}
