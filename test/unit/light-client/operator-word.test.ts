import { describe, expect, it } from 'vitest';
import { publicKeyOf, signMessage } from '#core/ed25519';
import { decode, encode } from '#core/format';
import { LightClient } from '#sync/light-client/light-client';
import { trustingPeriodMs } from '#sync/light-client/light-place';
import { operatorsAreSound, operatorsBehind, readCheckpoint, verifyCheckpoint } from '#sync/light-client/operator-word';
import type { Genesis } from '#sync/wire/genesis';
import {
  checkpointDomain,
  checkpointMessage,
  type OperatorCheckpoint,
  operatorCheckpointFormat,
} from '#sync/wire/operator-checkpoint';
import { EpochChain, memberOf } from '../../fixtures/epoch-chain.ts';
import { operatorSeeds, signedCheckpoint, testOperators } from '../../fixtures/operators.ts';
import { seedOf } from '../../fixtures/region.ts';

const day = 86_400_000;
const first = ['v0', 'v1', 'v2', 'v3'].map((name) => memberOf(name));

/** A region some epochs on, of five validators. */
function later(): EpochChain {
  const chain = new EpochChain({ blockMs: day });
  for (let epoch = 0; epoch < 5; epoch++) chain.nextEpoch([...first, memberOf('n0')]);
  return chain;
}

describe('a checkpoint signed by operators', () => {
  it('of the threshold or more is believed, and survives its encoding', () => {
    const chain = later();
    for (const by of [
      [0, 1],
      [0, 2],
      [1, 2],
      [0, 1, 2],
    ]) {
      const coded = decode(operatorCheckpointFormat, encode(operatorCheckpointFormat, signedCheckpoint(chain, by)));
      if (!coded.ok) throw new Error(coded.reason);
      expect(verifyCheckpoint(chain.genesis, coded.value)).toEqual({ ok: true, value: chain.chain });
    }
  });

  it('of fewer is not, though it can be read with who has signed', () => {
    const chain = later();
    for (const by of [[], [0], [2]]) {
      const checkpoint = signedCheckpoint(chain, by);
      expect(verifyCheckpoint(chain.genesis, checkpoint)).toMatchObject({ reason: 'TOO_FEW_OPERATORS' });
      expect(readCheckpoint(chain.genesis, checkpoint)).toMatchObject({ value: { chain: chain.chain, signedBy: by } });
    }
  });

  it('counts nobody twice, no stranger, no place out of order', () => {
    const chain = later();
    const good = signedCheckpoint(chain, [0, 1]);
    const [one, two] = good.signatures as [OperatorCheckpoint['signatures'][0], OperatorCheckpoint['signatures'][0]];
    const fault = (signatures: OperatorCheckpoint['signatures']) =>
      verifyCheckpoint(chain.genesis, { ...good, signatures });
    expect(fault([one, one])).toMatchObject({ reason: 'OPERATOR_TWICE' });
    expect(fault([two, one])).toMatchObject({ reason: 'OPERATOR_TWICE' });
    expect(fault([one, { ...one, operator: 1 }])).toMatchObject({ reason: 'BAD_OPERATOR_SIGNATURE' });
    expect(fault([one, two, { ...two, operator: 3 }])).toMatchObject({ reason: 'UNKNOWN_OPERATOR' });
    // A bad signature beyond the threshold spoils the whole: nobody shall be shown as a signer who is none.
    expect(fault([one, two, { ...two, operator: 2 }])).toMatchObject({ reason: 'BAD_OPERATOR_SIGNATURE' });
  });

  it('signed in another domain, by a validator or the administrator, is not', () => {
    const chain = later();
    const good = signedCheckpoint(chain, [0]);
    const message = checkpointMessage(chain.chainId, good.certificate);
    const with2 = (seed: Uint8Array, domain: string) =>
      verifyCheckpoint(chain.genesis, {
        ...good,
        signatures: [...good.signatures, { operator: 1, signature: signMessage(seed, domain, message) }],
      });
    const own = operatorSeeds[1] as Uint8Array;
    expect(with2(own, checkpointDomain).ok).toBe(true);
    expect(with2(own, 'bizain/vote/1')).toMatchObject({ reason: 'BAD_OPERATOR_SIGNATURE' });
    for (const stranger of [seedOf('v0'), seedOf('admin')])
      expect(with2(stranger, checkpointDomain)).toMatchObject({ reason: 'BAD_OPERATOR_SIGNATURE' });
  });

  it('of another region, or put together from two blocks, is not', () => {
    const chain = later();
    const good = signedCheckpoint(chain, [0, 1]);
    const other: Genesis = { ...chain.genesis, region: 'another' };
    expect(verifyCheckpoint(other, good)).toMatchObject({ reason: 'OTHER_CHAIN' });
    expect(verifyCheckpoint(chain.genesis, { ...good, chainId: seedOf('chain') })).toMatchObject({
      reason: 'OTHER_CHAIN',
    });
    const next = later();
    next.advance([...first, memberOf('n0')]);
    const after = next.certificate();
    const { lightBlock, chainState } = good.certificate;
    const swapped = (certificate: OperatorCheckpoint['certificate']) =>
      verifyCheckpoint(chain.genesis, { ...good, certificate });
    expect(swapped({ lightBlock, chainState: after.chainState })).toMatchObject({ reason: 'BAD_EPOCH' });
    const crossed = { ...lightBlock, certificate: after.lightBlock.certificate };
    expect(swapped({ lightBlock: crossed, chainState })).toMatchObject({ reason: 'OTHER_HEIGHT' });
    expect(swapped(after)).toMatchObject({ reason: 'BAD_OPERATOR_SIGNATURE' });
  });

  it('that its own validators did not certify is not, whoever signed', () => {
    const chain = later();
    const strangers = ['s0', 's1', 's2', 's3', 's4'].map((name) => memberOf(name));
    const forged = signedCheckpoint(
      {
        chainId: chain.chainId,
        certificate: () => ({ ...chain.certificate(), lightBlock: chain.lightBlock(chain.header(), strangers) }),
      },
      [0, 1, 2],
    );
    expect(verifyCheckpoint(chain.genesis, forged)).toMatchObject({ reason: 'BAD_SIGNATURE' });
  });

  it('means nothing where the genesis names no operators that could be believed', () => {
    const [one, two] = testOperators.publicKeys as [Uint8Array, Uint8Array];
    const { chainId } = later();
    for (const operators of [
      { threshold: 0, publicKeys: [one, two] },
      { threshold: 3, publicKeys: [one, two] },
      { threshold: 2, publicKeys: [one, one] },
    ]) {
      expect(operatorsAreSound(operators)).toBe(false);
      const claim = { domain: checkpointDomain, message: chainId, signatures: [] };
      expect(operatorsBehind(operators, claim)).toMatchObject({ reason: 'BAD_OPERATORS' });
    }
    expect(operatorsAreSound({ threshold: 1, publicKeys: [publicKeyOf(seedOf('alone'))] })).toBe(true);
  });
});

