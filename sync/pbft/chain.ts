/**
 * Where the chain stands after a committed block: what the next proposal is checked against and who may lead.
 * A function of committed headers only (SPEC R2), so that every replica at one height agrees on it.
 */
import { bytesOf, type Infer, list, record, versioned } from '#core/format';
import { hashFormat, heightFormat, timeMsFormat } from '#ledger/ids';
import type { Header } from '../wire/block.ts';
import { validatorsMax } from '../wire/genesis.ts';
import { faultyMax } from '../wire/quorum.ts';
import { validatorIndexFormat } from '../wire/vote.ts';
import { epochOf, epochSeed, firstSeed, mixBeacon } from './beacon.ts';
import { leaderOrder, type ScheduleConfig } from './schedule.ts';

/** Blocks for which a failed primary is passed over, in turns of the whole set; then it is tried again. */
export const failedTurns = 8;

/** What a replica remembers of the committed chain beside its head. */
export const chainStateFormat = versioned(
  'chain-state',
  1,
  { bytesMax: 1_024 },
  {
    /** Height of the last committed block; 0 is genesis. */
    height: heightFormat,
    /** Zeros at genesis. */
    blockHash: hashFormat,
    /** Result root after it; at genesis that of the genesis state. */
    resultRoot: hashFormat,
    timeMs: timeMsFormat,
    /** History over every block up to and including this one: goes into the next header. */
    historyRoot: hashFormat,
    /** Seed of the epoch of the next height. */
    seed: bytesOf(32),
    /** Seed of the epoch after. */
    seedNext: bytesOf(32),
    /** Running hash of the beacon outputs committed in the epoch of the next height. */
    beaconMix: bytesOf(32),
    /** Primaries that lately failed, the latest first: at most f. `height`: where it failed. */
    failed: list(record('failed-primary', { validator: validatorIndexFormat, height: heightFormat }), {
      max: validatorsMax,
    }),
  },
);
export type ChainState = Infer<typeof chainStateFormat>;

/** The chain before its first block. `historyRoot` is that of an empty history. */
export function genesisChain(genesis: {
  readonly seed: Uint8Array;
  readonly timeMs: number;
  readonly resultRoot: Uint8Array;
  readonly historyRoot: Uint8Array;
}): ChainState {
  return {
    height: 0,
    blockHash: new Uint8Array(32),
    resultRoot: genesis.resultRoot,
    timeMs: genesis.timeMs,
    historyRoot: genesis.historyRoot,
    seed: firstSeed(genesis.seed, 0),
    seedNext: firstSeed(genesis.seed, 1),
    beaconMix: new Uint8Array(32),
    failed: [],
  };
}

/** A block that a certificate commits, as the chain takes it up. */
export interface CommittedStep {
  readonly header: Header;
  readonly blockHash: Uint8Array;
  readonly resultRoot: Uint8Array;
  /** Root of the history after this block was appended. */
  readonly historyRoot: Uint8Array;
  /** VRF output (64 bytes) of the header's proof. */
  readonly beaconOutput: Uint8Array;
}

/**
 * The chain after one more committed block, which must be the next one.
 * Source: ARCHITECTURE D10; SPEC R2 to R4.
 */
export function advanceChain(config: ScheduleConfig, chain: ChainState, step: CommittedStep): ChainState {
  const { header } = step;
  const mixed = mixBeacon(chain.beaconMix, step.beaconOutput);
  const crosses = epochOf(config, header.height + 1) !== epochOf(config, header.height);
  return {
    height: header.height,
    blockHash: step.blockHash,
    resultRoot: step.resultRoot,
    timeMs: header.timeMs,
    historyRoot: step.historyRoot,
    seed: crosses ? chain.seedNext : chain.seed,
    seedNext: crosses ? epochSeed(chain.seed, mixed) : chain.seedNext,
    beaconMix: crosses ? new Uint8Array(32) : mixed,
    failed: failedAfter(config, chain, header),
  };
}

/** SPEC R4: those passed over at this height failed; its proposer has not; at most f are kept, the latest first. */
function failedAfter(config: ScheduleConfig, chain: ChainState, header: Header): ChainState['failed'] {
  const leaders = leaderOrder(config, chain);
  const proposer = leaders[header.viewOfOrigin % leaders.length];
  const passedOver = leaders.slice(0, header.viewOfOrigin).filter((validator) => validator !== proposer);
  const fresh = passedOver.reverse().map((validator) => ({ validator, height: header.height }));
  const oldest = header.height - failedTurns * config.validatorCount;
  const kept = chain.failed.filter(
    (f) => f.height > oldest && f.validator !== proposer && !passedOver.includes(f.validator),
  );
  return [...fresh, ...kept].slice(0, faultyMax(config.validatorCount));
}
