import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BarcodeFormat, Code128Reader, DataMatrixHighLevelEncoder, DataMatrixWriter } from '@zxing/library';
import QRCode from 'qrcode';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '#core/clock';
import { decodedLine, decodePicture } from '#drivers/camera/decode-picture';
import { PictureDecoder } from '#drivers/camera/picture-decoder';
import { createScanner } from '#drivers/create-scanner';
import { withCheckDigit } from '#drivers/symbology/check-digit';
import { encodeCouponCode } from '#drivers/symbology/coupon-code';
import { parseBytes } from '#drivers/symbology/parse-code';
import { ScannerProbe, testContext, until } from './scanner-probe.ts';

const gcn = withCheckDigit('690123456789');
const coupon = (serial: number): string => encodeCouponCode({ gcn, serial, seed: new Uint8Array(16).fill(serial) });
const picture = (text: string, scale = 4): Promise<Buffer> => QRCode.toBuffer(text, { scale });

const decoder = new PictureDecoder({ clock: systemClock });
afterAll(() => decoder.close());

async function texts(bytes: Uint8Array): Promise<string[]> {
  const answer = await decoder.decode(bytes);
  return answer.ok ? answer.value.map((symbol) => symbol.aim + symbol.text) : [answer.reason];
}

describe('decoding pictures', () => {
  test.each([1, 2, 4, 12, 40])('a coupon printed at %i pixels a module comes back byte for byte', async (scale) => {
    const code = coupon(scale);
    const answer = await decoder.decode(await picture(code, scale));
    expect(answer).toEqual({
      ok: true,
      value: [{ format: 'QR_CODE', aim: ']Q1', text: code, bytesHex: Buffer.from(code).toString('hex') }],
    });
    expect(parseBytes(Buffer.from(code), ']Q1')).toMatchObject({
      ok: true,
      kind: 'coupon',
      coupon: { gcn, serial: scale },
    });
  });

  test('reads JPEG, turned, inverted and soft pictures', async () => {
    const code = coupon(5);
    const png = await picture(code, 6);
    expect(await texts(await sharp(png).jpeg({ quality: 60 }).toBuffer())).toEqual([`]Q1${code}`]);
    expect(await texts(await sharp(png).rotate(90).toBuffer())).toEqual([`]Q1${code}`]);
    expect(await texts(await sharp(png).negate({ alpha: false }).toBuffer())).toEqual([`]Q1${code}`]);
    expect(await texts(await sharp(png).blur(2).toBuffer())).toEqual([`]Q1${code}`]);
  });

  test('reads several symbols of one picture', async () => {
    const [left, right] = await Promise.all([picture(coupon(1)), picture(coupon(2))]);
    const { width = 0, height = 0 } = await sharp(left).metadata();
    const both = await sharp({
      create: { width: width * 2 + 60, height: height + 40, channels: 3, background: 'white' },
    })
      .composite([
        { input: left, left: 10, top: 20 },
        { input: right, left: width + 50, top: 20 },
      ])
      .png()
      .toBuffer();
    expect((await texts(both)).sort()).toEqual([`]Q1${coupon(1)}`, `]Q1${coupon(2)}`].sort());
  });

  test('reads an EAN-13 drawn bar by bar', async () => {
    expect(await texts(await ean13Picture('9521234543213'))).toEqual([']E09521234543213']);
  });

  test('reads a GS1-128 symbol with its FNC1 as ]C1, and the same bars without it as ]C0', async () => {
    expect(await texts(await code128Picture([102, 1, 9, 52, 12, 34, 54, 32, 13]))).toEqual([']C10109521234543213']);
    expect(await texts(await code128Picture([1, 9, 52, 12, 34, 54, 32, 13]))).toEqual([']C00109521234543213']);
  });

  test('reads a GS1 DataMatrix as ]d2 with its separators, and an ordinary one as ]d1', async () => {
    // Codewords of ISO/IEC 16022: 232 FNC1, digit pairs + 130, characters + 1; eighteen fill the symbol exactly.
    const gs1 = [232, 131, 139, 182, 142, 164, 184, 162, 143, 140, 77, 80, 85, 142, 232, 151, 66, 67];
    expect(await texts(await dataMatrixPicture(gs1))).toEqual([']d2010952123454321310LOT12\u001d21AB']);
    expect(await texts(await dataMatrixPicture([66, 67, 68]))).toEqual([']d1ABC']);
  });

  test('finds nothing where there is nothing, and refuses what is no picture', async () => {
    const blank = await sharp({ create: { width: 300, height: 200, channels: 3, background: 'white' } })
      .png()
      .toBuffer();
    expect(await texts(blank)).toEqual([]);
    expect(await texts(Buffer.from('no picture'))).toEqual(['NOT_A_PICTURE']);
    expect(await texts(new Uint8Array())).toEqual(['NOT_A_PICTURE']);
    expect(await texts((await picture('cut')).subarray(0, 60))).toEqual(['NOT_A_PICTURE']);
    expect(await texts(new Uint8Array(21 * 1_024 * 1_024))).toEqual(['PICTURE_TOO_LARGE']);
  });

  test('refuses a picture of more pixels than memory should hold', async () => {
    const bomb = await sharp({ create: { width: 9_000, height: 9_000, channels: 3, background: 'white' } })
      .png({ compressionLevel: 9 })
      .toBuffer();
    expect(await texts(bomb)).toEqual(['PICTURE_TOO_LARGE']);
  });

  test('one picture decodes without a decoder at hand, and prints as one line of JSON', async () => {
    const answer = await decodePicture(await picture('AB'));
    expect(answer.ok && decodedLine('a.png', answer.value)).toBe(
      '{"file":"a.png","symbols":[{"format":"QR_CODE","aim":"]Q1","text":"AB","bytes":"4142"}]}',
    );
  });

  test('a closed decoder answers what it still had with a reason', async () => {
    const one = new PictureDecoder({ clock: systemClock });
    const waiting = one.decode(await picture('AB'));
    await one.close();
    expect(await waiting).toMatchObject({ ok: false, reason: 'DECODER_FAILED' });
  });
});

