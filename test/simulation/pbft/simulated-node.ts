/** A validator node without machine: the production replica, a disk that can lose its queue, a pool, execution. */
import { equalBytes, toHex } from '#core/bytes';
import { taggedHash } from '#core/hash';
import { advanceChain, type ChainState } from '#sync/pbft/chain';
import { Replica } from '#sync/pbft/replica';
import type { ReplicaConfig, ReplicaEffect, ReplicaInput, ReplicaMessage } from '#sync/pbft/types';
import type { VoteRecord } from '#sync/pbft/vote-record';
import type { Block } from '#sync/wire/block';
import type { Certificate } from '#sync/wire/vote';
import type { SimulatedRegion } from './simulated-region.ts';
import { keyAt } from './test-keys.ts';

/** A block with the proof that it is final. */
export interface Final {
  readonly block: Block;
  readonly hash: Uint8Array;
  readonly certificate: Certificate;
}

/** The result of executing a block: any function of block and parent will do. */
export function resultOf(block: Block, hash: Uint8Array): Uint8Array {
  return taggedHash('test/result', block.header.parentResultRoot, hash);
}

interface Disk {
  chain: ChainState;
  record: VoteRecord | null;
  readonly blocks: Map<string, Block>;
  readonly finals: Final[];
}

/** One node, through any number of power cuts. */
export class SimulatedNode {
  readonly region: SimulatedRegion;
  readonly index: number;
  readonly honest: boolean;
  readonly disk: Disk;
  readonly config: ReplicaConfig;
  /** Added to the wall clock. */
  skewMs = 0;
  /** Frozen: alive for the operating system, silent for everybody else. */
  frozen = false;
  crashes = 0;
  diverged = false;
  evidence: number[] = [];
  replica: Replica | null = null;
  #life = 0;
  #timer = 0;
  #diskFreeAtMs = 0;
  #waiting: { digest: Uint8Array; sinceMs: number }[] = [];

  constructor(region: SimulatedRegion, index: number, honest: boolean) {
    this.region = region;
    this.index = index;
    this.honest = honest;
    this.config = { ...region.config, ownKeys: [keyAt(region.keys, index)] };
    this.disk = { chain: region.genesis, record: null, blocks: new Map(), finals: [] };
  }

  get height(): number {
    return this.disk.chain.height;
  }

  start(): void {
    this.replica = new Replica(this.config, this.region.keys.ports);
    this.#diskFreeAtMs = this.region.events.nowMs;
    const next = this.height + 1;
    const blocks = [...this.disk.blocks.values()].filter((block) => block.header.height === next);
    this.feed({ kind: 'started', recovered: { chain: this.disk.chain, record: this.disk.record, blocks } });
    this.#sayPool();
  }

  /** Power cut: what the disk has not finished is gone. */
  crash(): void {
    this.replica = null;
    this.#life++;
    this.crashes++;
  }

  feed(input: ReplicaInput): void {
    if (this.replica === null || this.frozen || this.diverged) return;
    const { nowMs } = this.region.events;
    const at = { nowMs, wallMs: this.region.epochMs + nowMs + this.skewMs };
    for (const effect of this.replica.step(input, at)) {
      if (this.replica === null) return;
      this.#obey(effect);
    }
  }

  submit(digest: Uint8Array): void {
    if (this.disk.finals.some(({ block }) => block.bodyDigests.some((known) => equalBytes(known, digest)))) return;
    this.#waiting.push({ digest, sinceMs: this.region.events.nowMs });
    this.#sayPool();
  }

  /** Blocks from a height on, as an honest peer hands them out. */
  finalsFrom(height: number): readonly Final[] {
    return this.replica === null || this.frozen ? [] : this.disk.finals.slice(height - 1, height + 15);
  }

  send(to: number, message: ReplicaMessage): void {
    if (this.honest) {
      const { record, blocks } = this.disk;
      this.region.checks.said(this.index, message, { record, holdsBlock: (hash) => blocks.has(toHex(hash)) });
    }
    this.region.deliver(this.index, to, message);
  }

  receive(from: number, message: ReplicaMessage): void {
    switch (message.kind) {
      case 'status':
        this.feed({ kind: 'peer-status', peer: this.region.peerId(from), committedHeight: message.committedHeight });
        return;
      case 'want-block':
        this.feed({
          kind: 'want-block',
          peer: this.region.peerId(from),
          height: message.height,
          blockHash: message.blockHash,
        });
        return;
      default:
        this.feed(message);
    }
  }

