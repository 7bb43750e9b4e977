/** Obeys the replica's effects in their order and brings it the answers: the only place where its statements become deeds. */
import { assert } from '#core/assert';
import { equalBytes, toHex } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import type { Log } from '#core/log';
import { Replica } from '../pbft/replica.ts';
import type {
  Equivocation,
  ReplicaConfig,
  ReplicaEffect,
  ReplicaInput,
  ReplicaPorts,
  ReplicaStatus,
} from '../pbft/types.ts';
import type { PeerId } from '../pbft/voting-set.ts';
import { blockBodyBytesMax, blockEntriesMax } from '../wire/block.ts';
import type { PeerMessage } from '../wire/peer-message.ts';
import type { BeaconKeeper } from './beacon-keeper.ts';
import { BlockBudget } from './block-budget.ts';
import type { BlockStore } from './block-store.ts';
import type { BodyCollector } from './body-collector.ts';
import type { Body } from './body-table.ts';
import { divergence } from './catch-up.ts';
import type { ChainKeeper, Committed } from './chain-keeper.ts';
import { entryCount } from './entry-count.ts';
import type { Executor } from './executor.ts';
import type { Meter } from './meter.ts';
import type { SegmentPool } from './segment-pool.ts';

/** Segments of a block whose way is measured. */
const arrivalsMax = 8;

type EffectOf<K extends ReplicaEffect['kind']> = Extract<ReplicaEffect, { readonly kind: K }>;

/** What the driver drives with. */
export interface DriverOptions {
  readonly config: ReplicaConfig;
  readonly ports: ReplicaPorts;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: BlockStore;
  readonly executor: Executor;
  readonly pool: SegmentPool;
  readonly keeper: ChainKeeper;
  readonly collector: BodyCollector;
  readonly beacon: BeaconKeeper;
  readonly meter: Meter;
  broadcast(message: PeerMessage): void;
  send(to: PeerId, message: PeerMessage): void;
  catchUp(hint: PeerId | null): void;
  /** A block has become final by this replica's own doing. */
  onCommitted(committed: Committed): void;
  /** A validator signed two different statements for one place. */
  onEvidence(equivocation: Equivocation): void;
  /** The chain has moved on, by whatever way. */
  afterCommit(): void;
  /** The validator cannot go on: disk failure, divergence, or a programmer's error. */
  onFatal(error: unknown): void;
}

/** Steps the replica. Inputs are taken one after the other; those that come up while obeying wait their turn. */
export class ReplicaDriver {
  readonly #options: DriverOptions;
  readonly #replica: Replica;
  readonly #inputs: ReplicaInput[] = [];
  /** Bodies of blocks on disk that may be executed. */
  readonly #bodies = new Map<string, readonly Body[]>();
  /** Persists that the next flush answers. */
  readonly #tokens: number[] = [];
  readonly #executions: EffectOf<'execute'>[] = [];
  readonly #budget = new BlockBudget();
  /** What the last execution took. */
  #executionMs = 0;
  #running = false;
  #stopped = false;
  #timer: Timer | null = null;
  #waiting = 0;
  #evidence = 0;

  constructor(options: DriverOptions) {
    this.#options = options;
    this.#replica = new Replica(options.config, options.ports);
  }