describe('folder scanner', () => {
  let folder = '';
  let probe: ScannerProbe;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'bizain-folder-'));
    probe = new ScannerProbe(
      createScanner({ transport: 'folder', name: 'camera', path: folder, pollMs: 50 }, testContext),
    );
    await probe.scanner.open();
  });

  afterEach(async () => {
    await probe.scanner.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('reads a dropped picture once and moves it to read/', async () => {
    writeFileSync(join(folder, 'c.png'), await picture(coupon(9)));
    expect(await probe.scansOf(1)).toEqual([`]Q1${coupon(9)}`]);
    expect(readdirSync(join(folder, 'read'))).toEqual(['c.png']);
    writeFileSync(join(folder, 'c.png'), await picture(coupon(10)));
    expect(await probe.scansOf(2)).toEqual([`]Q1${coupon(9)}`, `]Q1${coupon(10)}`]);
    expect(readdirSync(join(folder, 'read')).sort()).toEqual(['2-c.png', 'c.png']);
  });

  test('moves what it cannot read to unread/ and leaves other files alone', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    writeFileSync(join(folder, 'broken.jpg'), 'no picture');
    await probe.fault('PICTURE_REFUSED');
    await until(() => existsSync(join(folder, 'unread', 'broken.jpg')), 'the move');
    expect(existsSync(join(folder, 'notes.txt'))).toBe(true);
    expect(probe.scans).toEqual([]);
  });

  test('goes on when its folder is taken away and comes back', async () => {
    rmSync(folder, { recursive: true });
    await probe.fault('OPEN_FAILED');
    expect(probe.scanner.health().state).toBe('waiting');
    mkdirSync(folder);
    writeFileSync(join(folder, 'c.png'), await picture(coupon(3)));
    expect(await probe.scansOf(1)).toEqual([`]Q1${coupon(3)}`]);
  });
});

// The bars of the EAN-13 symbol: ISO/IEC 15420, sets A, B and C.
const SET_A = [
  '0001101',
  '0011001',
  '0010011',
  '0111101',
  '0100011',
  '0110001',
  '0101111',
  '0111011',
  '0110111',
  '0001011',
];
const PARITY = ['AAAAAA', 'AABABB', 'AABBAB', 'AABBBA', 'ABAABB', 'ABBAAB', 'ABBBAA', 'ABABAB', 'ABABBA', 'ABBABA'];

function ean13Picture(digits: string): Promise<Buffer> {
  const mirrored = (bars: string): string => [...bars].reverse().join('');
  const setC = (bars: string): string => [...bars].map((bar) => (bar === '0' ? '1' : '0')).join('');
  const bars = [...digits.slice(1)].map((digit, index) => {
    const a = SET_A[Number(digit)] ?? '';
    if (index >= 6) return setC(a);
    return PARITY[Number(digits[0])]?.[index] === 'A' ? a : mirrored(setC(a));
  });
  const modules = `101${bars.slice(0, 6).join('')}01010${bars.slice(6).join('')}101`;
  return barPicture(modules);
}

// The library keeps its table of bar widths to itself.
const PATTERNS = (Code128Reader as unknown as { CODE_PATTERNS: readonly ArrayLike<number>[] }).CODE_PATTERNS;

/** Code 128 in code set C: start, values, check value, stop (ISO/IEC 15417); 102 is FNC1. */
function code128Picture(values: readonly number[]): Promise<Buffer> {
  const START_C = 105;
  const check = values.reduce((sum, value, index) => sum + value * (index + 1), START_C) % 103;
  const widths = [START_C, ...values, check, 106].flatMap((value) => Array.from(PATTERNS[value] ?? []));
  return barPicture(widths.map((width, index) => (index % 2 === 0 ? '1' : '0').repeat(width)).join(''));
}

/** A picture of bars (1) and spaces (0), with quiet zones of eleven modules. */
function barPicture(modules: string): Promise<Buffer> {
  const scale = 3;
  const width = (modules.length + 22) * scale;
  const height = 120;
  const pixels = Buffer.alloc(width * height, 255);
  for (let y = 10; y < height - 10; y++) {
    for (let x = 0; x < modules.length * scale; x++) {
      if (modules[Math.floor(x / scale)] === '1') pixels[y * width + 11 * scale + x] = 0;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}

/** A Data Matrix picture of codewords; the library's writer places and protects them, its own encoding is replaced. */
function dataMatrixPicture(codewords: readonly number[]): Promise<Buffer> {
  const encoding = vi
    .spyOn(DataMatrixHighLevelEncoder, 'encodeHighLevel')
    .mockReturnValue(String.fromCharCode(...codewords));
  const matrix = new DataMatrixWriter().encode('-', BarcodeFormat.DATA_MATRIX, 0, 0, new Map());
  encoding.mockRestore();
  const scale = 5;
  const quiet = 4;
  const width = (matrix.getWidth() + 2 * quiet) * scale;
  const height = (matrix.getHeight() + 2 * quiet) * scale;
  const pixels = Buffer.alloc(width * height, 255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [column, row] = [Math.floor(x / scale) - quiet, Math.floor(y / scale) - quiet];
      const inside = column >= 0 && row >= 0 && column < matrix.getWidth() && row < matrix.getHeight();
      if (inside && matrix.get(column, row)) pixels[y * width + x] = 0;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}
