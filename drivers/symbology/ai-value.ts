// Checks one value against the rule of its Application Identifier: length, characters, content.

import type { AiComponent, AiRule, CharacterSet } from './ai-rules.ts';
import type { ParseFault, ParseReason } from './parse-reason.ts';

// GS1 General Specifications, figures "GS1 AI encodable character set 82 / 39 / 64".
const CHARACTERS: Readonly<Record<CharacterSet, RegExp>> = {
  N: /^[0-9]*$/,
  X: /^[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]*$/,
  Y: /^[#\-/0-9A-Z]*$/,
  Z: /^[-0-9A-Z_a-z]*={0,2}$/,
};

/** The faults of a value, at most one a component; empty when the value fits its AI. */
export function faultsOfValue(rule: AiRule, value: string): ParseFault[] {
  if (value.length < rule.lengthMin || value.length > rule.lengthMax) {
    const wanted = rule.lengthMin === rule.lengthMax ? `${rule.lengthMin}` : `${rule.lengthMin} to ${rule.lengthMax}`;
    return [fault(rule, 'BAD_LENGTH', `takes ${wanted} characters, not ${value.length}`)];
  }
  const faults: ParseFault[] = [];
  let offset = 0;
  for (const component of rule.components) {
    const text = value.slice(offset, offset + component.lengthMax);
    offset += text.length;
    if (text === '' && component.optional) break;
    const reason = reasonAgainst(component, text);
    if (reason !== null) faults.push(fault(rule, reason, `does not take "${text}"`));
  }
  if (offset < value.length) faults.push(fault(rule, 'BAD_LENGTH', `has ${value.length - offset} characters too many`));
  return faults;
}

function reasonAgainst(component: AiComponent, text: string): ParseReason | null {
  if (text.length < component.lengthMin) return 'BAD_LENGTH';
  if (!CHARACTERS[component.characters].test(text)) return 'BAD_CHARSET';
  for (const rule of component.rules) {
    const reason = rule(text);
    if (reason !== null) return reason;
  }
  return null;
}

function fault(rule: AiRule, reason: ParseReason, words: string): ParseFault {
  return { reason, detail: `AI (${rule.ai}) ${words}` };
}
