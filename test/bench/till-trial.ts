/**
 * One trial of a till in a process of its own, on the built product: `till-trial.ts <job.json>`. Prints one line of JSON.
 * `verify`: judges codes offline. `yes`: takes owned coupons with the line cut, in turn with bare SQLite commits of rows of
 * the same size; it says `anchored` when it wants the line cut.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type TerminalConfig, terminalConfigSchema } from '#agent/config/terminal-config';
import { startTerminal, type Terminal } from '#agent/terminal';
import { utf8 } from '#core/bytes';
import { sleep, systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';

/** What a trial is to do. `config` is a parsed configuration. */
export type TrialJob =
  | { readonly kind: 'verify'; readonly config: unknown; readonly codes: readonly string[]; readonly warmUp: number }
  | {
      readonly kind: 'yes';
      readonly config: unknown;
      readonly codes: readonly string[];
      readonly warmUp: number;
      /** Scans, and bare commits, in one turn. */
      readonly turn: number;
    };

/** Milliseconds of each verdict, in order. */
export interface VerifyOutcome {
  readonly verdictMs: readonly number[];
}

/** Milliseconds of each turn of scans and of the turn of bare commits beside it, and what one scan wrote. */
export interface YesOutcome {
  readonly scansMs: readonly number[];
  readonly bareMs: readonly number[];
  readonly yesMs: readonly number[];
  readonly rowsOfScan: number;
  readonly bytesOfRow: number;
}

const anchorMsMax = 30_000;

async function until(holds: () => boolean, what: string): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + anchorMsMax;
  while (!holds()) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`waited in vain for ${what}`);
    await sleep(systemClock, 10);
  }
}

async function verify(terminal: Terminal, job: TrialJob): Promise<VerifyOutcome> {
  const verdictMs: number[] = [];
  for (const [at, code] of job.codes.entries()) {
    const data = utf8(code);
    const startMs = systemClock.monotonicMs();
    const verdict = await terminal.verify({ data });
    if (at >= job.warmUp) verdictMs.push(systemClock.monotonicMs() - startMs);
    if (verdict.identity !== 'match') throw new Error(`${code}: ${verdict.identity} ${verdict.reasons.join()}`);
  }
  return { verdictMs };
}

async function take(terminal: Terminal, codes: readonly string[]): Promise<number[]> {
  const yesMs: number[] = [];
  for (const code of codes) {
    const startMs = systemClock.monotonicMs();
    const verdict = await terminal.scan({ data: utf8(code) });
    yesMs.push(systemClock.monotonicMs() - startMs);
    if (verdict.finality !== 'guaranteed') throw new Error(`${code}: ${verdict.finality} ${verdict.reasons.join()}`);
  }
  return yesMs;
}

/** Rows that a scan left in the journal and their mean size, read from a copy: the journal itself is locked. */
function rowsWritten(config: TerminalConfig, scans: number): { rowsOfScan: number; bytesOfRow: number } {
  const folder = mkdtempSync(join(config.stateDir, 'copy-'));
  for (const name of ['journal.db', 'journal.db-wal']) {
    copyFileSync(join(config.stateDir, name), join(folder, name));
  }
  const copy = new Database(join(folder, 'journal.db'));
  const { n, bytes } = copy
    .prepare(
      'SELECT count(*) AS n, avg(length(entry) + length(chain) + length(note) + length(mark)) AS bytes FROM entries',
    )
    .get() as { n: number; bytes: number };
  copy.close();
  rmSync(folder, { recursive: true });
  return { rowsOfScan: Math.round(n / scans), bytesOfRow: Math.round(bytes) };
}

/** What the disk allows: one commit at FULL a turn's scan, of as many rows of the same size, and nothing else. */
function openBare(config: TerminalConfig, rows: { rowsOfScan: number; bytesOfRow: number }) {
  const path = join(config.stateDir, 'bare.db');
  const bare = new Database(path);
  for (const pragma of ['locking_mode = EXCLUSIVE', 'page_size = 4096', 'journal_mode = WAL', 'synchronous = FULL']) {
    bare.pragma(pragma);
  }
  bare.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, row BLOB NOT NULL) STRICT');
  if (bare.pragma('synchronous', { simple: true }) !== 2) throw new Error('bare commits are not FULL');
  const insert = bare.prepare('INSERT INTO rows (row) VALUES (?)');
  const commit = bare.transaction((row: Uint8Array) => {
    for (let count = 0; count < rows.rowsOfScan; count++) insert.run(row);
  });
  return {
    commit: () => commit(systemEntropy.bytes(rows.bytesOfRow)),
    close: () => bare.close(),
  };
}

async function yes(terminal: Terminal, config: TerminalConfig, job: TrialJob & { kind: 'yes' }): Promise<YesOutcome> {
  await terminal.ready;
  const isWhole = (): boolean => {
    const status = terminal.status();
    return status.journal.anchored && status.hub.reachable && status.autonomy.ownedUnits >= job.codes.length;
  };
  await until(isWhole, 'the lease and the anchor');
  process.stdout.write('{"event":"anchored"}\n');
  await until(() => !terminal.status().line.connected, 'the cut');
  await take(terminal, job.codes.slice(0, job.warmUp));
  const rows = rowsWritten(config, job.warmUp);
  const bare = openBare(config, rows);
  for (let at = 0; at < job.warmUp; at++) bare.commit();
  const [scansMs, bareMs, yesMs]: [number[], number[], number[]] = [[], [], []];
  const scanTurn = async (codes: readonly string[]): Promise<void> => {
    const startMs = systemClock.monotonicMs();
    yesMs.push(...(await take(terminal, codes)));
    scansMs.push(systemClock.monotonicMs() - startMs);
  };
  const bareTurn = (count: number): void => {
    const startMs = systemClock.monotonicMs();
    for (let at = 0; at < count; at++) bare.commit();
    bareMs.push(systemClock.monotonicMs() - startMs);
  };
  for (let first = job.warmUp; first + job.turn <= job.codes.length; first += job.turn) {
    const codes = job.codes.slice(first, first + job.turn);
    // Who goes first changes, so that a machine that slows down is unfair to neither.
    const scansFirst = scansMs.length % 2 === 0;
    if (!scansFirst) bareTurn(codes.length);
    await scanTurn(codes);
    if (scansFirst) bareTurn(codes.length);
  }
  bare.close();
  return { scansMs, bareMs, yesMs, ...rows };
}

async function main(jobFile: string): Promise<void> {
  const job = JSON.parse(readFileSync(jobFile, 'utf8')) as TrialJob;
  const config = terminalConfigSchema.parse(job.config);
  const log = createLog({ level: 'error', name: 'trial' });
  const terminal = await startTerminal(config, { clock: systemClock, entropy: systemEntropy, log });
  const outcome = job.kind === 'verify' ? await verify(terminal, job) : await yes(terminal, config, job);
  await terminal.stop();
  process.stdout.write(`${JSON.stringify({ event: 'outcome', outcome })}\n`);
}

if (process.argv[1] === import.meta.filename) await main(process.argv[2] ?? '');
