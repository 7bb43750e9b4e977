// The JSON-lines face of parseCode: one line in, one line out, whatever comes in.

import { CODE_BYTES_MAX, type ParsedCode, parseCode } from './parse-code.ts';

// A character of data takes at most six in JSON (\u001d); a kilobyte is room for the rest of the object.
const LINE_CHARACTERS_MAX = 6 * CODE_BYTES_MAX + 1_024;

/**
 * Answers one line `{"data":"...","aim":"]d2"}` (`aim` optional or null, other members ignored) with one line of JSON:
 * `{"ok":true,"kind":...,"elements":[{"ai":...,"value":...}],"key":...}` or `{"ok":false,"reasons":[...]}`.
 * A line that is not such an object is answered with `NOT_JSON`. Never throws; the answer has no line break.
 */
export function parseLine(jsonLine: string): string {
  if (jsonLine.length > LINE_CHARACTERS_MAX) return answer({ ok: false, reasons: ['TOO_LONG'] });
  const input = inputOf(jsonLine);
  return answer(input === null ? { ok: false, reasons: ['NOT_JSON'] } : parseCode(input));
}

function inputOf(jsonLine: string): { data: string; aim: string | null } | null {
  let value: unknown;
  try {
    value = JSON.parse(jsonLine);
  } catch {
    return null; // what is not JSON is answered, not thrown
  }
  if (typeof value !== 'object' || value === null || !('data' in value) || typeof value.data !== 'string') return null;
  const aim = 'aim' in value ? value.aim : null;
  return typeof aim === 'string' || aim === null ? { data: value.data, aim } : null;
}

function answer(parsed: ParsedCode): string {
  if (!parsed.ok) return JSON.stringify({ ok: false, reasons: parsed.reasons });
  return JSON.stringify({ ok: true, kind: parsed.kind, elements: parsed.elements, key: parsed.key });
}