describe('R26: a light client that is given a checkpoint', () => {
  it('past the trusting period goes on from it, and keeps it over a restart', () => {
    const chain = later();
    const presentMs = () => chain.chain.timeMs + 10 * day;
    const slept = { head: null, trustedMs: 0, spans: [{ fromHeight: 1, validators: [...first] }], era: 0, epoch: null };
    const light = new LightClient(chain.genesis, slept, { presentMs });
    expect(presentMs()).toBeGreaterThan(trustingPeriodMs);
    expect(light.acceptHead(chain.lightBlock())).toMatchObject({ reason: 'OTHER_VALIDATORS' });
    expect(light.trust(signedCheckpoint(chain, [1, 2]))).toEqual({ ok: true, value: 'newer' });
    expect(light.validators).toHaveLength(5);
    const again = new LightClient(chain.genesis, light.export(), { presentMs });
    chain.advance([...first, memberOf('n0')]);
    expect(again.acceptHead(chain.lightBlock())).toEqual({ ok: true, value: 'newer' });
  });

  it('changes nothing for one that is too old, unsigned, or older than what is known', () => {
    const chain = later();
    const old = signedCheckpoint(chain, [0, 1]);
    const tooFew = signedCheckpoint(chain, [0]);
    const light = new LightClient(chain.genesis);
    expect(light.trust(tooFew)).toMatchObject({ reason: 'TOO_FEW_OPERATORS' });
    expect(light.head).toBeNull();
    chain.advance([...first, memberOf('n0')]);
    expect(light.trust(signedCheckpoint(chain, [0, 1]))).toEqual({ ok: true, value: 'newer' });
    const place = light.export();
    expect(light.trust(old)).toEqual({ ok: true, value: 'older' });
    expect(light.export()).toEqual(place);
  });

  it('forgets a contradiction that is older than it', () => {
    const chain = new EpochChain();
    const forks: string[] = [];
    const light = new LightClient(chain.genesis, undefined, { onFork: (detail) => forks.push(detail) });
    const wrong = chain.header({ operationsRoot: seedOf('another block') });
    expect(light.acceptHead(chain.lightBlock(wrong)).ok).toBe(true);
    expect(light.acceptHead(chain.lightBlock())).toMatchObject({ reason: 'FORKED_REGION' });
    chain.advance(first);
    expect(light.acceptHead(chain.lightBlock())).toMatchObject({ reason: 'FORKED_REGION' });
    chain.advance(first);
    expect(light.trust(signedCheckpoint(chain, [0, 1]))).toEqual({ ok: true, value: 'newer' });
    chain.advance(first);
    expect(light.acceptHead(chain.lightBlock())).toEqual({ ok: true, value: 'newer' });
    expect(forks).toHaveLength(2);
  });
});
