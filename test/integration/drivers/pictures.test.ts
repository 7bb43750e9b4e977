import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import QRCode from 'qrcode';
import sharp from 'sharp';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
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
