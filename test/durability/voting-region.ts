/**
 * Four validators in one process: production replica, driver, execution and store, each with a file of its own; only time and
 * the wires between them are the test's. Deterministic, so that a trace can be made again.
 */
import { join } from 'node:path';
import { toHex } from '#core/bytes';
import type { VirtualClock } from '#core/clock';
import { publicKeyOf, signMessage, verifySignature } from '#core/ed25519';
import { createLog } from '#core/log';
import { type ReplicaPorts, replicaTiming } from '#sync/pbft/types';
import type { PeerId } from '#sync/pbft/voting-set';
import { BeaconKeeper } from '#sync/validator/beacon-keeper';
import { BodyCollector } from '#sync/validator/body-collector';
import { BodyFetcher } from '#sync/validator/body-fetcher';
import { CatchUp } from '#sync/validator/catch-up';
import { ChainKeeper, type Committed } from '#sync/validator/chain-keeper';
import { Executor } from '#sync/validator/executor';
import type { Identity } from '#sync/validator/identity';
import { Meter } from '#sync/validator/meter';
import { type RecoveredStore, recoverStore } from '#sync/validator/recovery';
import { ReplicaDriver } from '#sync/validator/replica-driver';
import { Retention } from '#sync/validator/retention';
import { SegmentPool } from '#sync/validator/segment-pool';
import type { StoreOptions } from '#sync/validator/store-database';
import { bodyDigest } from '#sync/wire/block';
import { chainIdOf, type Genesis } from '#sync/wire/genesis';
import type { PeerMessage } from '#sync/wire/peer-message';
import { testOperators } from '../fixtures/operators.ts';
import { seedOf } from '../fixtures/region.ts';

const startMs = Date.UTC(2026, 0, 1);
const seeds = [0, 1, 2, 3].map((index) => seedOf(`voter ${index}`));
const peerIds = seeds.map((seed) => toHex(publicKeyOf(seed)));

/** The genesis of every such region. */
export const votingGenesis: Genesis = {
  region: 'voting',
  timeMs: startMs,
  validators: seeds.map((seed, index) => ({ name: `v${index}`, publicKey: publicKeyOf(seed) })),
  adminPublicKey: publicKeyOf(seedOf('voting admin')),
  epochTurns: 2,
  heartbeatMs: 2_000,
  seed: seedOf('voting beacon'),
  operators: testOperators,
};

function idOf(validator: number): PeerId {
  return peerIds[validator] as PeerId;
}

/** Who validator `self` of it is, and where the mark of its key is, if it has one. */
export function votingIdentity(self: number, unusedKeyMark = ''): Identity {
  const secretSeed = seeds[self] as Uint8Array;
  const chainId = chainIdOf(votingGenesis);
  return {
    genesis: votingGenesis,
    chainId,
    secretSeed,
    nextSeed: null,
    publicKey: publicKeyOf(secretSeed),
    name: `v${self}`,
    peers: new Map(),
    unusedKeyMark,
  };
}

/** What a validator of the region does to the outside. */
export interface VoterWorld {
  readonly unusedKeyMark?: string;
  readonly clock: VirtualClock;
  /** `to` null: everybody else. */
  send(from: number, to: number | null, message: PeerMessage): void;
  committed(self: number, committed: Committed): void;
}

function portsOf(secretSeed: Uint8Array, beacon: BeaconKeeper): ReplicaPorts {
  return {
    sign: (_ownKey, domain, message) => signMessage(secretSeed, domain, message),
    verify: verifySignature,
    proveBeacon: (ownKey, alpha) => beacon.prove(ownKey, alpha),
    verifyBeacon: (key, alpha, proof) => beacon.verify(key, alpha, proof),
  };
}

/** The deciding parts of one validator. */
export class Voter {
  readonly self: number;
  readonly recovered: RecoveredStore;
  readonly pool: SegmentPool;
  readonly keeper: ChainKeeper;
  readonly #driver: ReplicaDriver;
  readonly #collector: BodyCollector;
  readonly #catchUp: CatchUp;
  readonly #world: VoterWorld;

