// How elements go together: mandatory partners, exclusions, repetitions.
// Source: GS1 General Specifications, section "Data relationships"; GS1 Barcode Syntax Dictionary, req= and ex=.

import { matchesAiPattern, ruleOfAi } from './ai-rules.ts';
import type { Gs1Element } from './element-string.ts';
import type { ParseFault } from './parse-reason.ts';

/** The faults of a combination of elements; empty when they may stand in one code. */
export function faultsOfCombination(elements: readonly Gs1Element[]): ParseFault[] {
  const values = new Map<string, string>();
  const faults: ParseFault[] = [];
  for (const { ai, value } of elements) {
    const before = values.get(ai);
    if (before === undefined) values.set(ai, value);
    else if (before !== value) faults.push({ reason: 'DUPLICATE_AI', detail: `AI (${ai}) comes with two values` });
  }
  const present = [...values.keys()];
  for (const ai of present) faults.push(...faultsOfPartners(ai, present));
  return faults;
}

function faultsOfPartners(ai: string, present: readonly string[]): ParseFault[] {
  const rule = ruleOfAi(ai);
  if (rule === undefined) return [];
  const faults: ParseFault[] = [];
  const has = (pattern: string): boolean => present.some((other) => matchesAiPattern(other, pattern));
  if (rule.needs.length > 0 && !rule.needs.some((group) => group.every(has))) {
    const alternatives = rule.needs.map((group) => group.map((other) => `(${other})`).join(' and ')).join(', or ');
    faults.push({ reason: 'MISSING_PARTNER', detail: `AI (${ai}) needs ${alternatives}` });
  }
  for (const other of present) {
    if (other !== ai && rule.excludes.some((pattern) => matchesAiPattern(other, pattern))) {
      faults.push({ reason: 'EXCLUSIVE_AIS', detail: `AIs (${ai}) and (${other}) exclude each other` });
    }
  }
  return faults;
}
