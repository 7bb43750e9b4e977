/**
 * Runs calls one after the other in a thread of their own, within limits of time and memory. A thread that hangs or dies is ended and
 * replaced: what it was at has no result, and the voting thread has not waited for it.
 */
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#core/clock';
import type { CallReply, CallRequest, workerReady } from './call-worker.ts';

/** Longest execution of one call, loading its program included. */
export const callMsMax = 5_000;
/** Longest start of the thread, which is no call's fault. */
const startMsMax = 30_000;
/** Memory of the thread. */
const heapMiBMax = 64;

/** Why there is no result. It says nothing about the call: another machine may have one. */
export type GaveUp = 'TIME' | 'DIED' | 'NO_EXECUTOR' | 'STOPPED';

/** What a run gave. */
export type RunOutcome =
  | { readonly kind: 'result'; readonly result: Uint8Array }
  | { readonly kind: 'gave-up'; readonly why: GaveUp };

interface Job {
  readonly module: string;
  readonly input: Uint8Array;
  readonly resolve: (outcome: RunOutcome) => void;
}

/** One thread, started on demand. */
export class CallRunner {
  readonly #clock: Clock;
  readonly #msMax: number;
  readonly #queue: Job[] = [];
  #worker: Worker | null = null;
  #ready = false;
  #current: (Job & { readonly id: number }) | null = null;
  #timer: Timer | null = null;
  #nextId = 1;
  #stopped = false;

  constructor(options: { readonly clock: Clock; readonly msMax?: number }) {
    this.#clock = options.clock;
    this.#msMax = options.msMax ?? callMsMax;
  }

  /** Executes a call by a module. Never rejects. */
  run(module: string, input: Uint8Array): Promise<RunOutcome> {
    if (this.#stopped) return Promise.resolve({ kind: 'gave-up', why: 'STOPPED' });
    return new Promise((resolve) => {
      this.#queue.push({ module, input, resolve });
      this.#next();
    });
  }

  /** Ends the thread; what waits is given up. */
  async stop(): Promise<void> {
    this.#stopped = true;
    const worker = this.#worker;
    this.#worker = null;
    this.#settle({ kind: 'gave-up', why: 'STOPPED' });
    for (const { resolve } of this.#queue.splice(0)) resolve({ kind: 'gave-up', why: 'STOPPED' });
    await worker?.terminate();
  }

  #next(): void {
    const job = this.#current === null && !this.#stopped ? this.#queue.shift() : undefined;
    if (job === undefined) return;
    const id = this.#nextId++;
    this.#current = { ...job, id };
    if (this.#worker === null) {
      this.#worker = this.#start();
      this.#limit(startMsMax);
    } else if (this.#ready) this.#ask();
  }

  /** Hands the thread its job; its time counts from here. */
  #ask(): void {
    if (this.#current === null) return;
    const { id, module, input } = this.#current;
    const request: CallRequest = { id, module, input };
    this.#limit(this.#msMax);
    this.#worker?.postMessage(request);
  }

  #limit(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(ms, () => this.#replace('TIME'));
  }

  #start(): Worker {
    const worker = newCallWorker();
    worker.unref();
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on('message', (reply: CallReply | typeof workerReady) => this.#answer(worker, reply));
    worker.on('error', () => this.#lose(worker));
    worker.on('exit', () => this.#lose(worker));
    return worker;
  }

  #answer(worker: Worker, reply: CallReply | typeof workerReady): void {
    if (worker !== this.#worker) return;
    if (reply === 'ready') {
      this.#ready = true;
      this.#ask();
      return;
    }
    const { id, result } = reply;
    if (id !== this.#current?.id) return;
    this.#settle(result === null ? { kind: 'gave-up', why: 'NO_EXECUTOR' } : { kind: 'result', result });
    this.#next();
  }

  #lose(worker: Worker): void {
    if (worker === this.#worker) this.#replace('DIED');
  }

  /** The thread is no good any more; the next call gets a new one. */
  #replace(why: GaveUp): void {
    const worker = this.#worker;
    this.#worker = null;
    this.#ready = false;
    void worker?.terminate();
    this.#settle({ kind: 'gave-up', why });
    this.#next();
  }

  #settle(outcome: RunOutcome): void {
    const current = this.#current;
    this.#current = null;
    this.#timer?.cancel();
    this.#timer = null;
    current?.resolve(outcome);
  }
}

// Executors are programs of the operator's; what they print is swallowed, and the environment is not theirs.
const options = {
  stdout: true,
  stderr: true,
  env: {},
  resourceLimits: { maxOldGenerationSizeMb: heapMiBMax, maxYoungGenerationSizeMb: 16, stackSizeMb: 4 },
};

/** Starts the thread; from the sources (tests, development) it first needs tsx to read TypeScript. */
function newCallWorker(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./call-worker.js', import.meta.url), options);
  const url = JSON.stringify(new URL('./call-worker.ts', import.meta.url).href);
  const start = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import(${url}); });`;
  return new Worker(start, { ...options, eval: true, execArgv: ['--conditions', 'bizain-source'] });
}
