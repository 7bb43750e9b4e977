/** All that a validator has to do with its peers: who they are, what it asks of them and tells them, and whom it does not believe. */
import { assert } from '#core/assert';
import { toHex } from '#core/bytes';
import type { LedgerView } from '#ledger/state/view';
import { readWishedValidators } from '#ledger/validators/validator-set';
import type { PeerId } from '../pbft/voting-set.ts';
import { bodyDigest } from '../wire/block.ts';
import type { PeerMessage } from '../wire/peer-message.ts';
import type { BlockStore } from './block-store.ts';
import { BodyCollector } from './body-collector.ts';
import { BodyFetcher, type WantedBody } from './body-fetcher.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { Identity } from './identity.ts';
import { meshMembers } from './mesh-members.ts';
import type { Meter } from './meter.ts';
import { OwedAnswers } from './owed-answers.ts';
import { PeerDesk, type PeerDeskOptions } from './peer-desk.ts';
import type { MeshMember, PeerAddress } from './peer-pair.ts';
import { PeerTransport } from './peer-transport.ts';
import { SegmentGossip } from './segment-gossip.ts';
import type { SegmentPool } from './segment-pool.ts';
import type { ValidatorWorld } from './validator-face.ts';

/** What the exchange rests on. */
export interface PeerExchangeOptions {
  readonly identity: Identity;
  readonly listen: PeerAddress;
  readonly world: ValidatorWorld;
  readonly store: BlockStore;
  readonly state: LedgerView;
  readonly keeper: ChainKeeper;
  readonly pool: SegmentPool;
  readonly meter: Meter;
  /** Where this validator stands, as peers are told. */
  status(): PeerMessage;
  /** A peer has said how far it has come. */
  onStatus(peer: PeerId, committedHeight: number): void;
}

/** The exchange of one validator. */
export class PeerExchange {
  /** Brings together the bodies of proposed blocks. */
  readonly collector: BodyCollector;
  readonly #options: PeerExchangeOptions;
  readonly #transport: PeerTransport;
  /** What gossip makes wanted is fetched apart: it must not stand in the way of a block's bodies. */
  readonly #blockFetcher: BodyFetcher;
  readonly #gossipFetcher: BodyFetcher;
  readonly #gossip: SegmentGossip;
  readonly #owed = new OwedAnswers();
  #desk: PeerDesk | null = null;
  #stopped = false;

