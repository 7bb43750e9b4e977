/** Single objects, absences and old blocks: proved, and refused however an answer is bent. */
import { describe, expect, test } from 'vitest';
import { signMessage } from '#core/ed25519';
import { bad, ok, type Result } from '#core/result';
import { History, type HistoryNode } from '#ledger/state/history';
import { proveHistory } from '#ledger/state/history-proof';
import { AbsenceCount } from '#sync/light-client/absence-count';
import { LightClient } from '#sync/light-client/light-client';
import { provedBlock, provedObject } from '#sync/light-client/proved-object';
import type { AskFault } from '#sync/outbox/region-line';
import { findBlock, findObject } from '#sync/outbox/region-questions';
import { type Absence, absenceDomain, absenceMessage } from '#sync/wire/absence';
import { blockHash } from '#sync/wire/block';
import type { GatewayAnswer, GatewayQuery } from '#sync/wire/gateway-message';
import { seedOf, TestRegion } from '../../fixtures/region.ts';

type LeafAnswer = Extract<GatewayAnswer, { kind: 'leaf' }>;
type BlockAnswer = Extract<GatewayAnswer, { kind: 'block' }>;

const name = { shard: 'r', key: 'account/issuer-a' };

function regionOf(blocks = 6) {
  const region = new TestRegion();
  region.register('issuer-a', 0);
  for (let made = 1; made < blocks; made++) region.commit();
  return { region, light: new LightClient(region.genesis) };
}

function leafOf(region: TestRegion, key = name.key): LeafAnswer {
  const { lightBlock, executed } = region.head;
  const proof = region.state.leafProof('r', key, executed.receiptsRoot);
  const value = region.state.get('r', key);
  if (proof === undefined || value === undefined) throw new Error('no such object');
  return { kind: 'leaf', lightBlock, value, proof };
}

function absenceOf(region: TestRegion, validator: number, change: Partial<Absence> = {}): Absence {
  const { header } = region.head;
  const said = { height: header.height, blockHash: blockHash(header), ...change };
  const seed = region.validatorSeeds[validator] ?? seedOf('nobody');
  const publicKey = region.genesis.validators[validator]?.publicKey ?? region.admin.publicKey;
  const signature = signMessage(seed, absenceDomain, absenceMessage(region.chainId, absentName, said));
  return { publicKey, signature, ...said, ...change };
}
const absentName = { shard: 'r', key: 'account/nobody' };

function blockOf(region: TestRegion, height: number): BlockAnswer {
  const history = new History();
  const nodes: HistoryNode[] = [];
  for (const { header, executed } of region.blocks)
    nodes.push(...history.append(blockHash(header), executed.resultRoot));
  const { lightBlock, header: head } = region.head;
  const found = region.blocks[height - 1];
  if (found === undefined) throw new Error('no such block');
  const place = proveHistory(height - 1, head.height - 1, (level, at) => {
    return nodes.find((node) => node.level === level && node.place === at)?.hash;
  });
  return { kind: 'block', header: found.header, resultRoot: found.executed.resultRoot, place, lightBlock };
}

describe('an object', () => {
  test('is proved by its path to a certificate', () => {
    const { region, light } = regionOf();
    const answer = leafOf(region);
    const proved = provedObject(light, name, answer);
    expect(proved).toMatchObject({ ok: true, value: { value: answer.value, height: 6 } });
    expect(light.head?.header.height).toBe(6);
  });

  test('is not proved under another name, with another value, slot or path, or by another region', () => {
    const { region, light } = regionOf();
    const answer = leafOf(region);
    const { proof } = answer;
    const bent: readonly LeafAnswer[] = [
      { ...answer, value: Uint8Array.of(...answer.value, 0) },
      { ...answer, proof: { ...proof, slot: proof.slot + 1 } },
      { ...answer, proof: { ...proof, leafCount: proof.leafCount + 1 } },
      { ...answer, proof: { ...proof, path: proof.path.slice(1) } },
      { ...answer, proof: { ...proof, shard: { ...proof.shard, receiptsRoot: new Uint8Array(32).fill(1) } } },
    ];
    for (const one of bent) expect(provedObject(light, name, one)).toMatchObject({ ok: false, reason: 'BAD_LEAF' });
    expect(provedObject(light, { ...name, shard: 's/1' }, answer).ok).toBe(false);
    expect(provedObject(light, absentName, answer).ok).toBe(false);
    const other = new TestRegion({ region: 'other' });
    other.register('issuer-a', 0);
    expect(provedObject(light, name, leafOf(other))).toMatchObject({ ok: false, reason: 'OTHER_CHAIN' });
  });
});

