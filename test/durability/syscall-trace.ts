/** Runs a program under strace and reads from the trace what it did to one folder and what it said, in order. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What happened to the folder, or was said on standard output by the process that wrote there. */
export type DiskEvent =
  | { readonly kind: 'create' | 'unlink' | 'mkdir' | 'sync'; readonly path: string }
  | { readonly kind: 'rename'; readonly path: string; readonly to: string }
  | { readonly kind: 'write'; readonly path: string; readonly offset: number; readonly data: Buffer }
  | { readonly kind: 'truncate'; readonly path: string; readonly size: number }
  | { readonly kind: 'say'; readonly line: string };

// Calls that the model does not know are traced as well: meeting one is an error, not a blind spot.
const modelled = 'openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,unlinkat,rename,mkdir';
const unmodelled =
  'open,creat,pwritev,pwritev2,writev,sync_file_range,fallocate,truncate,renameat,renameat2,mkdirat,link,linkat,mmap,copy_file_range,sendfile';

/** The trace of a program; its standard error is passed on. Throws when it does not exit with 0. */
export function traceProgram(program: readonly string[], traceFile: string): string {
  const options = [
    '-f',
    '-y',
    '-xx',
    '-s',
    '1048576',
    '--seccomp-bpf',
    '-o',
    traceFile,
    '-e',
    `trace=${modelled},${unmodelled}`,
  ];
  const result = spawnSync('strace', [...options, ...program], {
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
  });
  if (result.status !== 0)
    throw new Error(`the traced program failed: ${result.error?.message ?? result.stderr.toString()}`);
  return readFileSync(traceFile, 'latin1');
}

function bytesOf(escaped: string): Buffer {
  return Buffer.from(escaped.replaceAll('\\x', ''), 'hex');
}

interface Call {
  readonly process: string;
  readonly name: string;
  readonly args: string;
  readonly result: string;
}

/** Whole calls in the order in which they returned: strace splits a call when another thread gets between. */
function* callsOf(trace: string): IterableIterator<Call> {
  const begun = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const space = line.indexOf(' ');
    const process = line.slice(0, space);
    let text = line.slice(space).trimStart();
    if (text.endsWith('<unfinished ...>')) {
      begun.set(process, text.slice(0, -'<unfinished ...>'.length));
      continue;
    }
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text);
    if (resumed !== null) text = (begun.get(process) ?? '').trimEnd() + text.slice(resumed[0].length);
    if (text === '' || text.startsWith('+++') || text.startsWith('---')) continue;
    // What follows the arguments is set at a column: one space after a long call, many after a resumed one.
    const whole = /^(\w+)\((.*)\)\s+= (.*)$/.exec(text);
    if (whole === null) throw new Error(`cannot read the trace: ${text.slice(0, 120)}`);
    const [, name = '', args = '', result = ''] = whole;
    yield { process, name, args: args.trimEnd(), result };
  }
}

/** Paths named in a call, by file descriptor or by string, made absolute. */
function pathsOf(args: string): string[] {
  const found: string[] = [];
  for (const match of args.matchAll(/<((?:\\x[0-9a-f]{2})+)>|"((?:\\x[0-9a-f]{2})*)"/g)) {
    const text = bytesOf(match[1] ?? match[2] ?? '').toString('latin1');
    found.push(text);
  }
  return found;
}

function failed(call: Call): boolean {
  return call.result.startsWith('-1');
}

function writeEvent(call: Call, path: string): DiskEvent {
  const match = /^\d+<[^>]*>, "([^"]*)", \d+, (\d+)$/.exec(call.args);
  if (match === null) throw new Error(`cannot read a write to ${path}: ${call.args.slice(-60)}`);
  const data = bytesOf(match[1] ?? '');
  if (Number(call.result) !== data.length) throw new Error(`a short write to ${path}`);
  return { kind: 'write', path, offset: Number(match[2]), data };
}

function eventOf(call: Call, path: string): DiskEvent | undefined {
  switch (call.name) {
    case 'openat':
      if (call.args.includes('O_TRUNC'))
        throw new Error(`${path} is opened with O_TRUNC, which the model does not know`);
      return call.args.includes('O_CREAT') ? { kind: 'create', path } : undefined;
    case 'pwrite64':
      return writeEvent(call, path);
    case 'fsync':
    case 'fdatasync':
      return { kind: 'sync', path };
    case 'ftruncate':
      return { kind: 'truncate', path, size: Number(/, (\d+)$/.exec(call.args)?.[1]) };
    case 'unlink':
      return { kind: 'unlink', path };
    case 'mkdir':
      return { kind: 'mkdir', path };
    case 'mmap':
      // Reading through a private map changes nothing on the disk.
      if (call.args.includes('MAP_SHARED')) throw new Error(`${path} is mapped: its writes would be invisible`);
      return undefined;
    default:
      throw new Error(`${call.name} on ${path}, which the model does not know`);
  }
}

/**
 * What the trace says about a folder (and the folders made above it, from `root` down). Paths for which
 * `ignored` is true are left out. What is said counts from the process that touches the folder.
 */
export function eventsOf(trace: string, root: string, ignored: (path: string) => boolean): DiskEvent[] {
  const events: DiskEvent[] = [];
  const calls = [...callsOf(trace)];
  const within = (path: string) => path === root || path.startsWith(`${root}/`);
  const writer = calls.find((call) => call.name === 'mkdir' && pathsOf(call.args).some(within))?.process;
  for (const call of calls) {
    if (call.process !== writer || failed(call)) continue;
    if (call.name === 'write' && call.args.startsWith('1<')) {
      const text = bytesOf(/"([^"]*)"/.exec(call.args)?.[1] ?? '').toString('latin1');
      for (const line of text.split('\n')) if (line !== '') events.push({ kind: 'say', line });
      continue;
    }
    const named = pathsOf(call.name === 'pwrite64' || call.name === 'write' ? call.args.slice(0, 1_000) : call.args);
    const path = named.find((name) => within(resolve(name)));
    if (path === undefined || ignored(path)) continue;
    const event = eventOf(call, resolve(path));
    if (event !== undefined) events.push(event);
  }
  return events;
}

/** Folder that a name stands in. */
export const folderOf = dirname;
