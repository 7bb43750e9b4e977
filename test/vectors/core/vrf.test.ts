import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '#core/bytes';
import { publicKeyOf } from '#core/ed25519';
import { vrfOutput, vrfProve, vrfVerify } from '#core/vrf';

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`bad hex in the test: ${text}`);
  return bytes;
}

// RFC 9381 appendix B.3, ECVRF-EDWARDS25519-SHA512-TAI, examples 16 to 18.
const EXAMPLES = [
  {
    name: 'example 16',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    alpha: '',
    proof:
      '8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab1268a1b0db10836d9826a528ca76567805',
    output:
      '90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae',
  },
  {
    name: 'example 17',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    key: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    alpha: '72',
    proof:
      'f3141cd382dc42909d19ec5110469e4feae18300e94f304590abdced48aed5933bf0864a62558b3ed7f2fea45c92a465301b3bbf5e3e54ddf2d935be3b67926da3ef39226bbc355bdc9850112c8f4b02',
    output:
      'eb4440665d3891d668e7e0fcaf587f1b4bd7fbfe99d0eb2211ccec90496310eb5e33821bc613efb94db5e5b54c70a848a0bef4553a41befc57663b56373a5031',
  },
  {
    name: 'example 18',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    key: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    alpha: 'af82',
    proof:
      '9bc0f79119cc5604bf02d23b4caede71393cedfbb191434dd016d30177ccbf8096bb474e53895c362d8628ee9f9ea3c0e52c7a5c691b6c18c9979866568add7a2d41b00b05081ed0f58ee5e31b3a970e',
    output:
      '645427e5d00c62a23fb703732fa5d892940935942101e456ecca7bb217c61c452118fec1219202a0edcf038bb6373241578be7217ba85a2687f7a0310b2df19f',
  },
];

describe('RFC 9381 appendix B.3', () => {
  it.each(EXAMPLES)('$name is proved and verified as published', ({ seed, key, alpha, proof, output }) => {
    expect(toHex(publicKeyOf(hex(seed)))).toBe(key);
    expect(toHex(vrfProve(hex(seed), hex(alpha)))).toBe(proof);
    expect(vrfVerify(hex(key), hex(alpha), hex(proof))).toEqual({ ok: true, value: hex(output) });
    expect(vrfOutput(hex(proof))).toEqual(hex(output));
  });
});

describe('a proof', () => {
  const { key, alpha, proof } = EXAMPLES[2] as (typeof EXAMPLES)[number];

  it('with any one bit changed is refused', () => {
    for (let bit = 0; bit < 640; bit += 7) {
      const changed = hex(proof);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(vrfVerify(hex(key), hex(alpha), changed), `bit ${bit}`).toMatchObject({ ok: false });
    }
  });

  it('for another input or another key is refused', () => {
    expect(vrfVerify(hex(key), hex('af83'), hex(proof))).toEqual({ ok: false, reason: 'PROOF_WRONG' });
    const other = hex((EXAMPLES[0] as (typeof EXAMPLES)[number]).key);
    expect(vrfVerify(other, hex(alpha), hex(proof))).toEqual({ ok: false, reason: 'PROOF_WRONG' });
  });

  it('of another length, with s not below q, or with a Gamma off the curve is refused', () => {
    expect(vrfVerify(hex(key), hex(alpha), hex(`${proof}00`))).toEqual({ ok: false, reason: 'PROOF_LENGTH' });
    expect(vrfVerify(hex(key), hex(alpha), new Uint8Array(0))).toEqual({ ok: false, reason: 'PROOF_LENGTH' });
    // s + q encodes the same scalar: accepting it would make proofs malleable.
    const q = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
    const s = BigInt(`0x${toHex(hex(proof).subarray(48).reverse())}`);
    const large = hex((s + q).toString(16).padStart(64, '0')).reverse();
    const changed = hex(proof);
    changed.set(large, 48);
    expect(vrfVerify(hex(key), hex(alpha), changed)).toEqual({ ok: false, reason: 'PROOF_MALFORMED' });
    const offCurve = hex(proof);
    offCurve.set(hex(`02${'00'.repeat(31)}`), 0);
    expect(vrfVerify(hex(key), hex(alpha), offCurve)).toEqual({ ok: false, reason: 'PROOF_MALFORMED' });
    expect(vrfOutput(offCurve)).toBeUndefined();
  });

  // RFC 9381 section 5.4.5: validate_key.
  it.each([`01${'00'.repeat(31)}`, '00'.repeat(32), `ec${'ff'.repeat(30)}7f`, `ee${'ff'.repeat(30)}7f`, '00'])(
    'by the invalid key %s is refused',
    (bad) => {
      expect(vrfVerify(hex(bad), hex(alpha), hex(proof))).toEqual({ ok: false, reason: 'KEY_INVALID' });
    },
  );
});
