// AIM symbology identifiers: taking them off the front of a scan, and what they say about the data behind them.
// Source: ISO/IEC 15424; the identifiers that carry GS1 data: GS1 General Specifications, "Symbology identifiers".

/** The three characters of an AIM identifier: `]`, a letter that is assigned to a symbology, a hexadecimal modifier. */
const AIM_PATTERN = /^\][A-UXZcdehz][0-9A-F]/;

/** Number of characters (all ASCII) of an AIM identifier. */
export const AIM_LENGTH = 3;

/** A text and the AIM identifier that was in front of it. */
export interface AimSplit {
  readonly aim: string | null;
  readonly data: string;
}

/** Whether a text is exactly one AIM identifier. */
export function isAim(text: string): boolean {
  return text.length === AIM_LENGTH && AIM_PATTERN.test(text);
}

/**
 * Takes an AIM identifier off the front of a text. A repetition of the identifier already known as `given` is taken
 * off too; with a different one given, the text is left as it is, because then it belongs to the data.
 */
export function splitAim(text: string, given: string | null): AimSplit {
  const found = AIM_PATTERN.test(text) ? text.slice(0, AIM_LENGTH) : null;
  if (found === null || (given !== null && given !== found)) return { aim: given, data: text };
  return { aim: found, data: text.slice(AIM_LENGTH) };
}

/** What the data behind an AIM identifier is. */
export type AimContent = 'gs1-elements' | 'ean-upc' | 'ean-8' | 'itf' | 'other';

// ]d5 and ]Q4 are the ECI variants of ]d2 and ]Q3; ]z1 is GS1 Aztec as generic decoders report it.
const GS1_CARRIERS: ReadonlySet<string> = new Set([']C1', ']e0', ']d2', ']d5', ']Q3', ']Q4', ']J1', ']J4', ']z1']);

/** What an AIM identifier promises about the data; `other` for anything without such a promise. */
export function contentOfAim(aim: string | null): AimContent {
  if (aim === null) return 'other';
  if (GS1_CARRIERS.has(aim)) return 'gs1-elements';
  if (aim === ']E0' || aim === ']E3') return 'ean-upc';
  if (aim === ']E4') return 'ean-8';
  return aim.startsWith(']I') ? 'itf' : 'other';
}
