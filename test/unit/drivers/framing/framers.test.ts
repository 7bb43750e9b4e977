import { describe, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { createFramer, FRAMING_MODES, type FramingMode, frameBytes } from '#drivers/framing/create-framer';
import { type FrameEvent, type Framer, SCAN_DATA_BYTES_MAX } from '#drivers/framing/framer';

const IDLE_MS = 100;

function framer(mode: FramingMode): Framer {
  return createFramer({ mode, idleMs: IDLE_MS });
}

/** Events as short texts: `frame:<text>` or `fault:<reason>`. */
function words(events: readonly FrameEvent[]): string[] {
  return events.map((e) =>
    e.kind === 'frame' ? `frame:${Buffer.from(e.data).toString('latin1')}` : `fault:${e.reason}`,
  );
}

describe.each(FRAMING_MODES)('framer %s', (mode) => {
  test('gives a frame back whatever the boundaries of the chunks', () => {
    const bytes = frameBytes(mode, utf8(']d2AB12'));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const one = framer(mode);
      const events = [...one.push(bytes.subarray(0, cut), 0), ...one.push(bytes.subarray(cut), 1)];
      expect(words([...events, ...one.flush(1 + IDLE_MS)])).toEqual(['frame:]d2AB12']);
    }
  });

  test('gives a frame that arrives byte by byte', () => {
    const one = framer(mode);
    const events = [...frameBytes(mode, utf8('12345'))].flatMap((byte, index) =>
      one.push(Uint8Array.of(byte), index * 10),
    );
    expect(words([...events, ...one.flush(10_000)])).toEqual(['frame:12345']);
  });

  test('has a deadline exactly while something is unfinished', () => {
    const one = framer(mode);
    expect(one.deadlineMs()).toBeNull();
    one.push(frameBytes(mode, utf8('12345')).subarray(0, 3), 40);
    expect(one.deadlineMs()).toBe(40 + IDLE_MS);
    expect(one.flush(39 + IDLE_MS)).toEqual([]);
    expect(one.flush(40 + IDLE_MS)).toHaveLength(1);
    expect(one.deadlineMs()).toBeNull();
  });

  test('takes a symbol of 7,089 bytes and reports a longer one once, then reads on', () => {
    const one = framer(mode);
    const longest = frameBytes(mode, new Uint8Array(SCAN_DATA_BYTES_MAX).fill(0x37));
    expect([...one.push(longest, 0), ...one.flush(200)]).toMatchObject([{ kind: 'frame' }]);
    const events = [...one.push(frameBytes(mode, new Uint8Array(100_000).fill(0x37)), 300), ...one.flush(500)];
    expect(words(events)).toEqual(['fault:FRAME_TOO_LONG']);
    expect(words([...one.push(frameBytes(mode, utf8('next')), 600), ...one.flush(800)])).toEqual(['frame:next']);
  });

  test('ends what is unfinished when the line closes', () => {
    const one = framer(mode);
    one.push(frameBytes(mode, utf8('12345')).subarray(0, 4), 0);
    const expected = mode === 'idle' ? 'frame:1234' : 'fault:FRAME_TRUNCATED';
    expect(words(one.flush(Number.POSITIVE_INFINITY))).toEqual([expected]);
    expect(one.flush(Number.POSITIVE_INFINITY)).toEqual([]);
  });
});

describe('framer details', () => {
  test.each(['cr', 'lf', 'crlf', 'stx-etx'] as const)(
    'framer %s gives two scans of one chunk, and never joins a cut scan to the next one',
    (mode) => {
      const one = framer(mode);
      const two = Buffer.concat([frameBytes(mode, utf8('A1')), frameBytes(mode, utf8('B2'))]);
      expect(words(one.push(two, 0))).toEqual(['frame:A1', 'frame:B2']);
      one.push(frameBytes(mode, utf8('HALF')).subarray(0, 3), 10);
      expect(words(one.push(frameBytes(mode, utf8('WHOLE')), 10 + IDLE_MS))).toEqual([
        'fault:FRAME_TRUNCATED',
        'frame:WHOLE',
      ]);
    },
  );

  test('crlf accepts CR, LF and CR LF and passes over empty lines', () => {
    expect(words(framer('crlf').push(utf8('A\rB\nC\r\n\r\n\nD\r'), 0))).toEqual([
      'frame:A',
      'frame:B',
      'frame:C',
      'frame:D',
    ]);
  });

  test('cr keeps LF as data and lf keeps CR', () => {
    expect(words(framer('cr').push(utf8('A\nB\r'), 0))).toEqual(['frame:A\nB']);
    expect(words(framer('lf').push(utf8('A\rB\n'), 0))).toEqual(['frame:A\rB']);
  });

  test('stx-etx starts anew at a second STX, reports noise once a run and passes over padding', () => {
    expect(words(framer('stx-etx').push(utf8('\x02AB\x02CD\x03\r\n\x04xyz\x02EF\x03'), 0))).toEqual([
      'fault:FRAME_TRUNCATED',
      'frame:CD',
      'fault:FRAME_NOISE',
      'frame:EF',
    ]);
  });

  test('stx-etx passes over an empty frame', () => {
    expect(framer('stx-etx').push(utf8('\x02\x03'), 0)).toEqual([]);
  });
});
