import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import { equalBytes, toHex } from '#core/bytes';
import { decode, encode } from '#core/format';
import { Dice } from '../../fixtures/formats/dice.ts';
import { oracleDecode, oracleEncode } from '../../fixtures/formats/format-oracle.ts';
import { randomValue } from '../../fixtures/formats/format-values.ts';
import { mutateBytes } from '../../fixtures/formats/mutate-bytes.ts';
import { randomFormat } from '../../fixtures/formats/random-formats.ts';

const { BIZAIN_SEED: seed = 'format-oracle-1' } = process.env;
const formats = 1_000;
const valuesEach = 10;
const mutationsEach = 50;

describe(`random formats (seed ${seed})`, () => {
  it('encode to the bytes of the plain encoder and decode to the value again', () => {
    const dice = new Dice(seed);
    for (let n = 0; n < formats; n++) {
      const format = randomFormat(dice, 3);
      for (let each = 0; each < valuesEach; each++) {
        const value = randomValue(format.shape, dice);
        const encoded = encode(format, value);
        expect(toHex(encoded), `format ${n}`).toBe(toHex(oracleEncode(format.shape, value)));
        expect(decode(format, encoded), `format ${n}: ${toHex(encoded)}`).toEqual({ ok: true, value });
      }
    }
  });

  it(`answer ${formats * valuesEach * mutationsEach} mutated messages as the plain decoder does: value, reason and detail`, () => {
    const dice = new Dice(`${seed} mutations`);
    const answers = new Map<string, number>();
    for (let n = 0; n < formats; n++) {
      const format = randomFormat(dice, 3);
      for (let each = 0; each < valuesEach; each++) {
        const encoded = encode(format, randomValue(format.shape, dice));
        for (let mutation = 0; mutation < mutationsEach; mutation++) {
          const bytes = mutateBytes(encoded, dice);
          const answer = decode(format, bytes);
          const wanted = oracleDecode(format.shape, bytes);
          const name = answer.ok ? 'ok' : answer.reason;
          answers.set(name, (answers.get(name) ?? 0) + 1);
          if (!isDeepStrictEqual(answer, wanted)) expect(answer, `format ${n}: ${toHex(bytes)}`).toEqual(wanted);
          if (answer.ok && !equalBytes(encode(format, answer.value), bytes)) {
            expect.fail(`format ${n} accepts what it would write differently: ${toHex(bytes)}`);
          }
        }
      }
    }
    // Every answer must have been given, or the comparison proves less than it says.
    const reasons = ['TOO_LONG', 'TOO_DEEP', 'TOO_MANY_ITEMS', 'NOT_CANONICAL', 'WRONG_TYPE', 'OUT_OF_RANGE'];
    for (const name of ['ok', ...reasons, 'UNKNOWN_VERSION', 'UNKNOWN_KIND', 'WRONG_LENGTH', 'TRUNCATED']) {
      expect(answers.get(name) ?? 0, name).toBeGreaterThan(20);
    }
  });
});
