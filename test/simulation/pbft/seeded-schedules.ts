/** Which region a seed stands for, so that a seed alone is a whole run; and many of them, added up. */
import { type Clients, runSchedule, type ScheduleOptions, type ScheduleOutcome } from './random-schedule.ts';
import { cheapKeys } from './test-keys.ts';

/** A kind of region: so many validators, so many of them faulty. */
export interface Instance {
  readonly validators: number;
  readonly faulty: number;
}

const instance = (validators: number, faulty: number): Instance => ({ validators, faulty });

/** By how much of twenty schedules each instance gets; the small ones are cheap and have the least to spare. */
const lots: readonly Instance[] = [
  ...Array.from({ length: 11 }, () => instance(4, 1)),
  instance(4, 0),
  ...Array.from({ length: 3 }, () => instance(5, 1)),
  ...Array.from({ length: 2 }, () => instance(6, 1)),
  ...Array.from({ length: 2 }, () => instance(7, 2)),
  instance(8, 2),
];

/** Keys are drawn once for each size. */
const keysOfSize = new Map<number, ReturnType<typeof cheapKeys>>();

/** The options of an instance with cheap keys. */
export function optionsOf({ validators, faulty }: Instance): ScheduleOptions {
  const keys = keysOfSize.get(validators) ?? cheapKeys(validators);
  keysOfSize.set(validators, keys);
  return { keys, faultyCount: faulty };
}

/** What a seed stands for. Seeds of either parity stand for everything. */
export function instanceOf(seed: number): Instance {
  return lots[Math.floor(seed / 2) % lots.length] as Instance;
}

/** As `runSeed`, with clients: those of the real ledger. */
export function runSeedWith(seed: number, clients: Clients): ScheduleOutcome {
  const { validators, faulty } = instanceOf(seed);
  try {
    return runSchedule(seed, { ...optionsOf({ validators, faulty }), clients });
  } catch (cause) {
    throw new Error(`seed ${seed} with the ledger (n=${validators}, ${faulty} faulty): ${String(cause)}`, { cause });
  }
}

/** Runs what a seed stands for. Throws what `runSchedule` throws, with the seed. */
export function runSeed(seed: number): ScheduleOutcome {
  const { validators, faulty } = instanceOf(seed);
  try {
    return runSchedule(seed, optionsOf({ validators, faulty }));
  } catch (cause) {
    throw new Error(`seed ${seed} (n=${validators}, ${faulty} faulty): ${String(cause)}`, { cause });
  }
}

/** What many schedules came to. */
export class ScheduleSum {
  schedules = 0;
  heights = 0;
  /** Schedules with a block that was decided in a view above 0. */
  changed = 0;
  crashes = 0;
  rots = 0;
  healedMsMax = 0;

  add({ heights, highestView, crashes, rots, healedMs }: ScheduleOutcome): void {
    this.schedules++;
    this.heights += heights;
    this.changed += highestView > 0 ? 1 : 0;
    this.crashes += crashes;
    this.rots += rots;
    this.healedMsMax = Math.max(this.healedMsMax, healedMs);
  }

  addAll(other: Omit<ScheduleSum, 'add' | 'addAll'>): void {
    this.schedules += other.schedules;
    this.heights += other.heights;
    this.changed += other.changed;
    this.crashes += other.crashes;
    this.rots += other.rots;
    this.healedMsMax = Math.max(this.healedMsMax, other.healedMsMax);
  }
}

/** Runs every second seed from `first` on, `count` of them. */
export function runEverySecond(first: number, count: number): ScheduleSum {
  const sum = new ScheduleSum();
  for (let seed = first; seed < first + 2 * count; seed += 2) sum.add(runSeed(seed));
  return sum;
}