describe('an absence', () => {
  const countOf = (region: TestRegion, height = 6): AbsenceCount =>
    new AbsenceCount(region.chainId, region.genesis.validators, { ...absentName, height });

  test('is proved by f+1 members who sign that height or a later one', () => {
    const { region } = regionOf();
    const count = countOf(region, 4);
    expect([count.add(absenceOf(region, 2)), count.proved]).toEqual([ok('v2'), false]);
    expect([count.add(absenceOf(region, 0)), count.proved]).toEqual([ok('v0'), true]);
    expect(count.members).toEqual(['v2', 'v0']);
  });

  test('is not proved by one member twice, strangers, older words, or words about something else', () => {
    const { region } = regionOf();
    const count = countOf(region);
    count.add(absenceOf(region, 1));
    const genuine = absenceOf(region, 3);
    const refused: readonly (readonly [Absence, string])[] = [
      [absenceOf(region, 1), 'TWICE'],
      [absenceOf(region, 9), 'NOT_A_MEMBER'],
      [absenceOf(region, 2, { height: 5 }), 'OLD'],
      [{ ...genuine, height: genuine.height + 1 }, 'BAD_SIGNATURE'],
      [{ ...genuine, blockHash: new Uint8Array(32) }, 'BAD_SIGNATURE'],
      [{ ...genuine, publicKey: absenceOf(region, 2).publicKey }, 'BAD_SIGNATURE'],
    ];
    for (const [absence, reason] of refused) expect(count.add(absence)).toMatchObject({ ok: false, reason });
    const other = new AbsenceCount(region.chainId, region.genesis.validators, { ...name, height: 6 });
    expect(other.add(genuine)).toMatchObject({ ok: false, reason: 'BAD_SIGNATURE' });
    expect([count.proved, other.proved]).toEqual([false, false]);
  });
});

describe('a block of long ago', () => {
  test('is proved at any height by the newest certificate, the newest one by its own', () => {
    const { region, light } = regionOf(13);
    for (let height = 1; height <= 13; height++) {
      const proved = provedBlock(light, height, blockOf(region, height));
      const found = region.blocks[height - 1];
      expect(proved).toEqual(ok({ header: found?.header, resultRoot: found?.executed.resultRoot, provedBy: 13 }));
    }
  });

  test('is not proved by another block, result, place or history', () => {
    const { region, light } = regionOf(10);
    const answer = blockOf(region, 4);
    const { place } = answer;
    if (place === null) throw new Error('a place');
    const bent: readonly BlockAnswer[] = [
      { ...answer, resultRoot: new Uint8Array(32) },
      { ...answer, header: { ...answer.header, timeMs: answer.header.timeMs + 1 } },
      { ...answer, place: { ...place, index: 4 } },
      { ...answer, place: { ...place, count: 7 } },
      { ...answer, place: null },
      { ...answer, place: { ...place, peaks: [] } },
    ];
    for (const one of bent) expect(provedBlock(light, 4, one)).toMatchObject({ ok: false, reason: 'BAD_PLACE' });
    expect(provedBlock(light, 5, answer)).toMatchObject({ ok: false, reason: 'BAD_PLACE' });
  });
});

describe('a question', () => {
  const ask = (region: TestRegion, light: LightClient, answers: readonly (GatewayAnswer | AskFault)[]) => ({
    light,
    timeoutMs: 10,
    line: {
      askOne: async (
        query: GatewayQuery,
        _timeoutMs: number,
        validator: number,
      ): Promise<Result<GatewayAnswer, AskFault>> => {
        if (query.kind === 'head') return ok({ kind: 'head', lightBlock: region.head.lightBlock });
        const answer = answers[validator];
        return typeof answer === 'object' ? ok(answer) : bad(answer ?? 'TIMEOUT');
      },
    },
  });

  test('about an object is answered by the first proof, whatever liars said before', async () => {
    const { region, light } = regionOf();
    const absent: GatewayAnswer = { kind: 'absent', absence: absenceOf(region, 0) };
    const liars = ask(region, light, [absent, { kind: 'none', reason: 'NOT_FOUND' }, leafOf(region)]);
    expect(await findObject(liars, name)).toMatchObject({ ok: true, value: { kind: 'present', height: 6 } });
  });

  test('about what is not there is answered by f+1 members, and one liar cannot make it so', async () => {
    const { region, light } = regionOf();
    const words = [0, 1].map((validator): GatewayAnswer => ({ kind: 'absent', absence: absenceOf(region, validator) }));
    expect(await findObject(ask(region, light, words), absentName)).toEqual(
      ok({ kind: 'absent', height: 6, by: ['v0', 'v1'] }),
    );
    const found = await findObject(
      ask(region, light, [words[0] ?? 'TIMEOUT', 'BUSY', 'TIMEOUT', 'NO_WAY']),
      absentName,
    );
    expect(found).toMatchObject({
      ok: false,
      reason: 'UNPROVED',
      detail:
        'object "account/nobody" of shard r at height 6: not proved (v0: ABSENT (1 of 2); v1: BUSY; v2: TIMEOUT; v3: NO_WAY)',
    });
  });

  test('an object as it was before the known head is not taken for what it is', async () => {
    const { region, light } = regionOf();
    const old = leafOf(region);
    region.commit();
    light.acceptHead(region.head.lightBlock);
    const found = await findObject(ask(region, light, [old, 'TIMEOUT', 'TIMEOUT', leafOf(region)]), name);
    expect(found).toMatchObject({ ok: true, value: { height: 7 } });
    expect(await findObject(ask(region, light, [old, old, old, old]), name)).toMatchObject({ reason: 'UNPROVED' });
  });

  test('about a block is answered by the first proof', async () => {
    const { region, light } = regionOf();
    const wrong = { ...blockOf(region, 2), resultRoot: new Uint8Array(32) };
    const found = await findBlock(ask(region, light, [wrong, blockOf(region, 2)]), 2);
    expect(found).toMatchObject({ ok: true, value: { provedBy: 6 } });
  });
});
