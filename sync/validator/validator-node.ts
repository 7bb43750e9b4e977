/** Wires one validator: store, replica, peers and gateway. What each of them does stands in its own file. */
import type { Timer } from '#core/clock';
import { BeaconKeeper } from './beacon-keeper.ts';
import { CatchUp } from './catch-up.ts';
import { ChainKeeper, type Committed } from './chain-keeper.ts';
import { keyChanged, stateFetched } from './errors.ts';
import { Executor } from './executor.ts';
import { Gateway } from './gateway.ts';
import { httpsOptions } from './https-options.ts';
import type { Identity } from './identity.ts';
import { LoopWatch } from './loop-delay.ts';
import { MemberDuties } from './member-duties.ts';
import { Meter } from './meter.ts';
import { PeerExchange } from './peer-exchange.ts';
import { ProofDesk } from './proof-desk.ts';
import { QueryDesk } from './query-desk.ts';
import { ReceiptMessages } from './receipt-messages.ts';
import { RecentBlocks } from './recent-blocks.ts';
import { type RecoveredStore, suspectStore } from './recovery.ts';
import { ReplicaDriver } from './replica-driver.ts';
import { replicaConfig, replicaPorts } from './replica-ports.ts';
import { Retention } from './retention.ts';
import { type Seat, seatOf } from './seat.ts';
import { SegmentDoor } from './segment-door.ts';
import { poolLimits, SegmentPool } from './segment-pool.ts';
import { signatureChecker } from './signature-checker.ts';
import { SignatureQueue } from './signature-queue.ts';
import { SnapshotFetch } from './snapshot-fetch.ts';
import { SnapshotNeed } from './snapshot-need.ts';
import { StatusDesk } from './status-desk.ts';
import { StoreHealer } from './store-healer.ts';
import type { ValidatorConfig } from './validator-config.ts';
import type { Validator, ValidatorWorld } from './validator-face.ts';
import type { ValidatorStatus } from './validator-status.ts';

/** How often peers are told where this validator stands, and the pool is tidied. */
const statusMs = 500;

/** The parts of one validator, and how they know each other. */
export class ValidatorNode implements Validator {
  readonly failed: Promise<unknown>;
  readonly #identity: Identity;
  readonly #world: ValidatorWorld;
  readonly #recovered: RecoveredStore;
  readonly #pool: SegmentPool;
  readonly #keeper: ChainKeeper;
  readonly #beacon: BeaconKeeper;
  readonly #peers: PeerExchange;
  readonly #catchUp: CatchUp;
  readonly #driver: ReplicaDriver;
  readonly #gateway: Gateway;
  readonly #door: SegmentDoor;
  readonly #healer: StoreHealer;
  readonly #need: SnapshotNeed;
  readonly #snapshots: SnapshotFetch;
  readonly #retention: Retention;
  readonly #meter: Meter;
  readonly #recent: RecentBlocks;
  readonly #statusDesk: StatusDesk;
  readonly #duties: MemberDuties;
  readonly #loop: LoopWatch;
  readonly #signatures: SignatureQueue;
  #fail: (reason: unknown) => void = () => undefined;
  #peerPort = 0;
  #timer: Timer | null = null;
  #stopping: Promise<void> | null = null;

