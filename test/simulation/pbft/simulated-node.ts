/** A validator node without machine: the production replica, a disk that can fail, a pool, bodies from peers, execution. */
import { equalBytes, toHex } from '#core/bytes';
import { taggedHash } from '#core/hash';
import { followsChain } from '#sync/pbft/block-rules';
import { advanceChain } from '#sync/pbft/chain';
import { Replica } from '#sync/pbft/replica';
import type { ReplicaConfig, ReplicaEffect, ReplicaInput, ReplicaMessage, ReplicaPorts } from '#sync/pbft/types';
import type { VoteRecord } from '#sync/pbft/vote-record';
import { type Block, blockHash as hashOf } from '#sync/wire/block';
import { commitPhase } from '#sync/wire/vote';
import type { Execution } from './execution.ts';
import { type Final, type Rot, SimulatedDisk } from './simulated-disk.ts';
import type { SimulatedRegion } from './simulated-region.ts';

interface Waiting {
  readonly digest: Uint8Array;
  readonly sinceMs: number;
}

/** Segments in a block at most. */
const segmentsMax = 8;
/** How often an unanswered request to peers is made again. */
const askAgainMs = 100;
/** Blocks in one answer of a peer. */
export const finalsMax = 16;

/** One node, through any number of power cuts. */
export class SimulatedNode {
  readonly region: SimulatedRegion;
  /** Place among the machines of the region: twins share a key, not a place. */
  readonly place: number;
  /** Index in the set of validators. */
  readonly index: number;
  /** Whether the promises are checked for it. */
  readonly honest: boolean;
  readonly disk: SimulatedDisk;
  readonly config: ReplicaConfig;
  readonly execution: Execution;
  /** Added to the wall clock. */
  skewMs = 0;
  /** Seconds of its monotonic clock in a second. */
  clockRate = 1;
  /** Frozen: alive for the operating system, silent for everybody else. */
  frozen = false;
  /** Time of its event loop that one message takes. */
  handleMs = 0;
  crashes = 0;
  diverged = false;
  evidence: number[] = [];
  replica: Replica | null = null;
  /** Runs, whether it votes or not. */
  alive = false;
  readonly #waiting = new Map<string, Waiting>();
  readonly #backlog: ReplicaInput[] = [];
  readonly #stalled: (() => void)[] = [];
  #life = 0;
  #timer = 0;
  #diskFreeAtMs = 0;
  #loopFreeAtMs = 0;

  constructor(region: SimulatedRegion, place: { readonly place: number; readonly index: number }, honest: boolean) {
    this.region = region;
    this.place = place.place;
    this.index = place.index;
    this.honest = honest;
    this.config = { ...region.config, ownKeys: region.ownKeysOf(this.index) };
    this.disk = new SimulatedDisk(region.genesis);
    this.execution = region.executionOf(this.place);
  }

  /** Starts so far; connections of an earlier life are gone. */
  get life(): number {
    return this.#life;
  }

  /** Whether it has a vote at the next height, as far as it knows. */
  get isMember(): boolean {
    const own = this.config.ownKeys;
    return this.disk.chain.validators.some(({ publicKey }) => own.some((key) => equalBytes(key, publicKey)));
  }

  get height(): number {
    return this.disk.height;
  }

  /** What a node of another make may bend: its keys and checks. */
  get ports(): ReplicaPorts {
    return this.region.keys.ports;
  }

