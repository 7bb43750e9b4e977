/**
 * The bench of the region: four validators as processes behind one broker on this machine, execution, state roots and fsync
 * included. Redemptions of many terminals, sealed before the clock runs; what is executed is counted by the validators.
 */
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { validatorNodeFlags } from '#agent/process-flags';
import { systemClock } from '#core/clock';
import { LightClient } from '#sync/light-client/light-client';
import { TestRegion } from '../fixtures/region.ts';
import { overload } from './overload.ts';
import { ReceiptSampler } from './receipt-sampler.ts';
import { benchBroker, RegionHost } from './region-host.ts';
import { Terminals, type TerminalsSize } from './region-terminals.ts';
import {
  idleLatencies,
  primaryLoss,
  type Stretch,
  type SustainOptions,
  steadyLatencies,
  sustain,
} from './region-trials.ts';
import { type BenchRow, median, quantile } from './report.ts';
import type { Bench } from './run.ts';

type Size = 'full' | 'small';

interface Settings {
  readonly terminals: TerminalsSize;
  readonly sampledTerminals: number;
  readonly idleSegments: number;
  readonly tens: SustainOptions;
  readonly hundreds: SustainOptions;
  readonly ones: SustainOptions;
  readonly steady: { readonly perSecond: number; readonly entriesInSegment: number; readonly seconds: number };
  readonly overload: { readonly times: number; readonly seconds: number; readonly rampSeconds: number };
  readonly losses: { readonly count: number; readonly watchedSeconds: number };
  readonly headers: number;
}

const settings: Readonly<Record<Size, Settings>> = {
  full: {
    terminals: { stores: 8, lanesInStore: 8, series: 30, couponsInSeries: 100_000 },
    sampledTerminals: 4,
    idleSegments: 200,
    tens: { entriesInSegment: 10, windowEntries: 6_000, warmSeconds: 10, seconds: 60 },
    hundreds: { entriesInSegment: 100, windowEntries: 12_000, warmSeconds: 5, seconds: 30 },
    ones: { entriesInSegment: 1, windowEntries: 1_500, warmSeconds: 5, seconds: 30 },
    steady: { perSecond: 4_000, entriesInSegment: 10, seconds: 30 },
    overload: { times: 3, seconds: 30, rampSeconds: 8 },
    losses: { count: 3, watchedSeconds: 5 },
    headers: 300,
  },
  small: {
    terminals: { stores: 2, lanesInStore: 4, series: 1, couponsInSeries: 100_000 },
    sampledTerminals: 1,
    idleSegments: 5,
    tens: { entriesInSegment: 10, windowEntries: 500, warmSeconds: 1, seconds: 2 },
    hundreds: { entriesInSegment: 100, windowEntries: 2_000, warmSeconds: 1, seconds: 2 },
    ones: { entriesInSegment: 1, windowEntries: 100, warmSeconds: 1, seconds: 2 },
    steady: { perSecond: 200, entriesInSegment: 10, seconds: 2 },
    overload: { times: 3, seconds: 3, rampSeconds: 1 },
    losses: { count: 1, watchedSeconds: 2 },
    headers: 5,
  },
};

const bars = {
  tens: { floor: 5_000, aim: 12_000 },
  hundreds: { floor: 6_000, aim: 20_000 },
  ones: { floor: 2_000, aim: 4_000 },
  idleP50Ms: { floor: 100, aim: 40 },
  steadyP99Ms: { floor: 1_000, aim: 250 },
  goodput: { floor: 0.8 },
  headerMs: { floor: 1.5, aim: 0.7 },
  lossMs: { floor: 2_000, aim: 1_000 },
  cpuUs: { aim: 25 },
  loopP99Ms: { floor: 250, aim: 100 },
} as const;

type Limits = { readonly floor?: number; readonly aim?: number };
const higher = (metric: string, value: number, unit: string, limits: Limits = {}): BenchRow => {
  return { metric, value, unit, better: 'higher', ...limits };
};
const lower = (metric: string, value: number, unit: string, limits: Limits = {}): BenchRow => {
  return { metric, value, unit, better: 'lower', ...limits };
};

/** Rows of a stretch under load; the processes' shares show what had to share the machine. */
function stretchRows(of: string, stretch: Stretch, limits: Limits, cpuLimits: Limits = {}): BenchRow[] {
  const { validators, broker, load } = stretch.cores;
  return [
    higher(`operations/s, ${of}`, stretch.perSecond, '1/s', limits),
    lower(`processor time of an operation and validator, ${of}`, stretch.cpuUs, 'us', cpuLimits),
    lower(`processor of validators, ${of}`, validators, 'cores'),
    lower(`processor of broker and load, ${of}`, broker + load, 'cores'),
    higher(`operations in a block, ${of}`, stretch.operations / Math.max(1, stretch.blocks), '1'),
  ];
}

