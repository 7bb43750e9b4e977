import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { encode } from '#core/format';
import { segmentFormat } from '#ledger/journal/segment';
import type { Operation } from '#ledger/operation';
import { outcomes } from '#ledger/receipt';
import { budgetOf, leaseOf, usualGrant } from '#ledger/rights/usual-grants';
import {
  allocate,
  basketOf,
  capture,
  gcn,
  gtin,
  issuer,
  lot,
  reserve,
  seedOf,
  storeA,
  storeB,
  World,
} from '../../unit/ledger/world.ts';

const lane = `${storeA}/lane-1`;

function opened(): World {
  const world = World.withSeries(50);
  world.all(issuer, [
    {
      kind: 'right.grant',
      rightId: 'lease-1',
      store: storeA,
      ...usualGrant,
      grant: leaseOf(gcn, 0, 9),
    },
    {
      kind: 'right.grant',
      rightId: 'budget-1',
      store: storeA,
      ...usualGrant,
      grant: budgetOf(gcn, 2, 300n),
    },
  ]);
  world.all('brand', [
    {
      kind: 'batch.commission',
      tradeItem: gtin,
      lot,
      name: 'Tea',
      expiryMs: 0,
      markets: [],
      serials: ['a', 'b'],
      complete: true,
    },
  ]);
  return world;
}

const operations: readonly (readonly [string, Operation])[] = [
  [lane, reserve(20)],
  [lane, reserve(1, { basis: { kind: 'owned', rightId: 'lease-1', allocation: allocate(1) } })],
  [lane, reserve(21, { basis: { kind: 'budget', rightId: 'budget-1', shardHeight: 1 } })],
  [lane, capture(0, 1)],
  [lane, { kind: 'right.allocate', allocation: allocate(2) }],
  [lane, { kind: 'trace.sell', tradeItem: gtin, lot, serial: 'a', basket: basketOf(1) }],
  [
    issuer,
    {
      kind: 'right.grant',
      rightId: 'r',
      store: storeB,
      ...usualGrant,
      grant: leaseOf(gcn, 30, 39),
    },
  ],
  ['admin', { kind: 'terminal.enroll', store: storeA, lane: 'lane-2', publicKey: seedOf('k'), epoch: 7 }],
];

function mutate(bytes: Uint8Array, entropy: SeededEntropy): Uint8Array {
  const out = bytes.slice();
  for (let n = 1 + uniformInt(entropy, 3); n > 0; n--) {
    const at = uniformInt(entropy, out.length);
    const roll = uniformInt(entropy, 4);
    if (roll === 0) out[at] = uniformInt(entropy, 256);
    else if (roll === 1) out[at] = (out[at] as number) ^ (1 << uniformInt(entropy, 8));
    else if (roll === 2) out.copyWithin(at, uniformInt(entropy, out.length));
    else return out.slice(0, at);
  }
  return out;
}

const { BIZAIN_SEED: seed = 'mutated-segments-1' } = process.env;

describe(`hostile bytes (seed ${seed})`, () => {
  it('mutated segments never throw and, unsigned, never change anything', () => {
    const world = opened();
    const entropy = new SeededEntropy(seed);
    const segments = operations.map(([author, operation]) => world.copy().segment(author, [operation]));
    const root = world.state.stateRoot;
    for (let n = 0; n < 4_000; n++) {
      const bytes = segments[n % segments.length] as Uint8Array;
      const mutated = mutate(bytes, entropy);
      if (Buffer.compare(mutated, bytes) === 0) continue;
      const { stateRoot, receipts } = world.execute([mutated]);
      expect(receipts).toEqual([]);
      expect(stateRoot).toEqual(root);
    }
  });

  it('mutated entries inside a genuine segment each get one receipt, and never throw', () => {
    const world = opened();
    const entropy = new SeededEntropy(`${seed} entries`);
    const answers = new Map<string, number>();
    for (let n = 0; n < 1_500; n++) {
      const copy = n % 50 === 0 ? opened() : world;
      const [author, operation] = operations[n % operations.length] as readonly [string, Operation];
      const stream = operation.kind.startsWith('trace.') ? 1 : 0;
      const first = copy.journal(author, stream).nextSequence;
      const entries = [0, 1]
        .map((at) => mutate(copy.entryBytes(first + at, operation), entropy))
        .filter(({ length }) => length > 0);
      if (entries.length === 0) continue;
      const { receipts, skipped } = copy.commit([copy.rawSegment(author, stream, entries)]);
      expect([receipts.length, skipped.length]).toEqual([entries.length, 0]);
      for (const { outcome } of receipts) {
        const name = outcomes[outcome] as string;
        answers.set(name, (answers.get(name) ?? 0) + 1);
      }
    }
    expect(answers.get('refused')).toBeGreaterThan(1_000);
  });

  it('segments of any well-formed numbers and texts never throw', () => {
    const world = opened();
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const hostile = fc.record({
      author: fc.constantFrom(lane, issuer, 'admin', 'x', `${storeA}/zz`, `${storeA}/lane-1`),
      epoch: fc.constantFrom(0, 1, 0xffff_ffff),
      stream: fc.constantFrom(0, 1),
      firstSequence: fc.constantFrom(0, 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
      previousHash: bytes32,
      entries: fc.array(fc.uint8Array({ minLength: 1, maxLength: 64 }), { minLength: 1, maxLength: 4 }),
      signature: fc.uint8Array({ minLength: 64, maxLength: 64 }),
    });
    world.verifySignatures = false;
    fc.assert(
      fc.property(hostile, (segment) => {
        const { skipped } = world.execute([encode(segmentFormat, segment)]);
        expect(skipped).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });
});
