/** One child process of the demo: started, waited for until it says it is ready, stopped for good. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Clock, withDeadline } from '#core/clock';
import { BizainError } from '#core/errors';
import type { DemoErrorCode } from './errors.ts';

/** A running child that has printed its ready line. */
export interface Child {
  readonly name: string;
  readonly pid: number;
  /** The ready line as the child printed it. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** SIGKILL: what a power cut of the process looks like. Resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM, then SIGKILL after 5 s. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** How to start a child. */
export interface ChildOptions {
  readonly name: string;
  /** Path of the program (`main.js`) and its arguments. */
  readonly program: string;
  readonly args: readonly string[];
  /** Flags of Node.js, before the program. */
  readonly nodeFlags?: readonly string[];
  readonly clock: Clock;
  /** Milliseconds to wait for the ready line. */
  readonly readyMsMax: number;
}

const errorTailBytesMax = 4_096;

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

function readyLine(child: ChildProcess): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    const { stdout } = child;
    if (stdout === null) return reject(new Error('no stdout'));
    createInterface({ input: stdout }).on('line', (line) => {
      try {
        const value: unknown = JSON.parse(line);
        if (typeof value === 'object' && value !== null && 'event' in value && value.event === 'ready') {
          resolve({ ...value });
        }
      } catch {
        // Not a JSON line: not the ready line either.
      }
    });
    child.once('exit', (code, signal) => reject(new Error(`it ended with ${signal ?? `exit code ${code}`}`)));
    child.once('error', reject);
  });
}

/**
 * Starts a child with this Node.js and waits for its ready line.
 * @throws BizainError `CHILD_NOT_READY` with the tail of its error output.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  // A program in source needs this process's loaders; a built one must not be run with them.
  const loaders = options.program.endsWith('.ts') ? process.execArgv : [];
  const flags = [...loaders, ...(options.nodeFlags ?? [])];
  const child = spawn(process.execPath, [...flags, options.program, ...options.args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errorTail = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errorTail = (errorTail + chunk.toString('utf8')).slice(-errorTailBytesMax);
  });
  const stop = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    const gone = await withDeadline(options.clock, ended(child), 5_000);
    if (!gone.ok) {
      child.kill('SIGKILL');
      await ended(child);
    }
  };
  try {
    const ready = await withDeadline(options.clock, readyLine(child), options.readyMsMax);
    if (!ready.ok) throw new Error(`no ready line within ${options.readyMsMax} ms`);
    return {
      name: options.name,
      pid: child.pid ?? 0,
      ready: ready.value,
      kill: () => stop('SIGKILL'),
      stop: () => stop('SIGTERM'),
    };
  } catch (cause) {
    await stop('SIGKILL');
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new BizainError({
      code: 'CHILD_NOT_READY' satisfies DemoErrorCode,
      message: `${options.name} did not start: ${reason}. Its last words: ${errorTail.trim() || '(none)'}`,
      cause,
    });
  }
}
