/** A whole region in virtual time: nodes, a network that misbehaves by a seed, and checks after every step. */

import { toHex, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { beaconAlpha } from '#sync/pbft/beacon';
import { type ChainState, genesisChain } from '#sync/pbft/chain';
import type { ScheduleConfig } from '#sync/pbft/schedule';
import { type ReplicaConfig, type ReplicaMessage, replicaTiming } from '#sync/pbft/types';
import type { PeerId } from '#sync/pbft/voting-set';
import type { Block } from '#sync/wire/block';
import { ByzantineNode, type Lie } from './byzantine-node.ts';
import { Draws } from './draws.ts';
import { EventQueue } from './event-queue.ts';
import { SafetyChecks } from './safety-checks.ts';
import { type Final, SimulatedNode } from './simulated-node.ts';
import { keyAt, type TestKeys } from './test-keys.ts';

/** How badly network and machines behave; probabilities a message or a write, times in virtual milliseconds. */
export interface Faults {
  loss: number;
  duplication: number;
  delayMsMax: number;
  /** Share of messages that take up to twenty times longer. */
  straggling: number;
  crashAtWrite: number;
  diskMsMax: number;
}

export const calm: Faults = { loss: 0, duplication: 0, delayMsMax: 10, straggling: 0, crashAtWrite: 0, diskMsMax: 2 };

export interface RegionOptions {
  readonly seed: number;
  readonly keys: TestKeys;
  /** By index of the liar. */
  readonly liars?: ReadonlyMap<number, readonly Lie[]>;
  readonly timing?: Partial<ReplicaConfig>;
}

/** Decides whether a message from one node to another gets through. */
export type Filter = (from: number, to: number, message: ReplicaMessage) => boolean;

const everything: Filter = () => true;

/** One region under test. */
export class SimulatedRegion {
  readonly events = new EventQueue();
  readonly draws: Draws;
  readonly keys: TestKeys;
  readonly config: ReplicaConfig;
  readonly schedule: ScheduleConfig;
  readonly genesis: ChainState;
  readonly checks: SafetyChecks;
  readonly nodes: readonly SimulatedNode[];
  readonly everyIndex: readonly number[];
  readonly #indexes: ReadonlyMap<PeerId, number>;
  readonly epochMs = 1_800_000_000_000;
  faults: Faults = { ...calm };
  filter: Filter = everything;
  /** Blocks whose bodies nobody gets. */
  withheld: (block: Block) => boolean = () => false;
  onCommit: (node: SimulatedNode) => void = () => {};

  constructor(options: RegionOptions) {
    const { keys, seed } = options;
    this.keys = keys;
    this.draws = new Draws(seed);
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
      seed: sha256(utf8('genesis')),
      timeMs: this.epochMs - 1_000,
      validators: keys.validators,
      resultRoot: root,
      historyRoot: root,
    });
    this.checks = new SafetyChecks(this.config.chainId, keys);
    this.everyIndex = keys.validators.map((_, index) => index);
    this.#indexes = new Map(keys.validators.map(({ publicKey }, index) => [toHex(publicKey), index]));
    this.nodes = this.everyIndex.map((index) => {
      const lies = options.liars?.get(index);
      if (lies === undefined) return new SimulatedNode(this, index, true);
      const liar = new ByzantineNode(this, index, false);
      liar.lies = new Set(lies);
      return liar;
    });
  }

  /** The id that replicas know a node by, and back. */
  peerId(index: number): PeerId {
    return toHex(keyAt(this.keys, index));
  }

  indexOf(peer: PeerId): number {
    return this.#indexes.get(peer) as number;
  }

  get honest(): readonly SimulatedNode[] {
    return this.nodes.filter((node) => node.honest);
  }

  node(index: number): SimulatedNode {
    return this.nodes[index] as SimulatedNode;
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  deliver(from: number, to: number, message: ReplicaMessage): void {
    const { draws, faults } = this;
    if (!this.filter(from, to, message) || draws.chance(faults.loss)) return;
    const copies = draws.chance(faults.duplication) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const slow = draws.chance(faults.straggling) ? 20 : 1;
      this.events.plan(draws.between(1, faults.delayMsMax * slow), () => this.node(to).receive(from, message));
    }
  }

  /** A request for blocks and its answer; honest nodes answer, liars do not. */
  ask(from: number, to: number, height: number, answer: (finals: readonly Final[]) => void): void {
    const status: ReplicaMessage = { kind: 'status', committedHeight: 0, view: 0 };
    if (!this.filter(from, to, status) || !this.node(to).honest) return;
    this.events.plan(this.draws.between(1, this.faults.delayMsMax), () => {
      const finals = this.node(to).finalsFrom(height);
      if (finals.length > 0 && this.filter(to, from, status))
        this.events.plan(this.draws.between(1, this.faults.delayMsMax), () => answer(finals));
    });
  }

  crashesAtWrite(node: SimulatedNode): boolean {
    return node.honest && this.draws.chance(this.faults.crashAtWrite);
  }

  censors(node: SimulatedNode): boolean {
    return node instanceof ByzantineNode && node.lies.has('censor');
  }

  /** What a node proves at a height; null if the height is not its next one. */
  alphaOf(node: SimulatedNode, height: number): Uint8Array | null {
    return node.height + 1 === height ? beaconAlpha(node.disk.chain.seed, height) : null;
  }

  progressed(node: SimulatedNode): void {
    this.onCommit(node);
  }

  /** Gives a segment to some nodes, or all. */
  submit(name: string, to: readonly number[] = this.everyIndex): Uint8Array {
    const digest = sha256(utf8(name));
    for (const index of to) this.node(index).submit(digest);
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
