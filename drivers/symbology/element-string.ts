// GS1 element strings: AI and value, AI and value, with GS behind values of open length; and the same in the bracketed
// form that people read and type. Values are checked one by one here, how they go together in associations.ts.
// Source: GS1 General Specifications, "Element string structure"; FNC1 arrives as GS (0x1D).

import { type AiRule, ruleAt, ruleOfAi } from './ai-rules.ts';
import { faultsOfValue } from './ai-value.ts';
import type { ParseFault } from './parse-reason.ts';

/** The group separator: what a scanner transmits for an FNC1 that ends a value of open length. */
export const GS = '\u001d';

/** One Application Identifier with its value as scanned. */
export interface Gs1Element {
  readonly ai: string;
  readonly value: string;
}

/** Elements in the order scanned; with faults, the elements are those read before the first structural fault. */
export interface ElementReading {
  readonly elements: readonly Gs1Element[];
  readonly faults: readonly ParseFault[];
}

/** Most elements in one code; the longest real labels carry about ten. */
const ELEMENTS_MAX = 64;

/** Reads an element string; a leading GS (the FNC1 in first position) and a trailing one are allowed. */
export function readElementString(text: string): ElementReading {
  const elements: Gs1Element[] = [];
  const faults: ParseFault[] = [];
  let offset = text.startsWith(GS) ? 1 : 0;
  if (offset === text.length) faults.push({ reason: 'EMPTY', detail: 'GS1 symbol without data' });
  while (offset < text.length) {
    const rule = ruleAt(text, offset);
    if (rule === undefined) {
      faults.push({ reason: 'UNKNOWN_AI', detail: `no GS1 AI starts with "${text.slice(offset, offset + 4)}"` });
      break;
    }
    if (elements.length === ELEMENTS_MAX) {
      faults.push({ reason: 'TOO_LONG', detail: `more than ${ELEMENTS_MAX} elements` });
      break;
    }
    const start = offset + rule.ai.length;
    const end = endOfValue(text, start, rule);
    const value = text.slice(start, end);
    elements.push({ ai: rule.ai, value });
    faults.push(...faultsOfValue(rule, value));
    offset = text[end] === GS ? end + 1 : end;
  }
  return { elements, faults };
}

function endOfValue(text: string, start: number, rule: AiRule): number {
  const separator = text.indexOf(GS, start);
  const open = separator < 0 ? text.length : separator;
  return rule.predefined ? Math.min(open, start + rule.lengthMax) : open;
}

const BRACKETED_START = /^\([0-9]{2,4}\)/;

/** Whether a text starts like the bracketed form, `(01)...`. */
export function looksBracketed(text: string): boolean {
  return BRACKETED_START.test(text);
}

/**
 * Reads the bracketed form `(01)09521234543213(21)ABC`. An opening bracket that belongs to a value is written `\(`.
 * The brackets mark the ends of the values, so no GS is needed.
 */
export function readBracketed(text: string): ElementReading {
  const elements: Gs1Element[] = [];
  const faults: ParseFault[] = [];
  for (const [, ai = '', escaped = ''] of text.matchAll(/\(([0-9]{2,4})\)((?:\\\(|[^(])*)/g)) {
    const value = escaped.replaceAll('\\(', '(');
    const rule = ruleOfAi(ai);
    if (rule === undefined) {
      faults.push({ reason: 'UNKNOWN_AI', detail: `(${ai}) is no GS1 AI` });
      continue;
    }
    if (elements.length === ELEMENTS_MAX) {
      faults.push({ reason: 'TOO_LONG', detail: `more than ${ELEMENTS_MAX} elements` });
      break;
    }
    elements.push({ ai, value });
    faults.push(...faultsOfValue(rule, value));
  }
  const covered = text.replaceAll(/\([0-9]{2,4}\)(?:\\\(|[^(])*/g, '');
  if (covered !== '') faults.push({ reason: 'BAD_VALUE', detail: `"${covered.slice(0, 20)}" stands outside any AI` });
  return { elements, faults };
}
