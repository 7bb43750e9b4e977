import { expect, test } from 'vitest';
import { withTable } from './readme-table.ts';

const rows = [
  { metric: 'operations', value: 5_432.1, unit: '1/s', better: 'higher', floor: 5_000, aim: 12_000 },
  { metric: 'latency', value: 1_234.5, unit: 'ms', better: 'lower', floor: 1_000, aim: 250 },
  { metric: 'blocks', value: 5.1234, unit: '1', better: 'higher', aim: 6 },
] as const;

test('a table of the README is what the bench has measured, missed bars named, and the rest of the page stays', () => {
  const page = 'before\n<!-- bench region -->\nold\n<!-- end of bench region -->\nafter\n';
  const expected = `before
<!-- bench region -->
| what | measured | bar |
|---|---|---|
| operations | 5,432 /s | 5,000 / 12,000 |
| latency | 1,235 ms | 1,000 / 250 **missed** |
| blocks | 5.12 | 6.00 |
<!-- end of bench region -->
after
`;
  expect(withTable(page, { bench: 'region', rows })).toBe(expected);
  expect(withTable(expected, { bench: 'region', rows })).toBe(expected);
  expect(() => withTable('nothing', { bench: 'region', rows })).toThrow('no place for the table of region');
});