  /** Later, in this life of the node only. */
  later(delayMs: number, run: () => void): void {
    const life = this.#life;
    this.region.events.plan(delayMs, () => {
      if (life === this.#life) run();
    });
  }

  /** Writes reach the disk in order; a crash may come right after one, before its answer. */
  #write(apply: () => void, answer: () => void): void {
    const { events, draws, faults } = this.region;
    this.#diskFreeAtMs = Math.max(this.#diskFreeAtMs, events.nowMs) + draws.between(0, faults.diskMsMax);
    this.later(this.#diskFreeAtMs - events.nowMs, () => {
      apply();
      if (this.region.crashesAtWrite(this)) this.crash();
      else answer();
    });
  }

  #obey(effect: ReplicaEffect): void {
    const { region } = this;
    switch (effect.kind) {
      case 'gather': {
        const digests = this.#waiting.slice(0, 8).map(({ digest }) => digest);
        const { height, view } = effect;
        this.later(0, () =>
          this.feed({ kind: 'gathered', height, view, digests: region.censors(this) ? [] : digests }),
        );
        return;
      }
      case 'store-block': {
        const { block, blockHash } = effect;
        const apply = (): void => void this.disk.blocks.set(toHex(blockHash), block);
        if (region.withheld(block)) return;
        this.#write(apply, () => this.feed({ kind: 'stored', blockHash, full: false }));
        return;
      }
      case 'execute': {
        const { block, blockHash } = effect;
        const resultRoot = resultOf(block, blockHash);
        this.later(region.draws.between(0, 5), () => this.feed({ kind: 'executed', blockHash, resultRoot }));
        return;
      }
      case 'persist': {
        const { record, token } = effect;
        const apply = (): void => {
          this.disk.record = record;
        };
        this.#write(apply, () => this.feed({ kind: 'persisted', token }));
        return;
      }
      case 'broadcast':
        for (const index of region.everyIndex) {
          if (index !== this.index) this.send(index, effect.message);
        }
        return;
      case 'send':
        this.send(region.indexOf(effect.to), effect.message);
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
        this.#catchUp(effect.hint === null ? 0 : region.indexOf(effect.hint));
        return;
      case 'set-timer':
        this.#setTimer(effect.atMs);
        return;
      case 'evidence':
        this.evidence.push(effect.equivocation.validator);
        return;
      case 'diverged':
        this.diverged = true;
        return;
      case 'prove-ahead':
        return;
    }
  }

  #setTimer(atMs: number | null): void {
    const timer = ++this.#timer;
    if (atMs === null) return;
    this.later(atMs - this.region.events.nowMs, () => {
      if (timer === this.#timer) this.feed({ kind: 'tick' });
    });
  }

  #catchUp(from: number): void {
    const { region } = this;
    region.ask(this.index, from, this.height + 1, (finals) => {
      this.later(0, () => {
        for (const final of finals) this.#commit(final);
        this.#committed();
      });
    });
  }

  #commit(final: Final): void {
    const { header } = final.block;
    if (header.height !== this.height + 1) return;
    if (this.honest) this.region.checks.committed(this.index, final.certificate, final.hash);
    const { chain } = this.disk;
    this.disk.chain = advanceChain(this.region.schedule, chain, {
      header,
      blockHash: final.hash,
      resultRoot: resultOf(final.block, final.hash),
      historyRoot: taggedHash('test/history', chain.historyRoot, final.hash),
      beaconOutput: this.region.keys.beaconOutput(header.beaconProof),
      wished: this.region.keys.validators,
    });
    this.disk.finals.push(final);
    for (const [name, block] of this.disk.blocks)
      if (block.header.height <= header.height) this.disk.blocks.delete(name);
    const done = new Set(final.block.bodyDigests.map(toHex));
    this.#waiting = this.#waiting.filter(({ digest }) => !done.has(toHex(digest)));
    this.region.progressed(this);
  }

  #committed(): void {
    this.feed({ kind: 'committed', chain: this.disk.chain });
    this.#sayPool();
  }

  #sayPool(): void {
    this.feed({ kind: 'pool', waitingCount: this.#waiting.length, oldest: this.#waiting[0] ?? null });
  }
}
