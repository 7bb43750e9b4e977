import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toFile } from 'qrcode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bizain } from './run-bizain.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const lines = (text: string): unknown[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);

describe('bizain parse', () => {
  it('answers every line, good or bad, with one line of JSON, and ends with 0', async () => {
    const input = Buffer.concat([
      Buffer.from('{"data":"]d2010401234500002321SN1\\u001d10L1"}\n'),
      Buffer.from('{"data":"4012345000023","aim":"]E0"}\r\n'),
      Buffer.from('\n'),
      Buffer.from([0xff, 0xfe, 0x0a]),
      Buffer.from('{"data":""}\n{"data":"(9999)1"}\n{"data":"(01)04012345000024"}\n'),
      Buffer.from(`{"data":"${'a'.repeat(10_000_000)}"}\n`),
      Buffer.from('{"data":"BZC:CONFIRM"}'),
    ]);
    const { exit, out, err } = await bizain(['parse'], input);
    expect([exit, err]).toEqual([0, '']);
    expect(lines(out)).toEqual([
      {
        ok: true,
        kind: 'gs1-element-string',
        elements: [
          { ai: '01', value: '04012345000023' },
          { ai: '21', value: 'SN1' },
          { ai: '10', value: 'L1' },
        ],
        key: '01/04012345000023/21/SN1',
      },
      { ok: true, kind: 'ean-upc', elements: [{ ai: '01', value: '04012345000023' }], key: '01/04012345000023' },
      { ok: false, reasons: ['NOT_JSON'] },
      { ok: false, reasons: ['NOT_UTF8'] },
      { ok: false, reasons: ['EMPTY'] },
      { ok: false, reasons: ['UNKNOWN_AI'] },
      { ok: false, reasons: ['CHECK_DIGIT'] },
      { ok: false, reasons: ['TOO_LONG'] },
      { ok: true, kind: 'control', elements: [], key: 'control/CONFIRM' },
    ]);
  });

  it('answers nothing to nothing', async () => {
    expect(await bizain(['parse'], '')).toEqual({ exit: 0, out: '', err: '' });
  });
});

describe('bizain decode', () => {
  it('prints a line each picture; what is no picture or not there ends with its own exit code', async () => {
    const picture = join(folder, 'one.png');
    const junk = join(folder, 'junk.png');
    await toFile(picture, 'https://id.gs1.org/01/04012345000023/21/SN1', { margin: 4, scale: 6 });
    writeFileSync(junk, 'this is no picture');
    const good = await bizain(['decode', picture]);
    expect([good.exit, good.err]).toEqual([0, '']);
    const text = 'https://id.gs1.org/01/04012345000023/21/SN1';
    const symbol = { format: 'QR_CODE', aim: ']Q1', text, bytes: Buffer.from(text).toString('hex') };
    expect(lines(good.out)).toEqual([{ file: picture, symbols: [symbol] }]);
    const mixed = await bizain(['decode', junk, picture]);
    expect(mixed.exit).toBe(1);
    expect(lines(mixed.out)).toEqual([
      { file: junk, symbols: [] },
      { file: picture, symbols: [symbol] },
    ]);
    expect(lines(mixed.err)).toMatchObject([{ error: 'NOT_A_PICTURE' }]);
    const absent = await bizain(['decode', join(folder, 'absent.png')]);
    expect([absent.exit, lines(absent.err)]).toMatchObject([3, [{ error: 'FILE_UNUSABLE' }]]);
  });
});

describe('failures are one line on standard error', () => {
  it.each([
    [['no-such-command'], 2, 'USAGE'],
    [['agent'], 2, 'USAGE'],
    [['region', 'init', '--dir', 'x', '--region', 'UPPER'], 2, 'USAGE'],
    [['region', 'init', '--dir', 'x', '--region', 'r', '--validators', '3'], 2, 'USAGE'],
    [['status'], 2, 'USAGE'],
    [['status', '--api', 'http://127.0.0.1:1', '--token-file', '/dev/null'], 3, 'FILE_UNUSABLE'],
    [['agent', '--config', '/no/such/agent.json'], 2, 'CONFIG_INVALID'],
    [['validator', '--config', '/no/such/validator.json'], 2, 'VALIDATOR_CONFIG_INVALID'],
    [
      ['store', 'enroll', '--region', '/no/such', '--store', '4012345000016', '--name', 'n', '--merchant', 'm'],
      3,
      'REGION_INVALID',
    ],
  ])('bizain %j ends with %i, %s', async (args, exit, code) => {
    const plain = await bizain(args);
    expect([plain.exit, plain.out]).toEqual([exit, '']);
    expect(plain.err).toMatch(new RegExp(`^bizain: [^\\n]+ \\[${code}\\]\\n$`));
  });

  it('with --json they are JSON', async () => {
    const { exit, out, err } = await bizain(['verify', '--json']);
    expect([exit, out]).toEqual([2, '']);
    expect(lines(err)).toMatchObject([{ error: 'USAGE' }]);
  });

  it('no agent there: 3', async () => {
    const tokenFile = join(folder, 'token');
    writeFileSync(tokenFile, `${'a'.repeat(43)}\n`);
    const { exit, err } = await bizain([
      'redeem',
      'X',
      '--json',
      '--api',
      'http://127.0.0.1:1',
      '--token-file',
      tokenFile,
    ]);
    expect([exit, lines(err)]).toMatchObject([3, [{ error: 'AGENT_UNREACHABLE' }]]);
  });

  it('a reader that stops reading is no failure', async () => {
    const { exit, err } = await bizain(['--help']);
    expect([exit, err]).toEqual([0, '']);
  });
});

describe('standard input as a code', () => {
  it.each([
    ['ten megabytes', Buffer.alloc(10_000_000, 0x61)],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe])],
  ])('%s are refused before anybody is asked', async (_, input) => {
    const { exit, out, err } = await bizain(
      ['redeem', '-', '--api', 'http://127.0.0.1:1', '--token-file', '/dev/null'],
      input,
    );
    expect([exit, out]).toEqual([2, '']);
    expect(err).toMatch(/\[CODE_UNREADABLE\]\n$/);
  });
});
