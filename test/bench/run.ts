/** `npm run bench -- <name> [--quick] [--readme]`: runs one bench, prints its table, writes test/bench/results/<name>.json. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { withTable } from './readme-table.ts';
import { type BenchResult, formatTable, machine, versions } from './report.ts';

/** One bench: its rows at the full or the small size. */
export interface Bench {
  readonly settings: (size: 'full' | 'small') => Readonly<Record<string, number | string>>;
  readonly run: (size: 'full' | 'small') => Promise<BenchResult['rows']>;
}

/** Every bench by name, loaded when asked for. */
export const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  faults: async () => (await import('./faults.ts')).faults,
  growth: async () => (await import('./region-growth.ts')).growth,
  ledger: async () => (await import('./ledger.ts')).ledger,
  mesh: async () => (await import('./mesh.ts')).mesh,
  region: async () => (await import('./region.ts')).region,
  spine: async () => (await import('./spine.ts')).spine,
};

/** Runs a bench and returns its report. */
export async function runBench(name: string, size: 'full' | 'small'): Promise<BenchResult> {
  const open = benches[name];
  if (open === undefined) throw new Error(`no bench called ${name}; there are: ${Object.keys(benches).join(', ')}`);
  const bench = await open();
  const before = loadavg()[0] ?? Number.NaN;
  const rows = await bench.run(size);
  const load = { before, after: loadavg()[0] ?? Number.NaN };
  return { bench: name, size, settings: bench.settings(size), machine: machine(), load, versions: versions(), rows };
}

async function main(args: readonly string[]): Promise<void> {
  const name = args.find((arg) => !arg.startsWith('--'));
  if (name === undefined) {
    process.stderr.write(
      `usage: npm run bench -- <name> [--quick] [--readme]\nbenches: ${Object.keys(benches).join(', ')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  const result = await runBench(name, args.includes('--quick') || args.includes('--small') ? 'small' : 'full');
  const folder = join(import.meta.dirname, 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
  process.stdout.write(`${formatTable(result)}\n`);
  if (!args.includes('--readme')) return;
  const readme = join(import.meta.dirname, '../../README.md');
  writeFileSync(readme, withTable(readFileSync(readme, 'utf8'), result));
}

if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
