/**
 * Short ASCII texts that a format has accepted before. Identifiers come again and again: found here, a text is neither built
 * nor matched with its pattern another time.
 */

const LENGTH_MAX = 32;
const PLACES = 64;

function placeOfMix(mix: number): number {
  return (mix ^ (mix >>> 6) ^ (mix >>> 12)) & (PLACES - 1);
}

/** A fixed number of places, each for the text that was last remembered there. */
export class ShortTexts {
  readonly #texts: (string | undefined)[] = Array.from({ length: PLACES }, () => undefined);

  /** The place of the text that the bytes spell; -1 where it is empty, long, or not ASCII. */
  placeOf(bytes: Uint8Array, from: number, to: number): number {
    if (to - from > LENGTH_MAX || from === to) return -1;
    let mix = 0;
    let all = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      all |= byte;
      mix = (Math.imul(mix, 31) + byte) | 0;
    }
    return all > 0x7f ? -1 : placeOfMix(mix);
  }

  /** As `placeOf`, of a text. */
  placeOfText(text: string): number {
    const { length } = text;
    if (length > LENGTH_MAX || length === 0) return -1;
    let mix = 0;
    let all = 0;
    for (let at = 0; at < length; at++) {
      const unit = text.charCodeAt(at);
      all |= unit;
      mix = (Math.imul(mix, 31) + unit) | 0;
    }
    return all > 0x7f ? -1 : placeOfMix(mix);
  }

  /** The text at the place if it is the one that the bytes spell. */
  at(place: number, bytes: Uint8Array, from: number, to: number): string | undefined {
    if (place < 0) return undefined;
    const text = this.#texts[place];
    if (text === undefined || text.length !== to - from) return undefined;
    for (let index = 0; index < text.length; index++) {
      if (text.charCodeAt(index) !== bytes[from + index]) return undefined;
    }
    return text;
  }

  /** Whether the text is kept. */
  has(text: string): boolean {
    return this.#texts[this.placeOfText(text)] === text;
  }

  /** Keeps an accepted text at its place. */
  remember(place: number, text: string): void {
    if (place >= 0) this.#texts[place] = text;
  }
}
