/** A log that cannot be flooded: each text so often a minute, and how many were left out the next time it is written. */
import type { Clock } from '#core/clock';
import type { Log } from '#core/log';

/** Lines of one text in a window. Texts are fixed in the code, so their number is bounded. */
export const linesMax = 20;
export const windowMs = 60_000;

interface Window {
  beganMs: number;
  lines: number;
  leftOut: number;
}

type Level = 'debug' | 'info' | 'warn' | 'error';

/** Wraps a log. `leftOut` in a line: how many of its text were not written since the line before. */
export function limitedLog(log: Log, clock: Clock, windows: Map<string, Window> = new Map()): Log {
  const write = (level: Level, fields: object, message: string): void => {
    const nowMs = clock.monotonicMs();
    let window = windows.get(message);
    if (window === undefined || nowMs - window.beganMs >= windowMs) {
      window = { beganMs: nowMs, lines: 0, leftOut: window?.leftOut ?? 0 };
      windows.set(message, window);
    }
    if (window.lines >= linesMax) {
      window.leftOut++;
      return;
    }
    window.lines++;
    const { leftOut } = window;
    window.leftOut = 0;
    log[level](leftOut === 0 ? fields : { ...fields, leftOut }, message);
  };
  return {
    debug: (fields, message) => write('debug', fields, message),
    info: (fields, message) => write('info', fields, message),
    warn: (fields, message) => write('warn', fields, message),
    error: (fields, message) => write('error', fields, message),
    child: (fields) => limitedLog(log.child(fields), clock, windows),
  };
}
