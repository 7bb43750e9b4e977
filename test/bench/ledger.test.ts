import { describe, expect, it } from 'vitest';
import { formatTable } from './report.ts';
import { runBench } from './run.ts';

describe('the bench of the ledger at its small size', () => {
  it('measures every row that the ledger is held to', async () => {
    const result = await runBench('ledger', 'small');
    const metrics = result.rows.map(({ metric }) => metric);
    for (const wanted of [
      /^redemptions .* in memory$/,
      /^bare decoding/,
      /^executed \/ bare$/,
      /^redemptions .* on SQLite$/,
      /^tree update/,
      /delta/,
      /^snapshot/,
      /tree memory/,
      /^matching 200 new offers/,
    ])
      expect(metrics.filter((metric) => wanted.test(metric)).length, String(wanted)).toBeGreaterThan(0);
    for (const { metric, value } of result.rows) {
      expect(Number.isFinite(value) && value > 0, `${metric}: ${value}`).toBe(true);
    }
    expect(formatTable(result).split('\n').length).toBe(result.rows.length + 3);
  }, 120_000);
});
