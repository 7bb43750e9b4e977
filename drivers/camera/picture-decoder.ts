// Decodes pictures in a worker thread that is started on demand, and replaced when a picture hangs or kills it.

import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '#core/clock';
import { bad, ok, type Result } from '#core/result';
import type { DecodeReply, DecodeRequest } from './decode-worker.ts';
import { type DecodedSymbol, PICTURE_BYTES_MAX, type PictureFault } from './decoded-symbol.ts';

/** Most pictures waiting at once. */
const PENDING_MAX = 32;

/** Longest time for one picture, waiting included, in milliseconds. */
export const DECODE_MS_MAX = 30_000;

type Answer = Result<readonly DecodedSymbol[], PictureFault>;

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly timer: Timer;
}

/** A picture decoder with one worker thread; close() ends the thread. */
export class PictureDecoder {
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #nextId = 1;

  constructor(options: { readonly clock: Clock }) {
    this.#clock = options.clock;
  }

  /**
   * Decodes a picture file (PNG, JPEG or what else the picture library reads). An empty list means that no symbol was
   * found. Never rejects.
   */
  decode(bytes: Uint8Array): Promise<Answer> {
    if (bytes.length === 0) return Promise.resolve(bad('NOT_A_PICTURE', 'the file is empty'));
    if (bytes.length > PICTURE_BYTES_MAX) {
      return Promise.resolve(bad('PICTURE_TOO_LARGE', `${bytes.length} bytes; at most ${PICTURE_BYTES_MAX}`));
    }
    if (this.#pending.size >= PENDING_MAX) return Promise.resolve(bad('DECODER_BUSY', 'too many pictures at once'));
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(DECODE_MS_MAX, () => this.#giveUp(`no answer within ${DECODE_MS_MAX} ms`));
      this.#pending.set(id, { resolve, timer });
      this.#worker ??= this.#startWorker();
      const request: DecodeRequest = { id, bytes };
      this.#worker.postMessage(request);
    });
  }

  /** Ends the worker; pictures still waiting are answered with DECODER_FAILED. */
  async close(): Promise<void> {
    const worker = this.#worker;
    this.#giveUp('the decoder was closed');
    await worker?.terminate();
  }

  #startWorker(): Worker {
    const worker = newDecodeWorker();
    worker.unref();
    worker.stdout.resume();
    worker.stderr.resume();
    worker.on('message', (reply: DecodeReply) => this.#settle(reply));
    worker.on('error', (error) => this.#lose(worker, String(error)));
    worker.on('exit', () => this.#lose(worker, 'the decoder thread ended'));
    return worker;
  }

  #settle(reply: DecodeReply): void {
    const pending = this.#pending.get(reply.id);
    if (pending === undefined) return;
    this.#pending.delete(reply.id);
    pending.timer.cancel();
    pending.resolve(reply.ok ? ok(reply.symbols) : bad(reply.reason, reply.detail));
  }

  #lose(worker: Worker, why: string): void {
    if (this.#worker === worker) this.#giveUp(why);
  }

  #giveUp(why: string): void {
    const worker = this.#worker;
    this.#worker = null;
    for (const { resolve, timer } of this.#pending.values()) {
      timer.cancel();
      resolve(bad('DECODER_FAILED', why));
    }
    this.#pending.clear();
    void worker?.terminate();
  }
}

// The picture library prints warnings; standard output belongs to the answers of the process, so they are swallowed.
const OUTPUT = { stdout: true, stderr: true };

/** Starts the thread; from the sources (tests, development) it first needs tsx to read TypeScript. */
function newDecodeWorker(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./decode-worker.js', import.meta.url), OUTPUT);
  const url = JSON.stringify(new URL('./decode-worker.ts', import.meta.url).href);
  const start = `import('tsx/esm/api').then((tsx) => { tsx.register(); return import(${url}); });`;
  return new Worker(start, { ...OUTPUT, eval: true, execArgv: ['--conditions', 'bizain-source'] });
}
