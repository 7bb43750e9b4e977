/** Reads a running terminal's health into the stable face of status.ts. Reads only. */

import type { Scanner } from '#drivers/scanner';
import { readHub } from '#ledger/rights/read';
import { packageVersion } from './api/screen-files.ts';
import type { Baskets } from './checkout/baskets.ts';
import { autonomyOf, exposureOf } from './checkout/exposure.ts';
import type { LaneBudget } from './checkout/lane-budget.ts';
import type { Till } from './checkout/till.ts';
import type { Traffic } from './checkout/traffic.ts';
import type { TerminalConfig } from './config/terminal-config.ts';
import type { Journal } from './journal/journal.ts';
import type { BooksLine } from './journal/tally.ts';
import type { RegionSide } from './region-side.ts';
import type { BooksStatus, QueueItem, ScannerStatus, Tally, TerminalMode, TerminalStatus } from './status.ts';

/** Most entries that a queue listing shows. */
export const queueListedMax = 1_000;

/** Where a status is read from. */
export interface StatusSources {
  readonly config: TerminalConfig;
  readonly till: Till;
  readonly region: RegionSide;
  readonly budget: LaneBudget;
  readonly baskets: Baskets;
  readonly traffic: Traffic;
  readonly mode: TerminalMode;
  readonly isReady: boolean;
  readonly hubUrl: string | null;
  readonly lineSinceMs: number;
  readonly scanners: readonly { readonly transport: string; readonly scanner: Scanner }[];
}

const version = packageVersion();

function tallyOf(line: BooksLine): Tally {
  return { count: line.count, values: Object.entries(line.value).map(([unit, value]) => ({ unit, value })) };
}

/** The books of the running shift. */
export function booksOf(journal: Journal): BooksStatus {
  const books = journal.books();
  const empty: BooksLine = { count: 0, value: {} };
  const line = (column: BooksLine | undefined): Tally => tallyOf(column ?? empty);
  return {
    openingPending: line(books?.opening),
    accepted: line(books?.accepted),
    final: line(books?.final),
    conflicted: line(books?.conflicted),
    refused: line(books?.refused),
    voided: line(books?.voided),
    lost: line(books?.lost),
    pending: line(books?.closing),
    balanced: books?.balanced ?? true,
  };
}

/** Entries without a receipt, oldest first, at most `queueListedMax`. */
export function queueOf(till: Till): QueueItem[] {
  const { timeLowMs } = till.now();
  return till.journal.queue({ limit: queueListedMax }).map((item) => ({
    stream: item.place.stream,
    sequence: item.place.sequence,
    kind: item.kind,
    state: item.sealed ? 'sent' : 'pending',
    key: item.note.unitKey,
    value: item.note.value,
    ageMs: Math.max(0, timeLowMs - item.timeLowMs),
    verdictId: item.note.verdictId,
  }));
}

function scannerStatus({ transport, scanner }: StatusSources['scanners'][number]): ScannerStatus {
  const { state, lastFault, endpoint } = scanner.health();
  return { name: scanner.name, transport, state, detail: lastFault?.detail ?? endpoint };
}

function journalStatus(journal: Journal): TerminalStatus['journal'] {
  const { pending } = journal.counters();
  return {
    anchored: journal.anchored,
    pending: { value: pending.value, trace: pending.trace },
    nextSequence: { value: journal.head(0).nextSequence, trace: journal.head(1).nextSequence },
    writable: journal.blockedBy === null && !journal.full,
  };
}

function hubStatus({ till, hubUrl }: StatusSources): TerminalStatus['hub'] {
  const { desk, link } = till.hub();
  const hub = readHub(till.shards.view, till.store);
  return {
    self: desk !== null,
    terminal: hub?.terminal ?? null,
    epoch: hub?.hubEpoch ?? null,
    reachable: desk !== null || (link?.reachable ?? false),
    listening: hubUrl,
  };
}

function shardStatus({ region }: StatusSources): TerminalStatus['shards'] {
  const { highMs } = region.time.interval();
  return region.shardStore.shards().map(({ shard, height, leafCount, certifiedTimeMs }) => ({
    shard,
    height,
    leaves: leafCount,
    ageMs: region.shards.ageMs(shard) ?? Math.max(0, highMs - certifiedTimeMs),
  }));
}

/** The status now. */
export function statusOf(sources: StatusSources): TerminalStatus {
  const { config, till, region, budget, traffic, baskets } = sources;
  const line = region.line.state();
  const header = region.light.head?.header ?? null;
  return {
    version,
    terminal: config.terminal,
    store: till.store,
    role: config.role,
    mode: sources.mode,
    epoch: config.epoch,
    line: {
      connected: line.connected,
      sinceMs: sources.lineSinceMs,
      forMs: Math.max(0, Math.round(till.clock.monotonicMs() - line.sinceMs)),
    },
    head: header === null ? null : { height: header.height, timeMs: header.timeMs },
    journal: journalStatus(till.journal),
    books: booksOf(till.journal),
    exposure: exposureOf(till, budget),
    autonomy: autonomyOf(till, budget, traffic),
    hub: hubStatus(sources),
    shards: shardStatus(sources),
    ready: sources.isReady,
    scanners: sources.scanners.map(scannerStatus),
    clock: region.time.interval(),
    openBaskets: baskets.list().map(({ name, items }) => ({ id: name, coupons: items.length })),
  };
}