  constructor(config: ValidatorConfig, identity: Identity, recovered: RecoveredStore, world: ValidatorWorld) {
    this.#identity = identity;
    this.#world = world;
    this.#loop = new LoopWatch(world.clock);
    this.#signatures = new SignatureQueue(signatureChecker(config, world));
    this.#recovered = recovered;
    this.failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
    const { genesis, chainId, secretSeed } = identity;
    const { state, store } = recovered;
    const { clock } = world;
    const { checkpointMs } = config;
    const pool = new SegmentPool({ chainId, state, clock });
    const beacon = new BeaconKeeper({ secretOf: () => secretSeed, clock });
    const executor = new Executor({
      state,
      chainId,
      isGenuine: (segment, bytes, key) => pool.isGenuine(segment, bytes, key),
      voters: () => this.#keeper.chain.validators.map(({ name }) => name),
      beaconOf: (proof) => beacon.outputOf(proof),
    });
    const retention = new Retention(config.keepBlocks);
    this.#retention = retention;
    const course = { schedule: genesis, retention, checkpointMs, pages: identity.pages ?? [] };
    const keeper = new ChainKeeper({ ...course, store, executor, pool, beacon });
    this.#meter = new Meter(clock);
    this.#peers = this.#makePeers(config, keeper, pool);
    this.#recent = new RecentBlocks(keeper.chain);
    this.#pool = pool;
    this.#keeper = keeper;
    this.#beacon = beacon;
    this.#need = new SnapshotNeed(config.snapshotAfterBlocks);
    this.#snapshots = this.#makeSnapshots();
    this.#catchUp = this.#makeCatchUp(executor);
    this.#driver = this.#makeDriver(executor);
    this.#door = new SegmentDoor({
      pool,
      collector: this.#peers.collector,
      signatures: this.#signatures,
      chainId,
      sender: () => this.#gateway.sender,
      clock,
      gossip: (segment) => this.#peers.gossip(segment),
      onLie: (peer, what) => this.#peers.lied(peer, what),
      onAdmitted: () => this.#driver.poolChanged(false),
    });
    this.#statusDesk = this.#makeStatusDesk(config);
    this.#gateway = this.#makeGateway(config);
    this.#healer = this.#makeHealer();
    this.#peers.attach({
      driver: this.#driver,
      door: this.#door,
      catchUp: this.#catchUp,
      healer: this.#healer,
      snapshots: this.#snapshots,
    });
    this.#duties = new MemberDuties({
      identity,
      store,
      keeper,
      state,
      catchUp: this.#catchUp,
      clock,
      executorFolder: config.executorFolder,
      give: (segment) => this.#giveOwn(segment),
      onFatal: (error) => this.#cannotGoOn(error),
    });
  }

  get name(): string {
    return this.#identity.name;
  }

  get index(): number {
    return this.#seat().index;
  }

  get peerPort(): number {
    return this.#peerPort;
  }

  get httpsPort(): number {
    return this.#gateway.httpsPort;
  }

  async start(): Promise<void> {
    this.#peerPort = await this.#peers.start();
    this.#driver.start();
    await this.#gateway.start();
    this.#tick();
  }

  get meter(): Meter {
    return this.#meter;
  }

  status(): ValidatorStatus {
    return this.#statusDesk.status();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  async #end(): Promise<void> {
    this.#timer?.cancel();
    this.#loop.stop();
    this.#driver.stop();
    this.#catchUp.stop();
    this.#snapshots.stop();
    this.#beacon.stop();
    await Promise.all([this.#gateway.stop(), this.#peers.stop(), this.#duties.stop(), this.#signatures.stop()]);
    this.#recovered.store.close();
  }

  #makePeers(config: ValidatorConfig, keeper: ChainKeeper, pool: SegmentPool): PeerExchange {
    return new PeerExchange({
      identity: this.#identity,
      listen: config.peerListen,
      world: this.#world,
      ...this.#recovered,
      keeper,
      pool,
      meter: this.#meter,
      status: () => ({ kind: 'status', committedHeight: keeper.chain.height, view: this.#driver.status().view }),
      onStatus: (peer, height) => {
        this.#duties.heard(peer, height);
        this.#retention.heard(peer, height);
        this.#need.heard(peer, height);
      },
    });
  }

  #makeSnapshots(): SnapshotFetch {
    return new SnapshotFetch({
      ...this.#identity,
      ...this.#world,
      store: this.#recovered.store,
      need: this.#need,
      height: () => this.#keeper.chain.height,
      peers: () => this.#peers.connected(),
      send: (to, message) => this.#peers.send(to, message),
      beaconOf: (proof) => this.#beacon.outputOf(proof),
      onLie: (peer, what) => this.#peers.lied(peer, what),
      onComplete: () => {
        this.#driver.stop();
        this.#catchUp.stop();
      },
      onReady: (height) => this.#fail(stateFetched(this.name, height)),
      onFatal: (error) => this.#cannotGoOn(error),
    });
  }

  #makeCatchUp(executor: Executor): CatchUp {
    return new CatchUp({
      ...this.#identity,
      ...this.#world,
      keeper: this.#keeper,
      executor,
      peers: () => this.#peers.connected(),
      send: (to, message) => this.#peers.send(to, message),
      onCommitted: (committed) => this.#caughtUp(committed),
      onLie: (peer) => this.#peers.lied(peer, 'a block that does not hold'),
      onNothing: (peer) => this.#need.hadNothing(peer, this.#keeper.chain.height),
      onFatal: (error) => this.#cannotGoOn(error),
    });
  }

  #makeHealer(): StoreHealer {
    return new StoreHealer({
      ...this.#identity,
      ...this.#world,
      store: this.#recovered.store,
      height: () => this.#keeper.chain.height,
      peers: () => this.#peers.connected(),
      send: (to, message) => void this.#peers.send(to, message),
    });
  }

  #makeDriver(executor: Executor): ReplicaDriver {
    const { clock, log } = this.#world;
    return new ReplicaDriver({
      config: replicaConfig(this.#identity),
      ports: replicaPorts(this.#identity, this.#beacon),
      clock,
      log,
      store: this.#recovered.store,
      executor,
      pool: this.#pool,
      keeper: this.#keeper,
      collector: this.#peers.collector,
      beacon: this.#beacon,
      meter: this.#meter,
      broadcast: (message) => this.#peers.broadcast(message),
      send: (to, message) => this.#peers.send(to, message),
      catchUp: (hint) => {
        if (!this.#snapshots.running) this.#catchUp.start(hint);
      },
      onCommitted: (committed) => {
        this.#noteCommitted(committed);
        this.#gateway.publish(committed);
        this.#duties.committed(committed);
        this.#endsWithKey();
      },
      onEvidence: (equivocation) => this.#duties.caught(equivocation),
      afterCommit: () => this.#door.afterCommit(),
      onFatal: (error) => this.#cannotGoOn(error),
    });
  }

  #makeGateway({ brokers, https, checkpointMs }: ValidatorConfig): Gateway {
    const { chainId } = this.#identity;
    const { state, store } = this.#recovered;
    const receipts = new ReceiptMessages(store);
    return new Gateway({
      chainId,
      seat: () => this.#seat(),
      brokers,
      https: httpsOptions(https, this.#identity.secretSeed),
      ...this.#world,
      state,
      store,
      chain: this.#keeper.chain,
      checkpointMs,
      desk: new QueryDesk({
        state,
        store,
        keeper: this.#keeper,
        receipts,
        proofs: new ProofDesk({ ...this.#identity, state, store, keeper: this.#keeper }),
        report: (nonce) => this.#statusDesk.report(nonce),
      }),
      receipts,
      onSegment: (bytes, sender) => this.#door.fromTerminal(bytes, sender),
    });
  }

  #makeStatusDesk({ brokers, stateDir }: ValidatorConfig): StatusDesk {
    const { version = 'unknown', clock } = this.#world;
    return new StatusDesk({
      identity: this.#identity,
      version,
      stateDir,
      clock,
      state: this.#recovered.state,
      keeper: this.#keeper,
      meter: this.#meter,
      recent: this.#recent,
      loop: this.#loop,
      brokers: brokers.length,
      poolSegmentsMax: poolLimits.segmentsMax,
      live: () => ({
        replica: this.#driver.status(),
        gateway: this.#gateway.status(),
        peers: this.#peers.connectedNames(),
        peersCut: this.#peers.cutCount,
        ...this.#peers.traffic(),
        catchingUp: this.#catchUp.running,
        poolSegments: this.#pool.count,
        evidence: this.#driver.evidenceCount,
        journal: this.#duties.journal,
        calls: this.#duties.calls,
        damagedBlocks: this.#recovered.store.damagedHeights().length,
        healedBlocks: this.#healer.healed,
        turnedAway: this.#door.turnedAway,
      }),
    });
  }

  #seat(): Seat {
    return seatOf(this.#keeper.chain, this.#identity.publicKey);
  }

  #noteCommitted(committed: Committed): void {
    this.#meter.committed();
    this.#recent.note(committed);
  }

  /** Nothing is sent or voted any more; the process ends when its owner has seen the reason. */
  #cannotGoOn(error: unknown): void {
    if (this.#stopping !== null) return;
    this.#driver.stop();
    const reason = error instanceof Error ? error.message : String(error);
    this.#world.log.error(
      { event: 'failed', reason, stack: error instanceof Error ? error.stack : undefined },
      'the validator cannot go on',
    );
    suspectStore(this.#recovered.store.path, error);
    this.#fail(error);
  }

  /** A validator has one key a life: with the first epoch of its next one a new life begins. */
  #endsWithKey(): void {
    if (this.#duties.keyHasChanged) this.#cannotGoOn(keyChanged(this.name));
  }

  /** A segment of the own journal goes the way of any other, and the peers hear of it at once. */
  #giveOwn(segment: Uint8Array): void {
    this.#door.fromSelf(segment);
    this.#peers.tellOwn(segment);
  }

  #caughtUp(committed: Committed): void {
    this.#noteCommitted(committed);
    this.#gateway.caughtUp(committed);
    this.#driver.caughtUp(committed);
    this.#duties.committed(committed);
    this.#endsWithKey();
  }

  #tick(): void {
    this.#door.tidy();
    this.#peers.tick();
    this.#duties.tick();
    this.#retention.members(this.#peers.connected());
    try {
      this.#snapshots.tick();
      this.#healer.tick();
    } catch (error) {
      this.#cannotGoOn(error);
    }
    this.#timer = this.#world.clock.setTimer(statusMs, () => this.#tick());
  }
}
