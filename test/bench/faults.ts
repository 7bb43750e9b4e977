/** The bench of faults: how long a payment waits for its certified receipt while one of four validators, or the broker, is at fault. */
import { playFaults } from '../fixtures/fault-story.ts';
import { ProcessRegion } from '../fixtures/process-region.ts';
import { SteadyPayments } from '../fixtures/steady-payments.ts';
import type { BenchRow } from './report.ts';
import type { Bench } from './run.ts';

/** Progress resumes within this time of each fault, ms. */
const resumesMsMax = 3_000;
const heartbeatMs = 1_000;

export const faults: Bench = {
  settings: () => ({ validators: 4, heartbeatMs, paymentsPerSecond: 25, broker: 'mosquitto' }),
  async run() {
    const region = await ProcessRegion.open({ heartbeatMs });
    try {
      await Promise.all([0, 1, 2, 3].map((index) => region.start(index)));
      const payments = await SteadyPayments.begin(region);
      const { borne } = await playFaults(region, payments);
      await payments.finish();
      return borne.map(
        ({ fault, longestWaitMs }): BenchRow => ({
          metric: `longest wait for a receipt: ${fault}`,
          value: longestWaitMs,
          unit: 'ms',
          better: 'lower',
          floor: resumesMsMax,
        }),
      );
    } finally {
      await region.close();
    }
  },
};
