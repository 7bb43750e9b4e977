/** What is done to a region to measure it: single segments, as much as it takes, a steady stream, far too much, a primary lost. */
import { sleep, systemClock } from '#core/clock';
import type { ReceiptSampler } from './receipt-sampler.ts';
import { cpuSecondsOf, type RegionHost } from './region-host.ts';
import type { SealedSegment, Terminals } from './region-terminals.ts';

const pollMs = 40;
const stallMsMax = 60_000;
const microsecondsInSecond = 1e6;

/** What a stretch of load came to. */
export interface Stretch {
  readonly seconds: number;
  readonly operations: number;
  readonly perSecond: number;
  readonly blocks: number;
  /** Processor time of an operation at one validator, mean of all, microseconds. */
  readonly cpuUs: number;
  /** Cores that validators, broker and load generator used. */
  readonly cores: { readonly validators: number; readonly broker: number; readonly load: number };
}

interface Mark {
  readonly atMs: number;
  readonly executed: number;
  readonly height: number;
  readonly validatorsCpu: number;
  readonly brokerCpu: number;
  readonly loadCpu: number;
}

async function mark(host: RegionHost): Promise<Mark> {
  const { entries, height } = await host.status(0);
  const { user, system } = process.cpuUsage();
  return {
    atMs: systemClock.monotonicMs(),
    executed: entries.applied,
    height,
    validatorsCpu: host.cpuSeconds(),
    brokerCpu: host.brokerPid === null ? 0 : cpuSecondsOf(host.brokerPid),
    loadCpu: (user + system) / microsecondsInSecond,
  };
}

function between(from: Mark, to: Mark, validators: number): Stretch {
  const seconds = (to.atMs - from.atMs) / 1_000;
  const operations = to.executed - from.executed;
  const cpu = to.validatorsCpu - from.validatorsCpu;
  return {
    seconds,
    operations,
    perSecond: operations / seconds,
    blocks: to.height - from.height,
    cpuUs: (cpu * microsecondsInSecond) / validators / Math.max(1, operations),
    cores: {
      validators: cpu / seconds,
      broker: (to.brokerCpu - from.brokerCpu) / seconds,
      load: (to.loadCpu - from.loadCpu) / seconds,
    },
  };
}

const executedOf = async (host: RegionHost): Promise<number> => {
  const { entries } = await host.status(0);
  if (entries.other > 0) throw new Error(`${entries.other} operations were refused`);
  return entries.applied;
};

/** Where every validator stands, for whoever has to find out why nothing moves. */
async function briefly(host: RegionHost): Promise<string> {
  const all = await Promise.all(host.validators.map((_, index) => host.status(index)));
  return all
    .map(
      (s) => `${s.validator} height ${s.height} view ${s.view} pool ${s.poolSegments} ${JSON.stringify(s.turnedAway)}`,
    )
    .join('; ');
}

async function untilExecuted(host: RegionHost, wanted: number): Promise<void> {
  const endMs = systemClock.monotonicMs() + stallMsMax;
  for (;;) {
    const executed = await executedOf(host);
    if (executed >= wanted) return;
    if (systemClock.monotonicMs() > endMs)
      throw new Error(`${wanted - executed} operations are not executed in time: ${await briefly(host)}`);
    await sleep(systemClock, pollMs);
  }
}

/** Segments of one operation, one after the other, in an idle region; milliseconds from sending to the checked receipt. */
export async function idleLatencies(terminals: Terminals, sampler: ReceiptSampler, count: number): Promise<number[]> {
  sampler.forget();
  for (let n = 0; n < count; n++) {
    const segment = terminals.sealNext(0, 1);
    const settled = sampler.settled();
    sampler.note(segment);
    terminals.publisher.send([segment.packet]);
    await settled;
    // Not in step with the blocks.
    await sleep(systemClock, 30 + (n % 11));
  }
  return sampler.take();
}

/** How a region is kept busy. */
export interface SustainOptions {
  readonly entriesInSegment: number;
  /** Operations on their way at most. */
  readonly windowEntries: number;
  readonly warmSeconds: number;
  readonly seconds: number;
}

