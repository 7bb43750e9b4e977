/**
 * Signatures checked in threads. A thread that dies or does not answer in time is replaced and its chunk given to another; a chunk
 * that no thread answers is checked here: there is always an answer, and never one that nobody has computed.
 */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#core/clock';
import { type SignatureClaim, verifyOnce } from '#core/ed25519';
import type { Log } from '#core/log';
import { type ChunkReply, type ChunkRequest, packClaims } from './signature-chunk.ts';
import type { SignatureChecker } from './signature-queue.ts';

const chunkMax = 32;
/** A chunk takes milliseconds; a thread that needs this long hangs. */
const answerMsMaxDefault = 5_000;
const triesMax = 2;
/** Threads replaced one after the other without an answer between: then none is started any more. */
const failuresMax = 8;
/** Chunks given to a thread: one in work, one at hand. */
const chunksAThread = 2;

interface Job {
  readonly id: number;
  readonly claims: readonly SignatureClaim[];
  readonly done: (genuine: readonly boolean[]) => void;
  tries: number;
}

interface Thread {
  readonly worker: Worker;
  readonly jobs: Map<number, Job>;
  timer: Timer | null;
}

/** What the threads need; the last two for those that want bad ones. */
export interface SignatureThreadsOptions {
  readonly count: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly program?: URL;
  readonly answerMsMax?: number;
}

/** See the file's head. */
export class SignatureThreads implements SignatureChecker {
  readonly width: number;
  readonly chunkMax = chunkMax;
  readonly #options: SignatureThreadsOptions;
  readonly #threads: Thread[] = [];
  #nextId = 1;
  #failures = 0;
  #stopped = false;

  constructor(options: SignatureThreadsOptions) {
    this.#options = options;
    this.width = options.count * chunksAThread;
    for (let at = 0; at < options.count; at++) this.#threads.push(this.#start());
  }

  check(claims: readonly SignatureClaim[], done: (genuine: readonly boolean[]) => void): void {
    this.#give({ id: this.#nextId++, claims, done, tries: 0 });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#threads) timer?.cancel();
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #give(job: Job): void {
    const [first, ...others] = this.#threads;
    const thread = others.reduce((a, b) => (a !== undefined && a.jobs.size <= b.jobs.size ? a : b), first);
    if (thread === undefined || job.tries++ >= triesMax) {
      setImmediate(() => job.done(job.claims.map(verifyOnce)));
      return;
    }
    thread.jobs.set(job.id, job);
    const request: ChunkRequest = { id: job.id, packed: packClaims(job.claims) };
    thread.worker.postMessage(request, [request.packed.buffer as ArrayBuffer]);
    thread.timer ??= this.#watch(thread);
  }

  #watch(thread: Thread): Timer {
    const { clock, answerMsMax = answerMsMaxDefault } = this.#options;
    return clock.setTimer(answerMsMax, () => this.#replace(thread, 'it does not answer'));
  }

  #start(): Thread {
    const { program } = this.#options;
    const own = new URL(`./signature-worker${extname(import.meta.url)}`, import.meta.url);
    // The own program needs what this process was started with: in source that is its loader.
    const worker = program === undefined ? new Worker(own) : new Worker(program, { execArgv: [] });
    const thread: Thread = { worker, jobs: new Map(), timer: null };
    worker.on('message', (reply: ChunkReply) => this.#take(thread, reply));
    worker.on('error', (error) => this.#replace(thread, error.message));
    worker.on('exit', (code) => this.#replace(thread, `it ended with ${code}`));
    // Whoever waits for a signature keeps the process alive by other means.
    worker.unref();
    return thread;
  }

  #take(thread: Thread, { id, verdicts }: ChunkReply): void {
    const job = thread.jobs.get(id);
    if (job === undefined || this.#stopped) return;
    thread.jobs.delete(id);
    this.#failures = 0;
    thread.timer?.cancel();
    thread.timer = thread.jobs.size === 0 ? null : this.#watch(thread);
    job.done(job.claims.map((_, at) => verdicts[at] === 1));
  }

  #replace(thread: Thread, reason: string): void {
    const at = this.#threads.indexOf(thread);
    if (at < 0 || this.#stopped) return;
    this.#options.log.error({ reason }, 'a thread that checks signatures is replaced');
    thread.timer?.cancel();
    if (++this.#failures > failuresMax) this.#threads.splice(at, 1);
    else this.#threads[at] = this.#start();
    thread.worker.terminate().catch(() => undefined);
    const jobs = [...thread.jobs.values()];
    // What the old thread may still say comes too late.
    thread.jobs.clear();
    for (const job of jobs) this.#give(job);
  }
}
