import { expect, test } from 'vitest';
import { formatTable } from './report.ts';
import { runBench } from './run.ts';

test('the bench of the mesh at its small size measures every row with TLS and without', async () => {
  const result = await runBench('mesh', 'small');
  const metrics = result.rows.map(({ metric }) => metric.replace(/^(plain TCP|TLS 1\.3): /, ''));
  expect(metrics.slice(0, metrics.length / 2)).toEqual(metrics.slice(metrics.length / 2));
  for (const { metric, value } of result.rows)
    expect(Number.isFinite(value) && value > 0, `${metric}: ${value}`).toBe(true);
  expect(formatTable(result).split('\n').length).toBe(result.rows.length + 3);
}, 60_000);
