import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCodeList, writeCodeList, writeCodePictures } from '#agent/office/code-list';
import { controlSheet } from '#agent/office/control-sheet';
import { systemClock } from '#core/clock';
import { SeededEntropy } from '#core/entropy';
import { decodePicture } from '#drivers/camera/decode-picture';
import { PictureDecoder } from '#drivers/camera/picture-decoder';
import { encodeCouponCode } from '#drivers/symbology/coupon-code';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-print-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('code lists', () => {
  it('are read as they were written, whatever the codes hold', () => {
    const entropy = new SeededEntropy('codes');
    const codes = [
      ...Array.from({ length: 200 }, (_, serial) => ({
        key: `255/4012345000023/${serial}`,
        code: encodeCouponCode({ gcn: '4012345000023', serial, seed: entropy.bytes(16) }),
      })),
      { key: 'a,"b"', code: 'x "quoted", and, commas' },
    ];
    const file = join(folder, 'codes.csv');
    writeCodeList(file, codes);
    expect(readCodeList(file)).toEqual(codes);
  });

  it('of another make are refused', () => {
    for (const text of ['', 'serial;code\n', 'key,code\nonly-one-cell\n', 'key,code\na,b,c\n']) {
      const file = join(folder, 'other.csv');
      writeFileSync(file, text);
      expect(() => readCodeList(file)).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    }
    expect(() => readCodeList(join(folder, 'absent'))).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
  });

  it('become pictures that a camera reads', async () => {
    const seed = new SeededEntropy('picture').bytes(16);
    const code = encodeCouponCode({ gcn: '4012345000023', serial: 7, seed });
    const [path] = await writeCodePictures(join(folder, 'qr'), [{ key: '255/4012345000023/7', code }]);
    expect(path).toBe(join(folder, 'qr/255_4012345000023_7.png'));
    const decoded = await decodePicture(new Uint8Array(readFileSync(path ?? '')));
    expect(decoded.ok && decoded.value.map(({ text }) => text)).toEqual([code]);
  });
});

describe('the sheet of control codes', () => {
  it('prints every control code so that a camera reads it from the page', async () => {
    const page = await sharp(Buffer.from(await controlSheet()), { density: 96 })
      .png()
      .toBuffer();
    const { width, height } = await sharp(page).metadata();
    const decoder = new PictureDecoder({ clock: systemClock });
    const found: string[] = [];
    for (let cell = 0; cell < 11; cell++) {
      // A hand-held scanner sees one code at a time; so does this look at one cell of the page.
      const area = {
        left: Math.floor(((cell % 3) * width) / 3),
        top: Math.floor((height * (250 + Math.floor(cell / 3) * 640)) / 2_970),
        width: Math.floor(width / 3),
        height: Math.floor((height * 500) / 2_970),
      };
      const decoded = await decoder.decode(new Uint8Array(await sharp(page).extract(area).png().toBuffer()));
      if (decoded.ok) found.push(...decoded.value.map(({ text }) => text));
    }
    await decoder.close();
    expect(found).toEqual([
      'BZC:MODE=RECEIVE',
      'BZC:MODE=PACK',
      'BZC:MODE=SHIP',
      'BZC:MODE=COUNT',
      'BZC:MODE=SELL',
      'BZC:MODE=VOID',
      'BZC:MODE=RETURN',
      'BZC:MODE=INSPECT',
      'BZC:MODE=REJECT',
      'BZC:CONFIRM',
      'BZC:UNDO',
    ]);
  });
});
