// Texts that a code may have been before a badly set up scanner or keyboard layout changed it: Caps Lock, Y and Z
// swapped (German layout), a group separator that was lost or replaced. If one of them is known, the fault is the
// scanner's and the code is no fake; such faults cause most false alarms of the European medicines verification.

import { splitAim } from './aim.ts';
import { GS } from './element-string.ts';
import { parseCode } from './parse-code.ts';

/** Most variants for one text. */
export const FAULT_VARIANTS_MAX = 32;

// Looking for lost separators is quadratic; longer texts than real element strings are left alone.
const RESPLIT_CHARACTERS_MAX = 160;
const RESPLIT_PARSES_MAX = 600;
const GS_SUBSTITUTES = ['<GS>', '{GS}', '[GS]', '\\u001d', '\\x1d', '\u241d', '~', '|', '^', '#', ' '];

/** The other texts this one may stand for, likeliest first; each parses as a code that is more than plain text. */
export function scannerFaultVariants(text: string): string[] {
  if (text.length > RESPLIT_CHARACTERS_MAX * 2) return [];
  const variants = new Set<string>();
  const add = (candidate: string): void => {
    if (candidate === text || variants.size >= FAULT_VARIANTS_MAX) return;
    const parsed = parseCode({ data: candidate });
    if (parsed.ok && parsed.kind !== 'text') variants.add(candidate);
  };
  add(invertCase(text));
  add(swapYZ(text));
  add(swapYZ(invertCase(text)));
  for (const substitute of GS_SUBSTITUTES) if (text.includes(substitute)) add(text.replaceAll(substitute, GS));
  for (const candidate of withSeparators(text)) add(candidate);
  return [...variants];
}

function invertCase(text: string): string {
  return text.replace(/[A-Za-z]/g, (letter) => (letter < 'a' ? letter.toLowerCase() : letter.toUpperCase()));
}

const SWAPPED: Readonly<Record<string, string>> = { y: 'z', z: 'y', Y: 'Z', Z: 'Y' };

function swapYZ(text: string): string {
  return text.replace(/[yzYZ]/g, (letter) => SWAPPED[letter] ?? letter);
}

/** The text with one, then two separators put where a GTIN's element string allows them. */
function* withSeparators(text: string): Generator<string> {
  const start = endOfGtin(text);
  if (start === null || text.length > RESPLIT_CHARACTERS_MAX) return;
  let budget = RESPLIT_PARSES_MAX;
  let current = [text];
  for (let round = 0; round < 2; round++) {
    const next: string[] = [];
    for (const base of current) {
      for (let index = Math.max(start + 3, base.lastIndexOf(GS) + 3); index < base.length - 2 && budget > 0; index++) {
        if (!/^[0-9]{2}/.test(base.slice(index, index + 2))) continue;
        const candidate = base.slice(0, index) + GS + base.slice(index);
        budget--;
        if (!parseCode({ data: candidate }).ok) continue;
        next.push(candidate);
        yield candidate;
      }
    }
    current = next;
  }
}

/** Where the GTIN that opens a text (behind an AIM identifier or a GS) ends; null when none opens it. */
function endOfGtin(text: string): number | null {
  const { data } = splitAim(text, null);
  const bare = data.startsWith(GS) ? data.slice(1) : data;
  return /^01[0-9]{14}/.test(bare) ? text.length - bare.length + 16 : null;
}
