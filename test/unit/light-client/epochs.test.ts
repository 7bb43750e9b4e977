import { describe, expect, it } from 'vitest';
import { decode, encode } from '#core/format';
import { LightClient } from '#sync/light-client/light-client';
import { lightPlaceFormat, trustingPeriodMs } from '#sync/light-client/light-place';
import { spansMax, spansStoredMax, ValidatorSpans } from '#sync/light-client/validator-spans';
import type { EpochCertificate } from '#sync/wire/gateway-message';
import type { ValidatorInfo } from '#sync/wire/genesis';
import { EpochChain, memberOf } from '../../fixtures/epoch-chain.ts';
import { signedCheckpoint } from '../../fixtures/operators.ts';

const day = 86_400_000;
const first = ['v0', 'v1', 'v2', 'v3'].map((name) => memberOf(name));

/** What is wished in epoch number `epoch`, one change away from the epoch before: sizes go from 4 to 8 and back, keys change. */
function wishedIn(epoch: number): ValidatorInfo[] {
  const size = [4, 5, 6, 7, 8, 7, 6, 5][epoch % 8] as number;
  const cycle = Math.floor(epoch / 8);
  const base = first.map(({ name }, at) => memberOf(name, at === 0 ? `${name} key ${cycle}` : name));
  const more = Array.from({ length: size - 4 }, (_, at) => memberOf(`n${at}`, `n${at} key ${cycle}`));
  return [...base, ...more];
}

/** A chain that has come to an epoch, with the certificates of all before it after which the set changed. */
function grown(epochs: number, wished: (epoch: number) => ValidatorInfo[] = wishedIn) {
  const chain = new EpochChain({ validators: wished(0), blockMs: day / 6 });
  const certificates: EpochCertificate[] = [];
  const sizes = new Set<number>();
  let changes = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const before = chain.chain;
    if (before.validatorsNext !== before.validators) {
      certificates.push(chain.certificate());
      changes++;
    }
    sizes.add(before.validators.length);
    chain.nextEpoch(wished(epoch));
  }
  return { chain, certificates, changes, sizes };
}

describe('R25, R26: a light client follows epochs', () => {
  it('a terminal that slept a year of 365 epochs with a change in each follows them to the present set', () => {
    const { chain, certificates, changes, sizes } = grown(365);
    expect(changes).toBeGreaterThan(350);
    expect([...sizes].sort()).toEqual([4, 5, 6, 7, 8]);
    const light = new LightClient(chain.genesis);
    const head = chain.lightBlock();
    expect(light.acceptHead(head)).toMatchObject({ ok: false, reason: 'OTHER_VALIDATORS' });
    for (let at = 0; at < certificates.length; at += 64) {
      const part = certificates.slice(at, at + 64);
      expect(light.follow(part)).toEqual({ ok: true, value: part.length });
    }
    expect(light.acceptHead(head)).toEqual({ ok: true, value: 'newer' });
    expect(light.validators).toEqual(chain.chain.validators);
  });

  it('needs no certificates of epochs that change nothing', () => {
    const chain = new EpochChain();
    for (let epoch = 0; epoch < 20; epoch++) chain.nextEpoch(first);
    expect(new LightClient(chain.genesis).acceptHead(chain.lightBlock())).toEqual({ ok: true, value: 'newer' });
  });

  it('believes no certificate whose predecessor it lacks, and keeps what went before a faulty one', () => {
    const { chain, certificates } = grown(12);
    const light = new LightClient(chain.genesis);
    const [one, two, , four] = certificates as [EpochCertificate, EpochCertificate, EpochCertificate, EpochCertificate];
    expect(light.follow([one, two, four])).toMatchObject({ ok: false, reason: 'OTHER_VALIDATORS' });
    const other = new LightClient(chain.genesis);
    other.follow([one, two]);
    expect(light.epoch).toBe(other.epoch);
    expect(light.follow(certificates).ok).toBe(true);
  });

  it('refuses a chain state that the header does not commit to', () => {
    const { chain, certificates } = grown(6);
    const [one, two] = certificates as [EpochCertificate, EpochCertificate];
    const light = new LightClient(chain.genesis);
    expect(light.follow([{ ...one, chainState: two.chainState }])).toMatchObject({ reason: 'BAD_EPOCH' });
    const flipped = one.chainState.map((byte, at) => (at === 100 ? byte ^ 1 : byte));
    expect(light.follow([{ ...one, chainState: flipped }])).toMatchObject({ reason: 'BAD_EPOCH' });
  });

  it('refuses the validators of before, and those of after, at a height that is not theirs', () => {
    const wished = [...first, memberOf('n0')];
    const chain = new EpochChain();
    chain.nextEpoch(wished);
    const light = new LightClient(chain.genesis);
    expect(light.follow([chain.certificate()])).toEqual({ ok: true, value: 1 });
    const early = chain.header({ validatorSetHash: new Uint8Array(32) });
    expect(light.acceptHead(chain.lightBlock(early, wished)).ok).toBe(false);
    const old = chain.header();
    chain.nextEpoch(wished);
    expect(light.validatorsAt(chain.chain.epochStart)).toEqual(wished);
    const late = chain.header({ validatorSetHash: old.validatorSetHash });
    expect(light.acceptHead(chain.lightBlock(late, first))).toMatchObject({ reason: 'OTHER_VALIDATORS' });
    expect(light.acceptHead(chain.lightBlock())).toEqual({ ok: true, value: 'newer' });
  });

  it('still verifies blocks of epochs gone by', () => {
    const { chain, certificates } = grown(12);
    const light = new LightClient(chain.genesis);
    light.follow(certificates);
    light.acceptHead(chain.lightBlock());
    const again = new LightClient(chain.genesis, light.export());
    for (const { lightBlock } of certificates)
      expect(again.acceptHead(lightBlock)).toEqual({ ok: true, value: 'known' });
  });

  it('calls two certified sets for one height a fork', () => {
    const one = new EpochChain();
    const two = new EpochChain();
    one.nextEpoch([...first, memberOf('n0')]);
    two.nextEpoch([...first, memberOf('n1')]);
    const forks: string[] = [];
    const light = new LightClient(one.genesis, undefined, { onFork: (detail) => forks.push(detail) });
    expect(light.follow([one.certificate()]).ok).toBe(true);
    const other = two.certificate();
    two.advance([]);
    expect(light.follow([other])).toMatchObject({ reason: 'FORKED_REGION' });
    expect(forks).toHaveLength(1);
  });

  it('asks for epochs when a later block names a set that it does not know, and not for an older one', () => {
    let asked = 0;
    const { chain, certificates } = grown(12);
    const light = new LightClient(chain.genesis, undefined, { onUnknownSet: () => asked++ });
    light.acceptHead(chain.lightBlock());
    expect(asked).toBe(1);
    light.follow(certificates);
    light.acceptHead(chain.lightBlock());
    const { header, certificate } = (certificates[0] as EpochCertificate).lightBlock;
    light.acceptHead({ header: { ...header, validatorSetHash: new Uint8Array(32) }, certificate });
    expect(asked).toBe(1);
  });
});

