/**
 * What is wrong with a region, from the reports of its validators: a pure function. Each finding has a code that
 * `sync/validator/OPERATING.md` explains. `alarm`: act now; `warning`: a fault is being tolerated, so there is less to spare;
 * `notice`: worth knowing.
 */

import { faultyMax, quorum } from '#ledger/validators/quorum';
import { membersHeard, otherMembers, type ValidatorStatus } from '#sync/validator/validator-status';
import type { AskedValidator, NoReport } from './asked-validator.ts';

/** How much a finding matters. */
export type Severity = 'alarm' | 'warning' | 'notice';

/** Codes of findings with their severity, worst first. */
export const findingSeverities = {
  ROOTS_DIFFER: 'alarm',
  FORKED: 'alarm',
  EVIDENCE: 'alarm',
  NOBODY_ANSWERS: 'alarm',
  NO_QUORUM: 'alarm',
  STANDING: 'alarm',
  BAD_SIGNATURE: 'alarm',
  SILENT: 'warning',
  BEHIND: 'warning',
  VIEW_CHANGING: 'warning',
  PEERS_MISSING: 'warning',
  BROKERS_DOWN: 'warning',
  POOL_FILLING: 'warning',
  LOOP_SLOW: 'warning',
  CERTIFICATES_SLOW: 'warning',
  DISK_LOW: 'warning',
  CLOCK_OFF: 'warning',
  FAILED_PRIMARY: 'notice',
  VERSIONS_DIFFER: 'notice',
  RESTARTED: 'notice',
} as const satisfies Readonly<Record<string, Severity>>;
export type FindingCode = keyof typeof findingSeverities;

/** One thing that is wrong. `validators`: names; `values`: what the text puts in. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly validators: readonly string[];
  readonly values: Readonly<Record<string, string | number>>;
}

/** The region in one page. */
export interface RegionHealth {
  /** No alarm and no warning. */
  readonly healthy: boolean;
  /** Highest height that a validator reports. */
  readonly height: number;
  readonly quorum: number;
  readonly faultyMax: number;
  /** Validators that answered and are no more than `lagMax` blocks behind. */
  readonly taking: number;
  readonly findings: readonly Finding[];
}

/** Blocks that a validator may be behind the highest: reports are made one after the other. */
export const lagMax = 20;
/** Heartbeats without a block after which the region stands. */
const standingHeartbeats = 3;
const standingMsMin = 10_000;
const loopMsMax = 500;
const certificateMsMax = 2_000;
const clockMsMax = 2_000;
const diskBytesMin = 2 * 1024 * 1024 * 1024;
const poolShareMax = 0.8;
const justStartedMs = 10 * 60_000;

interface Row {
  readonly name: string;
  readonly report: ValidatorStatus;
  readonly wallOffMs: number;
}

function finding(
  code: FindingCode,
  validators: readonly string[],
  values: Readonly<Record<string, string | number>> = {},
): Finding {
  return { code, severity: findingSeverities[code], validators, values };
}

/** A finding about those rows of which something holds, if any. */
function about(code: FindingCode, rows: readonly Row[], holds: (row: Row) => boolean, value?: (row: Row) => number) {
  const found = rows.filter(holds);
  if (found.length === 0) return [];
  const worst = value === undefined ? {} : { worst: Math.max(...found.map(value)) };
  return [
    finding(
      code,
      found.map(({ name }) => name),
      worst,
    ),
  ];
}

/** Two block hashes at one height are two histories; one hash with two results is two ledgers. */
function contradictions(rows: readonly Row[]): Finding[] {
  const blocks = new Map<number, { blockHash: string; resultRoot: string; by: string }[]>();
  const roots = new Map<number, { root: string; by: string }[]>();
  for (const { name, report } of rows) {
    for (const { height, blockHash, resultRoot } of report.recentBlocks)
      blocks.set(height, [...(blocks.get(height) ?? []), { blockHash, resultRoot, by: name }]);
    roots.set(report.height, [...(roots.get(report.height) ?? []), { root: report.stateRoot, by: name }]);
  }
  const found: Finding[] = [];
  for (const [height, said] of blocks) {
    const by = said.map((one) => one.by);
    if (new Set(said.map((one) => one.blockHash)).size > 1) found.push(finding('FORKED', by, { height }));
    else if (new Set(said.map((one) => one.resultRoot)).size > 1) found.push(finding('ROOTS_DIFFER', by, { height }));
  }
  for (const [height, said] of roots) {
    if (new Set(said.map((one) => one.root)).size > 1)
      found.push(
        finding(
          'ROOTS_DIFFER',
          said.map((one) => one.by),
          { height },
        ),
      );
  }
  // One of a kind is enough: the first height is where it began.
  const first = (code: FindingCode) =>
    found.filter((one) => one.code === code).sort((a, b) => Number(a.values['height']) - Number(b.values['height']))[0];
  return [first('FORKED'), first('ROOTS_DIFFER')].filter((one) => one !== undefined);
}

