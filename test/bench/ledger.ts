/**
 * The bench of the ledger: redemptions executed on one core without signatures, beside the bare work on the same bytes; its trees,
 * deltas, snapshots and objects (`ledger-state.ts`); its market (`ledger-market.ts`).
 */
import { marketRows } from './ledger-market.ts';
import { stateRows } from './ledger-state.ts';
import type { RedemptionJob, RedemptionOutcome } from './redemption-trial.ts';
import { type BenchRow, median } from './report.ts';
import type { Bench } from './run.ts';
import { runTrial } from './run-trial.ts';

type Size = 'full' | 'small';

interface Settings {
  readonly trials: number;
  readonly job: Omit<RedemptionJob, 'on'>;
}

const settings: Readonly<Record<Size, Settings>> = {
  full: {
    trials: 5,
    job: {
      kind: 'redeem',
      size: {
        stores: 10,
        lanesInStore: 10,
        series: 20,
        couponsInSeries: 100_000,
        segmentsInBlock: 50,
        redemptionsInSegment: 50,
      },
      warmUpBlocks: 20,
      blocks: 60,
    },
  },
  small: {
    trials: 1,
    job: {
      kind: 'redeem',
      size: {
        stores: 2,
        lanesInStore: 2,
        series: 2,
        couponsInSeries: 2_000,
        segmentsInBlock: 4,
        redemptionsInSegment: 50,
      },
      warmUpBlocks: 1,
      blocks: 3,
    },
  },
};

const wanted = { redemptionsPerSecond: { floor: 20_000, aim: 60_000 } };

async function redemptionRows({ trials, job }: Settings, on: RedemptionJob['on']): Promise<BenchRow[]> {
  const executed: number[] = [];
  const bare: number[] = [];
  const whole: RedemptionJob = { ...job, on };
  for (let trial = 0; trial < trials; trial++) {
    const { redemptions, executeUs, bareUs } = await runTrial<RedemptionOutcome>(whole, {
      program: 'redemption-trial.ts',
    });
    const rateOf = (us: readonly number[]): number =>
      (us.length * redemptions * 1_000_000) / us.reduce((sum, each) => sum + each, 0);
    executed.push(rateOf(executeUs));
    bare.push(rateOf(bareUs));
  }
  const unit = 'redemptions/s';
  const redeemed = 'redemptions executed and committed, one core, no signatures';
  if (on === 'sqlite') {
    return [{ metric: `${redeemed}, on SQLite`, value: median(executed), unit, better: 'higher' }];
  }
  return [
    {
      metric: `${redeemed}, in memory`,
      value: median(executed),
      unit,
      better: 'higher',
      ...wanted.redemptionsPerSecond,
    },
    { metric: 'bare decoding and hashing of the same bytes', value: median(bare), unit, better: 'higher' },
    {
      metric: 'executed / bare',
      value: median(executed.map((rate, at) => rate / (bare[at] as number))),
      unit: 'ratio',
      better: 'higher',
    },
  ];
}

/** See the file's head. */
export const ledger: Bench = {
  settings(size) {
    const { trials, job } = settings[size];
    const { warmUpBlocks, blocks } = job;
    return { trials, warmUpBlocks, blocks, ...job.size };
  },
  async run(size) {
    const redemptions = [
      ...(await redemptionRows(settings[size], 'memory')),
      ...(await redemptionRows(settings[size], 'sqlite')),
    ];
    return [...redemptions, ...(await stateRows(size)), ...(await marketRows(size))];
  },
};
