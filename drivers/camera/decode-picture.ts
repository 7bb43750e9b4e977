// One picture file to its symbols, for callers that decode now and then; drivers keep a PictureDecoder.

import { systemClock } from '#core/clock';
import type { Result } from '#core/result';
import type { DecodedSymbol, PictureFault } from './decoded-symbol.ts';
import { PictureDecoder } from './picture-decoder.ts';

/** Decodes one picture file in a thread of its own; an empty list means that no symbol was found. Never rejects. */
export async function decodePicture(bytes: Uint8Array): Promise<Result<readonly DecodedSymbol[], PictureFault>> {
  const decoder = new PictureDecoder({ clock: systemClock });
  try {
    return await decoder.decode(bytes);
  } finally {
    await decoder.close();
  }
}

/** One line of JSON for a decoded file: `{"file":...,"symbols":[{"format","aim","text","bytes"}]}`. */
export function decodedLine(file: string, symbols: readonly DecodedSymbol[]): string {
  return JSON.stringify({
    file,
    symbols: symbols.map(({ format, aim, text, bytesHex }) => ({ format, aim, text, bytes: bytesHex })),
  });
}
