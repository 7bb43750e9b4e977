/** Logging: JSON lines on standard error, so that standard output stays for answers. */
import { pino } from 'pino';
import { toHex } from './bytes.ts';

/** Least severe level that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where a module writes what happened. Fields first, then a fixed text without data in it. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** A log that adds these fields to each of its lines. */
  child(fields: object): Log;
}

/** What `createLog` needs. `silent` writes nothing at all. */
export interface LogOptions {
  readonly level: LogLevel;
  readonly name: string;
  readonly destination?: 'stderr' | 'silent';
}

// JSON escapes C0 itself. DEL, C1, the line and paragraph separators and the bidirectional controls
// pass through it and can still move a terminal's cursor or reorder a line: escape those too.
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** A line of JSON in which no data can end the line or steer a terminal. Same JSON value as before. */
export function harmlessLine(line: string): string {
  return line.replace(UNSAFE, escapeUnit);
}

/** Byte strings of one level as hex; everything else as it is. */
function readableFields(fields: Record<string, unknown>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) out[key] = value instanceof Uint8Array ? toHex(value) : value;
  return out;
}

/** A log under a name. Lines carry `level` as a word, `time` as ISO 8601, `name`, the fields, `msg`. */
export function createLog(options: LogOptions): Log {
  const silent = options.destination === 'silent' || options.level === 'silent';
  const stream = pino.destination({ dest: 2, sync: true });
  return pino(
    {
      name: options.name,
      level: silent ? 'silent' : options.level,
      base: {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: readableFields },
    },
    { write: (line: string) => void stream.write(harmlessLine(line)) },
  );
}