/** Keeps a window full of sealed segments; measures the executed operations of a stretch after a warm start. */
export async function sustain(terminals: Terminals, options: SustainOptions): Promise<Stretch> {
  const { entriesInSegment, windowEntries, warmSeconds, seconds } = options;
  const warm = await run(terminals, { ...options, seconds: warmSeconds }, []);
  // Sealed while the region rests.
  const segments = (warm.perSecond * seconds + windowEntries) / entriesInSegment;
  return run(terminals, options, terminals.seal(Math.ceil(segments), entriesInSegment));
}

async function run(terminals: Terminals, options: SustainOptions, sealed: readonly SealedSegment[]): Promise<Stretch> {
  const { host, publisher } = terminals;
  const { entriesInSegment, windowEntries, seconds } = options;
  const before = await executedOf(host);
  let [at, sent, seen] = [0, before, before];
  let from: Mark | null = null;
  let to: Mark | null = null;
  let movedMs = systemClock.monotonicMs();
  // A lane's journal has no holes: what was sealed is sent, after the measured stretch where it must be.
  while (to === null || at < sealed.length) {
    const executed = await executedOf(host);
    const nowMs = systemClock.monotonicMs();
    // The clock runs once a whole window has come back.
    if (from === null && executed >= before + windowEntries) from = await mark(host);
    if (from !== null && to === null && nowMs >= from.atMs + seconds * 1_000) to = await mark(host);
    if (executed > seen) [seen, movedMs] = [executed, nowMs];
    if (nowMs > movedMs + stallMsMax) throw new Error(`the region does not answer to load: ${await briefly(host)}`);
    const room = Math.max(0, Math.floor((windowEntries - (sent - executed)) / entriesInSegment));
    const due = sealed.slice(at, at + room);
    // Should they not suffice, more are sealed on the way, which only slows the load down.
    if (to === null && due.length < room) due.push(...terminals.seal(room - due.length, entriesInSegment));
    at += due.length;
    publisher.send(due.map(({ packet }) => packet));
    sent += due.length * entriesInSegment;
    await sleep(systemClock, pollMs);
  }
  await untilExecuted(host, sent);
  if (from === null) throw new Error('nothing was measured');
  return between(from, to, host.validators.length);
}

/** A steady stream: segments a second, evenly spread over time and lanes; milliseconds from sending to the checked receipt. */
export async function steadyLatencies(
  terminals: Terminals,
  sampler: ReceiptSampler,
  { perSecond, entriesInSegment, seconds }: { perSecond: number; entriesInSegment: number; seconds: number },
): Promise<number[]> {
  const { host, publisher } = terminals;
  const before = await executedOf(host);
  const sealed = terminals.seal(Math.ceil((perSecond * seconds) / entriesInSegment), entriesInSegment);
  sampler.forget();
  const startMs = systemClock.monotonicMs();
  for (let at = 0; at < sealed.length; ) {
    const dueCount = Math.ceil(((systemClock.monotonicMs() - startMs) * perSecond) / 1_000 / entriesInSegment);
    const due = sealed.slice(at, dueCount);
    for (const segment of due) sampler.note(segment);
    publisher.send(due.map(({ packet }) => packet));
    at += due.length;
    await sleep(systemClock, 2);
  }
  await untilExecuted(host, before + sealed.length * entriesInSegment);
  const endMs = systemClock.monotonicMs() + stallMsMax;
  while (sampler.openCount > 0) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`${sampler.openCount} segments have no receipts`);
    await sleep(systemClock, pollMs);
  }
  return sampler.take();
}

/** A primary is killed under light load; milliseconds of the longest time without a block in the seconds after. */
export async function primaryLoss(terminals: Terminals, watchedSeconds: number): Promise<number> {
  const { host, publisher } = terminals;
  const lane = terminals.authors.length - 1;
  const { primary } = await host.status(0);
  const killed = host.validators.findIndex(({ name }) => name === primary);
  const witness = (killed + 1) % host.validators.length;
  let { height } = await host.status(witness);
  const dead = host.kill(killed);
  const startMs = systemClock.monotonicMs();
  let [sinceMs, longestMs] = [startMs, 0];
  while (systemClock.monotonicMs() - startMs < watchedSeconds * 1_000) {
    publisher.send([terminals.sealNext(lane, 1).packet]);
    await sleep(systemClock, 5);
    const seen = await host.status(witness);
    const nowMs = systemClock.monotonicMs();
    longestMs = Math.max(longestMs, nowMs - sinceMs);
    if (seen.height > height) sinceMs = nowMs;
    height = seen.height;
  }
  await dead;
  await host.restart(killed);
  return longestMs;
}
