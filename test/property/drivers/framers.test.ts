import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFramer, FRAMING_MODES, frameBytes } from '#drivers/framing/create-framer';
import { type FrameEvent, SCAN_DATA_BYTES_MAX } from '#drivers/framing/framer';
import { HID_REPORT_DATA_BYTES_MAX } from '#drivers/hid-pos/hid-report';
import { ReportAssembler } from '#drivers/hid-pos/report-assembler';

const IDLE_MS = 100;
const printable = fc.stringMatching(/^[ -~]{1,120}$/).map((text) => Uint8Array.from(Buffer.from(text)));

describe.each(FRAMING_MODES)('framer %s', (mode) => {
  test('gives any scans back in order, however the line cuts them', () => {
    const scans = mode === 'idle' ? fc.tuple(printable) : fc.array(printable, { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(scans, fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }), (all, cuts) => {
        const framer = createFramer({ mode, idleMs: IDLE_MS });
        const line = Buffer.concat(all.map((data) => frameBytes(mode, data)));
        const events: FrameEvent[] = [];
        for (let at = 0, turn = 0; at < line.length; turn++) {
          const size = cuts[turn % cuts.length] ?? 1;
          events.push(...framer.push(line.subarray(at, at + size), turn));
          at += size;
        }
        events.push(...framer.flush(Number.POSITIVE_INFINITY));
        expect(events).toEqual(all.map((data) => ({ kind: 'frame', data })));
      }),
      { numRuns: 1_000 },
    );
  });

  test('takes 10,000 random chunks without an exception and never gives an oversize or empty frame', () => {
    const chunk = fc.array(fc.constantFrom(0x02, 0x03, 0x0a, 0x0d, 0x30, 0x5d, 0xff), { maxLength: 40 });
    fc.assert(
      fc.property(fc.array(fc.tuple(chunk, fc.nat(200)), { maxLength: 20 }), (steps) => {
        const framer = createFramer({ mode, idleMs: IDLE_MS, dataBytesMax: 64 });
        let nowMs = 0;
        for (const [bytes, pauseMs] of steps) {
          nowMs += pauseMs;
          for (const event of [...framer.flush(nowMs), ...framer.push(Uint8Array.from(bytes), nowMs)]) {
            if (event.kind !== 'frame') continue;
            expect(event.data.length).toBeGreaterThan(0);
            expect(event.data.length).toBeLessThanOrEqual(64);
          }
        }
        expect(framer.flush(Number.POSITIVE_INFINITY).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('the HID assembler takes random reports without an exception and never gives more than a symbol holds', () => {
  const report = fc.tuple(fc.uint8Array({ minLength: 60, maxLength: 64 }), fc.boolean()).map(([bytes, shaped]) => {
    if (!shaped) return bytes;
    const real = new Uint8Array(64);
    real.set(bytes);
    real.set([2, (bytes[1] ?? 0) % (HID_REPORT_DATA_BYTES_MAX + 1)]);
    return real;
  });
  fc.assert(
    fc.property(fc.array(report, { maxLength: 30 }), (reports) => {
      const assembler = new ReportAssembler({ continuationMs: 50 });
      let nowMs = 0;
      for (const bytes of reports) {
        nowMs += 20;
        for (const event of assembler.push(bytes, nowMs)) {
          if (event.kind === 'scan') expect(event.data.length).toBeLessThanOrEqual(SCAN_DATA_BYTES_MAX);
        }
      }
    }),
    { numRuns: 1_000 },
  );
});
