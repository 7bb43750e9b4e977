import { describe, expect, it } from 'vitest';
import { formatTable } from './report.ts';
import { runBench } from './run.ts';

describe('the benches of the region at their small size', () => {
  it('measures every row that the region is held to', async () => {
    const result = await runBench('region', 'small');
    const barred = result.rows.filter(({ floor, aim }) => floor !== undefined || aim !== undefined);
    expect(barred.map(({ metric }) => metric)).toEqual([
      'operations/s, sustained 2 s, segments of 10',
      'operations/s, segments of 100',
      'processor time of an operation and validator, segments of 100',
      'operations/s, one operation a segment',
      'submit to certified receipt, idle, p50',
      'at 200/s, segments of 10, p99',
      'overload: goodput of the peak',
      'one primary killed: longest time without a block',
      'event loop delay under load, p99',
      'light client: header and certificate of 7, p50',
    ]);
    for (const { metric, value } of barred)
      expect(Number.isFinite(value) && value >= 0, `${metric}: ${value}`).toBe(true);
    expect(formatTable(result).split('\n').length).toBe(result.rows.length + 3);
  }, 180_000);

  it('measures what ten times as many objects cost', async () => {
    const { rows } = await runBench('growth', 'small');
    expect(rows.at(-1)).toMatchObject({ metric: 'throughput of the large state to the small', floor: 0.85 });
    for (const { metric, value } of rows) expect(Number.isFinite(value) && value > 0, `${metric}: ${value}`).toBe(true);
  }, 180_000);
});
