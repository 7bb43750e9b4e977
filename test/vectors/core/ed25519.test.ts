import { createHash } from 'node:crypto';
import { ed25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '#core/bytes';
import { nobleBackend, nodeBackend, publicKeyOf, signRaw, sodiumBackend, verifyRaw } from '#core/ed25519';
import { publicKeyFault, signatureAcceptable } from '#core/ed25519-rule';
import { hasSodium } from '#core/ed25519-sodium';

function hex(text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw new Error(`bad hex in the test: ${text}`);
  return bytes;
}

// libsodium comes prebuilt for most machines, not for all.
const backends = [nodeBackend, nobleBackend, ...(hasSodium ? [sodiumBackend] : [])];

// RFC 8032 section 7.1: TEST 1, TEST 2, TEST 3, TEST SHA(abc).
const RFC_8032 = [
  {
    name: 'TEST 1',
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    name: 'TEST 2',
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    name: 'TEST 3',
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
  {
    name: 'TEST SHA(abc)',
    seed: '833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42',
    publicKey: 'ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf',
    message: createHash('sha512').update('abc').digest('hex'),
    signature:
      'dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704',
  },
];

describe('RFC 8032 section 7.1', () => {
  it.each(RFC_8032)('$name signs and verifies as published', ({ seed, publicKey, message, signature }) => {
    expect(toHex(publicKeyOf(hex(seed)))).toBe(publicKey);
    expect(toHex(signRaw(hex(seed), hex(message)))).toBe(signature);
    for (const backend of backends) {
      expect(verifyRaw(hex(publicKey), hex(message), hex(signature), backend), backend.name).toBe(true);
    }
  });
});

const SMALL_A = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa';
const MIXED_A = 'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d';
const ORDER_L_A = '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623';
const ORDER_8L_A = 'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43';
const TWISTED_A = 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff';
const A_FAULT_SIGNATURE =
  'a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04';

// Chalkias, Garillot, Nikolaenko: "Taming the many EdDSAs" (SSR 2020), table 5; bytes from the
// repository novifinancial/ed25519-speccheck (Apache-2.0). `fault` null: the equation decides.
const SPECCHECK: readonly (readonly [number, string, string, string, string | null, boolean])[] = [
  [
    0,
    '8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6',
    SMALL_A,
    `c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a${'00'.repeat(32)}`,
    'A_SMALL_ORDER',
    false,
  ],
  [
    1,
    '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    SMALL_A,
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04',
    'A_SMALL_ORDER',
    false,
  ],
  [
    2,
    'aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab',
    ORDER_8L_A,
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e',
    'R_SMALL_ORDER',
    false,
  ],
  [
    3,
    '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    MIXED_A,
    '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
    null,
    true,
  ],
  [
    4,
    'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    MIXED_A,
    '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
    null,
    false,
  ],
  [
    5,
    'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    MIXED_A,
    '21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405',
    null,
    false,
  ],
  [
    6,
    '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    ORDER_L_A,
    'e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514',
    'S_NOT_CANONICAL',
    false,
  ],
  [
    7,
    '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    ORDER_L_A,
    '8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22',
    'S_NOT_CANONICAL',
    false,
  ],
  [
    8,
    '9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41',
    ORDER_8L_A,
    `${TWISTED_A}03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f`,
    'R_SMALL_ORDER',
    false,
  ],
  [
    9,
    '9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41',
    ORDER_8L_A,
    `${TWISTED_A}ca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908`,
    'R_SMALL_ORDER',
    false,
  ],
  [
    10,
    'e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b',
    TWISTED_A,
    A_FAULT_SIGNATURE,
    'A_SMALL_ORDER',
    false,
  ],
  [
    11,
    '39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f',
    TWISTED_A,
    A_FAULT_SIGNATURE,
    'A_SMALL_ORDER',
    false,
  ],
];

describe('the edge cases of "Taming the many EdDSAs"', () => {
  it.each(SPECCHECK)(
    'case %i gets the answer of the rule from every backend',
    (_, message, key, signature, fault, valid) => {
      const rule = signatureAcceptable(hex(key), hex(signature));
      expect(rule).toEqual(fault === null ? { ok: true, value: true } : { ok: false, reason: fault });
      for (const backend of backends) {
        expect(verifyRaw(hex(key), hex(message), hex(signature), backend), backend.name).toBe(valid);
      }
    },
  );

  it('are why there is a rule: without it the backends disagree', () => {
    const answers = SPECCHECK.map(([, message, key, signature]) =>
      backends.map((backend) => backend.verify(hex(key), hex(message), hex(signature))),
    );
    expect(answers.some(([node, noble]) => node !== noble)).toBe(true);
  });
});

/** All encodings of points of small order: y of 0, 1, -1 and the two of order 8, also as y + p, both signs. */
const SMALL_ORDER_ENCODINGS = [
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  `ec${'ff'.repeat(30)}7f`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
].flatMap((encoding) => {
  const negative = hex(encoding);
  negative[31] = (negative[31] ?? 0) | 0x80;
  return [encoding, toHex(negative)];
});

describe('small order', () => {
  it('is known for each of the eight points that the group itself gives', () => {
    const { Point } = ed25519;
    const order = Point.Fn.ORDER;
    const found = new Set<string>();
    // A point times L lies in the group of order 8; small y values reach all of it.
    for (let y = 2; found.size < 8 && y < 200; y++) {
      const encoding = new Uint8Array(32);
      encoding[0] = y;
      if (!ed25519.utils.isValidPublicKey(encoding, false)) continue;
      const point = Point.fromBytes(encoding, false);
      found.add(
        toHex(
          point
            .multiplyUnsafe(order - 1n)
            .add(point)
            .toBytes(),
        ),
      );
      found.add(
        toHex(
          point
            .multiplyUnsafe(order - 1n)
            .add(point)
            .negate()
            .toBytes(),
        ),
      );
    }
    expect(found.size).toBe(8);
    for (const point of found) expect(publicKeyFault(hex(point)), point).toBe('A_SMALL_ORDER');
  });

  // ZIP 215 (Zcash) tests: every pair of the 14 encodings as A and R with S = 0 over "Zcash".
  it('in A and R is refused in all 196 combinations of ZIP 215', () => {
    expect(new Set(SMALL_ORDER_ENCODINGS).size).toBe(14);
    for (const a of SMALL_ORDER_ENCODINGS) {
      for (const r of SMALL_ORDER_ENCODINGS) {
        for (const backend of backends) {
          expect(verifyRaw(hex(a), utf8('Zcash'), hex(r + '00'.repeat(32)), backend), `${backend.name} ${a} ${r}`).toBe(
            false,
          );
        }
      }
    }
  });
});
