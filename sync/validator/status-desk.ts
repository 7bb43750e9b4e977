/** Puts a validator's report together, and signs it for who asks over a broker. */
import { toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import { signMessage } from '#core/ed25519';
import { encode } from '#core/format';
import type { LedgerState } from '#ledger/state/ledger-state';
import { chainStateFormat } from '../pbft/chain.ts';
import type { ReplicaStatus } from '../pbft/types.ts';
import { statusDomain, statusMessage } from '../wire/status-answer.ts';
import type { CallDeskStatus } from './call-desk.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import { diskUsage } from './disk-usage.ts';
import type { GatewayStatus } from './gateway.ts';
import type { Identity } from './identity.ts';
import type { LoopWatch } from './loop-delay.ts';
import type { Meter } from './meter.ts';
import type { OwnJournalStatus } from './own-journal.ts';
import type { RecentBlocks } from './recent-blocks.ts';
import { seatOf } from './seat.ts';
import type { ValidatorStatus } from './validator-status.ts';

/** Where the desk looks. */
export interface StatusDeskOptions {
  readonly identity: Identity;
  readonly version: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly state: LedgerState;
  readonly keeper: ChainKeeper;
  readonly meter: Meter;
  readonly recent: RecentBlocks;
  readonly loop: LoopWatch;
  readonly brokers: number;
  readonly poolSegmentsMax: number;
  /** What only the running parts know. */
  live(): LiveParts;
}

/** See `StatusDeskOptions`. Validators by name. */
export interface LiveParts {
  readonly replica: ReplicaStatus;
  readonly gateway: GatewayStatus;
  readonly peers: readonly string[];
  readonly peersCut: number;
  readonly strangers: Readonly<Record<string, number>>;
  readonly peerQueueBytes: Readonly<Record<string, number>>;
  readonly peerFramesDropped: Readonly<Record<string, number>>;
  readonly catchingUp: boolean;
  readonly poolSegments: number;
  readonly evidence: number;
  readonly journal: OwnJournalStatus;
  readonly calls: CallDeskStatus;
  readonly damagedBlocks: number;
  readonly healedBlocks: number;
  readonly turnedAway: Readonly<Record<string, number>>;
}

/** The desk of one validator. */
export class StatusDesk {
  readonly #options: StatusDeskOptions;
  readonly #startedMs: number;

  constructor(options: StatusDeskOptions) {
    this.#options = options;
    this.#startedMs = Math.floor(options.clock.wallMs());
  }

  /** The report as of now. */
  status(): ValidatorStatus {
    const { identity, keeper, state, clock, version, brokers, poolSegmentsMax, stateDir } = this.#options;
    const { replica, gateway, peers, ...live } = this.#options.live();
    const { genesis } = identity;
    const { chain } = keeper;
    return {
      version,
      region: genesis.region,
      validator: identity.name,
      index: seatOf(chain, identity.publicKey).index,
      votes: replica.votes,
      members: chain.validators.map(({ name }) => name),
      startedMs: this.#startedMs,
      wallMs: Math.floor(clock.wallMs()),
      height: chain.height,
      blockHash: toHex(chain.blockHash),
      stateRoot: toHex(state.stateRoot),
      timeMs: chain.timeMs,
      heartbeatMs: genesis.heartbeatMs,
      view: replica.view,
      primary: replica.primary,
      silentUpTo: replica.silentUpTo,
      epoch: chain.epoch,
      epochTurns: genesis.epochTurns,
      chainState: toHex(encode(chainStateFormat, chain)),
      failedPrimaries: [...replica.failedPrimaries],
      peers: [...peers],
      brokersUp: gateway.brokersUp,
      httpsPolls: gateway.polls,
      brokers,
      ...live,
      poolSegmentsMax,
      shards: state.shardIds().length,
      refusedStatements: replica.refused,
      questions: gateway.questions,
      messagesDropped: gateway.dropped,
      ...this.#ofTheLastBlocks(),
      ...diskUsage(stateDir),
    };
  }

  /** The report as JSON, signed for one asker. */
  report(nonce: Uint8Array): { readonly report: string; readonly signature: Uint8Array } {
    const { chainId, secretSeed } = this.#options.identity;
    const report = JSON.stringify(this.status());
    return { report, signature: signMessage(secretSeed, statusDomain, statusMessage(chainId, nonce, report)) };
  }

  #ofTheLastBlocks() {
    const { recent, meter, loop, keeper } = this.#options;
    return {
      entries: keeper.entries,
      sinceBlockMs: meter.sinceBlockMs,
      viewChanges: recent.viewChanges,
      recentBlocks: [...recent.latest()],
      ledBlocks: Object.fromEntries(recent.led()),
      certificateMs: meter.quantiles('certificate'),
      submitMs: meter.quantiles('submit'),
      fsyncMs: meter.quantiles('fsync'),
      executionMs: meter.quantiles('execution'),
      eventLoopDelayMs: loop.read(),
    };
  }
}
