// Input written to hurt: sizes, nesting, shapes that make parsers slow. Each gets a clear answer, quickly.
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { createScanner } from '#drivers/create-scanner';
import { scannerConfigSchema } from '#drivers/scanner-config';
import { startSimulatedScanner } from '#drivers/simulated-scanner';
import { GS } from '#drivers/symbology/element-string';
import { CODE_BYTES_MAX, parseBytes, parseCode } from '#drivers/symbology/parse-code';
import { parseLine } from '#drivers/symbology/parse-line';
import { FAULT_VARIANTS_MAX, scannerFaultVariants } from '#drivers/symbology/scanner-faults';
import { ScannerProbe, testContext } from '../../integration/drivers/scanner-probe.ts';

const fill = (unit: string, prefix = ''): string => (prefix + unit.repeat(CODE_BYTES_MAX)).slice(0, CODE_BYTES_MAX);

/** Texts of the full length that would make a backtracking or quadratic parser slow. */
const WORST = [
  fill('(', '(01)'),
  fill('\\(', '(10)'),
  fill('(10)1'),
  fill(GS, ']d2'),
  fill(`10A${GS}`, ']d2'),
  fill(`99A${GS}`, ']d2'),
  fill('/01/1', 'https://a'),
  fill('/', 'https://a'),
  fill('%41', 'https://a/01/'),
  fill('&99=A', 'https://a/01/12312312312333?'),
  fill(':', 'https://'),
  fill('1'),
  fill(' ', 'BZ1:'),
  fill(']d2'),
];

describe('hostile codes', () => {
  // Linear cost is some milliseconds for all of them; a quadratic parser would meet the limit of the test runner.
  test.each(WORST.map((text) => [text.slice(0, 24), text]))(
    'a full-length text of %j is answered within the time of a scan',
    { timeout: 5_000 },
    (_, text) => {
      for (let count = 0; count < 20; count++) expect(parseCode({ data: text })).toHaveProperty('ok');
    },
  );

  test('ten megabytes are refused by length alone', () => {
    const huge = '7'.repeat(10_000_000);
    expect(parseCode({ data: huge })).toMatchObject({ ok: false, reasons: ['TOO_LONG'] });
    expect(parseBytes(Buffer.from(huge), null)).toMatchObject({ ok: false, reasons: ['TOO_LONG'] });
    expect(parseLine(huge)).toBe('{"ok":false,"reasons":["TOO_LONG"]}');
  });

  test('the answer to a line never holds a line break or a raw control character', () => {
    const answer = parseLine(JSON.stringify({ data: 'a\nb\r\u0000\u001d\u2028c' }));
    for (const character of answer) expect(character.charCodeAt(0)).toBeGreaterThan(0x1f);
  });

  test('names of object members are no codes', () => {
    for (const data of ['__proto__', 'constructor', '(__proto__)1', 'https://a/__proto__/1', 'BZC:constructor']) {
      expect(['text', false]).toContain(
        (({ ok, ...rest }) => (ok && 'kind' in rest ? rest.kind : false))(parseCode({ data })),
      );
    }
  });
});

describe('scanner faults', () => {
  const item = `01095212345432132112YZab${GS}10Lot`;

  test.each([
    ['Caps Lock', item.replace(/[A-Za-z]/g, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase()))],
    ['Y and Z swapped', item.replace(/[YZ]/g, (letter) => (letter === 'Y' ? 'Z' : 'Y'))],
    ['a lost separator', item.replace(GS, '')],
    ['a separator typed as ~', item.replace(GS, '~')],
  ])('the code as it was is among the variants of a code changed by %s', (_, broken) => {
    expect(scannerFaultVariants(broken)).toContain(item);
  });

  test('a coupon code read with Caps Lock on is found again', () => {
    const code = 'BZ1:V50VZ0QMQZOH0000004E5:*0:*0:*0:*0:*0:*0:*0R:0VAUK1';
    expect(scannerFaultVariants(code.toLowerCase())).toEqual([code]);
  });

  test('variants are bounded in number and time, and none is the text itself', () => {
    for (const text of [...WORST, `01095212345432131${'010'.repeat(45)}`, `01095212345432132${'1'.repeat(140)}`]) {
      const variants = scannerFaultVariants(text);
      expect(variants.length).toBeLessThanOrEqual(FAULT_VARIANTS_MAX);
      expect(variants).not.toContain(text);
    }
  });
});

describe('hostile lines', () => {
  test('ten megabytes without a terminator cost one fault, and the next scan is read', async () => {
    const device = await startSimulatedScanner({ host: '127.0.0.1', framing: 'stx-etx' });
    const config = scannerConfigSchema.parse({ transport: 'tcp-client', host: '127.0.0.1', port: device.port });
    const probe = new ScannerProbe(createScanner(config, testContext));
    await probe.scanner.open();
    await device.connected();
    await device.send(Buffer.concat([Buffer.of(0x02), Buffer.alloc(10_000_000, 0x37)]));
    await device.send(Buffer.of(0x03));
    await device.scan('next');
    expect(await probe.scansOf(1)).toEqual(['next']);
    expect(probe.faults.map((fault) => fault.reason)).toEqual(['FRAME_TOO_LONG']);
    await probe.scanner.close();
    await device.close();
  });

  test('a flood of connections leaves the first readers connected', async () => {
    const config = scannerConfigSchema.parse({ transport: 'tcp-server', host: '127.0.0.1', port: 0 });
    const probe = new ScannerProbe(createScanner(config, testContext));
    await probe.scanner.open();
    const port = Number(probe.scanner.health().endpoint?.split(':')[1]);
    const sockets = Array.from({ length: 60 }, () => connect({ host: '127.0.0.1', port }).on('error', () => undefined));
    sockets[0]?.write('\x02first\x03');
    expect(await probe.scansOf(1)).toEqual(['first']);
    for (const socket of sockets) socket.destroy();
    await probe.scanner.close();
  });
});
