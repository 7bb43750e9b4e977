/**
 * The bench of the spine: scan to local verdict, scan to durable yes beside bare SQLite commits, scan to final on four
 * validators, start to first verdict, memory. Everything runs in processes of its own, on the built product.
 */

import { mkdtempSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTerminalConfig } from '#agent/config/terminal-config';
import { startChild } from '#agent/demo/child';
import { tillNodeFlags } from '#agent/process-flags';
import { systemClock } from '#core/clock';
import { leaseOf } from '#ledger/rights/usual-grants';
import { coupon, gcn, Shop } from '../fixtures/shop.ts';
import { openBenchRegion, program } from './bench-region.ts';
import { type BenchRow, median, quantile } from './report.ts';
import type { Bench } from './run.ts';
import { runTrial } from './run-trial.ts';
import { makeTillCache, type TillCache, type TillCacheSize } from './till-cache.ts';
import type { TrialJob, VerifyOutcome, YesOutcome } from './till-trial.ts';

type Size = 'full' | 'small';

interface Settings {
  readonly trials: number;
  readonly verdictsInTrial: number;
  readonly verdictWarmUp: number;
  readonly yesTurns: number;
  readonly yesInTurn: number;
  readonly yesWarmUp: number;
  readonly finalsInTrial: number;
  readonly finalWarmUp: number;
  readonly caches: readonly (TillCacheSize & { readonly name: string })[];
}

const smallCache = { name: '1,000 coupons', coupons: 1_000, couponsInSeries: 1_000, objects: 0 };
const millionCache = {
  name: '1 M coupons + 1 M objects',
  coupons: 1_000_000,
  couponsInSeries: 100_000,
  objects: 1_000_000,
};

const settings: Readonly<Record<Size, Settings>> = {
  full: {
    trials: 5,
    verdictsInTrial: 1_500,
    verdictWarmUp: 100,
    yesTurns: 20,
    yesInTurn: 50,
    yesWarmUp: 50,
    finalsInTrial: 100,
    finalWarmUp: 10,
    caches: [
      { ...smallCache, codes: 1_600 },
      { ...millionCache, codes: 1_600 },
    ],
  },
  small: {
    trials: 1,
    verdictsInTrial: 40,
    verdictWarmUp: 5,
    yesTurns: 2,
    yesInTurn: 10,
    yesWarmUp: 5,
    finalsInTrial: 5,
    finalWarmUp: 1,
    caches: [{ ...smallCache, codes: 60 }],
  },
};

const tillTrial = 'till-trial.ts';
const readyMsMax = 60_000;
const wanted = {
  verdictP99Ms: 3,
  startMs: 2_000,
  rssMiB: 160,
  yesRatio: 0.8,
  finalP50: { floor: 250, aim: 150 },
  finalP99Ms: 500,
};

/** The median over trials of a quantile within each. */
const typical = (trials: readonly (readonly number[])[], q: number): number =>
  median(trials.map((samples) => quantile(samples, q)));

const lower = (metric: string, value: number, unit: string, floor?: number, aim?: number): BenchRow => ({
  metric,
  value,
  unit,
  better: 'lower',
  ...(floor === undefined ? {} : { floor }),
  ...(aim === undefined ? {} : { aim }),
});

async function verdictRows(cache: TillCache, name: string, set: Settings): Promise<BenchRow[]> {
  const config = loadTerminalConfig(cache.configPath);
  const trials: (readonly number[])[] = [];
  const codes = Array.from({ length: set.verdictWarmUp + set.verdictsInTrial }, (_, at) => {
    return cache.codes[at % cache.codes.length] as string;
  });
  for (let trial = 0; trial < set.trials; trial++) {
    const job: TrialJob = { kind: 'verify', config, codes, warmUp: set.verdictWarmUp };
    trials.push((await runTrial<VerifyOutcome>(job, { program: tillTrial })).verdictMs);
  }
  return [
    lower(`scan to local verdict, p50, ${name}`, typical(trials, 0.5), 'ms'),
    lower(`scan to local verdict, p99, ${name}`, typical(trials, 0.99), 'ms', wanted.verdictP99Ms),
  ];
}

function rssMiBOf(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) / 1_024;
}

/** From the start of the process to the answer of its API, and the memory that it holds after a few hundred more. */
async function firstVerdict(cache: TillCache, verdicts: number): Promise<{ startMs: number; rssMiB: number }> {
  const startMs = systemClock.monotonicMs();
  const args = ['agent', '--config', cache.configPath, '--log-level', 'error'];
  const child = { name: 'agent', program, args, nodeFlags: tillNodeFlags, clock: systemClock, readyMsMax };
  const agent = await startChild(child);
  try {
    const authorization = `Bearer ${readFileSync(cache.tokenPath, 'utf8').trim()}`;
    const verify = async (code: string): Promise<void> => {
      const response = await fetch(`${String(agent.ready['api'])}/v1/verify`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify({ code }),
      });
      const { identity } = (await response.json()) as { identity: string };
      if (identity !== 'match') throw new Error(`${code}: ${response.status} ${identity}`);
    };
    await verify(cache.codes[0] as string);
    const tookMs = systemClock.monotonicMs() - startMs;
    for (const code of cache.codes.slice(1, verdicts)) await verify(code);
    return { startMs: tookMs, rssMiB: rssMiBOf(agent.pid) };
  } finally {
    await agent.stop();
  }
}

