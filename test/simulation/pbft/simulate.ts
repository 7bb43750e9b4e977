/**
 * The long mode: as many schedules as wished, by all cores. `npm run simulate -- 1000000 [--first <seed>] [--workers <n>]`
 * prints how far it has come and the seed of every failure; `npm run simulate -- --seed <seed>` runs one again.
 * All seeds below the last `next` printed are done: give it as `--first` to go on. `npm run simulate -- --twins` plays twins
 * with cuts that change twice at any two of the twelve steps, about 63,000 scenarios. `--ledger` executes the real ledger in
 * every schedule, with clients of its own.
 */
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LedgerClients } from './ledger-clients.ts';
import type { ScheduleOutcome } from './random-schedule.ts';
import { runSeed, runSeedWith, ScheduleSum } from './seeded-schedules.ts';
import { depth, playAll } from './twins-scenarios.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    first: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    worker: { type: 'boolean', default: false },
    twins: { type: 'boolean', default: false },
    ledger: { type: 'boolean', default: false },
  },
});

/** Seeds that a worker is given at a time. */
const portion = 200;
const failuresMax = 20;

interface Portion {
  readonly first: number;
  readonly count: number;
}

interface Answer {
  readonly first: number;
  readonly sum: ScheduleSum;
  readonly failures: readonly string[];
}

const run = (seed: number): ScheduleOutcome => (values.ledger ? runSeedWith(seed, new LedgerClients()) : runSeed(seed));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function runPortion({ first, count }: Portion): Answer {
  const sum = new ScheduleSum();
  const failures: string[] = [];
  for (let seed = first; seed < first + count; seed++) {
    try {
      sum.add(run(seed));
    } catch (error) {
      failures.push(String(error));
    }
  }
  return { first, sum, failures };
}

function playTwinsOfFour(): void {
  const bound = { changes: 2, lastChange: depth - 1, wholeAtStart: true };
  for (let inOrder = 0; inOrder < 4; inOrder++)
    say(`twins at place ${inOrder} of the primaries: ${playAll(4, inOrder, { bound })} scenarios, all hold`);
}

/** Gives out portions, prints progress, and ends with 1 if anything failed. */
function lead(first: number, count: number, workers: number): void {
  const startedMs = performance.now();
  const pending = new Set<number>();
  const total = new ScheduleSum();
  let next = first;
  let failed = 0;
  let saidMs = startedMs;
  const end = first + count;
  const progress = (): string => {
    const rate = total.schedules / ((performance.now() - startedMs) / 1_000);
    const { schedules, heights, changed, crashes, rots } = total;
    return (
      `${schedules + failed} of ${count} schedules, ${rate.toFixed(0)}/s, ${heights} heights, ` +
      `${changed} with view changes, ${crashes} crashes, ${rots} lost disks, ${failed} failed; next ${Math.min(next, ...pending)}`
    );
  };
  for (let worker = 0; worker < workers; worker++) {
    const child = fork(fileURLToPath(import.meta.url), ['--worker', ...(values.ledger ? ['--ledger'] : [])], {
      execArgv: process.execArgv,
    });
    const give = (): void => {
      if (next >= end || failed >= failuresMax) {
        child.disconnect();
        return;
      }
      const share = { first: next, count: Math.min(portion, end - next) };
      next += share.count;
      pending.add(share.first);
      child.send(share);
    };
    child.on('message', ({ first: done, sum, failures }: Answer) => {
      pending.delete(done);
      total.addAll(sum);
      failed += failures.length;
      for (const failure of failures) say(`FAILED ${failure}`);
      if (performance.now() - saidMs > 10_000) {
        saidMs = performance.now();
        say(progress());
      }
      give();
    });
    child.on('exit', (code) => {
      if (code !== 0) failed++;
    });
    give();
  }
  process.on('exit', () => {
    say(progress());
    if (failed > 0) process.exitCode = 1;
  });
}

if (values.worker) process.on('message', (share: Portion) => process.send?.(runPortion(share)));
else if (values.twins) playTwinsOfFour();
else if (values.seed !== undefined) say(JSON.stringify(run(Number(values.seed))));
else lead(Number(values.first), Number(positionals[0] ?? 1_000_000), Number(values.workers));
