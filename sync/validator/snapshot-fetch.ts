/**
 * Begins a validator anew with the state at a checkpoint of its peers: finds a head that the region's validators certified, checks the
 * list of shards against it, has the chunks fetched into a store of their own, and says when that can take the place of the old one.
 */
import type { Clock } from '#core/clock';
import type { Log } from '#core/log';
import { chainStateOf } from '../light-client/epoch-certificate.ts';
import { LightClient } from '../light-client/light-client.ts';
import type { PeerId } from '../pbft/voting-set.ts';
import type { EpochCertificate } from '../wire/gateway-message.ts';
import type { Genesis } from '../wire/genesis.ts';
import type { PeerMessage } from '../wire/peer-message.ts';
import type { RecoveryPage } from '../wire/recovery-page.ts';
import type { SnapshotHead, SnapshotShard } from '../wire/snapshot-message.ts';
import type { BlockStore } from './block-store.ts';
import { ChunkFetch } from './chunk-fetch.ts';
import { IncomingStore } from './incoming-store.ts';
import type { SnapshotNeed } from './snapshot-need.ts';
import { type CheckedHead, checkHead, SnapshotPlan } from './snapshot-plan.ts';

const answerMsMax = 10_000;
/** Between two attempts. */
const pauseMs = 2_000;
/** Answers with epoch certificates that one attempt follows. */
const certificateRoundsMax = 64;
/** Own certificates read at a time. */
const certificatesAtOnce = 64;

/** What a fetch needs. */
export interface SnapshotFetchOptions {
  readonly genesis: Genesis;
  readonly chainId: Uint8Array;
  /** New foundings of the region, in order. */
  readonly pages?: readonly RecoveryPage[];
  /** The store in use. */
  readonly store: BlockStore;
  readonly need: SnapshotNeed;
  readonly clock: Clock;
  readonly log: Log;
  /** Of the newest block. */
  height(): number;
  peers(): readonly PeerId[];
  send(to: PeerId, message: PeerMessage): boolean;
  beaconOf(proof: Uint8Array): Uint8Array;
  onLie(peer: PeerId, what: string): void;
  /** A store is about to take the place of the one in use: nothing may be said from here on, and no block committed. */
  onComplete(): void;
  /** It has: the validator is to start anew. */
  onReady(height: number): void;
  onFatal(error: unknown): void;
}

/** What the head and the shards are asked of. */
interface Source {
  readonly peer: PeerId;
  readonly light: LightClient;
  readonly epochs: Map<number, EpochCertificate>;
  readonly shards: SnapshotShard[];
  head: CheckedHead | null;
  rounds: number;
  askedMs: number;
}

interface Work {
  readonly chunks: ChunkFetch;
  readonly incoming: IncomingStore;
}

type Answer = Extract<PeerMessage, { readonly kind: 'snapshot-head' | 'shards' | 'chunks' }>;

/** One attempt at a time. */
export class SnapshotFetch {
  readonly #options: SnapshotFetchOptions;
  #source: Source | null = null;
  #work: Work | null = null;
  #turn = 0;
  #notBeforeMs = 0;
  #stopped = false;

  constructor(options: SnapshotFetchOptions) {
    this.#options = options;
  }

  /** Whether a state is being fetched: following by blocks would be in vain. */
  get running(): boolean {
    return this.#work !== null;
  }

