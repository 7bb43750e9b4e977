/** The AsyncAPI document of the wire says what the code says, and is one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '#agent/api/screen-files';
import { formatPages } from '#agent/cli/format-pages';
import { segmentBytesMax } from '#ledger/journal/segment';
import { asyncApiDocument, asyncApiText } from '#sync/wire/asyncapi';
import { requestFormat } from '#sync/wire/gateway-message';
import { httpsPathsOf } from '#sync/wire/https-message';
import { topicsOf } from '#sync/wire/topics';

type Node = { readonly [key: string]: unknown };

const document = JSON.parse(asyncApiText()) as Node;
const schema = specs.schemas['3.0.0'] as Node;
// It brings the meta-schema of draft 7 along; its formats (uri, email) are of no interest here.
const valid = new Ajv({
  strict: false,
  validateFormats: false,
  allErrors: true,
  meta: false,
  validateSchema: false,
}).compile(schema);

function at(pointer: string): unknown {
  const steps = pointer.replace(/^#\//, '').split('/');
  return steps.reduce<unknown>((node, step) => (node as Node | undefined)?.[step], document);
}

/** Every `$ref` below a node. */
function refsIn(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' && typeof value === 'string' ? [value] : refsIn(value),
  );
}

describe('the AsyncAPI document', () => {
  it('in the repository is current; `bizain formats --write` makes it so', () => {
    expect(readFileSync(join(packageRoot(), 'sync/wire/asyncapi.json'), 'utf8')).toBe(asyncApiText());
  });

  it('is AsyncAPI 3.0 by the schema of that standard, which refuses one with a fault', () => {
    expect([valid(document), valid.errors]).toEqual([true, null]);
    const { info, ...rest } = asyncApiDocument();
    expect(info).toBeDefined();
    expect(valid(rest)).toBe(false);
    expect(valid({ ...asyncApiDocument(), operations: { ask: { action: 'shout' } } })).toBe(false);
  });

  it('has no reference that leads nowhere', () => {
    const refs = refsIn(document);
    expect(refs.length).toBeGreaterThan(40);
    expect(refs.filter((ref) => at(ref) === undefined)).toEqual([]);
  });

  it('names every topic and path of the code', () => {
    const chainId = new Uint8Array(32).fill(0xab);
    const { root, upAll, deltaKind, mergedKind, ...topics } = topicsOf(chainId);
    expect([upAll, deltaKind('c'), mergedKind('c')].every((filter) => filter.endsWith('/#'))).toBe(true);
    const placed = Object.values(topics).map((topic) => (typeof topic === 'string' ? topic : topic('X' as never)));
    const addresses = Object.values(document['channels'] as Record<string, { address: string }>).map(({ address }) =>
      address.replace('{chain}', root.split('/').at(-1) ?? '').replace(/\{\w+\}/, 'X'),
    );
    expect([...placed, ...Object.values(httpsPathsOf(chainId))].sort()).toEqual([...addresses].sort());
  });

  it('names sizes and pages that are those of the formats', () => {
    const schemas = (document['components'] as Node)['schemas'] as Record<
      string,
      { maxLength: number; externalDocs: { url: string } }
    >;
    expect(schemas['segment']?.maxLength).toBe(segmentBytesMax);
    expect(schemas['request']?.maxLength).toBe(requestFormat.limits.bytesMax);
    const sections = formatPages().flatMap(({ path, text }) =>
      [...text.matchAll(/^### (\S+)/gm)].map((match) => `${path}#${match[1]}`),
    );
    for (const { externalDocs } of Object.values(schemas)) {
      const path = externalDocs.url.startsWith('../../') ? externalDocs.url.slice(6) : `sync/wire/${externalDocs.url}`;
      expect(sections).toContain(path);
    }
  });
});