/** Milliseconds to check a header with seven signatures that were never seen before. */
function headerMs(count: number): number {
  const region = new TestRegion({ validatorCount: 10 });
  for (let block = 0; block < count; block++) region.commit();
  const samples = region.blocks.map(({ lightBlock }) => {
    const light = new LightClient(region.genesis);
    const startMs = systemClock.monotonicMs();
    const accepted = light.acceptHead(lightBlock);
    if (!accepted.ok || lightBlock.certificate.signatures.length !== 7)
      throw new Error('no header of seven signatures');
    return systemClock.monotonicMs() - startMs;
  });
  return median(samples);
}

async function loadRows(terminals: Terminals, sampler: ReceiptSampler, set: Settings): Promise<BenchRow[]> {
  const idle = await idleLatencies(terminals, sampler, set.idleSegments);
  const tens = await sustain(terminals, set.tens);
  const steady = await steadyLatencies(terminals, sampler, set.steady);
  const hundreds = await sustain(terminals, set.hundreds);
  const ones = await sustain(terminals, set.ones);
  const { eventLoopDelayMs } = await terminals.host.status(0);
  const losses: number[] = [];
  for (let at = 0; at < set.losses.count; at++) losses.push(await primaryLoss(terminals, set.losses.watchedSeconds));
  const { times, seconds, rampSeconds } = set.overload;
  const { entriesInSegment } = set.tens;
  const far = { perSecond: tens.perSecond * times, entriesInSegment, seconds, rampSeconds };
  const { goodput, offered, notices } = await overload(terminals, far);
  return [
    ...stretchRows(`sustained ${set.tens.seconds} s, segments of 10`, tens, bars.tens),
    ...stretchRows('segments of 100', hundreds, bars.hundreds, bars.cpuUs),
    ...stretchRows('one operation a segment', ones, bars.ones),
    lower('submit to certified receipt, idle, p50', quantile(idle, 0.5), 'ms', bars.idleP50Ms),
    lower('submit to certified receipt, idle, p99', quantile(idle, 0.99), 'ms'),
    lower(`at ${set.steady.perSecond}/s, segments of 10, p50`, quantile(steady, 0.5), 'ms'),
    lower(`at ${set.steady.perSecond}/s, segments of 10, p99`, quantile(steady, 0.99), 'ms', bars.steadyP99Ms),
    higher(`overload: goodput of the peak`, goodput / tens.perSecond, 'ratio', bars.goodput),
    higher('overload: offered of the peak', offered / tens.perSecond, 'ratio'),
    lower('overload: notices that turn away', notices / seconds, '1/s'),
    lower('one primary killed: longest time without a block', Math.max(...losses), 'ms', bars.lossMs),
    lower('event loop delay under load, p99', eventLoopDelayMs?.p99 ?? Number.NaN, 'ms', bars.loopP99Ms),
    lower('event loop delay under load, longest', eventLoopDelayMs?.max ?? Number.NaN, 'ms'),
  ];
}

async function regionRows(set: Settings): Promise<BenchRow[]> {
  const host = await RegionHost.open();
  try {
    const terminals = await Terminals.open(host, set.terminals);
    const sampler = await ReceiptSampler.open(terminals, set.sampledTerminals);
    const rows = await loadRows(terminals, sampler, set);
    await sampler.close();
    terminals.close();
    return rows;
  } finally {
    await host.close();
  }
}

function brokerVersion(): string {
  if (benchBroker() === 'embedded') return 'aedes, in the process of the load';
  // It says its version in its help, and calls that a failure.
  try {
    return execFileSync('/usr/sbin/mosquitto', ['-h'], { encoding: 'utf8' }).split('\n')[0] ?? '';
  } catch (error) {
    const said = error instanceof Error && 'stdout' in error ? String(error.stdout) : '';
    return said.split('\n')[0] || 'mosquitto';
  }
}

/** See the file's head. */
export const region: Bench = {
  settings(size) {
    const { terminals, tens, hundreds, ones } = settings[size];
    return {
      validators: 4,
      broker: brokerVersion(),
      validatorFlags: validatorNodeFlags.join(' ') || 'none',
      terminals: terminals.stores * terminals.lanesInStore,
      coupons: terminals.series * terminals.couponsInSeries,
      consent: 'none',
      operationsOnTheirWay: [tens, hundreds, ones].map(({ windowEntries }) => windowEntries).join(' / '),
      fsync: 'synchronous=FULL',
      stateFolder: tmpdir(),
    };
  },
  async run(size) {
    const set = settings[size];
    return [
      ...(await regionRows(set)),
      lower('light client: header and certificate of 7, p50', headerMs(set.headers), 'ms', bars.headerMs),
    ];
  },
};
