import { describe, expect, it } from 'vitest';
import { formatTable } from './report.ts';
import { runBench } from './run.ts';

describe('the bench of the spine at its small size', () => {
  it('measures every row that the product is held to', async () => {
    const result = await runBench('spine', 'small');
    expect(result.rows.map(({ metric }) => metric.replace(/\d+ x \d+ B/, 'rows'))).toEqual([
      'scan to local verdict, p50, 1,000 coupons',
      'scan to local verdict, p99, 1,000 coupons',
      'fresh start to first verdict, 1,000 coupons',
      'memory of the agent (RSS), 1,000 coupons',
      'scan to durable yes, one lane as its own hub',
      'bare SQLite FULL commits of rows',
      'durable yes / bare commits',
      'work of a yes beside its commit',
      'scan to durable yes, p50',
      'scan to durable yes, p99',
      'scan to final, 4 validators, p50',
      'scan to final, 4 validators, p99',
    ]);
    for (const { metric, value } of result.rows) {
      expect(Number.isFinite(value) && value > 0, `${metric}: ${value}`).toBe(true);
    }
    expect(formatTable(result).split('\n').length).toBe(result.rows.length + 3);
  }, 90_000);
});
