// Finds symbols in a grey picture with ZXing: as it is, inverted, at other sizes; several of them by covering each one
// that was found. Synchronous and slow (up to a second on a large empty picture), so it runs in decode-worker.ts.

import {
  AztecCodeReader,
  BarcodeFormat,
  BinaryBitmap,
  DataMatrixReader,
  DecodeHintType,
  GlobalHistogramBinarizer,
  HybridBinarizer,
  InvertedLuminanceSource,
  type LuminanceSource,
  MultiFormatOneDReader,
  PDF417Reader,
  QRCodeReader,
  type Reader,
  RGBLuminanceSource,
  type Result as ZxingResult,
} from '@zxing/library';
import type { DecodedSymbol } from './decoded-symbol.ts';
import { symbolOfResult } from './symbol-of-result.ts';

/** A picture of one byte a pixel, row by row. */
export interface GreyPicture {
  readonly luminance: Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
}

/** Most symbols taken from one picture. */
export const SYMBOLS_MAX = 8;

const ONE_D_FORMATS = [
  BarcodeFormat.EAN_13,
  BarcodeFormat.EAN_8,
  BarcodeFormat.UPC_A,
  BarcodeFormat.CODE_128,
  BarcodeFormat.CODE_39,
  BarcodeFormat.CODE_93,
  BarcodeFormat.ITF,
  BarcodeFormat.RSS_14,
];

/** All symbols found in a picture, in the order found; without duplicates. */
export function readSymbols(picture: GreyPicture): DecodedSymbol[] {
  const found: DecodedSymbol[] = [];
  const work = { ...picture, luminance: Uint8ClampedArray.from(picture.luminance) };
  for (let round = 0; round < SYMBOLS_MAX; round++) {
    const result = readOne(work);
    const symbol = result === null ? null : symbolOfResult(result);
    if (result === null || symbol === null) break;
    if (!found.some((other) => other.aim === symbol.aim && other.text === symbol.text)) found.push(symbol);
    if (!coverResult(work, result)) break;
  }
  return found;
}

/** The first symbol that any way of looking gives. */
function readOne(picture: GreyPicture): ZxingResult | null {
  const source = new RGBLuminanceSource(picture.luminance, picture.width, picture.height);
  return readSource(source) ?? readSource(new InvertedLuminanceSource(source));
}

function readSource(source: LuminanceSource): ZxingResult | null {
  const hybrid = new BinaryBitmap(new HybridBinarizer(source));
  const histogram = new BinaryBitmap(new GlobalHistogramBinarizer(source));
  const hints = hintsFor();
  const chinese = hintsFor().set(DecodeHintType.CHARACTER_SET, 'GB18030');
  return (
    attempt(new QRCodeReader(), hybrid, hints) ??
    attempt(new QRCodeReader(), histogram, hints) ??
    // GBK without an ECI is common in Chinese QR codes and fails in the default character set.
    attempt(new QRCodeReader(), hybrid, chinese) ??
    attempt(new DataMatrixReader(), hybrid, hints) ??
    attempt(new AztecCodeReader(), hybrid, hints) ??
    attempt(new PDF417Reader(), hybrid, hints) ??
    readOneD(hybrid)
  );
}

/** Linear symbols. A short one (EAN-8, ITF, Code 39 and 93) is easily seen where none is: it must be read twice. */
function readOneD(bitmap: BinaryBitmap): ZxingResult | null {
  const quick = hintsFor().set(DecodeHintType.POSSIBLE_FORMATS, ONE_D_FORMATS).set(DecodeHintType.ASSUME_GS1, true);
  const hard = new Map(quick).set(DecodeHintType.TRY_HARDER, true);
  const first = attempt(new MultiFormatOneDReader(quick), bitmap, quick);
  if (first !== null && isLongCheck(first)) return first;
  const second = attempt(new MultiFormatOneDReader(hard), bitmap, hard);
  if (second === null || isLongCheck(second)) return second;
  return first !== null && first.getText() === second.getText() ? second : null;
}

/** Whether a format checks itself well enough to be believed at the first reading. */
function isLongCheck(result: ZxingResult): boolean {
  const format = result.getBarcodeFormat();
  return [BarcodeFormat.EAN_13, BarcodeFormat.UPC_A, BarcodeFormat.CODE_128, BarcodeFormat.RSS_14].includes(format);
}

function hintsFor(): Map<DecodeHintType, unknown> {
  return new Map<DecodeHintType, unknown>([[DecodeHintType.TRY_HARDER, true]]);
}

function attempt(reader: Reader, bitmap: BinaryBitmap, hints: Map<DecodeHintType, unknown>): ZxingResult | null {
  try {
    return reader.decode(bitmap, hints);
  } catch {
    // The library throws where nothing is found, and other errors on damaged symbols; both mean: not read.
    return null;
  }
}

/** Paints a found symbol white, so that the next look finds another; false when its place is not known. */
function coverResult(picture: GreyPicture, result: ZxingResult): boolean {
  const points = (result.getResultPoints() ?? []).filter((point) => point !== null && point !== undefined);
  if (points.length < 2) return false;
  const xs = points.map((point) => point.getX());
  const ys = points.map((point) => point.getY());
  const box = { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys) };
  const isLinear = box.bottom - box.top < (box.right - box.left) / 8;
  // Finder patterns stand a little inside the symbol; bars reach above and below the line that was read.
  const margin = Math.max(8, (box.right - box.left) * 0.25);
  const rows = isLinear ? barRows(picture, box) : { top: box.top - margin, bottom: box.bottom + margin };
  paintWhite(picture, { left: box.left - margin, right: box.right + margin, ...rows });
  return true;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** How far the bars of a linear symbol reach: rows that look like the one that was read. */
function barRows(picture: GreyPicture, box: Box): { top: number; bottom: number } {
  const middle = clamp(Math.round((box.top + box.bottom) / 2), picture.height);
  const differs = (row: number): boolean => {
    let sum = 0;
    let count = 0;
    for (let x = clamp(Math.round(box.left), picture.width); x < Math.min(box.right, picture.width); x++) {
      sum += Math.abs(
        (picture.luminance[row * picture.width + x] ?? 0) - (picture.luminance[middle * picture.width + x] ?? 0),
      );
      count++;
    }
    return count === 0 || sum / count > 64;
  };
  let top = middle;
  while (top > 0 && !differs(top - 1)) top--;
  let bottom = middle;
  while (bottom < picture.height - 1 && !differs(bottom + 1)) bottom++;
  return { top: top - 2, bottom: bottom + 2 };
}

function paintWhite(picture: GreyPicture, box: Box): void {
  const left = clamp(Math.floor(box.left), picture.width);
  const right = clamp(Math.ceil(box.right), picture.width);
  for (let y = clamp(Math.floor(box.top), picture.height); y <= clamp(Math.ceil(box.bottom), picture.height); y++) {
    picture.luminance.fill(255, y * picture.width + left, y * picture.width + right + 1);
  }
}

function clamp(value: number, size: number): number {
  return Math.min(Math.max(value, 0), size - 1);
}
