// From a ZXing result to a decoded symbol: AIM identifier, FNC1 and bytes, which the library does not deliver itself.

import { BarcodeFormat, ResultMetadataType, type Result as ZxingResult } from '@zxing/library';
import { fromUtf8, toHex, utf8 } from '#core/bytes';
import type { DecodedSymbol, SymbolFormat } from './decoded-symbol.ts';

const FORMATS: ReadonlyMap<BarcodeFormat, readonly [SymbolFormat, string]> = new Map([
  [BarcodeFormat.QR_CODE, ['QR_CODE', ']Q1']],
  [BarcodeFormat.DATA_MATRIX, ['DATA_MATRIX', ']d1']],
  [BarcodeFormat.AZTEC, ['AZTEC', ']z0']],
  [BarcodeFormat.PDF_417, ['PDF_417', ']L2']],
  [BarcodeFormat.EAN_13, ['EAN_13', ']E0']],
  [BarcodeFormat.EAN_8, ['EAN_8', ']E4']],
  [BarcodeFormat.UPC_A, ['UPC_A', ']E0']],
  [BarcodeFormat.CODE_128, ['CODE_128', ']C0']],
  [BarcodeFormat.CODE_39, ['CODE_39', ']A0']],
  [BarcodeFormat.CODE_93, ['CODE_93', ']G0']],
  [BarcodeFormat.ITF, ['ITF', ']I0']],
  [BarcodeFormat.RSS_14, ['RSS_14', ']e0']],
]);

const GS = '\u001d';
const ZXING_GS1_128 = ']C1'; // put in front of the text by the hint ASSUME_GS1
const DATA_MATRIX_FNC1 = 232; // ISO/IEC 16022, codeword for FNC1
const QR_MODE_ECI = 0x7; // ISO/IEC 18004, mode indicators
const QR_MODE_FNC1_FIRST = 0x5;
const QR_MODE_FNC1_SECOND = 0x9;

/** The symbol of a result; null for a format that is not looked for. */
export function symbolOfResult(result: ZxingResult): DecodedSymbol | null {
  const known = FORMATS.get(result.getBarcodeFormat());
  if (known === undefined) return null;
  const [format, plainAim] = known;
  const text = result.getText();
  const raw: Uint8Array = result.getRawBytes() ?? new Uint8Array();
  switch (format) {
    case 'QR_CODE':
      return { format, aim: aimOfQr(raw), text, bytesHex: toHex(bytesOf(result, text)) };
    case 'DATA_MATRIX': {
      const gs1 = raw[0] === DATA_MATRIX_FNC1;
      return symbol(format, gs1 ? ']d2' : plainAim, gs1 && text.startsWith(GS) ? text.slice(1) : text);
    }
    case 'CODE_128':
      return text.startsWith(ZXING_GS1_128)
        ? symbol(format, ']C1', text.slice(ZXING_GS1_128.length))
        : symbol(format, plainAim, text);
    case 'UPC_A':
      return symbol(format, plainAim, `0${text}`); // ISO/IEC 15424: UPC-A is transmitted as 13 digits
    case 'RSS_14':
      return symbol(format, plainAim, `01${text}`); // DataBar implies AI 01
    default:
      return symbol(format, plainAim, text);
  }
}

function symbol(format: SymbolFormat, aim: string, text: string): DecodedSymbol {
  return { format, aim, text, bytesHex: toHex(utf8(text)) };
}

/** The AIM identifier of a QR code by its first mode indicators (ISO/IEC 18004, "Symbology identifiers"). */
function aimOfQr(raw: Uint8Array): string {
  const first = (raw[0] ?? 0) >> 4;
  if (first === QR_MODE_FNC1_FIRST) return ']Q3';
  if (first === QR_MODE_FNC1_SECOND) return ']Q5';
  if (first !== QR_MODE_ECI) return ']Q1';
  // A one-byte ECI designator takes 8 bits; what follows it may still be FNC1.
  const second = (raw[1] ?? 0) & 0x0f;
  if (second === QR_MODE_FNC1_FIRST) return ']Q4';
  return second === QR_MODE_FNC1_SECOND ? ']Q6' : ']Q2';
}

/** The bytes of a QR code: those of its byte segment where it holds all the data, else the text in UTF-8. */
function bytesOf(result: ZxingResult, text: string): Uint8Array {
  const segments = result.getResultMetadata()?.get(ResultMetadataType.BYTE_SEGMENTS) as Uint8Array[] | undefined;
  const only = segments?.length === 1 ? segments[0] : undefined;
  if (only === undefined) return utf8(text);
  const bytes = Uint8Array.from(only);
  // Where the text is not just these bytes in UTF-8 or one byte a character, other segments stand beside it.
  return fromUtf8(bytes) === text || bytes.length === text.length ? bytes : utf8(text);
}
