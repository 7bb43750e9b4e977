/** What a text format asks of its texts, and the short ones that it has found to fit. */
import { assert } from './assert.ts';
import { isWellFormedText } from './bytes.ts';
import { ShortTexts } from './short-texts.ts';

/** Sizes in bytes of UTF-8, both inclusive, and a pattern without state. */
export class TextRule {
  readonly min: number;
  readonly max: number;
  readonly pattern: RegExp | undefined;
  /** Texts that fit. */
  readonly known = new ShortTexts();

  constructor(min: number, max: number, pattern: RegExp | undefined) {
    assert(pattern === undefined || !/[gy]/.test(pattern.flags), 'a text pattern must have no state');
    this.min = min;
    this.max = max;
    this.pattern = pattern;
  }

  /** UTF-8 takes 1 to 3 bytes for a UTF-16 unit, so most texts need no counting. */
  #sizeFits(value: string): boolean {
    const { min, max } = this;
    if (value.length > max) return false;
    if (value.length >= min && value.length * 3 <= max) return true;
    const size = Buffer.byteLength(value, 'utf8');
    return size >= min && size <= max;
  }

  /** Asserts that the text fits. */
  assertFits(value: string): void {
    const { known, pattern } = this;
    const isText = typeof value === 'string';
    if (isText && known.has(value)) return;
    if (!isText || !this.#sizeFits(value)) assert(false, `text is not ${this.min} to ${this.max} bytes`);
    assert(isWellFormedText(value), 'text with a lone surrogate has no UTF-8 form');
    if (pattern !== undefined && !pattern.test(value)) assert(false, `text does not match ${pattern.source}`);
    known.remember(known.placeOfText(value), value);
  }
}
