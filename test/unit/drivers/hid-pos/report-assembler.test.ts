import { describe, expect, test } from 'vitest';
import { fromHex } from '#core/bytes';
import { HID_REPORT_DATA_BYTES_MAX, parseHidReport } from '#drivers/hid-pos/hid-report';
import { type AssemblerEvent, ReportAssembler } from '#drivers/hid-pos/report-assembler';

/** A report of layout A. */
function report(data: string, options: { aim?: string; continued?: boolean } = {}): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x02, data.length]);
  bytes.set(Buffer.from(options.aim ?? ']Q1'), 2);
  bytes.set(Buffer.from(data, 'latin1'), 5);
  bytes[61] = 0x73;
  bytes[63] = options.continued ? 1 : 0;
  return bytes;
}

const words = (events: readonly AssemblerEvent[]): string[] =>
  events.map((event) => (event.kind === 'scan' ? `${event.aim}${Buffer.from(event.data)}` : event.reason));

const assembler = (): ReportAssembler => new ReportAssembler({ continuationMs: 500 });

describe('parseHidReport', () => {
  // Bytes as a Voyager 1602g sent them: HenkVanAsselt/python_hon_usbhid, README, last report but one of REVINF.
  test('reads the documented bytes of a real report', () => {
    const real = Buffer.concat([
      Buffer.from([2, 9, 93, 88, 48, 117, 109, 58, 32, 78, 47, 65, 13, 10]),
      Buffer.alloc(47),
      Buffer.from([63, 0, 0]),
    ]);
    expect(real).toHaveLength(64);
    expect(parseHidReport(real)).toEqual({
      ok: true,
      value: { data: Uint8Array.from(Buffer.from('um: N/A\r\n')), aim: ']X0', codeId: 63, continued: false },
    });
  });

  test('cuts at the length and not at a NUL', () => {
    expect(parseHidReport(report('A\0B\0'))).toMatchObject({
      ok: true,
      value: { data: Uint8Array.of(0x41, 0, 0x42, 0) },
    });
  });

  test.each([
    ['another report id', Uint8Array.from(report('A')).fill(1, 0, 1)],
    ['63 bytes', report('A').subarray(0, 63)],
    ['a length of 57', Uint8Array.from(report('A')).fill(57, 1, 2)],
    ['no bytes', new Uint8Array()],
  ])('refuses a report with %s', (_, bytes) => {
    expect(parseHidReport(bytes)).toMatchObject({ ok: false, reason: 'REPORT_MALFORMED' });
  });
});

describe('ReportAssembler', () => {
  test('joins continued reports to one scan', () => {
    const one = assembler();
    const full = 'x'.repeat(HID_REPORT_DATA_BYTES_MAX);
    expect(one.push(report(full, { continued: true }), 0)).toEqual([]);
    expect(words(one.push(report('end'), 10))).toEqual([`]Q1${full}end`]);
  });

  test('keeps the answer to a menu command out of the scans', () => {
    const one = assembler();
    expect(one.push(report('Product Name: Voyager', { aim: ']X0', continued: true }), 0)).toEqual([]);
    expect(one.push(fromHex(`02085d5a36524556494e46062e${'00'.repeat(48)}360000`) ?? report(''), 1)).toEqual([]);
    expect(words(one.push(report('42'), 2))).toEqual([']Q142']);
  });

  test('delivers a scan whose full last report wrongly says that another follows', () => {
    const one = assembler();
    one.push(report('y'.repeat(HID_REPORT_DATA_BYTES_MAX), { continued: true }), 0);
    expect(one.deadlineMs()).toBe(500);
    expect(words(one.flush(500))).toEqual([`]Q1${'y'.repeat(HID_REPORT_DATA_BYTES_MAX)}`]);
  });

  test('never delivers a scan that lost a report in the middle', () => {
    const one = assembler();
    one.push(report('first half', { continued: true }), 0);
    expect(words(one.push(report('other', { aim: ']E0' }), 10))).toEqual(['FRAME_TRUNCATED', ']E0other']);
    one.push(report('first half', { continued: true }), 20);
    expect(words(one.flush(520))).toEqual(['FRAME_TRUNCATED']);
  });

  test('refuses more data than a symbol holds, once', () => {
    const one = assembler();
    const full = report('z'.repeat(HID_REPORT_DATA_BYTES_MAX), { continued: true });
    for (let count = 0; count < 130; count++) expect(one.push(full, count)).toEqual([]);
    expect(words(one.push(report('z'), 131))).toEqual(['FRAME_TOO_LONG']);
  });
});