  /** Opens the store in a folder and takes up what it holds. */
  constructor(self: number, folder: string, world: VoterWorld, options: Partial<StoreOptions> = {}) {
    const identity = votingIdentity(self, world.unusedKeyMark);
    const { chainId, secretSeed, publicKey, genesis } = identity;
    const { epochTurns, heartbeatMs } = genesis;
    const { clock } = world;
    this.self = self;
    this.#world = world;
    this.recovered = recoverStore(join(folder, 'state'), identity, options);
    const { store, state } = this.recovered;
    this.pool = new SegmentPool({ chainId, state, clock });
    const beacon = new BeaconKeeper({ secretOf: () => secretSeed, clock });
    const executor = new Executor({
      state,
      chainId,
      isGenuine: (segment, bytes, key) => this.pool.isGenuine(segment, bytes, key),
      voters: () => this.keeper.chain.validators.map(({ name }) => name),
      beaconOf: (proof) => beacon.outputOf(proof),
    });
    const schedule = { epochTurns };
    this.keeper = new ChainKeeper({
      schedule,
      store,
      executor,
      pool: this.pool,
      beacon,
      retention: new Retention(null),
    });
    this.#collector = new BodyCollector({
      clock,
      lookUp: (name, digest) => this.pool.body(name) ?? store.body(digest),
      peers: () => [],
      fetcher: new BodyFetcher({ clock, send: () => false }),
    });
    const log = createLog({ level: 'silent', name: 'voter' });
    const onFatal = (error: unknown): never => {
      throw error;
    };
    const send = (to: PeerId, message: PeerMessage): void => world.send(self, peerIds.indexOf(to), message);
    this.#catchUp = new CatchUp({
      chainId,
      keeper: this.keeper,
      executor,
      clock,
      log,
      peers: () => peerIds.filter((_, index) => index !== self),
      send,
      onCommitted: (committed) => {
        world.committed(self, committed);
        this.#driver.caughtUp(committed);
      },
      onLie: () => undefined,
      onNothing: () => undefined,
      onFatal,
    });
    this.#driver = new ReplicaDriver({
      onEvidence: () => undefined,
      config: { chainId, ownKeys: [publicKey], epochTurns, heartbeatMs, ...replicaTiming },
      ports: portsOf(secretSeed, beacon),
      clock,
      log,
      meter: new Meter(clock),
      store,
      executor,
      pool: this.pool,
      keeper: this.keeper,
      collector: this.#collector,
      beacon,
      broadcast: (message) => world.send(self, null, message),
      send,
      catchUp: (hint) => this.#catchUp.start(hint),
      onCommitted: (committed) => world.committed(self, committed),
      afterCommit: () => undefined,
      onFatal,
    });
  }

  start(): void {
    this.#driver.start();
  }

  /** A segment, from a terminal or a peer. */
  offer(bytes: Uint8Array): void {
    this.pool.admit(bytes);
    this.#collector.offerNamed(toHex(bodyDigest(bytes)), bytes);
    this.#driver.poolChanged(false);
  }

  take(from: number, message: PeerMessage): void {
    switch (message.kind) {
      case 'proposal':
      case 'vote':
      case 'timeout':
      case 'block':
        this.#driver.dispatch(message);
        return;
      case 'want-block':
        this.#driver.dispatch({ ...message, peer: idOf(from) });
        return;
      case 'status':
        this.#driver.dispatch({ kind: 'peer-status', peer: idOf(from), committedHeight: message.committedHeight });
        return;
      case 'want-blocks': {
        const block = this.recovered.store.committedBlock(message.fromHeight);
        this.#world.send(this.self, from, { kind: 'blocks', blocks: block === undefined ? [] : [block] });
        return;
      }
      case 'blocks':
        this.#catchUp.take(peerIds[from] as PeerId, message.blocks);
        return;
      default:
        throw new Error(`nobody sends ${message.kind} here`);
    }
  }

  /** As a process ends that is told to: nothing is sent any more. */
  stop(): void {
    this.#driver.stop();
    this.recovered.store.close();
    this.#world.send = () => undefined;
  }
}
