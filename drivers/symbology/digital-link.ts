// GS1 Digital Link URIs, uncompressed: which web addresses carry GS1 elements, and which elements.
// Source: GS1 Digital Link Standard, URI Syntax 1.6.0. Strict where the standard is: full-length keys, numeric AIs,
// qualifiers in order. A web address without a GS1 key in its path is no Digital Link and no fault.

import { type AiRule, ruleOfAi } from './ai-rules.ts';
import { faultsOfValue } from './ai-value.ts';
import type { ElementReading, Gs1Element } from './element-string.ts';
import type { ParseFault } from './parse-reason.ts';

// The scheme may stand in upper case (QR codes in alphanumeric mode), but not in mixed case.
const ADDRESS = /^(https?|HTTPS?):\/\/([A-Za-z0-9.\-_~:[\]]+)(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/s;

/** Whether a text is a web address of any kind, in any case of letters. */
export function looksLikeWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** Reads the elements of a Digital Link; null when the address carries no GS1 key. */
export function readDigitalLink(text: string): ElementReading | null {
  const match = ADDRESS.exec(text);
  const path = match === null ? text.replace(/[?#].*$/s, '') : (match[3] ?? '');
  const segments = path.split('/').slice(match === null ? 3 : 1);
  const keyIndex = indexOfKey(segments);
  if (match === null || keyIndex === null) {
    return claimsKey(segments)
      ? failed('BAD_LINK', 'the address has a GS1 key but not the form of a Digital Link')
      : null;
  }
  const reading = new LinkReading();
  const key = reading.takeKey(segments, keyIndex);
  for (let index = keyIndex + 2; index < segments.length; index += 2) reading.takeQualifier(segments, index);
  reading.checkQualifierOrder(key);
  for (const pair of (match[4] ?? '').split('&')) reading.takeAttribute(pair, key);
  return reading;
}

/** Rightmost key whose distance from the end of the path is whole pairs: everything before it is the stem. */
function indexOfKey(segments: readonly string[]): number | null {
  for (let index = segments.length - 2; index >= 0; index -= 2) {
    if (ruleOfAi(segments[index] ?? '')?.linkKey) return index;
  }
  return null;
}

function claimsKey(segments: readonly string[]): boolean {
  return segments.some((segment, index) => {
    const value = segments[index + 1];
    return value !== undefined && /^([0-9]|$)/.test(value) && Boolean(ruleOfAi(segment)?.linkKey);
  });
}

function failed(reason: ParseFault['reason'], detail: string): ElementReading {
  return { elements: [], faults: [{ reason, detail }] };
}

/** Percent-decoding octet by octet; an incomplete escape stays as it is, and anything but ASCII fails the charset. */
function unescapePercent(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** The elements and faults of one link while it is read. */
class LinkReading implements ElementReading {
  readonly elements: Gs1Element[] = [];
  readonly faults: ParseFault[] = [];
  readonly #qualifiers: string[] = [];

  takeKey(segments: readonly string[], index: number): AiRule {
    const rule = ruleOfAi(segments[index] ?? '') as AiRule;
    this.#add(rule, unescapePercent(segments[index + 1] ?? ''));
    return rule;
  }

  takeQualifier(segments: readonly string[], index: number): void {
    const ai = segments[index] ?? '';
    const rule = ruleOfAi(ai);
    if (rule === undefined) {
      this.#fault(/^[0-9]{2,4}$/.test(ai) ? 'UNKNOWN_AI' : 'BAD_LINK', `"${ai.slice(0, 20)}" is no GS1 AI`);
      return;
    }
    this.#qualifiers.push(ai);
    this.#add(rule, unescapePercent(segments[index + 1] ?? ''));
  }

  checkQualifierOrder(key: AiRule): void {
    const fits = (key.linkKey ?? []).some((sequence) => isSubsequence(this.#qualifiers, sequence));
    if (!fits) this.#fault('BAD_LINK', `(${key.ai}) does not take the qualifiers ${this.#qualifiers.join(', ')}`);
  }

  takeAttribute(pair: string, key: AiRule): void {
    const equals = pair.indexOf('=');
    const name = pair.slice(0, Math.max(equals, 0));
    if (!/^[0-9]+$/.test(name)) return; // parameters that are not AIs belong to the web site
    const rule = ruleOfAi(name);
    if (rule === undefined) {
      this.#fault('UNKNOWN_AI', `"${name.slice(0, 20)}" is no GS1 AI`);
      return;
    }
    const isQualifier = (key.linkKey ?? []).some(
      (sequence) => sequence.includes(name) && this.#qualifiers.every((ai) => sequence.includes(ai)),
    );
    if (!this.#has(name) && (isQualifier || !rule.inLinkQuery)) {
      this.#fault('BAD_LINK', `AI (${name}) does not stand in the query of a link of (${key.ai})`);
    }
    // "+" means a space in the query only (HTML form encoding).
    this.#add(rule, unescapePercent(pair.slice(equals + 1).replaceAll('+', ' ')));
  }

  #has(ai: string): boolean {
    return this.elements.some((element) => element.ai === ai);
  }

  #add(rule: AiRule, value: string): void {
    if (this.#has(rule.ai)) this.#fault('DUPLICATE_AI', `AI (${rule.ai}) comes twice`);
    this.elements.push({ ai: rule.ai, value });
    this.faults.push(...faultsOfValue(rule, value));
  }

  #fault(reason: ParseFault['reason'], detail: string): void {
    this.faults.push({ reason, detail });
  }
}

function isSubsequence(part: readonly string[], whole: readonly string[]): boolean {
  let index = 0;
  for (const item of whole) if (item === part[index]) index++;
  return index === part.length;
}
