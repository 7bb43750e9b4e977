import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { authorsOf } from '#ledger/authority';
import { handlers } from '#ledger/handlers';
import { operationFormat } from '#ledger/operation';
import { hasReason, reason, reasonBits, reasonNames, reasonsIn } from '#ledger/reasons';

const spec = readFileSync(new URL('../../../ledger/SPEC.md', import.meta.url), 'utf8');

describe('SPEC.md', () => {
  it('lists the authors exactly as the code does', () => {
    const rows = [...spec.matchAll(/^\| `([a-z]+\.[a-z]+)` +\| ([a-z, ]+?) +\|$/gm)].map(([, kind, roles]) => [
      kind,
      roles?.split(', '),
    ]);
    expect(Object.fromEntries(rows)).toEqual(authorsOf);
    expect(rows).toHaveLength(Object.keys(authorsOf).length);
  });

  it('has a rule and a handler for every operation, and no reason that does not exist', () => {
    const { shape } = operationFormat;
    const kinds = shape.type === 'variant' ? shape.cases.map(({ kind }) => kind) : [];
    expect(Object.keys(handlers)).toEqual(kinds);
    for (const kind of kinds)
      expect(spec).toMatch(new RegExp(`\\*\\*[A-Z][0-9]+\\*\\* \`${kind.replace('.', '\\.')} `));
    const outside = [
      'UNKNOWN_AUTHOR',
      'STALE_EPOCH',
      'BAD_SIGNATURE',
      'BAD_FORMAT',
      'REVOKED',
      'WAITING',
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
  it('are joined, and read back by name', () => {
    const a = reasonBits('BAD_OPERATION', 'LIMIT_EXCEEDED', 'TOO_LATE');
    const b = reasonBits('TOO_LATE', 'PRODUCT_EXPIRED');
    expect(reasonsIn(a | b)).toEqual(['BAD_OPERATION', 'TOO_LATE', 'PRODUCT_EXPIRED', 'LIMIT_EXCEEDED']);
    for (const name of reasonNames) {
      expect(reason[name]).toBe(reasonBits(name));
      expect(hasReason(a | b, name)).toBe(reasonsIn(a | b).includes(name));
    }
  });
});
