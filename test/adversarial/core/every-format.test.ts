/** Every versioned format that any room declares, met with bytes that nobody honest sends. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { equalBytes, toHex } from '#core/bytes';
import { decode, encode, type Format, type VersionedFormat } from '#core/format';
import { Dice } from '../../fixtures/formats/dice.ts';
import { oracleDecode, oracleEncode } from '../../fixtures/formats/format-oracle.ts';
import { randomValue } from '../../fixtures/formats/format-values.ts';
import { longerHeads } from '../../fixtures/formats/longer-heads.ts';
import { mutateBytes } from '../../fixtures/formats/mutate-bytes.ts';

const declared = vi.hoisted(() => new Map<string, unknown>());

// Rooms keep some formats to themselves: all of them are caught where they are declared.
vi.mock('#core/format', async (importOriginal) => {
  const original = await importOriginal<typeof import('#core/format')>();
  const versioned: typeof original.versioned = (name, version, options, fields) => {
    const format = original.versioned(name, version, options, fields);
    declared.set(name, format);
    return format;
  };
  return { ...original, versioned };
});

const root = join(import.meta.dirname, '../../..');
const declaration = /\bversioned\(/;
const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'ledger', 'sync', 'agent', 'drivers'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path.endsWith('.ts') && declaration.test(readFileSync(join(root, path), 'utf8')));
for (const path of files) await import(join(root, path));
const formats = [...declared.values()] as readonly VersionedFormat<unknown>[];

const { BIZAIN_SEED: seed = 'every-format-1' } = process.env;
const mutations = 1_000_000;
const valuesEach = 100;
const perValue = Math.ceil(mutations / formats.length / valuesEach);
/** One mutation in so many is also judged by the plain decoder. */
const comparedEvery = 16;

const nameOf = ({ shape }: Format<unknown>): string => ('name' in shape ? shape.name : shape.type);

/** Encoded random values; a format that limits its size below what its parts may need gets those that fit. */
function* samples(format: VersionedFormat<unknown>, dice: Dice, count: number): Generator<Uint8Array> {
  for (let tries = 0, given = 0; given < count; tries++) {
    if (tries > 100 * count) throw new Error(`${nameOf(format)}: no values that fit ${format.bytesMax} bytes`);
    const value = randomValue(format.shape, dice);
    if (oracleEncode(format.shape, value).length > format.bytesMax) continue;
    given++;
    yield encode(format, value);
  }
}

it('finds every declaration', () => {
  const found = files.flatMap((path) => readFileSync(join(root, path), 'utf8').match(/= versioned\(/g) ?? []);
  expect(formats.length).toBe(found.length);
  expect(formats.length).toBeGreaterThan(30);
});

describe(`all ${formats.length} versioned formats (seed ${seed})`, () => {
  it(`together survive ${mutations.toLocaleString('en')} mutated messages: no exception, nothing taken that is not the one encoding of its value`, () => {
    let judged = 0;
    let accepted = 0;
    for (const format of formats) {
      const dice = new Dice(`${seed} ${nameOf(format)}`);
      for (const sample of samples(format, dice, valuesEach)) {
        for (let mutation = 0; mutation < perValue; mutation++, judged++) {
          const bytes = mutateBytes(sample, dice);
          const answer = decode(format, bytes);
          const said = `${nameOf(format)}: ${toHex(bytes)}`;
          if (answer.ok) accepted++;
          if (answer.ok && !equalBytes(encode(format, answer.value), bytes)) expect.fail(said);
          if (mutation % comparedEvery !== 0) continue;
          const wanted = oracleDecode(format.shape, bytes);
          if (!isDeepStrictEqual(answer, wanted)) expect(answer, said).toEqual(wanted);
        }
      }
    }
    expect(judged).toBeGreaterThanOrEqual(mutations);
    expect(accepted).toBeGreaterThan(judged / 100);
  }, 120_000);

  it.each(formats.map((format) => ({ format, name: nameOf(format) })))(
    '$name refuses what is over-long, not canonical, cut, or of another version, and says so',
    ({ format, name }) => {
      const dice = new Dice(`${seed} refusals ${name}`);
      for (const sample of samples(format, dice, 20)) {
        const judge = (bytes: Uint8Array) => decode(format, bytes);
        const padded = new Uint8Array(format.bytesMax + 1);
        padded.set(sample);
        expect(judge(padded)).toMatchObject({ ok: false, reason: 'TOO_LONG' });
        expect(judge(sample.subarray(0, -1))).toMatchObject({ ok: false, reason: 'TRUNCATED' });
        if (sample.length < format.bytesMax) {
          expect(judge(Uint8Array.of(...sample, 0))).toMatchObject({ ok: false, reason: 'NOT_CANONICAL' });
        }
        for (const longer of longerHeads(sample)) {
          if (longer.length > format.bytesMax) continue;
          expect(judge(longer), toHex(longer)).toMatchObject({ ok: false, reason: 'NOT_CANONICAL' });
        }
        const other = sample.slice();
        other[versionAt(sample)] = (format.version + 1) % 24;
        expect(judge(other)).toMatchObject({ ok: false, reason: 'UNKNOWN_VERSION' });
      }
    },
  );
});

/** Where the version stands: behind the head of the array. */
function versionAt(sample: Uint8Array): number {
  return (sample[0] as number) === 0x98 ? 2 : 1;
}