async function startRows(cache: TillCache, name: string, set: Settings): Promise<BenchRow[]> {
  const trials: { startMs: number; rssMiB: number }[] = [];
  for (let trial = 0; trial < set.trials; trial++) trials.push(await firstVerdict(cache, set.verdictsInTrial));
  const startMs = median(trials.map((trial) => trial.startMs));
  return [
    lower(`fresh start to first verdict, ${name}`, startMs, 'ms', wanted.startMs),
    lower(`memory of the agent (RSS), ${name}`, median(trials.map(({ rssMiB }) => rssMiB)), 'MiB', wanted.rssMiB),
  ];
}

async function cacheRows(set: Settings): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const size of set.caches) {
    const folder = mkdtempSync(join(tmpdir(), 'bizain-bench-'));
    try {
      const cache = await makeTillCache(folder, size);
      rows.push(...(await verdictRows(cache, size.name, set)), ...(await startRows(cache, size.name, set)));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  return rows;
}

async function yesTrial(set: Settings): Promise<YesOutcome> {
  const count = set.yesWarmUp + set.yesTurns * set.yesInTurn;
  const shop = await Shop.open({
    lanes: ['lane-1'],
    issued: count,
    rights: [{ id: 'lease-1', grant: leaseOf(gcn, 0, count - 1) }],
  });
  try {
    const codes = Array.from({ length: count }, (_, serial) => coupon(serial));
    const job: TrialJob = {
      kind: 'yes',
      config: shop.config('lane-1'),
      codes,
      warmUp: set.yesWarmUp,
      turn: set.yesInTurn,
    };
    return await runTrial<YesOutcome>(job, { program: tillTrial, onAnchored: () => shop.line.cut() });
  } finally {
    await shop.close();
  }
}

async function yesRows(set: Settings): Promise<BenchRow[]> {
  const trials: YesOutcome[] = [];
  for (let trial = 0; trial < set.trials; trial++) trials.push(await yesTrial(set));
  const rateOf = (turnsMs: readonly number[]): number => (set.yesInTurn * 1_000) / median(turnsMs);
  const ratioOf = ({ scansMs, bareMs }: YesOutcome): number =>
    median(scansMs.map((scanMs, turn) => (bareMs[turn] as number) / scanMs));
  const yesMs = trials.map((trial) => trial.yesMs);
  const rows = trials[0]?.rowsOfScan ?? 0;
  const bytes = trials[0]?.bytesOfRow ?? 0;
  const yes = median(trials.map(({ scansMs }) => rateOf(scansMs)));
  const bare = median(trials.map(({ bareMs }) => rateOf(bareMs)));
  return [
    { metric: 'scan to durable yes, one lane as its own hub', value: yes, unit: 'scans/s', better: 'higher' },
    { metric: `bare SQLite FULL commits of ${rows} x ${bytes} B`, value: bare, unit: 'commits/s', better: 'higher' },
    {
      metric: 'durable yes / bare commits',
      value: median(trials.map(ratioOf)),
      unit: 'ratio',
      better: 'higher',
      floor: wanted.yesRatio,
    },
    lower('work of a yes beside its commit', 1_000 / yes - 1_000 / bare, 'ms'),
    lower('scan to durable yes, p50', typical(yesMs, 0.5), 'ms'),
    lower('scan to durable yes, p99', typical(yesMs, 0.99), 'ms'),
  ];
}

async function finalRows(set: Settings): Promise<BenchRow[]> {
  const region = await openBenchRegion();
  try {
    const { lane, goods } = region;
    let serial = 0;
    const next = async (): Promise<number> => {
      // The lease takes some serials out of the middle: those would not go to the region.
      if (serial === goods.lease.first) serial += goods.lease.count;
      const verdict = await lane.scan(goods.couponCode(serial++));
      if (verdict.finality !== 'final')
        throw new Error(`${verdict.key}: ${verdict.finality} ${verdict.reasons.join()}`);
      return verdict.elapsedMs;
    };
    for (let scan = 0; scan < set.finalWarmUp; scan++) await next();
    const trials: number[][] = [];
    for (let trial = 0; trial < set.trials; trial++) {
      const samples: number[] = [];
      for (let scan = 0; scan < set.finalsInTrial; scan++) samples.push(await next());
      trials.push(samples);
    }
    const { finalP50, finalP99Ms } = wanted;
    return [
      lower('scan to final, 4 validators, p50', typical(trials, 0.5), 'ms', finalP50.floor, finalP50.aim),
      lower('scan to final, 4 validators, p99', typical(trials, 0.99), 'ms', finalP99Ms),
    ];
  } finally {
    await region.close();
  }
}

/** See the file's head. */
export const spine: Bench = {
  settings(size) {
    const { caches, ...counts } = settings[size];
    return {
      ...counts,
      caches: caches.map(({ name }) => name).join('; '),
      stateFolder: tmpdir(),
      stateFileSystem: `0x${statfsSync(tmpdir()).type.toString(16)}`,
    };
  },
  async run(size) {
    const set = settings[size];
    return [...(await cacheRows(set)), ...(await yesRows(set)), ...(await finalRows(set))];
  },
};
