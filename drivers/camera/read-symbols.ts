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
    if (result === null) break;
    note(found, result);
    if (!coverResult(work, result)) break;
  }
  // Finder patterns of several QR codes side by side are mistaken for those of one, so parts are looked at too.
  for (const part of PARTS) {
    if (found.length >= SYMBOLS_MAX) break;
    const result = readQr(sourceOf(cropped(work, part)));
    if (result !== null) note(found, result);
  }
  return found;
}

function note(found: DecodedSymbol[], result: ZxingResult): void {
  const symbol = symbolOfResult(result);
  if (symbol === null || found.some((other) => other.aim === symbol.aim && other.text === symbol.text)) return;
  found.push(symbol);
}

// Halves, thirds and quarters of a picture, as fractions of its edges.
const SPANS = {
  whole: [[0, 1]],
  halves: [
    [0, 1 / 2],
    [1 / 2, 1],
  ],
  thirds: [
    [0, 1 / 3],
    [1 / 3, 2 / 3],
    [2 / 3, 1],
  ],
} as const;
const PARTS: readonly Box[] = [
  ...grid(SPANS.halves, SPANS.whole),
  ...grid(SPANS.whole, SPANS.halves),
  ...grid(SPANS.halves, SPANS.halves),
  ...grid(SPANS.thirds, SPANS.whole),
  ...grid(SPANS.whole, SPANS.thirds),
];

type Spans = readonly (readonly [number, number])[];

function grid(columns: Spans, rows: Spans): Box[] {
  return rows.flatMap(([top, bottom]) => columns.map(([left, right]) => ({ left, right, top, bottom })));
}

function cropped(picture: GreyPicture, part: Box): GreyPicture {
  const left = Math.floor(part.left * picture.width);
  const top = Math.floor(part.top * picture.height);
  const width = Math.max(1, Math.floor(part.right * picture.width) - left);
  const height = Math.max(1, Math.floor(part.bottom * picture.height) - top);
  const luminance = new Uint8ClampedArray(width * height);
  for (let row = 0; row < height; row++) {
    const start = (top + row) * picture.width + left;
    luminance.set(picture.luminance.subarray(start, start + width), row * width);
  }
  return { luminance, width, height };
}

function sourceOf(picture: GreyPicture): LuminanceSource {
  return new RGBLuminanceSource(picture.luminance, picture.width, picture.height);
}

/** The first symbol that any way of looking gives. */
function readOne(picture: GreyPicture): ZxingResult | null {
  const source = sourceOf(picture);
  return readSource(source) ?? readSource(new InvertedLuminanceSource(source));
}

function readSource(source: LuminanceSource): ZxingResult | null {
  const bitmap = new BinaryBitmap(new HybridBinarizer(source));
  const hints = tryHarder();
  return (
    readQr(source) ??
    attempt(new DataMatrixReader(), bitmap, hints) ??
    attempt(new AztecCodeReader(), bitmap, hints) ??
    attempt(new PDF417Reader(), bitmap, hints) ??
    readOneD(bitmap)
  );
}

function readQr(source: LuminanceSource): ZxingResult | null {
  const hybrid = new BinaryBitmap(new HybridBinarizer(source));
  const histogram = new BinaryBitmap(new GlobalHistogramBinarizer(source));
  const chinese = tryHarder().set(DecodeHintType.CHARACTER_SET, 'GB18030');
  return (
    attempt(new QRCodeReader(), hybrid, tryHarder()) ??
    attempt(new QRCodeReader(), histogram, tryHarder()) ??
    // GBK without an ECI is common in Chinese QR codes and fails in the default character set.
    attempt(new QRCodeReader(), hybrid, chinese)
  );
}

/** Linear symbols. A short one (EAN-8, ITF, Code 39 and 93) is easily seen where none is: it must be read twice. */
function readOneD(bitmap: BinaryBitmap): ZxingResult | null {
  const quick = tryHarder().set(DecodeHintType.POSSIBLE_FORMATS, ONE_D_FORMATS).set(DecodeHintType.ASSUME_GS1, true);
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

function tryHarder(): Map<DecodeHintType, unknown> {
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
