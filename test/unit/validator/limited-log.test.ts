import { expect, test } from 'vitest';
import { VirtualClock } from '#core/clock';
import type { Log } from '#core/log';
import { limitedLog, linesMax, windowMs } from '#sync/validator/limited-log';

function recorder(lines: object[]): Log {
  const write = (fields: object, message: string) => void lines.push({ ...fields, message });
  return { debug: write, info: write, warn: write, error: write, child: () => recorder(lines) };
}

test('one text cannot flood the log, others are written beside it, and what was left out is counted', () => {
  const lines: object[] = [];
  const clock = new VirtualClock();
  const log = limitedLog(recorder(lines), clock);
  for (let n = 0; n < linesMax + 7; n++) log.warn({ n }, 'again');
  log.info({}, 'something else');
  expect(lines.length).toBe(linesMax + 1);
  expect(lines.at(-1)).toEqual({ message: 'something else' });
  clock.advance(windowMs);
  log.child({}).warn({ n: 99 }, 'again');
  expect(lines.at(-1)).toEqual({ n: 99, leftOut: 7, message: 'again' });
  log.warn({ n: 100 }, 'again');
  expect(lines.at(-1)).toEqual({ n: 100, message: 'again' });
});
