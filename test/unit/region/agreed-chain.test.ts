import { expect, test } from 'vitest';
import { agreedChain } from '#agent/region/agreed-chain';
import { toHex, utf8 } from '#core/bytes';
import { encode } from '#core/format';
import { sha256 } from '#core/hash';
import { chainStateFormat, genesisChain } from '#sync/pbft/chain';
import { askedFour } from '../../fixtures/validator-report.ts';
import { cheapKeys } from '../../simulation/pbft/test-keys.ts';

const hash = (text: string): Uint8Array => sha256(utf8(text));
const chainOf = (seed: string): string =>
  toHex(
    encode(
      chainStateFormat,
      genesisChain({
        seed: hash(seed),
        timeMs: 0,
        validators: cheapKeys(4).validators,
        resultRoot: hash('r'),
        historyRoot: hash('h'),
      }),
    ),
  );

test('the chain state is certain when f+1 signed reports agree, and a lone liar is outvoted', () => {
  const true4 = { chainState: chainOf('a') };
  const lie = { chainState: chainOf('b') };
  const agreed = agreedChain(askedFour({ v1: lie, v2: true4, v3: true4, v4: 'NO_ANSWER' }));
  expect(agreed).toMatchObject({ by: ['v2', 'v3'], certain: true, epochTurns: 16 });
  const alone = agreedChain(askedFour({ v1: true4, v2: 'NO_ANSWER', v3: 'NO_ANSWER', v4: 'NO_ANSWER' }));
  expect(alone).toMatchObject({ by: ['v1'], certain: false });
});

test('what was asked over HTTP is not signed, so it is never certain', () => {
  const asked = askedFour({ v1: { chainState: chainOf('a') }, v2: { chainState: chainOf('a') } });
  const plain = asked.map((one) => ({ ...one, source: 'http' as const }));
  expect(agreedChain(plain)).toMatchObject({ certain: false });
});

test('a state that cannot be read counts for nothing', () => {
  expect(agreedChain(askedFour({ v1: { chainState: 'abcd' } }))).toBeNull();
});