  /** Begins where there is need, and goes on where an answer has stayed away. To be called now and then. */
  tick(): void {
    const { clock, need, height, peers } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#stopped) return;
    if (this.#work !== null) {
      this.#work.chunks.tick();
      return;
    }
    if (this.#source !== null && nowMs - this.#source.askedMs > answerMsMax) this.#giveUp('it does not answer');
    if (this.#source !== null || nowMs < this.#notBeforeMs) return;
    const connected = peers();
    if (need.isDue(height(), connected)) this.#begin(connected[this.#turn++ % Math.max(1, connected.length)]);
  }

  /** Takes what was asked for; anything else is passed over. An error ends the attempt, or the validator where the old store has ended. */
  take(from: PeerId, answer: Answer): void {
    if (this.#stopped) return;
    try {
      if (answer.kind === 'chunks') this.#work?.chunks.take(from, answer);
      else if (answer.kind === 'shards') this.#takeShards(from, answer);
      else this.#takeHead(from, answer);
    } catch (error) {
      this.#failed(error);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#source = null;
    this.#drop();
  }

  #begin(peer: PeerId | undefined): void {
    if (peer === undefined) return;
    const { genesis, store, clock } = this.#options;
    const light = new LightClient(genesis);
    for (const page of this.#options.pages ?? []) light.refound(page);
    const epochs = new Map<number, EpochCertificate>();
    this.#source = { peer, light, epochs, shards: [], head: null, rounds: 0, askedMs: clock.monotonicMs() };
    for (let more = 1; more === 1; ) {
      const own = store.epochs.after(light.epoch, certificatesAtOnce);
      more = own.certificates.length === 0 ? 0 : own.more;
      if (!this.#follow(this.#source, own.certificates)) break;
    }
    this.#ask({ kind: 'want-snapshot', afterEpoch: light.epoch });
  }

  #ask(question: PeerMessage): void {
    const source = this.#source;
    if (source === null) return;
    source.askedMs = this.#options.clock.monotonicMs();
    if (!this.#options.send(source.peer, question)) this.#giveUp('it cannot be asked');
  }

  /** Whether all of them hold. */
  #follow({ light, epochs }: Source, certificates: readonly EpochCertificate[]): boolean {
    if (!light.follow(certificates).ok) return false;
    for (const certificate of certificates) {
      const chain = chainStateOf(certificate);
      if (chain.ok) epochs.set(chain.value.epoch, certificate);
    }
    return true;
  }

  #takeHead(from: PeerId, { head, certificates, more }: SnapshotHead): void {
    const source = this.#source;
    if (source === null || from !== source.peer || source.head !== null) return;
    if (!this.#follow(source, certificates)) {
      this.#lied('epoch certificates that do not hold');
      return;
    }
    if (more === 1) {
      if (++source.rounds > certificateRoundsMax || certificates.length === 0) {
        this.#giveUp('too many epochs');
        return;
      }
      this.#ask({ kind: 'want-snapshot', afterEpoch: source.light.epoch });
      return;
    }
    if (head === null) {
      this.#giveUp('it has no checkpoint');
      return;
    }
    const checked = checkHead(source.light, head);
    if (!checked.ok) {
      // The set may be one that this peer has no certificate of: no lie, but no way either.
      if (checked.reason === 'OTHER_VALIDATORS') {
        this.#giveUp('its checkpoint has unknown validators');
        return;
      }
      this.#lied(`a checkpoint that does not hold (${checked.reason})`);
      return;
    }
    const { height } = checked.value.lightBlock.header;
    if (!this.#options.need.isWorth(this.#options.height(), height)) {
      this.#giveUp('its checkpoint is no help');
      return;
    }
    source.head = checked.value;
    this.#ask({ kind: 'want-shards', height, from: 0 });
  }

  #takeShards(from: PeerId, page: Extract<Answer, { readonly kind: 'shards' }>): void {
    const source = this.#source;
    if (source === null || source.head === null || from !== source.peer) return;
    const { head, shards } = source;
    const { height } = head.lightBlock.header;
    if (page.height !== height || page.from !== shards.length) return;
    if (page.shards.length === 0) {
      this.#giveUp('its checkpoint is gone');
      return;
    }
    shards.push(...page.shards);
    if (shards.length < head.shardCount) {
      this.#ask({ kind: 'want-shards', height, from: shards.length });
      return;
    }
    const plan = SnapshotPlan.of(head, shards);
    if (!plan.ok) {
      this.#lied(`shards that do not hold (${plan.reason})`);
      return;
    }
    this.#fetch(plan.value, source);
  }

  #fetch(plan: SnapshotPlan, source: Source): void {
    const { clock, log, peers, send, onLie } = this.#options;
    this.#source = null;
    const incoming = new IncomingStore(this.#options.store, plan);
    const chunks = new ChunkFetch({
      plan,
      clock,
      peers,
      send,
      onLie: (peer) => onLie(peer, 'a chunk that does not hold'),
      write: (at, chunk) => incoming.write(at, chunk),
      onDone: () => this.#complete(plan, incoming, source.epochs),
      onStuck: () => {
        log.warn({ height: plan.height, left: chunks.left }, 'nobody has the rest of a checkpoint any more');
        this.#drop();
        this.#pause();
      },
    });
    this.#work = { chunks, incoming };
    log.warn(
      { event: 'fetching-state', height: plan.height, shards: plan.shards.length, chunks: chunks.left },
      'the state of a checkpoint is fetched: the blocks before it are not',
    );
    chunks.tick();
  }

  #complete(plan: SnapshotPlan, incoming: IncomingStore, epochs: ReadonlyMap<number, EpochCertificate>): void {
    const { chainId, genesis, store, height, beaconOf, onComplete, onReady } = this.#options;
    if (plan.height <= height()) {
      // Blocks were faster.
      this.#drop();
      return;
    }
    this.#stopped = true;
    onComplete();
    incoming.complete({ chainId, own: store, schedule: genesis, epochs, beaconOf });
    this.#work = null;
    onReady(plan.height);
  }

  /** A full disk, or an error of this program. */
  #failed(error: unknown): void {
    const { log, onFatal } = this.#options;
    if (this.#stopped) {
      onFatal(error);
      return;
    }
    const reason = error instanceof Error ? error.message : String(error);
    log.error({ event: 'fetching-state-failed', reason }, 'the state of a checkpoint could not be kept');
    this.#source = null;
    this.#drop();
    this.#pause();
  }

  #lied(what: string): void {
    const peer = this.#source?.peer;
    this.#source = null;
    this.#pause();
    if (peer !== undefined) this.#options.onLie(peer, what);
  }

  #giveUp(reason: string): void {
    this.#options.log.debug({ peer: this.#source?.peer, reason }, 'a peer is of no help with a checkpoint');
    this.#source = null;
    this.#pause();
  }

  #pause(): void {
    this.#notBeforeMs = this.#options.clock.monotonicMs() + pauseMs;
  }

  #drop(): void {
    this.#work?.chunks.stop();
    this.#work?.incoming.discard();
    this.#work = null;
  }
}
