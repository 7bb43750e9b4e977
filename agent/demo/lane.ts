/** A terminal of the demo as the story meets it: a child process, its simulated scanner, its local API and its events. */
import { readFileSync } from 'node:fs';
import { type Clock, sleep, withDeadline } from '#core/clock';
import { BizainError } from '#core/errors';
import type { FramingMode } from '#drivers/framing/create-framer';
import { type SimulatedScanner, startSimulatedScanner } from '#drivers/simulated-scanner';
import type { TerminalEvent } from '../events.ts';
import { tillNodeFlags } from '../process-flags.ts';
import type { QueueItem, TerminalStatus } from '../status.ts';
import type { Settlement, Verdict } from '../verdict/verdict.ts';
import { type Child, startChild } from './child.ts';
import type { DemoErrorCode } from './errors.ts';
import { readEventStream } from './event-stream.ts';

/** Where a lane lives and how its scanner speaks. */
export interface LaneOptions {
  readonly label: string;
  readonly program: string;
  readonly configPath: string;
  readonly tokenPath: string;
  readonly scannerPort: number;
  readonly scannerFraming: FramingMode;
  readonly clock: Clock;
}

const startMsMax = 30_000;
const answerMsMax = 10_000;
const pollMs = 50;

/** A running lane or station. Verdicts come from its event stream, as a screen would see them. */
export class Lane {
  readonly label: string;
  readonly verdicts: Verdict[] = [];
  readonly settlements = new Map<string, Settlement>();
  private child: Child | null = null;
  private stream = new AbortController();
  private streamEnded: Promise<void> = Promise.resolve();
  private token = '';
  private waiting: ((verdict: Verdict | null) => void)[] = [];
  private readonly options: LaneOptions;
  private readonly scanner: SimulatedScanner;

  private constructor(options: LaneOptions, scanner: SimulatedScanner) {
    this.options = options;
    this.label = options.label;
    this.scanner = scanner;
  }

  /** Starts the scanner, then the terminal, and waits until the terminal has connected to its scanner. */
  static async start(options: LaneOptions): Promise<Lane> {
    const scanner = await startSimulatedScanner({
      host: '127.0.0.1',
      port: options.scannerPort,
      framing: options.scannerFraming,
    });
    const lane = new Lane(options, scanner);
    await lane.boot();
    return lane;
  }

  /** Address of the local API and the screen. */
  get url(): string {
    return String(this.child?.ready['api'] ?? '');
  }

  /** Address of the screen with its key, for a person's browser. */
  get screenUrl(): string {
    return `${this.url}/?token=${this.token}`;
  }

  /** Process id, for whoever wants to kill it. */
  get pid(): number {
    return this.child?.pid ?? 0;
  }

  /** The bearer token of the local API. */
  get apiToken(): string {
    return this.token;
  }

  private async boot(): Promise<void> {
    const { options } = this;
    this.child = await startChild({
      name: options.label,
      program: options.program,
      args: ['agent', '--config', options.configPath],
      nodeFlags: tillNodeFlags,
      clock: options.clock,
      readyMsMax: startMsMax,
    });
    this.token = readFileSync(options.tokenPath, 'utf8').trim();
    this.stream = new AbortController();
    const request = { url: `${this.url}/v1/events`, token: this.token, signal: this.stream.signal };
    const { ended } = await readEventStream(request, (event) => this.hear(event.data as TerminalEvent));
    this.streamEnded = ended;
    const connected = await withDeadline(options.clock, this.scanner.connected(), startMsMax);
    if (!connected.ok) throw this.failure('its scanner was not connected');
  }

  private hear(event: TerminalEvent): void {
    if (event.type === 'settlement') this.settlements.set(event.settlement.verdictId, event.settlement);
    if (event.type !== 'verdict' || this.verdicts.some((known) => known.id === event.verdict.id)) return;
    this.verdicts.push(event.verdict);
    this.waiting.shift()?.(event.verdict);
  }

  private failure(what: string): BizainError {
    return new BizainError({ code: 'DEMO_STEP_FAILED' satisfies DemoErrorCode, message: `${this.label}: ${what}` });
  }

  /** Scans a code with the simulated scanner and waits for the verdict. */
  async scan(code: string, aim = ']Q1'): Promise<Verdict> {
    const verdict = await this.scanUnlessKilled(code, aim);
    if (verdict === null) throw this.failure('it was killed before it answered');
    return verdict;
  }

  /** As `scan`; null where the terminal is killed before anybody was told a verdict. */
  async scanUnlessKilled(code: string, aim = ']Q1'): Promise<Verdict | null> {
    const answer = new Promise<Verdict | null>((resolve) => this.waiting.push(resolve));
    if (!(await this.scanner.scan(code, aim))) throw this.failure('nobody reads its scanner');
    const verdict = await withDeadline(this.options.clock, answer, answerMsMax);
    if (!verdict.ok) throw this.failure(`no verdict within ${answerMsMax} ms`);
    return verdict.value;
  }

  /** Waits until a verdict's journal entry is settled by the region. */
  async settled(verdict: Verdict, waitMsMax: number): Promise<Settlement> {
    for (let waited = 0; waited <= waitMsMax; waited += pollMs) {
      const settlement = this.settlements.get(verdict.id);
      if (settlement !== undefined) return settlement;
      await sleep(this.options.clock, pollMs);
    }
    throw this.failure(`the region did not settle ${verdict.key} within ${waitMsMax} ms`);
  }

  /** Waits until the status fulfils a condition and returns it. */
  async until(
    what: string,
    condition: (status: TerminalStatus) => boolean,
    waitMsMax: number,
  ): Promise<TerminalStatus> {
    for (let waited = 0; waited <= waitMsMax; waited += pollMs) {
      const status = await this.status();
      if (condition(status)) return status;
      await sleep(this.options.clock, pollMs);
    }
    throw this.failure(`${what}: not within ${waitMsMax} ms`);
  }

  /** GET of the local API. */
  private async get(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, { headers: { authorization: `Bearer ${this.token}` } });
    if (!response.ok) throw this.failure(`${path} answered ${response.status}`);
    return response.json();
  }

  /** The terminal's status, as `bizain status --json` shows it. */
  async status(): Promise<TerminalStatus> {
    return (await this.get('/v1/status')) as TerminalStatus;
  }

  /** Journal entries that wait for their receipt. */
  async queue(): Promise<readonly QueueItem[]> {
    return ((await this.get('/v1/queue')) as { entries: readonly QueueItem[] }).entries;
  }

  /** SIGKILL. What it said before is still heard; a scan without an answer stays without one. */
  async kill(): Promise<void> {
    await this.child?.kill();
    this.child = null;
    await withDeadline(this.options.clock, this.streamEnded, answerMsMax);
    this.stream.abort();
    for (const resolve of this.waiting.splice(0)) resolve(null);
  }

  /** A new start on the same journal, after `kill`. */
  restart(): Promise<void> {
    return this.boot();
  }

  /** SIGKILL, then a new start on the same journal. */
  async killAndRestart(): Promise<void> {
    await this.kill();
    await this.restart();
  }

  /** Stops the terminal and its scanner. */
  async stop(): Promise<void> {
    this.stream.abort();
    await this.child?.stop();
    await this.scanner.close();
  }
}
