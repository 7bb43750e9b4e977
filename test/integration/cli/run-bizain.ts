/** Runs `bizain` from source as a child process, as a person's shell would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../..');
const program = ['--conditions=bizain-source', '--import', 'tsx', join(root, 'agent/main.ts')];

/** How a run ended. */
export interface Run {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** A child that goes on: a service. */
export interface Service {
  /** Its first line of standard output, parsed. */
  readonly ready: Record<string, unknown>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts the program with its working directory at the package root. */
export function spawnBizain(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...program, ...args], { cwd: root, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs to the end with this standard input. */
export function bizain(args: readonly string[], input: string | Buffer = ''): Promise<Run> {
  const child = spawnBizain(args);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout?.on('data', (part: Buffer) => out.push(part));
  child.stderr?.on('data', (part: Buffer) => err.push(part));
  // A program that has read enough may close its end first.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) =>
      resolve({ exit, out: Buffer.concat(out).toString('utf8'), err: Buffer.concat(err).toString('utf8') }),
    );
  });
}

/** Starts a service and waits for its first line. */
export async function startService(args: readonly string[]): Promise<Service> {
  const child = spawnBizain(args);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  let out = '';
  let err = '';
  child.stderr?.on('data', (part: Buffer) => {
    err += part.toString('utf8');
  });
  const line = new Promise<string>((resolve) => {
    child.stdout?.on('data', (part: Buffer) => {
      out += part.toString('utf8');
      const end = out.indexOf('\n');
      if (end >= 0) resolve(out.slice(0, end));
    });
  });
  const first = await Promise.race([line, ended]);
  if (typeof first !== 'string') throw new Error(`bizain ${args.join(' ')} ended with ${first}: ${err}`);
  return {
    ready: JSON.parse(first) as Record<string, unknown>,
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}
