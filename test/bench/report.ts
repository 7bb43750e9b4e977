/** What a bench reports: rows with units, beside the machine and the versions they were measured on. */
import { readFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

/** One measured number. `floor` is what must be reached, `aim` what is wanted; a `better: lower` row has ceilings there. */
export interface BenchRow {
  readonly metric: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly floor?: number;
  readonly aim?: number;
}

/** A whole report, as written to `results/<name>.json`. */
export interface BenchResult {
  readonly bench: string;
  readonly size: 'full' | 'small';
  readonly settings: Readonly<Record<string, number | string>>;
  readonly machine: Readonly<Record<string, number | string>>;
  /** Load average over a minute, before and after: other work on the machine is in the numbers. */
  readonly load: { readonly before: number; readonly after: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly BenchRow[];
}

/** Cores, memory and processor of this machine. */
export function machine(): BenchResult['machine'] {
  const processors = cpus();
  return {
    cores: processors.length,
    processor: processors[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform}-${process.arch}`,
  };
}

/** Versions of Node.js and of the packages that the numbers depend on. */
export function versions(): BenchResult['versions'] {
  const manifest: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
  const dependencies =
    typeof manifest === 'object' && manifest !== null && 'dependencies' in manifest ? manifest.dependencies : {};
  return { node: process.version, ...(dependencies as Record<string, string>) };
}

/** The value at a quantile (0..1) of the samples, nearest rank. */
export function quantile(samples: readonly number[], q: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** The middle value, the mean of the two middle ones where their number is even; NaN of none. */
export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[sorted.length % 2 === 0 ? half - 1 : half], sorted[half]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** A number as people read it: three digits, or whole with thousands apart. */
export const formatNumber = (value: number): string =>
  Math.abs(value) >= 100 ? Math.round(value).toLocaleString('en-US') : value.toPrecision(3);

function judgement(row: BenchRow): string {
  const reached = (limit: number | undefined) =>
    limit !== undefined && (row.better === 'higher' ? row.value >= limit : row.value <= limit);
  if (row.floor === undefined && row.aim === undefined) return '';
  if (reached(row.aim)) return 'aim';
  return reached(row.floor) ? 'floor' : 'BELOW';
}

/** The report as a plain text table. */
export function formatTable(result: BenchResult): string {
  const limit = (value: number | undefined) => (value === undefined ? '' : formatNumber(value));
  const rows = result.rows.map((row) => [
    row.metric,
    formatNumber(row.value),
    row.unit,
    limit(row.floor),
    limit(row.aim),
    judgement(row),
  ]);
  const table = [['metric', 'value', 'unit', 'floor', 'aim', 'reached'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) =>
    row.map((cell, i) => (i === 0 || i === 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '),
  );
  const where = `${result.machine['processor']}, ${result.machine['cores']} cores, Node ${result.versions['node']}`;
  const { before, after } = result.load;
  const settings = Object.entries(result.settings).map(([key, value]) => `${key}=${value}`);
  return [
    `${result.bench} (${result.size}) on ${where}, load ${before.toFixed(1)} before and ${after.toFixed(1)} after`,
    ...lines,
    `settings: ${settings.join(', ')}`,
  ].join('\n');
}