  #clockMs(): number {
    return Math.floor(this.region.events.nowMs * this.clockRate);
  }

  start(rot: Rot | null = null): void {
    this.alive = true;
    this.#diskFreeAtMs = this.region.events.nowMs;
    this.#loopFreeAtMs = this.region.events.nowMs;
    if (rot !== null) {
      this.disk.rot(rot);
      if (rot === 'everything') this.execution.reset();
    }
    this.replica = new Replica(this.config, this.ports);
    const { chain, storedBlocks: blocks, silentUpTo } = this.disk;
    this.feed({ kind: 'started', recovered: { chain, record: this.recordAtStart(), blocks, silentUpTo } });
    this.#sayPool();
  }

  /** What the disk says of votes given; broken nodes say something else. */
  protected recordAtStart(): VoteRecord | null {
    return this.disk.record;
  }

  /** Power cut: what the disk has not finished is gone, and so is the memory. */
  crash(): void {
    this.replica = null;
    this.alive = false;
    this.frozen = false;
    this.#life++;
    this.crashes++;
    this.#waiting.clear();
    this.#backlog.length = 0;
    this.#stalled.length = 0;
    this.disk.cutPower(() => this.region.draws.chance(0.5));
  }

  /** Ends a freeze: what came meanwhile lies in the buffers and is taken up now. */
  thaw(): void {
    if (!this.frozen) return;
    this.frozen = false;
    const life = this.#life;
    for (const run of this.#stalled.splice(0)) if (life === this.#life) run();
    for (const input of this.#backlog.splice(0)) this.feed(input);
  }

  feed(input: ReplicaInput): void {
    if (this.replica === null || this.diverged) return;
    if (this.frozen) {
      this.#backlog.push(input);
      return;
    }
    const nowMs = this.#clockMs();
    const at = { nowMs, wallMs: this.region.epochMs + this.region.events.nowMs + this.skewMs };
    for (const effect of this.replica.step(input, at)) {
      if (this.replica === null) return;
      this.#obey(effect);
    }
  }

  /** A client's segment, whose bytes the region knows. */
  submit(digest: Uint8Array): void {
    const name = toHex(digest);
    if (!this.alive || this.#waiting.has(name) || this.execution.isDone(digest)) return;
    this.#waiting.set(name, { digest, sinceMs: this.#clockMs() });
    this.#sayPool();
  }

  /** Blocks from a height on, as a peer hands them out; nothing from a node that has not got them. */
  finalsFrom(height: number): readonly Final[] {
    return this.alive && !this.frozen ? this.disk.finals.slice(height - 1, height - 1 + finalsMax) : [];
  }

  /** Whether it gives a body away to another node. */
  servesBody(name: string, _to: number): boolean {
    return this.alive && !this.frozen && (this.disk.bodies.has(name) || this.#waiting.has(name));
  }

  send(to: number, message: ReplicaMessage): void {
    if (this.honest) this.region.checks.said(this.index, message, this.disk);
    this.region.deliver(this.place, to, message);
  }

  /** A message from another machine: its event loop takes it up when it has come to it. */
  receive(from: number, message: ReplicaMessage): void {
    if (this.handleMs === 0) {
      this.take(from, message);
      return;
    }
    const { nowMs } = this.region.events;
    this.#loopFreeAtMs = Math.max(nowMs, this.#loopFreeAtMs) + this.handleMs;
    this.later(this.#loopFreeAtMs - nowMs, () => this.take(from, message));
  }

  protected take(from: number, message: ReplicaMessage): void {
    const peer = this.region.peerId(from);
    if (message.kind === 'status') this.feed({ kind: 'peer-status', peer, committedHeight: message.committedHeight });
    else if (message.kind === 'want-block') this.feed({ ...message, peer });
    else this.feed(message);
  }

  /** Later, in this life of the node only. */
  later(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.region.events.plan(delayMs, () => {
      if (life === this.#life) run();
    });
  }

  /** As `later`, and not while frozen: a process that stands still writes nothing. */
  #awake(delayMs: number, run: () => void): void {
    this.later(delayMs, () => {
      if (this.frozen) this.#stalled.push(run);
      else run();
    });
  }

  /** Writes reach the disk in order; one may fail, which ends the process, and a crash may come right after one, before its answer. */
  #write(apply: () => void, answer: () => void): void {
    const { region } = this;
    const { events, draws } = region;
    this.#diskFreeAtMs = Math.max(this.#diskFreeAtMs, events.nowMs) + draws.between(0, region.faults.diskMsMax);
    this.#awake(this.#diskFreeAtMs - events.nowMs, () => {
      const { faults } = region;
      if (this.honest && draws.chance(faults.writeFails)) {
        this.crash();
        return;
      }
      apply();
      if (this.honest && draws.chance(faults.crashAtWrite)) this.crash();
      else answer();
    });
  }

  #obey(effect: ReplicaEffect): void {
    const { region } = this;
    switch (effect.kind) {
      case 'gather': {
        const { height, view } = effect;
        this.later(0, () => this.feed({ kind: 'gathered', height, view, digests: this.gather() }));
        return;
      }
      case 'store-block':
        this.#store(effect.block, effect.blockHash);
        return;
      case 'execute': {
        const { block, blockHash } = effect;
        this.later(region.draws.between(0, region.faults.executeMsMax), () => {
          if (block.header.height !== this.height + 1) return;
          this.feed({ kind: 'executed', blockHash, resultRoot: this.resultOf(block, blockHash) });
        });
        return;
      }
      case 'persist':
        this.persist(effect.record, () => this.feed({ kind: 'persisted', token: effect.token }));
        return;
      case 'broadcast':
        for (const { place } of region.nodes) if (place !== this.place) this.send(place, effect.message);
        return;
      case 'send':
        for (const place of region.placesOf(effect.to)) if (place !== this.place) this.send(place, effect.message);
        return;
      case 'commit': {
        const final = { block: effect.block, hash: effect.blockHash, certificate: effect.certificate };
        this.#write(
          () => this.#commit(final),
          () => this.#committed(),
        );
        return;
      }
      case 'catch-up':
        this.#fetch(effect.hint === null ? 0 : (region.placesOf(effect.hint)[0] ?? 0), () => this.#committed());
        return;
      case 'set-timer':
        this.#setTimer(effect.atMs);
        return;
      case 'evidence':
        this.evidence.push(effect.equivocation.validator);
        if (this.honest) this.#accuse(effect.equivocation.validator);
        return;
      case 'diverged':
        this.diverged = true;
        if (this.honest) region.checks.diverged(this.index, effect.height);
        return;
      case 'prove-ahead':
        return;
    }
  }

  /** R21: nobody has two statements of an honest validator for one place. */
  #accuse(validator: number): void {
    const { region } = this;
    const accused = this.disk.chain.validators[validator];
    const places = accused === undefined ? [] : region.placesOf(toHex(accused.publicKey));
    if (places.some((place) => region.node(place).honest)) region.checks.accused(this.index, validator);
  }

  /** What a block gives here; broken nodes get something else. */
  protected resultOf(block: Block, hash: Uint8Array): Uint8Array {
    return this.execution.result(block, hash);
  }

  /** Writes a vote record; broken nodes only say so. */
  protected persist(record: VoteRecord, answer: () => void): void {
    this.#write(() => this.disk.writeRecord(record), answer);
  }

  /** Writes a block with its bodies; broken nodes only say so. */
  protected writeBlock(block: Block, hash: Uint8Array, answer: () => void): void {
    this.#write(() => this.disk.writeBlock(block, hash), answer);
  }

  /** Digests for a block of one's own. */
  protected gather(): Uint8Array[] {
    return [...this.#waiting.values()].slice(0, segmentsMax).map(({ digest }) => digest);
  }

  /** Gets the bodies from whoever has them, then writes them and the block; gives up when the height is decided. */
  #store(block: Block, hash: Uint8Array, attempt = 0): void {
    const { region } = this;
    if (region.withheld(block) || block.header.height !== this.height + 1) return;
    const names = block.bodyDigests.map(toHex);
    if (names.some((name) => region.badBodies.has(name))) {
      this.later(0, () => this.feed({ kind: 'refused', blockHash: hash, reason: 'BAD_FORMAT' }));
      return;
    }
    const missing = names.filter((name) => !this.disk.bodies.has(name) && !this.#waiting.has(name));
    if (missing.length === 0) {
      this.writeBlock(block, hash, () =>
        this.feed({ kind: 'stored', blockHash: hash, full: block.bodyDigests.length >= segmentsMax }),
      );
      return;
    }
    for (const name of missing) region.askBody(this.place, name, () => this.disk.bodies.add(name));
    const againMs = 2 * region.faults.delayMsMax + 1 + attempt * askAgainMs;
    this.later(againMs, () => this.#store(block, hash, attempt + 1));
  }

  #setTimer(atMs: number | null): void {
    const timer = ++this.#timer;
    if (atMs === null) return;
    const { draws, faults } = this.region;
    const earlyMs = draws.chance(faults.earlyTimers) ? 1 : 0;
    this.later(Math.ceil((atMs - this.#clockMs()) / this.clockRate) - earlyMs, () => {
      if (timer !== this.#timer) return;
      const { nowMs } = this.region.events;
      // Who is busy comes late to its timers too.
      if (this.handleMs > 0 && this.#loopFreeAtMs > nowMs)
        this.later(this.#loopFreeAtMs - nowMs, () => this.feed({ kind: 'tick' }));
      else this.feed({ kind: 'tick' });
    });
  }

  /** Asks a peer for committed blocks after the own one and takes those that hold. */
  #fetch(from: number, done: () => void): void {
    this.region.ask(this.place, from, this.height + 1, (finals) => {
      this.#awake(0, () => {
        for (const final of finals) {
          if (final.block.header.height !== this.height + 1) continue;
          if (!this.checksFinal(final)) break;
          this.#commit(final);
        }
        done();
      });
    });
  }

  /** As a validator that catches up checks: the next block, the certificate of a quorum, an equal result. */
  protected checksFinal({ block, certificate }: Final): boolean {
    const hash = hashOf(block.header);
    const fits =
      followsChain(block.header, this.disk.chain) &&
      certificate.phase === commitPhase &&
      certificate.height === block.header.height &&
      equalBytes(certificate.blockHash, hash) &&
      this.region.checks.isCertificate(certificate, this.disk.chain);
    return fits && equalBytes(this.execution.result(block, hash), certificate.resultRoot);
  }

  #commit(final: Final): void {
    const { header } = final.block;
    if (header.height !== this.height + 1) return;
    const { chain } = this.disk;
    const resultRoot = this.execution.result(final.block, final.hash);
    if (this.honest) this.region.checks.committed(this.index, final, resultRoot, chain);
    this.execution.commit(final.block, final.hash);
    this.disk.writeFinal(
      final,
      advanceChain(this.region.schedule, chain, {
        header,
        blockHash: final.hash,
        resultRoot,
        historyRoot: taggedHash('test/history', chain.historyRoot, final.hash),
        beaconOutput: this.region.keys.beaconOutput(header.beaconProof),
        wished: this.region.wishedAt(header.height),
      }),
    );
    for (const digest of final.block.bodyDigests) this.#waiting.delete(toHex(digest));
    this.region.progressed(this, final);
  }

  #committed(): void {
    this.feed({ kind: 'committed', chain: this.disk.chain });
    this.#sayPool();
  }

  #sayPool(): void {
    const oldest = this.#waiting.values().next().value ?? null;
    this.feed({ kind: 'pool', waitingCount: this.#waiting.size, oldest });
  }
}