function silent(asked: readonly AskedValidator[]): Finding[] {
  const reasons = new Map<NoReport, string[]>();
  for (const { name, reason } of asked)
    if (reason !== null) reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
  return [...reasons].map(([reason, names]) =>
    reason === 'BAD_SIGNATURE' ? finding('BAD_SIGNATURE', names) : finding('SILENT', names, { reason }),
  );
}

function aboutRegion(rows: readonly Row[], asked: readonly AskedValidator[], height: number): Finding[] {
  const needed = quorum(asked.length);
  const taking = rows.filter(({ report }) => height - report.height <= lagMax && !report.catchingUp).length;
  const freshest = rows.reduce<ValidatorStatus | null>(
    (best, { report }) => (best === null || report.sinceBlockMs < best.sinceBlockMs ? report : best),
    null,
  );
  const standsMs = Math.max(standingMsMin, standingHeartbeats * (freshest?.heartbeatMs ?? 0));
  const failed = [...new Set(rows.flatMap(({ report }) => (report.height === height ? report.failedPrimaries : [])))];
  const versions = [...new Set(rows.map(({ report }) => report.version))];
  const stands = freshest !== null && freshest.sinceBlockMs > standsMs;
  return [
    ...(freshest === null ? [finding('NOBODY_ANSWERS', [])] : []),
    // While blocks come, those who did not answer take part all the same.
    ...(stands && taking < needed ? [finding('NO_QUORUM', [], { taking, needed })] : []),
    ...(stands ? [finding('STANDING', [], { seconds: Math.round(freshest.sinceBlockMs / 1_000), height })] : []),
    ...(failed.length > 0 ? [finding('FAILED_PRIMARY', failed)] : []),
    ...(versions.length > 1 ? [finding('VERSIONS_DIFFER', [], { versions: versions.join(', ') })] : []),
  ];
}

function aboutValidators(rows: readonly Row[], height: number): Finding[] {
  return [
    ...about(
      'EVIDENCE',
      rows,
      ({ report }) => report.evidence > 0,
      ({ report }) => report.evidence,
    ),
    ...about(
      'BEHIND',
      rows,
      ({ report }) => height - report.height > lagMax || report.catchingUp,
      ({ report }) => height - report.height,
    ),
    ...about(
      'VIEW_CHANGING',
      rows,
      ({ report }) => report.view > 0,
      ({ report }) => report.view,
    ),
    ...about('PEERS_MISSING', rows, ({ report }) => membersHeard(report).length < otherMembers(report).length),
    ...about('BROKERS_DOWN', rows, ({ report }) => report.brokersUp < report.brokers),
    ...about(
      'POOL_FILLING',
      rows,
      ({ report }) => report.poolSegments > report.poolSegmentsMax * poolShareMax,
      ({ report }) => report.poolSegments,
    ),
    ...about(
      'LOOP_SLOW',
      rows,
      ({ report }) => (report.eventLoopDelayMs?.p99 ?? 0) > loopMsMax,
      ({ report }) => report.eventLoopDelayMs?.p99 ?? 0,
    ),
    ...about(
      'CERTIFICATES_SLOW',
      rows,
      ({ report }) => (report.certificateMs?.p50 ?? 0) > certificateMsMax,
      ({ report }) => report.certificateMs?.p50 ?? 0,
    ),
    ...about('DISK_LOW', rows, ({ report }) => report.diskFreeBytes < Math.max(diskBytesMin, report.storeBytes)),
    ...about(
      'CLOCK_OFF',
      rows,
      ({ wallOffMs }) => Math.abs(wallOffMs) > clockMsMax,
      ({ wallOffMs }) => Math.round(Math.abs(wallOffMs)),
    ),
    ...about('RESTARTED', rows, ({ report }) => report.wallMs - report.startedMs < justStartedMs),
  ];
}

/** Judges a region by what its validators say. `asked`: all members, in the order of the epoch's set. */
export function regionHealth(asked: readonly AskedValidator[]): RegionHealth {
  const rows = asked.flatMap(({ name, report, wallOffMs }) => (report === null ? [] : [{ name, report, wallOffMs }]));
  const height = rows.reduce((highest, { report }) => Math.max(highest, report.height), 0);
  const findings = [
    ...contradictions(rows),
    ...aboutRegion(rows, asked, height),
    ...silent(asked),
    ...aboutValidators(rows, height),
  ];
  const order = Object.keys(findingSeverities);
  findings.sort((a, b) => order.indexOf(a.code) - order.indexOf(b.code));
  return {
    healthy: findings.every(({ severity }) => severity === 'notice'),
    height,
    quorum: quorum(asked.length),
    faultyMax: faultyMax(asked.length),
    taking: rows.filter(({ report }) => height - report.height <= lagMax && !report.catchingUp).length,
    findings,
  };
}