  constructor(options: PeerExchangeOptions) {
    const { identity, world, store, pool, keeper, listen } = options;
    const { clock } = world;
    this.#options = options;
    const lookUp = (name: string, digest: Uint8Array) => pool.body(name) ?? store.body(digest);
    const send = (to: PeerId, message: PeerMessage): boolean => this.send(to, message);
    this.#blockFetcher = new BodyFetcher({ clock, send });
    this.#gossipFetcher = new BodyFetcher({ clock, send });
    this.collector = new BodyCollector({ clock, fetcher: this.#blockFetcher, lookUp, peers: () => this.#likeliest() });
    this.#gossip = new SegmentGossip({
      clock,
      fetcher: this.#gossipFetcher,
      self: toHex(identity.publicKey),
      validators: () => keeper.chain.validators.map(({ publicKey }) => toHex(publicKey)),
      waits: (name) => pool.body(name) !== undefined,
      holds: (name, digest) => lookUp(name, digest) !== undefined,
      broadcast: (message) => this.broadcast(message),
    });
    this.#transport = new PeerTransport({
      chainId: identity.chainId,
      secretSeed: identity.secretSeed,
      listen,
      members: this.#members(),
      ...world,
      onMessage: (from, message) => this.#take(from, message),
      onTaken: (kind, frameBytes) => options.meter.sent(kind, frameBytes),
      onConnected: (peer) => void this.send(peer, options.status()),
    });
  }

  /** Names the parts that peers' messages go to; before `start`. */
  attach(parts: Pick<PeerDeskOptions, 'driver' | 'door' | 'catchUp' | 'healer' | 'snapshots'>): void {
    const { store, keeper, pool, world } = this.#options;
    this.#desk = new PeerDesk({
      store,
      keeper,
      pool,
      ...parts,
      collector: this.collector,
      fetchers: [this.#blockFetcher, this.#gossipFetcher],
      gossip: this.#gossip,
      owed: this.#owed,
      clock: world.clock,
      onLie: (peer, what) => this.lied(peer, what),
      send: (to, message) => this.send(to, message),
    });
  }

  /** Listens, dials, and gives the port it listens on. Throws `PEER_PORT_TAKEN`. */
  start(): Promise<number> {
    assert(this.#desk !== null, 'somebody takes the messages');
    return this.#transport.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#blockFetcher.stop();
    this.#gossipFetcher.stop();
    await this.#transport.stop();
  }

  /** Now and then: the members are those of the chain, they hear where this validator stands and what it holds. */
  tick(): void {
    this.#transport.members(this.#members());
    this.broadcast(this.#options.status());
    this.#gossip.tick();
  }

  /** Peers that votes reach now. */
  connected(): PeerId[] {
    return this.#transport.connected();
  }

  /** The same, by name. */
  connectedNames(): string[] {
    return this.#transport.peers().flatMap(({ name, urgent }) => (urgent ? [name] : []));
  }

  /** What does not get through: connections of strangers by reason, and by peer what waits and what was dropped. */
  traffic(): {
    readonly strangers: Readonly<Record<string, number>>;
    readonly peerQueueBytes: Readonly<Record<string, number>>;
    readonly peerFramesDropped: Readonly<Record<string, number>>;
  } {
    const peers = this.#transport.peers();
    return {
      strangers: { ...this.#transport.strangers },
      peerQueueBytes: Object.fromEntries(peers.map(({ name, queuedBytes }) => [name, queuedBytes])),
      peerFramesDropped: Object.fromEntries(peers.map(({ name, droppedFrames }) => [name, droppedFrames])),
    };
  }

  /** Connections cut because of what came through them. */
  get cutCount(): number {
    return this.#transport.cutCount;
  }

  /** False when the peer cannot be told now. */
  send(to: PeerId, message: PeerMessage): boolean {
    this.#options.meter.message(message.kind, 'out');
    const sent = this.#transport.send(to, message);
    if (sent) this.#owed.asked(to, message);
    return sent;
  }

  broadcast(message: PeerMessage): void {
    this.#options.meter.message(message.kind, 'out');
    for (const peer of this.connected()) this.#owed.asked(peer, message);
    this.#transport.broadcast(message);
  }

  /** A segment waits too long here: the peers may not have it. */
  gossip(segment: WantedBody): void {
    this.#gossip.offer(segment);
  }

  /** Tells all peers of a segment of this validator's own, which nobody else can have. */
  tellOwn(segment: Uint8Array): void {
    this.#gossip.tell([bodyDigest(segment)]);
  }

  /** A peer has said what it must know to be wrong, or what it was not asked for. */
  lied(peer: PeerId, what: string): void {
    const named = this.#transport.peers().find((view) => view.peer === peer)?.name ?? peer;
    this.#options.world.log.warn(
      { event: 'peer-punished', peer: named, what },
      'a peer is not listened to on its bulk lane for a while',
    );
    this.#transport.punish(peer);
  }

  #members(): MeshMember[] {
    const { keeper, state, identity } = this.#options;
    // Who comes to a new founding from blocks before it hears of them from those that it brought.
    const ahead = (identity.pages ?? []).filter(({ era }) => era > keeper.chain.era);
    const brought = ahead.flatMap(({ validators }) => validators.map((one) => ({ ...one, address: '' })));
    return meshMembers(keeper.chain, [...brought, ...readWishedValidators(state)], identity.peers);
  }

  #take(from: PeerId, message: PeerMessage): void {
    this.#options.meter.message(message.kind, 'in');
    if (this.#stopped) return;
    if (message.kind === 'status') this.#options.onStatus(from, message.committedHeight);
    this.#desk?.take(from, message);
  }

  /** The proposer of the block in work first, then the others. */
  #likeliest(): readonly PeerId[] {
    const connected = this.connected();
    const proposer = this.#desk?.proposer ?? null;
    return proposer !== null && connected.includes(proposer)
      ? [proposer, ...connected.filter((peer) => peer !== proposer)]
      : connected;
  }
}
