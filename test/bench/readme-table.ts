/** The README's tables of measurements: made from a bench's report, between two comments that name the bench. */
import { type BenchResult, type BenchRow, formatNumber } from './report.ts';

function barOf({ better, value, floor, aim }: BenchRow): string {
  const limits = [floor, aim].filter((limit) => limit !== undefined);
  if (limits.length === 0) return '';
  // An aim is a wish: only what falls short of its floor is missed.
  const missed = floor !== undefined && (better === 'higher' ? value < floor : value > floor);
  return `${limits.map(formatNumber).join(' / ')}${missed ? ' **missed**' : ''}`;
}

/** Counts have no unit, and rates one that reads like one. */
const unitOf = (unit: string): string => (unit === '1' ? '' : unit === '1/s' ? '/s' : unit);

/** The rows as a Markdown table; bars are floor / aim. */
export function readmeTable({ rows }: Pick<BenchResult, 'rows'>): string {
  const lines = rows.map(
    (row) => `| ${row.metric} | ${`${formatNumber(row.value)} ${unitOf(row.unit)}`.trim()} | ${barOf(row)} |`,
  );
  return ['| what | measured | bar |', '|---|---|---|', ...lines].join('\n');
}

/** The page with the bench's table in its place. Throws where the page has no place for it. */
export function withTable(page: string, result: Pick<BenchResult, 'bench' | 'rows'>): string {
  const [from, to] = [`<!-- bench ${result.bench} -->\n`, `\n<!-- end of bench ${result.bench} -->`];
  const start = page.indexOf(from);
  const end = page.indexOf(to);
  if (start < 0 || end < start)
    throw new Error(`the page has no place for the table of ${result.bench}: ${from.trim()}`);
  return page.slice(0, start + from.length) + readmeTable(result) + page.slice(end);
}
