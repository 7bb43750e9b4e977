import { describe, expect, test } from 'vitest';
import { utf8 } from '#core/bytes';
import { publicKeyOf, signMessage } from '#core/ed25519';
import { decode, encode } from '#core/format';
import { sha256 } from '#core/hash';
import { faultyMax, quorum } from '#ledger/validators/quorum';
import { proposalMessage, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import { type Block, blockBodiesMax, blockHash, headerFormat, operationsRoot } from '#sync/wire/block';
import { chainIdOf, type Genesis, genesisFormat, validatorSetHash } from '#sync/wire/genesis';
import { peerMessageFormat, proposalFormat } from '#sync/wire/peer-message';
import { topicsOf } from '#sync/wire/topics';
import {
  type Certificate,
  certificateFormat,
  preparePhase,
  timeoutFormat,
  timeoutMessage,
  verifyCertificate,
} from '#sync/wire/vote';
import { testOperators } from '../../fixtures/operators.ts';

const hashOf = (name: string): Uint8Array => sha256(utf8(name));
const seeds = Array.from({ length: 16 }, (_, index) => hashOf(`validator ${index}`));
const validators = seeds.map((seed, index) => ({ name: `v${index}`, publicKey: publicKeyOf(seed) }));
const chainId = hashOf('chain');
const signature = new Uint8Array(64).fill(7);

function block(digests: readonly Uint8Array[] = []): Block {
  return {
    header: {
      chainId,
      height: Number.MAX_SAFE_INTEGER,
      viewOfOrigin: 0xffff_ffff,
      parentHash: hashOf('parent'),
      operationsRoot: operationsRoot(digests),
      timeMs: 253_402_300_799_999,
      beaconProof: new Uint8Array(80).fill(9),
      validatorSetHash: validatorSetHash(validators),
      parentResultRoot: hashOf('result'),
      historyRoot: hashOf('history'),
      chainStateHash: hashOf('chain state'),
    },
    bodyDigests: digests,
  };
}

function certificate(members: readonly number[], count = 4): { certificate: Certificate; set: typeof validators } {
  const voted = { phase: preparePhase, height: 3, view: 1, blockHash: hashOf('block'), resultRoot: hashOf('result') };
  const message = voteMessage(chainId, voted);
  const signatures = members.map((validator) => ({
    validator,
    signature: signMessage(seeds[validator] as Uint8Array, voteDomain, message),
  }));
  return { certificate: { ...voted, signatures }, set: validators.slice(0, count) };
}

describe('the quorum', () => {
  test('of any set of 4 to 16 intersects every other in an honest member and is reached by the honest alone', () => {
    for (let count = 4; count <= 16; count++) {
      const f = faultyMax(count);
      expect(2 * quorum(count) - count).toBeGreaterThanOrEqual(f + 1);
      expect(count - f).toBeGreaterThanOrEqual(quorum(count));
    }
  });
});

describe('a certificate', () => {
  test('of a quorum of distinct ascending members is good', () => {
    const { certificate: good, set } = certificate([0, 2, 3]);
    expect(verifyCertificate(chainId, set, good)).toEqual({ ok: true, value: true });
  });

  test.each([
    ['TOO_FEW', [0, 1]],
    ['NOT_ASCENDING', [0, 2, 1]],
    ['NOT_ASCENDING', [1, 1, 2]],
    ['UNKNOWN_VALIDATOR', [0, 1, 4]],
  ] as const)('is refused as %s when its members are %j', (reason, members) => {
    const { certificate: wrong, set } = certificate(members);
    expect(verifyCertificate(chainId, set, wrong)).toMatchObject({ ok: false, reason });
  });

  test('proves nothing but what was signed, on its own chain', () => {
    const { certificate: good, set } = certificate([0, 1, 2]);
    const bent: Certificate[] = [
      { ...good, phase: 2 },
      { ...good, height: 4 },
      { ...good, view: 0 },
      { ...good, blockHash: hashOf('other') },
      { ...good, resultRoot: hashOf('other') },
    ];
    for (const each of bent) expect(verifyCertificate(chainId, set, each)).toMatchObject({ reason: 'BAD_SIGNATURE' });
    expect(verifyCertificate(hashOf('other chain'), set, good)).toMatchObject({ reason: 'BAD_SIGNATURE' });
  });
});

describe('what is signed', () => {
  test('differs for votes, timeouts and proposals of one place, and for none and some prepared block', () => {
    const prepared = certificate([0, 1, 2]).certificate;
    const messages = [
      voteMessage(chainId, { ...prepared, phase: 1 }),
      voteMessage(chainId, { ...prepared, phase: 2 }),
      timeoutMessage(chainId, { height: 3, nextView: 1, prepared: null }),
      timeoutMessage(chainId, { height: 3, nextView: 1, prepared }),
      proposalMessage(chainId, 3, 1, prepared.blockHash),
    ].map(String);
    expect(new Set(messages).size).toBe(messages.length);
  });
});

describe('the largest of each message fits its limit and comes back as it was', () => {
  const everyMember = validators.map((_, index) => index);
  const whole = certificate(everyMember).certificate;
  const timeout = { height: 3, nextView: 0xffff_ffff, prepared: whole, validator: 15, signature };
  const digests = Array.from({ length: blockBodiesMax }, (_, index) => hashOf(`body ${index}`));

  test('header, certificate, timeout', () => {
    const { header } = block();
    expect(decode(headerFormat, encode(headerFormat, header))).toEqual({ ok: true, value: header });
    expect(decode(certificateFormat, encode(certificateFormat, whole))).toEqual({ ok: true, value: whole });
    expect(decode(timeoutFormat, encode(timeoutFormat, timeout))).toEqual({ ok: true, value: timeout });
  });

  test('a NEW-VIEW of sixteen timeouts over a full block', () => {
    const timeouts = everyMember.map((validator) => ({ ...timeout, validator }));
    const proposal = { view: 0xffff_ffff, block: block(digests), timeouts, validator: 15, signature };
    expect(decode(proposalFormat, encode(proposalFormat, proposal))).toEqual({ ok: true, value: proposal });
  });

  test('an uncommitted block that a primary asks for', () => {
    for (const message of [
      { kind: 'want-block', height: 9, blockHash: hashOf('block') },
      { kind: 'block', block: block(digests) },
    ] as const) {
      expect(decode(peerMessageFormat, encode(peerMessageFormat, { message }))).toEqual({
        ok: true,
        value: { message },
      });
    }
  });
});

describe('commitments', () => {
  test('the block hash covers every field of the header', () => {
    const { header } = block();
    const hashes = new Set([String(blockHash(header))]);
    const bent = [
      { chainId: hashOf('x') },
      { height: 1 },
      { viewOfOrigin: 0 },
      { parentHash: hashOf('x') },
      { operationsRoot: hashOf('x') },
      { timeMs: 1 },
      { beaconProof: new Uint8Array(80) },
      { validatorSetHash: hashOf('x') },
      { parentResultRoot: hashOf('x') },
      { historyRoot: hashOf('x') },
      { chainStateHash: hashOf('x') },
    ];
    expect(bent).toHaveLength(Object.keys(header).length);
    for (const change of bent) hashes.add(String(blockHash({ ...header, ...change })));
    expect(hashes.size).toBe(bent.length + 1);
  });

  test('the operations root tells order, and missing from zero digests', () => {
    const [a, b] = [hashOf('a'), hashOf('b')];
    const zero = new Uint8Array(32);
    const roots = [[], [a], [a, b], [b, a], [a, zero], [a, b, zero], [a, b, zero, zero]].map((list) =>
      String(operationsRoot(list)),
    );
    expect(new Set(roots).size).toBe(roots.length);
  });

  test('the chain id covers the whole genesis, the set hash order, names and keys', () => {
    const genesis: Genesis = {
      region: 'south',
      timeMs: 1,
      validators: validators.slice(0, 4),
      adminPublicKey: hashOf('admin'),
      epochTurns: 4,
      heartbeatMs: 10_000,
      seed: hashOf('seed'),
      operators: testOperators,
    };
    expect(decode(genesisFormat, encode(genesisFormat, genesis))).toEqual({ ok: true, value: genesis });
    const ids = [
      genesis,
      { ...genesis, region: 'north' },
      { ...genesis, seed: hashOf('x') },
      { ...genesis, validators: [...genesis.validators].reverse() },
    ];
    expect(new Set(ids.map((each) => String(chainIdOf(each)))).size).toBe(ids.length);
    const [first, second, ...rest] = genesis.validators;
    if (first === undefined || second === undefined) throw new Error('four validators');
    const renamed = [{ ...first, name: 'v0v' }, { ...second, name: '1' }, ...rest];
    expect(String(validatorSetHash(renamed))).not.toBe(String(validatorSetHash(genesis.validators)));
  });
});

test('topics carry no wildcard, whatever the lot is called', () => {
  const topics = topicsOf(chainId);
  for (const shard of ['b/04006381333931/A+B%', 's/4006381000017', 'r'])
    expect(topics.delta(shard)).not.toMatch(/[+#]/);
  expect(topics.delta('b/1/A%2B')).not.toBe(topics.delta('b/1/A+'));
  expect(topics.deltaKind('b')).toBe(`${topics.root}/delta/b/#`);
});
