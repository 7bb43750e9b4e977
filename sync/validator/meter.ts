/** Durations and counts that a validator takes of itself: histograms for Prometheus, the latest ones for the operator's report. */
import { Counter, Histogram, Registry } from 'prom-client';
import type { Clock } from '#core/clock';
import type { PeerMessage } from '../wire/peer-message.ts';

/** What is measured. `certificate`: from a block's first sight; `submit`: from a segment's arrival; both to the commit. */
export type Measured = 'certificate' | 'submit' | 'fsync' | 'execution';

const latestMax = 256;
const proposalsMax = 64;
const secondsOf = (ms: number): number => ms / 1_000;

/** The latest durations, in milliseconds. */
class Latest {
  readonly #values: number[] = [];
  #next = 0;

  add(ms: number): void {
    this.#values[this.#next] = ms;
    this.#next = (this.#next + 1) % latestMax;
  }

  quantiles(): Quantiles | null {
    const sorted = [...this.#values].sort((a, b) => a - b);
    const at = (share: number): number => round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
    return sorted.length === 0 ? null : { p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}

/** Quantiles in milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

function round(ms: number): number {
  return Math.round(ms * 100) / 100;
}

const histograms: Readonly<Record<Measured, readonly [name: string, help: string, buckets: readonly number[]]>> = {
  certificate: [
    'bizain_validator_certificate_seconds',
    'From the first sight of a proposal to the commit of its block',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ],
  submit: [
    'bizain_validator_submit_seconds',
    'From the arrival of a segment at this validator to the commit of its block',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  ],
  fsync: [
    'bizain_validator_fsync_seconds',
    'Writing votes, blocks and bodies durably before a vote is sent',
    [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5],
  ],
  execution: [
    'bizain_validator_execution_seconds',
    'Executing a block on an overlay, state root included',
    [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  ],
};

/** The instruments of one validator. */
export class Meter {
  /** Where the instruments report to. */
  readonly registry = new Registry();
  readonly #clock: Clock;
  readonly #latest: Readonly<Record<Measured, Latest>>;
  readonly #histograms: Readonly<Record<Measured, Histogram>>;
  readonly #messages: Counter<'kind' | 'direction'>;
  readonly #bytes: Counter<'kind'>;
  /** When blocks of the height in work were first seen, by their hash. */
  readonly #proposals = new Map<string, number>();
  #committedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#committedMs = clock.monotonicMs();
    const registers = [this.registry];
    const histogram = (what: Measured): Histogram => {
      const [name, help, buckets] = histograms[what];
      return new Histogram({ name, help, buckets: [...buckets], registers });
    };
    this.#histograms = {
      certificate: histogram('certificate'),
      submit: histogram('submit'),
      fsync: histogram('fsync'),
      execution: histogram('execution'),
    };
    this.#latest = { certificate: new Latest(), submit: new Latest(), fsync: new Latest(), execution: new Latest() };
    this.#messages = new Counter({
      name: 'bizain_validator_peer_messages_total',
      help: 'Messages between validators, by kind and direction; a broadcast counts once',
      labelNames: ['kind', 'direction'],
      registers,
    });
    this.#bytes = new Counter({
      name: 'bizain_validator_peer_bytes_total',
      help: 'Bytes of frames handed to connections of validators, by kind; each receiver counts',
      labelNames: ['kind'],
      registers,
    });
  }

  /** Does work and notes how long it took. */
  time<T>(what: Measured, work: () => T): T {
    const beginMs = this.#clock.monotonicMs();
    try {
      return work();
    } finally {
      this.#note(what, this.#clock.monotonicMs() - beginMs);
    }
  }

  /** A block has been seen; the first sight counts. */
  proposed(blockHash: string): void {
    if (this.#proposals.size >= proposalsMax || this.#proposals.has(blockHash)) return;
    this.#proposals.set(blockHash, this.#clock.monotonicMs());
  }

  /** A block has been decided here; `arrivals`: when segments of it came in, monotonic ms. */
  decided(blockHash: string, arrivals: readonly number[]): void {
    const nowMs = this.#clock.monotonicMs();
    const seenMs = this.#proposals.get(blockHash);
    if (seenMs !== undefined) this.#note('certificate', nowMs - seenMs);
    for (const arrivedMs of arrivals) this.#note('submit', nowMs - arrivedMs);
    this.#proposals.clear();
  }

  /** The chain has moved on, by whatever way. */
  committed(): void {
    this.#committedMs = this.#clock.monotonicMs();
  }

  /** Since the last commit, or since the start, in ms. */
  get sinceBlockMs(): number {
    return Math.round(this.#clock.monotonicMs() - this.#committedMs);
  }

  /** A message of a peer or to peers. */
  message(kind: PeerMessage['kind'], direction: 'in' | 'out'): void {
    this.#messages.inc({ kind, direction });
  }

  /** Bytes handed to one peer's connection. */
  sent(kind: PeerMessage['kind'], frameBytes: number): void {
    this.#bytes.inc({ kind }, frameBytes);
  }

  /** Quantiles of the latest durations; null before the first. */
  quantiles(what: Measured): Quantiles | null {
    return this.#latest[what].quantiles();
  }

  #note(what: Measured, ms: number): void {
    this.#histograms[what].observe(secondsOf(ms));
    this.#latest[what].add(ms);
  }
}