describe('R26: a place survives a restart', () => {
  it('with sets, epoch and trust, in its stored form', () => {
    const { chain, certificates } = grown(100);
    const light = new LightClient(chain.genesis);
    light.follow(certificates);
    const stored = decode(lightPlaceFormat, encode(lightPlaceFormat, light.export()));
    if (!stored.ok) throw new Error(stored.reason);
    const again = new LightClient(chain.genesis, stored.value);
    expect(again.epoch).toBe(light.epoch);
    expect(again.acceptHead(chain.lightBlock()).ok).toBe(true);
    expect(again.export().spans).toHaveLength(spansStoredMax);
  });

  it('fits its bound with sixteen validators of the longest names in every span', () => {
    const validators = Array.from({ length: 16 }, (_, at) => memberOf(`${at}`.padStart(32, 'n')));
    const chain = new EpochChain({ validators });
    const light = new LightClient(chain.genesis);
    light.acceptHead(chain.lightBlock());
    const span = { fromHeight: 2 ** 40, validators };
    const place = { ...light.export(), spans: Array.from({ length: spansStoredMax }, () => span) };
    expect(encode(lightPlaceFormat, place).length).toBeLessThan(64 * 1024);
  });
});

describe('R26: trust', () => {
  const follows = (sleptMs: number) => {
    const chain = new EpochChain();
    const presentMs = () => chain.genesis.timeMs + sleptMs;
    const light = new LightClient(chain.genesis, undefined, { presentMs });
    return { chain, light, answer: light.acceptHead(chain.lightBlock()) };
  };

  it('lasts a year and a month, and not longer', () => {
    expect(follows(366 * day).answer.ok).toBe(true);
    expect(follows(trustingPeriodMs).answer.ok).toBe(true);
    expect(follows(trustingPeriodMs + 1).answer).toMatchObject({ reason: 'TRUST_EXPIRED' });
  });

  it('is renewed by each certified block, and expired it begins again with what the operators have signed', () => {
    const { chain, light } = follows(trustingPeriodMs + 1);
    const later = new EpochChain({ blockMs: 20 * day });
    for (let epoch = 0; epoch < 4; epoch++) later.nextEpoch([...first, memberOf('n0')]);
    expect(light.trust(signedCheckpoint(chain, [0, 1]))).toEqual({ ok: true, value: 'older' });
    expect(light.acceptHead(chain.lightBlock())).toMatchObject({ reason: 'TRUST_EXPIRED' });
    expect(light.trust(signedCheckpoint(later, [0, 2]))).toEqual({ ok: true, value: 'newer' });
    later.advance([...first, memberOf('n0')]);
    expect(light.acceptHead(later.lightBlock())).toEqual({ ok: true, value: 'newer' });
    expect(light.validators).toHaveLength(5);
  });
});

it('of more changes than are kept the oldest are forgotten', () => {
  const spans = new ValidatorSpans([{ fromHeight: 1, validators: first }]);
  for (let at = 1; at <= spansMax; at++)
    spans.add({ fromHeight: 1 + at * 8, validators: at % 2 === 0 ? first : wishedIn(1) });
  expect(spans.at(5)).toBeNull();
  expect(spans.at(9)?.fromHeight).toBe(9);
});
