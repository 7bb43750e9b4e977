/**
 * Where the chain stands after a committed block: what the next proposal is checked against, who votes and who may lead.
 * A function of committed blocks and their results only (SPEC R1 to R4), so that every replica at one height agrees on it;
 * the next header carries its hash, so that a snapshot or a light client can be given it by anybody.
 */
import { equalBytes } from '#core/bytes';
import { bytesOf, encode, type Infer, list, record, uint, versioned } from '#core/format';
import { taggedHash } from '#core/hash';
import { epochFormat, hashFormat, heightFormat, timeMsFormat } from '#ledger/ids';
import { faultyMax } from '#ledger/validators/quorum';
import { validatorsMax } from '#ledger/validators/validator-set';
import type { Header } from '../wire/block.ts';
import { type ValidatorInfo, validatorSetFormat } from '../wire/genesis.ts';
import { eraFormat } from '../wire/recovery-page.ts';
import { validatorIndexFormat } from '../wire/vote.ts';
import { epochSeed, firstSeed, mixBeacon } from './beacon.ts';
import { nextSet, type Wish } from './next-set.ts';
import { leaderOrder, type ScheduleConfig } from './schedule.ts';

/** Blocks for which a failed primary is passed over, in turns of the whole set; then it is tried again. */
export const failedTurns = 8;

/** What a replica remembers of the committed chain beside its head. */
export const chainStateFormat = versioned(
  'chain-state',
  3,
  { bytesMax: 4_096 },
  {
    /** Height of the last committed block; 0 is genesis. */
    height: heightFormat,
    /** How often the operators have founded the region anew (SPEC R27). */
    era: eraFormat,
    /** 1 from a new founding until the ledger wishes the set that it brought: no wish of before undoes it. */
    held: uint({ max: 1 }),
    /** Zeros at genesis. */
    blockHash: hashFormat,
    /** Result root after it; at genesis that of the genesis state. */
    resultRoot: hashFormat,
    timeMs: timeMsFormat,
    /** History over every block up to and including this one: goes into the next header. */
    historyRoot: hashFormat,
    /** Epoch of the next height, and the first height of that epoch. */
    epoch: epochFormat,
    epochStart: heightFormat,
    /** Who votes in the epoch of the next height, and who will in the one after. */
    validators: validatorSetFormat,
    validatorsNext: validatorSetFormat,
    /** Seed of the epoch of the next height. */
    seed: bytesOf(32),
    /** Seed of the epoch after. */
    seedNext: bytesOf(32),
    /** Running hash of the beacon outputs committed in the epoch of the next height. */
    beaconMix: bytesOf(32),
    /** Primaries that lately failed, by their place in `validators`, the latest first: at most f. `height`: where it failed. */
    failed: list(record('failed-primary', { validator: validatorIndexFormat, height: heightFormat }), {
      max: validatorsMax,
    }),
  },
);
export type ChainState = Infer<typeof chainStateFormat>;

/** Domain of the hash of a chain state's bytes. */
export const chainStateDomain = 'bizain/chain-state/1';

/** What the header of the next block commits to. */
export function chainStateHash(chain: ChainState): Uint8Array {
  return taggedHash(chainStateDomain, encode(chainStateFormat, chain));
}

/** The chain before its first block. `historyRoot` is that of an empty history. */
export function genesisChain(genesis: {
  readonly seed: Uint8Array;
  readonly timeMs: number;
  readonly validators: readonly ValidatorInfo[];
  readonly resultRoot: Uint8Array;
  readonly historyRoot: Uint8Array;
}): ChainState {
  const { validators } = genesis;
  return {
    height: 0,
    era: 0,
    held: 0,
    blockHash: new Uint8Array(32),
    resultRoot: genesis.resultRoot,
    timeMs: genesis.timeMs,
    historyRoot: genesis.historyRoot,
    epoch: 0,
    epochStart: 1,
    validators,
    validatorsNext: validators,
    seed: firstSeed(genesis.seed, 0),
    seedNext: firstSeed(genesis.seed, 1),
    beaconMix: new Uint8Array(32),
    failed: [],
  };
}

/** Last height of the running epoch, which has `epochTurns` heights for each of its validators. */
export function lastOfEpoch(config: ScheduleConfig, chain: ChainState): number {
  return chain.epochStart + config.epochTurns * chain.validators.length - 1;
}

/** Whether a height of the running epoch is its last. */
export function endsEpoch(config: ScheduleConfig, chain: ChainState, height: number): boolean {
  return height === lastOfEpoch(config, chain);
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
  /** The validators that the ledger wishes after this block; at an epoch's end the set of the epoch after the next goes towards them. */
  readonly wished: readonly Wish[];
}

/**
 * The chain after one more committed block, which must be the next one.
 * Source: ARCHITECTURE D10; SPEC R1 to R4.
 */
export function advanceChain(config: ScheduleConfig, chain: ChainState, step: CommittedStep): ChainState {
  const { header } = step;
  const mixed = mixBeacon(chain.beaconMix, step.beaconOutput);
  const head = {
    height: header.height,
    blockHash: step.blockHash,
    resultRoot: step.resultRoot,
    timeMs: header.timeMs,
    historyRoot: step.historyRoot,
  };
  const failed = failedAfter(chain, header);
  if (!endsEpoch(config, chain, header.height)) return { ...chain, ...head, beaconMix: mixed, failed };
  const held = chain.held === 1 && !sameMembers(chain.validatorsNext, step.wished) ? 1 : 0;
  return {
    ...head,
    era: chain.era,
    held,
    epoch: chain.epoch + 1,
    epochStart: header.height + 1,
    validators: chain.validatorsNext,
    validatorsNext: held === 1 ? chain.validatorsNext : nextSet(chain.validatorsNext, step.wished),
    seed: chain.seedNext,
    seedNext: epochSeed(chain.seed, mixed),
    beaconMix: new Uint8Array(32),
    failed: inNextSet(failed, chain),
  };
}

function sameMembers(set: readonly ValidatorInfo[], wished: readonly Wish[]): boolean {
  const isWished = ({ name, publicKey }: ValidatorInfo): boolean =>
    wished.some((wish) => wish.name === name && equalBytes(wish.publicKey, publicKey));
  return set.length === wished.length && set.every(isWished);
}

/** SPEC R4: those passed over at this height failed; its proposer has not; at most f are kept, the latest first. */
function failedAfter(chain: ChainState, header: Header): ChainState['failed'] {
  const { length: count } = chain.validators;
  const leaders = leaderOrder(chain);
  const proposer = leaders[header.viewOfOrigin % leaders.length];
  const passedOver = leaders.slice(0, header.viewOfOrigin).filter((validator) => validator !== proposer);
  const fresh = passedOver.reverse().map((validator) => ({ validator, height: header.height }));
  const oldest = header.height - failedTurns * count;
  const kept = chain.failed.filter(
    (f) => f.height > oldest && f.validator !== proposer && !passedOver.includes(f.validator),
  );
  return [...fresh, ...kept].slice(0, faultyMax(count));
}

/** The failed by their places in the next epoch's set: a name keeps its record under a new key, and who left is forgotten. */
function inNextSet(failed: ChainState['failed'], { validators, validatorsNext }: ChainState): ChainState['failed'] {
  const moved = failed.map(({ validator, height }) => {
    const name = validators[validator]?.name;
    return { validator: validatorsNext.findIndex((member) => member.name === name), height };
  });
  return moved.filter(({ validator }) => validator >= 0).slice(0, faultyMax(validatorsNext.length));
}
