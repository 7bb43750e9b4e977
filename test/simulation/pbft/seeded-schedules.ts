/** Which region a seed stands for, so that a seed alone is a whole run; and many of them, added up. */
import { type Clients, runSchedule, type ScheduleOptions, type ScheduleOutcome } from './random-schedule.ts';
import { cheapKeys } from './test-keys.ts';

/** A kind of region: so many validators, so many of them faulty; `changingFrom`: sets change, and so many are in the first. */
export interface Instance {
  readonly validators: number;
  readonly faulty: number;
  readonly changingFrom?: number;
}

const share = (count: number, instance: Instance): Instance[] => Array.from({ length: count }, () => instance);

/** By how much of forty schedules each instance gets; the small ones are cheap and have the least to spare. */
const lots: readonly Instance[] = [
  ...share(21, { validators: 4, faulty: 1 }),
  ...share(2, { validators: 4, faulty: 0 }),
  ...share(6, { validators: 5, faulty: 1 }),
  ...share(4, { validators: 6, faulty: 1 }),
  ...share(4, { validators: 7, faulty: 2 }),
  ...share(2, { validators: 8, faulty: 2 }),
  { validators: 7, faulty: 1, changingFrom: 4 },
];

/** Keys are drawn once for each size. */
const keysOfSize = new Map<number, ReturnType<typeof cheapKeys>>();

/** The options of an instance with cheap keys. */
export function optionsOf({ validators, faulty, ...rest }: Instance): ScheduleOptions {
  const keys = keysOfSize.get(validators) ?? cheapKeys(validators);
  keysOfSize.set(validators, keys);
  return { keys, faultyCount: faulty, ...rest };
}

/** What a seed stands for. Seeds of either parity stand for everything. */
export function instanceOf(seed: number): Instance {
  return lots[Math.floor(seed / 2) % lots.length] as Instance;
}

/** As `runSeed`, with clients: those of the real ledger. */
export function runSeedWith(seed: number, clients: Clients): ScheduleOutcome {
  const instance = instanceOf(seed);
  const { validators, faulty } = instance;
  try {
    return runSchedule(seed, { ...optionsOf(instance), clients });
  } catch (cause) {
    throw new Error(`seed ${seed} with the ledger (n=${validators}, ${faulty} faulty): ${String(cause)}`, { cause });
  }
}

/** Runs what a seed stands for. Throws what `runSchedule` throws, with the seed. */
export function runSeed(seed: number): ScheduleOutcome {
  const instance = instanceOf(seed);
  const { validators, faulty } = instance;
  try {
    return runSchedule(seed, optionsOf(instance));
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
