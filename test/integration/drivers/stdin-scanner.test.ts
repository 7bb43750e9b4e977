import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createScanner } from '#drivers/create-scanner';
import { ScannerProbe, testContext } from './scanner-probe.ts';

let input: PassThrough;
let probe: ScannerProbe;

beforeEach(async () => {
  input = new PassThrough();
  probe = new ScannerProbe(createScanner({ transport: 'stdin', name: 'typed' }, { ...testContext, stdin: input }));
  await probe.scanner.open();
});

afterEach(() => probe.scanner.close());

test('lines are scans: raw, with an AIM identifier, and as JSON with a separator', async () => {
  input.write('(01)09521234543213(21)A\n]d20109521234543213\r\n\n{"data":"01095212345432');
  input.write('1321A\\u001d10B","aim":"]d2"}\nlast without line break');
  input.end();
  expect(await probe.scansOf(4)).toEqual([
    '(01)09521234543213(21)A',
    ']d20109521234543213',
    ']d2010952123454321321A\u001d10B',
    'last without line break',
  ]);
});

test('lines that are no scans are faults, and reading goes on', async () => {
  input.write(`{"datum":1}\n{"data":"1","aim":"x"}\n{\n${'7'.repeat(200_000)}\nnext\n`);
  expect(await probe.scansOf(1)).toEqual(['next']);
  expect(probe.faults.map((fault) => fault.reason)).toEqual([
    'LINE_NOT_JSON',
    'LINE_NOT_JSON',
    'LINE_NOT_JSON',
    'FRAME_TOO_LONG',
  ]);
});
