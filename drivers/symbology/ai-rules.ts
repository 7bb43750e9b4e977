// The rules of ai-table.ts in the form the parser works with, indexed by Application Identifier.

import { assert } from '#core/assert';
import { AI_ROWS, type AiRow } from './ai-table.ts';
import { CONTENT_RULES, type ContentRule } from './content-rules.ts';

/** Character set of a component: digits, CSET 82, CSET 39, base64url. */
export type CharacterSet = 'N' | 'X' | 'Y' | 'Z';

/** One component of a value; lengths in characters. */
export interface AiComponent {
  readonly characters: CharacterSet;
  readonly lengthMin: number;
  readonly lengthMax: number;
  readonly optional: boolean;
  readonly rules: readonly ContentRule[];
}

/** Everything known about one Application Identifier. */
export interface AiRule {
  readonly ai: string;
  readonly components: readonly AiComponent[];
  /** Bounds of the whole value in characters. */
  readonly lengthMin: number;
  readonly lengthMax: number;
  /** The length follows from the AI: no separator is needed behind the value. */
  readonly predefined: boolean;
  readonly inLinkQuery: boolean;
  /** Alternatives, each a list of AI patterns that must all be present; empty when the AI may stand alone. */
  readonly needs: readonly (readonly string[])[];
  readonly excludes: readonly string[];
  /** Qualifier sequences when the AI is a Digital Link primary key, otherwise null. */
  readonly linkKey: readonly (readonly string[])[] | null;
}

const AI_DIGITS_MIN = 2;
const AI_DIGITS_MAX = 4;
const RULES: ReadonlyMap<string, AiRule> = buildRules();

/** The rule of an Application Identifier, or undefined when GS1 has not assigned it. */
export function ruleOfAi(ai: string): AiRule | undefined {
  return RULES.get(ai);
}

/** All assigned Application Identifiers, in the order of the table. */
export function allAis(): readonly string[] {
  return [...RULES.keys()];
}

/** The rule of the AI that starts at `offset`; AIs are prefix-free, so at most one matches. */
export function ruleAt(text: string, offset: number): AiRule | undefined {
  for (let length = AI_DIGITS_MIN; length <= AI_DIGITS_MAX; length++) {
    const rule = RULES.get(text.slice(offset, offset + length));
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** Whether an AI matches a pattern in which `n` stands for any digit. */
export function matchesAiPattern(ai: string, pattern: string): boolean {
  if (ai.length !== pattern.length) return false;
  for (let index = 0; index < ai.length; index++) {
    if (pattern[index] !== 'n' && pattern[index] !== ai[index]) return false;
  }
  return true;
}

function buildRules(): Map<string, AiRule> {
  const rules = new Map<string, AiRule>();
  for (const row of AI_ROWS) {
    const components = row.value.split(' ').map(componentOf);
    for (const ai of row.ais.split(' ').flatMap(expandRange)) {
      assert(!rules.has(ai), `AI ${ai} stands in two rows of the table`);
      rules.set(ai, ruleOf(ai, row, components));
    }
  }
  return rules;
}

function ruleOf(ai: string, row: AiRow, components: readonly AiComponent[]): AiRule {
  const required = components.filter((component) => !component.optional);
  return {
    ai,
    components,
    lengthMin: required.reduce((sum, component) => sum + component.lengthMin, 0),
    lengthMax: components.reduce((sum, component) => sum + component.lengthMax, 0),
    predefined: row.predefined ?? false,
    inLinkQuery: row.inLinkQuery ?? false,
    needs: words(row.needs).map((group) => group.split('+')),
    excludes: words(row.excludes).map((pattern) => (pattern === 'self' ? `${ai.slice(0, 3)}n` : pattern)),
    linkKey: row.linkKey === undefined ? null : row.linkKey.split('|').map(words),
  };
}

function words(list: string | undefined): string[] {
  return list === undefined || list === '' ? [] : list.split(' ');
}

function expandRange(range: string): string[] {
  const [first, last] = range.split('-');
  assert(first !== undefined, 'a range of AIs starts with an AI');
  if (last === undefined) return [first];
  const stem = first.slice(0, first.length - last.length);
  const ais: string[] = [];
  for (let number = Number(first.slice(stem.length)); number <= Number(last); number++) {
    ais.push(stem + String(number).padStart(last.length, '0'));
  }
  return ais;
}

function componentOf(notation: string): AiComponent {
  const match = /^([NXYZ])(\.\.)?([0-9]+)(\?)?((?::[a-z0-9]+)*)$/.exec(notation);
  assert(match !== null, `the table holds a component that cannot be read: ${notation}`);
  const lengthMax = Number(match[3]);
  const rules = (match[5] ?? '')
    .split(':')
    .filter((name) => name !== '')
    .map((name) => {
      const rule = CONTENT_RULES[name];
      assert(rule !== undefined, `the table names an unknown content rule: ${name}`);
      return rule;
    });
  return {
    characters: match[1] as CharacterSet,
    lengthMin: match[2] === undefined ? lengthMax : 1,
    lengthMax,
    optional: match[4] !== undefined,
    rules,
  };
}
