import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { FormatShape } from '#core/format-shape';
import { readAssetTerms } from '#ledger/assets/asset';
import { card, define } from '../../unit/ledger/asset-world.ts';
import { issuer, World } from '../../unit/ledger/world.ts';

const head = (size: number): number => (size < 24 ? 1 : size < 256 ? 2 : size < 65_536 ? 3 : size < 2 ** 32 ? 5 : 9);
const sum = (fields: readonly { readonly shape: FormatShape }[]): number =>
  fields.reduce((all, { shape }) => all + mostBytes(shape), 0);

/** Bytes of the largest value that the limits of the fields let through. */
function mostBytes(shape: FormatShape): number {
  switch (shape.type) {
    case 'uint':
      return head(shape.max);
    case 'bigUint':
      return shape.bitsMax <= 64 ? 9 : head(shape.bitsMax / 8) + Math.ceil(shape.bitsMax / 8);
    case 'bytes':
    case 'text':
      return head(shape.max) + shape.max;
    case 'bool':
      return 1;
    case 'literal':
      return 9 + String(shape.value).length;
    case 'optional':
      return mostBytes(shape.inner);
    case 'list':
      return head(shape.max) + shape.max * mostBytes(shape.item);
    case 'record':
      return head(shape.fields.length) + sum(shape.fields);
    case 'versioned':
      return head(shape.fields.length + 1) + head(shape.version) + sum(shape.fields);
    case 'variant':
      return Math.max(
        ...shape.cases.map(
          ({ tag, shape: inner }) => 1 + head(tag) + (inner.type === 'record' ? sum(inner.fields) : mostBytes(inner)),
        ),
      );
  }
}

/** Decoded from others, and refused there when too long; or limited by a rule of its own (T10), or by whoever makes it. */
const otherwiseLimited = new Set([
  'entryFormat',
  'segmentFormat',
  'logisticsUnitFormat',
  'shardDeltaFormat',
  'snapshotChunkFormat',
  'absenceProofFormat',
]);

const modules = readdirSync('ledger', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

describe('an operation with the largest values that its format allows', () => {
  it('makes no object or receipt larger than its format, which would stop every validator', async () => {
    const tooLarge: string[] = [];
    let seen = 0;
    for (const name of modules) {
      const exported: Record<string, unknown> = await import(pathToFileURL(join('ledger', name)).href);
      for (const [format, value] of Object.entries(exported)) {
        const { shape } = (value ?? {}) as { shape?: FormatShape };
        if (shape?.type !== 'versioned' || otherwiseLimited.has(format)) continue;
        seen++;
        const most = mostBytes(shape);
        if (most > shape.bytesMax) tooLarge.push(`${format}: ${most} of ${shape.bytesMax}`);
      }
    }
    expect(seen).toBeGreaterThan(30);
    expect(tooLarge).toEqual([]);
  });

  it('V1: defines an asset of 256 merchants that take it and 256 that book its points', () => {
    const world = World.open();
    const accounts = Array.from({ length: 256 }, (_, n) => `merchant-${n}`.padEnd(48, 'x'));
    const terms = {
      ...card,
      kind: 0,
      acceptedBy: { kind: 'merchants', accounts } as const,
      earn: { num: 1, den: 1, unit: 'EUR', merchants: accounts, perDayMax: 1n },
    };
    expect(world.do(issuer, define('wide', terms)).outcome).toBe('applied');
    expect(readAssetTerms(world.state, 'wide')).toEqual(terms);
  });
});
