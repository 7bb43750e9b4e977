import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { authorOf } from '#ledger/authority';
import { handlers } from '#ledger/handlers';
import { operationFormat } from '#ledger/operation';
import { hasReason, joinReasons, reason, reasonBits, reasonNames, reasonsIn } from '#ledger/reasons';

const spec = readFileSync(new URL('../../../ledger/SPEC.md', import.meta.url), 'utf8');

describe('SPEC.md', () => {
  it('lists the authors exactly as the code does', () => {
    const rows = [...spec.matchAll(/^\| `([a-z]+\.[a-z]+)` +\| ([a-z]+) +\|$/gm)].map(([, kind, role]) => [kind, role]);
    expect(Object.fromEntries(rows)).toEqual(authorOf);
    expect(rows).toHaveLength(Object.keys(authorOf).length);
  });

  it('has a rule and a handler for every operation, and no reason that does not exist', () => {
    const { shape } = operationFormat;
    const kinds = shape.type === 'variant' ? shape.cases.map(({ kind }) => kind) : [];
    expect(Object.keys(handlers)).toEqual(kinds);
    for (const kind of kinds)
      expect(spec).toMatch(new RegExp(`\\*\\*[ACRT][0-9]\\*\\* \`${kind.replace('.', '\\.')} `));
    const outside = [
      'UNKNOWN_AUTHOR',
      'STALE_EPOCH',
      'BAD_SIGNATURE',
      'BAD_FORMAT',
      'DUPLICATE',
      'GAP',
      'FORK',
      'SPEC',
      'GCN',
    ];
    const words = new Set([...spec.matchAll(/\b[A-Z]+(?:_[A-Z]+)+\b/g)].map(([word]) => word));
    for (const word of words) expect([...reasonNames, ...outside], word).toContain(word);
  });
});

describe('reason bits', () => {
  it('are joined beyond 32 bits, and read back by name', () => {
    const a = reasonBits('BAD_OPERATION', 'LIMIT_EXCEEDED', 'TOO_LATE');
    const b = reasonBits('TOO_LATE', 'PRODUCT_EXPIRED');
    expect(reasonsIn(joinReasons(a, b))).toEqual(['BAD_OPERATION', 'TOO_LATE', 'PRODUCT_EXPIRED', 'LIMIT_EXCEEDED']);
    for (const name of reasonNames) {
      expect(reason[name]).toBe(reasonBits(name));
      expect(hasReason(joinReasons(a, b), name)).toBe(reasonsIn(joinReasons(a, b)).includes(name));
    }
    expect(joinReasons(0, a)).toBe(a);
  });
});