  /** Hands the replica what the disk holds. */
  start(): void {
    const { store, keeper } = this.#options;
    const { chain } = keeper;
    const blocks = store.proposals(chain.height + 1);
    this.dispatch({
      kind: 'started',
      recovered: { chain, record: store.record(), blocks, silentUpTo: store.silentUpTo() },
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  status(): ReplicaStatus {
    return this.#replica.status();
  }

  /** Equivocations seen since the start. */
  get evidenceCount(): number {
    return this.#evidence;
  }

  /** Tells the replica what waits, when it matters: something where nothing was, or `always` after a commit. */
  poolChanged(always: boolean): void {
    const { pool } = this.#options;
    const news = always || (this.#waiting === 0) !== (pool.readyCount === 0);
    this.#waiting = pool.readyCount;
    if (news) this.dispatch({ kind: 'pool', ...pool.waiting() });
  }

  /** The chain has been moved on by a catch-up. */
  caughtUp(committed: Committed): void {
    this.#afterCommit(committed);
  }

  dispatch(input: ReplicaInput): void {
    if (this.#stopped) return;
    this.#inputs.push(input);
    if (this.#running) return;
    this.#running = true;
    try {
      while (!this.#stopped && this.#next());
      // A body that no vote rests on so far.
      this.#options.store.flush();
    } catch (error) {
      this.stop();
      this.#options.onFatal(error);
    } finally {
      this.#running = false;
    }
  }

  /**
   * Does one thing; false when nothing is left. Inputs first; then what they wrote becomes durable in one fsync and
   * releases what waits for it; last comes execution, which takes longest. A vote is thus on disk together with the body it
   * is for, after the execution and before it is sent.
   */
  #next(): boolean {
    const { clock, store, meter } = this.#options;
    const input = this.#inputs.shift();
    if (input !== undefined) {
      const effects = this.#replica.step(input, { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() });
      for (const effect of effects) this.#obey(effect);
      return true;
    }
    if (this.#tokens.length > 0) {
      meter.time('fsync', () => store.flush());
      for (const token of this.#tokens.splice(0)) this.#inputs.push({ kind: 'persisted', token });
      return true;
    }
    const job = this.#executions.shift();
    if (job !== undefined) this.#execute(job);
    return job !== undefined;
  }

  #obey(effect: ReplicaEffect): void {
    const options = this.#options;
    switch (effect.kind) {
      case 'gather':
        this.dispatch({
          kind: 'gathered',
          height: effect.height,
          view: effect.view,
          digests: options.pool.gather(this.#budget.limits()),
        });
        return;
      case 'store-block':
        this.#store(effect);
        return;
      case 'execute':
        this.#executions.push(effect);
        return;
      case 'persist':
        options.store.putRecord(effect.record);
        this.#tokens.push(effect.token);
        return;
      case 'broadcast':
        options.broadcast(effect.message);
        return;
      case 'send':
        options.send(effect.to, effect.message);
        return;
      case 'commit':
        this.#commit(effect);
        return;
      case 'catch-up':
        options.catchUp(effect.hint);
        return;
      case 'set-timer':
        this.#setTimer(effect.atMs);
        return;
      case 'prove-ahead':
        options.beacon.proveAhead(effect.ownKey, effect.alpha);
        return;
      case 'evidence':
        this.#evidence++;
        options.log.error(
          { event: 'equivocation', ...effect.equivocation, pair: effect.equivocation.pair.kind },
          'a validator signed two different statements for one place',
        );
        options.onEvidence(effect.equivocation);
        return;
      case 'diverged':
        throw divergence(effect.height);
    }
  }

  #store({ block, blockHash }: EffectOf<'store-block'>): void {
    this.#options.meter.proposed(toHex(blockHash));
    this.#options.collector.collect(block, blockHash, (bodies) => {
      const bytes = bodies.reduce((sum, body) => sum + body.bytes.length, 0);
      const entries = bodies.reduce((sum, body) => sum + entryCount(body.bytes), 0);
      if (bytes > blockBodyBytesMax || entries > blockEntriesMax) {
        return this.dispatch({ kind: 'refused', blockHash, reason: 'BLOCK_TOO_LARGE' });
      }
      try {
        this.#options.store.storeProposal(block, blockHash, bodies);
      } catch (error) {
        this.stop();
        return this.#options.onFatal(error);
      }
      this.#bodies.set(toHex(blockHash), bodies);
      this.dispatch({
        kind: 'stored',
        blockHash,
        full: this.#budget.isFull({ segments: bodies.length, bytes, entries }),
      });
    });
  }

  #execute({ block, blockHash }: EffectOf<'execute'>): void {
    const bodies = this.#bodies.get(toHex(blockHash));
    // The height may have been decided meanwhile.
    if (bodies === undefined || block.header.height !== this.#options.keeper.chain.height + 1) return;
    const { executor, meter } = this.#options;
    const segments = bodies.map((body) => body.bytes);
    const startMs = this.#options.clock.monotonicMs();
    const { resultRoot } = meter.time('execution', () => executor.execute(block.header, blockHash, segments));
    this.#executionMs = this.#options.clock.monotonicMs() - startMs;
    this.dispatch({ kind: 'executed', blockHash, resultRoot });
  }

  #commit({ block, blockHash, certificate }: EffectOf<'commit'>): void {
    const { keeper, pool, meter } = this.#options;
    // A catch-up may have been faster.
    if (block.header.height <= keeper.chain.height) {
      this.dispatch({ kind: 'committed', chain: keeper.chain });
      return;
    }
    const executed = this.#options.executor.result(blockHash);
    assert(
      executed !== undefined && equalBytes(executed.resultRoot, certificate.resultRoot),
      'the replica compared the results',
    );
    const arrivals = block.bodyDigests.slice(0, arrivalsMax).map((digest) => pool.arrivedMs(toHex(digest)) ?? null);
    const startMs = this.#options.clock.monotonicMs();
    // `stored` has put the bodies on disk.
    const committed = keeper.commit(block, blockHash, certificate, []);
    meter.decided(
      toHex(blockHash),
      arrivals.filter((arrivedMs) => arrivedMs !== null),
    );
    this.#options.onCommitted(committed);
    const tookMs = this.#executionMs + this.#options.clock.monotonicMs() - startMs;
    this.#budget.note(committed.executed.receipts.length, tookMs);
    this.#afterCommit(committed);
  }

  #afterCommit({ chain }: Committed): void {
    this.#bodies.clear();
    this.#options.collector.dropUpTo(chain.height);
    this.dispatch({ kind: 'committed', chain });
    this.#options.afterCommit();
    this.poolChanged(true);
  }

  #setTimer(atMs: number | null): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (atMs === null) return;
    const { clock } = this.#options;
    // A timer may fire a fraction early: round up, so that the replica does not step twice for one deadline.
    const delayMs = Math.max(0, Math.ceil(atMs - clock.monotonicMs()));
    this.#timer = clock.setTimer(delayMs, () => this.dispatch({ kind: 'tick' }));
  }
}
