/** The part of the schedule that nobody can change any more, for people who ask who leads when and why (SPEC R2 to R4). */
import { type ChainState, failedTurns } from './chain.ts';
import { permutation, type ScheduleConfig } from './schedule.ts';

/** One turn of a set: every validator is due once. */
export interface FixedTurn {
  /** Counted from 0 in its epoch. */
  readonly turn: number;
  readonly firstHeight: number;
  /** Names in the order in which they are due. */
  readonly order: readonly string[];
}

/** An epoch whose seed and set are fixed. */
export interface FixedEpoch {
  readonly epoch: number;
  readonly firstHeight: number;
  readonly lastHeight: number;
  readonly seed: Uint8Array;
  readonly turns: readonly FixedTurn[];
}

/** A validator that lately failed as primary. */
export interface PassedOver {
  readonly name: string;
  readonly failedAt: number;
  /** The last height at which it is passed over. */
  readonly untilHeight: number;
}

/** A height to come. */
export interface DueHeight {
  readonly height: number;
  readonly epoch: number;
  readonly turn: number;
  /** Whose turn it is. */
  readonly due: string;
  /** Who leads in view 0: the one due, or the next one after it that is not passed over. */
  readonly primary: string;
}

/** See the file's head. */
export interface FixedSchedule {
  /** The epoch of the next height and the one after; the seed of the next depends on blocks to come. */
  readonly epochs: readonly FixedEpoch[];
  readonly passedOver: readonly PassedOver[];
  /** Beacon outputs of the running epoch that are still to be committed. */
  readonly outputsToCome: number;
}

type Members = ChainState['validators'];

function fixedEpoch(
  { epochTurns }: ScheduleConfig,
  place: {
    readonly epoch: number;
    readonly firstHeight: number;
    readonly validators: Members;
    readonly seed: Uint8Array;
  },
): FixedEpoch {
  const { epoch, firstHeight, validators, seed } = place;
  const { length: count } = validators;
  const turns = Array.from({ length: epochTurns }, (_, turn) => ({
    turn,
    firstHeight: firstHeight + turn * count,
    order: permutation(seed, turn, count).map((index) => validators[index]?.name ?? String(index)),
  }));
  return { epoch, firstHeight, lastHeight: firstHeight + epochTurns * count - 1, seed, turns };
}

/** What is fixed once the chain stands here. */
export function fixedSchedule(config: ScheduleConfig, chain: ChainState): FixedSchedule {
  const { epoch, epochStart, validators, validatorsNext, seed, seedNext } = chain;
  const running = fixedEpoch(config, { epoch, firstHeight: epochStart, validators, seed });
  const nextStart = running.lastHeight + 1;
  const next = fixedEpoch(config, {
    epoch: epoch + 1,
    firstHeight: nextStart,
    validators: validatorsNext,
    seed: seedNext,
  });
  const passedOver = chain.failed.map(({ validator, height }) => {
    const name = validators[validator]?.name ?? String(validator);
    const stays = validatorsNext.some((member) => member.name === name);
    const inEpoch = height + failedTurns * validators.length;
    // The next epoch counts its own turns, and forgets who left.
    const later = stays ? Math.max(nextStart, height + failedTurns * validatorsNext.length) : running.lastHeight;
    return { name, failedAt: height, untilHeight: inEpoch <= running.lastHeight ? inEpoch : later };
  });
  return { epochs: [running, next], passedOver, outputsToCome: running.lastHeight - chain.height };
}

/**
 * The next `count` heights, as long as they are fixed: who leads in view 0 if every block until then comes in view 0. A view
 * that fails changes who is passed over, never whose turn it is.
 */
export function heightsDue({ epochs, passedOver }: FixedSchedule, fromHeight: number, count: number): DueHeight[] {
  const due: DueHeight[] = [];
  for (const { epoch, firstHeight, lastHeight, turns } of epochs) {
    const first = Math.max(fromHeight, firstHeight);
    for (let height = first; height <= lastHeight && due.length < count; height++) {
      const turn = turns.find((one) => height < one.firstHeight + one.order.length);
      if (turn === undefined) break;
      const at = height - turn.firstHeight;
      const order = [...turn.order.slice(at), ...turn.order.slice(0, at)];
      const away = new Set(passedOver.filter(({ untilHeight }) => height <= untilHeight).map(({ name }) => name));
      const name = order[0] ?? '';
      due.push({ height, epoch, turn: turn.turn, due: name, primary: order.find((one) => !away.has(one)) ?? name });
    }
  }
  return due;
}
