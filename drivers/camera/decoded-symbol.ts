// What a picture holds: the symbols that were read in it.

/** Formats that are looked for, by the names of ZXing. UPC-E and DataBar Expanded are not: the library misreads them. */
export type SymbolFormat =
  | 'QR_CODE'
  | 'DATA_MATRIX'
  | 'AZTEC'
  | 'PDF_417'
  | 'EAN_13'
  | 'EAN_8'
  | 'UPC_A'
  | 'CODE_128'
  | 'CODE_39'
  | 'CODE_93'
  | 'ITF'
  | 'RSS_14';

/**
 * One symbol. `aim`: the AIM identifier a scanner would have sent. `text`: its data, FNC1 as GS (0x1D), as a scanner
 * would have sent it behind the identifier. `bytesHex`: the data as bytes in lower-case hex.
 */
export interface DecodedSymbol {
  readonly format: SymbolFormat;
  readonly aim: string;
  readonly text: string;
  readonly bytesHex: string;
}

/** Why a picture was not looked at. A picture without symbols is no fault: it decodes to an empty list. */
export type PictureFault = 'PICTURE_TOO_LARGE' | 'NOT_A_PICTURE' | 'DECODER_BUSY' | 'DECODER_FAILED';

/** Largest picture file in bytes. */
export const PICTURE_BYTES_MAX = 20 * 1_024 * 1_024;

/** Largest picture in pixels. */
export const PICTURE_PIXELS_MAX = 50_000_000;
