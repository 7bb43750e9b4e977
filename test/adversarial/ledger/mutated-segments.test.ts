import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { encode } from '#core/format';
import { speakingKey } from '#ledger/journal/author-key';
import { segmentFormat } from '#ledger/journal/segment';
import { streamOf } from '#ledger/journal/stream';
import { outcomes } from '#ledger/receipt';
import { lanes } from '../../property/ledger/cast.ts';
import { openWorkload } from '../../property/ledger/opening.ts';
import { valuesIn, withOtherFields } from '../../property/ledger/other-fields.ts';
import { sampleActs } from '../../property/ledger/samples.ts';
import { type Act, Opening, type Stage } from '../../property/ledger/stage.ts';
import { kinds } from '../../property/ledger/workload.ts';
import { issuer, storeA } from '../../unit/ledger/world.ts';

const lane = lanes[0];
const opening = new Opening(openWorkload());
const acts = sampleActs(opening);
const samples = [...acts.values()];

/** A region that checks signatures. */
function region(): Stage {
  const stage = opening.stage();
  stage.signs = true;
  return stage;
}

/** The segment of a sample in a region that has executed nothing else. */
function segmentOf(act: Act): Uint8Array {
  const stage = region();
  stage.take(act);
  stage.close();
  return stage.blocks[0]?.segments[0] as Uint8Array;
}

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
  it('are those of every kind of operation', () => {
    expect(kinds.filter((kind) => !acts.has(kind))).toEqual([]);
  });

  it('mutated segments never throw and, unsigned, never change anything', () => {
    const stage = region();
    const entropy = new SeededEntropy(seed);
    const segments = samples.map(segmentOf);
    for (let n = 0; n < 100 * segments.length; n++) {
      const bytes = segments[n % segments.length] as Uint8Array;
      const mutated = mutate(bytes, entropy);
      if (Buffer.compare(mutated, bytes) === 0) continue;
      stage.take({ segment: mutated });
      const { executed } = stage.tried();
      stage.forget();
      expect(executed.receipts).toEqual([]);
      expect(executed.stateRoot).toEqual(stage.state.stateRoot);
    }
  });

  it('mutated entries inside a genuine segment each get one receipt, and never throw', () => {
    const entropy = new SeededEntropy(`${seed} entries`);
    const answers = new Map<string, number>();
    let stage = opening.stage();
    for (let n = 0; n < 40 * samples.length; n++) {
      // What was mutated may have given an account a key that nobody has.
      if (n % 50 === 0) stage = opening.stage();
      const { author, operation } = samples[n % samples.length] as Act;
      const stream = streamOf(operation.kind);
      if (speakingKey(stage.state, author, stage.epochOf(author)) === null) continue;
      const first = stage.next(author, stream);
      const entries = [0, 1].map((at) => mutate(stage.entryBytes(first + at, operation), entropy));
      const given = entries.filter(({ length }) => length > 0);
      if (given.length === 0) continue;
      stage.takeRaw(author, stream, given);
      const { receipts, skipped } = stage.close();
      expect([receipts.length, skipped.length]).toEqual([given.length, 0]);
      for (const { outcome } of receipts) {
        const name = outcomes[outcome] as string;
        answers.set(name, (answers.get(name) ?? 0) + 1);
      }
    }
    expect(answers.get('refused')).toBeGreaterThan(1_000);
  });

  it('operations with fields of others, or with the largest values that there are, never throw', () => {
    const entropy = new SeededEntropy(`${seed} fields`);
    const pool = samples.flatMap(({ operation }) => [...valuesIn(operation)]);
    const answers = new Map<string, number>();
    let stage = opening.stage();
    for (let n = 0; n < 400 * samples.length; n++) {
      if (n % 100 === 0) {
        stage = opening.stage();
        stage.timeMs += uniformInt(entropy, 4) * 86_400_000;
      }
      const { author, operation } = samples[n % samples.length] as Act;
      const changed = withOtherFields(operation, pool, (count) => uniformInt(entropy, count));
      if (changed === null) continue;
      stage.take({ author, operation: changed });
      if (n % 4 !== 0) continue;
      for (const { outcome } of stage.close().receipts) {
        const name = outcomes[outcome] as string;
        answers.set(name, (answers.get(name) ?? 0) + 1);
      }
    }
    expect(answers.get('refused')).toBeGreaterThan(1_000);
    expect(answers.get('applied')).toBeGreaterThan(100);
  });

  it('segments of any well-formed numbers and texts never throw', () => {
    const stage = opening.stage();
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
    fc.assert(
      fc.property(hostile, (segment) => {
        stage.take({ segment: encode(segmentFormat, segment) });
        const { executed } = stage.tried();
        stage.forget();
        expect(executed.skipped).toHaveLength(1);
      }),
      { numRuns: 500 },
    );
  });
});
