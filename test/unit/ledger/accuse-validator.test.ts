import { describe, expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import { sha256 } from '#core/hash';
import type { Operation } from '#ledger/operation';
import { type Contradiction, evidenceCount, evidenceMax, readEvidence } from '#ledger/validators/evidence';
import { proposalDomain, proposalMessage, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import { possessionDomain, possessionMessage } from '#ledger/validators/voting-key';
import { chainId, day, publicOf, seedOf, World } from './world.ts';

const hash = (n: number) => sha256(Uint8Array.of(n));

function votes(height: number, signer = 'v0', phase = 1, hashes: readonly [number, number] = [1, 2]): Contradiction {
  const side = (n: number) => {
    const vote = { phase, height, view: 0, blockHash: hash(n), resultRoot: hash(9) };
    return { ...vote, signature: signMessage(seedOf(signer), voteDomain, voteMessage(chainId, vote)) };
  };
  return { kind: 'votes', height, view: 0, phase, one: side(hashes[0]), other: side(hashes[1]) };
}

function proposals(height: number, signer = 'v0'): Contradiction {
  const side = (n: number) => {
    const message = proposalMessage(chainId, height, 3, hash(n));
    return { blockHash: hash(n), signature: signMessage(seedOf(signer), proposalDomain, message) };
  };
  return { kind: 'proposals', height, view: 3, one: side(1), other: side(2) };
}

const accusation = (shown: Contradiction, validator = 'v0', key = validator): Operation => ({
  kind: 'validator.accuse',
  validator,
  publicKey: publicOf(key),
  shown,
});

const possession = (name: string, key: string) =>
  signMessage(seedOf(key), possessionDomain, possessionMessage(chainId, name, publicOf(key)));

function ok(world: World, author: string, operation: Operation): void {
  expect(world.do(author, operation)).toMatchObject({ outcome: 'applied' });
}

function refused(world: World, author: string, operation: Operation): readonly string[] {
  const { outcome, reasons } = world.do(author, operation);
  expect(outcome).toBe('refused');
  return reasons;
}

function region(): World {
  const world = World.open();
  for (const id of ['v0', 'v1', 'v2', 'v3'])
    world.all('admin', [
      { kind: 'validator.join', name: id, publicKey: publicOf(id), address: '', possession: possession(id, id) },
    ]);
  return world;
}

describe('W6: evidence against a validator', () => {
  it('is kept once for each height, with who showed it first', () => {
    const world = region();
    ok(world, 'v1', accusation(votes(2)));
    expect(readEvidence(world.state, 'v0', 2)).toMatchObject({ phase: 1, view: 0, accuser: 'v1' });
    expect(refused(world, 'v0', accusation(proposals(2)))).toEqual(['ALREADY_EXISTS']);
    ok(world, 'v0', accusation(proposals(3)));
    expect(readEvidence(world.state, 'v0', 3)).toMatchObject({ phase: 0, view: 3, accuser: 'v0' });
    expect(evidenceCount(world.state, 'v0')).toBe(2);
  });

  it('is what the key signed, twice, for one place of the past', () => {
    const world = region();
    const { height } = world;
    for (const shown of [
      votes(1, 'v1'),
      votes(1, 'v0', 0),
      votes(1, 'v0', 1, [1, 1]),
      votes(0),
      votes(height + 9),
      proposals(1, 'v1'),
    ])
      expect(refused(world, 'v1', accusation(shown))).toEqual(['BAD_OPERATION']);
    expect(refused(world, 'v1', accusation(votes(1, 'thief'), 'v0', 'thief'))).toEqual(['NOT_OWNER']);
    expect(refused(world, 'v1', accusation(votes(1, 'brand'), 'brand'))).toEqual(['UNKNOWN_ACCOUNT']);
    expect(refused(world, 'merchant-c', accusation(votes(1)))).toEqual(['NOT_AUTHORISED']);
  });

  it('counts under an earlier key of the validator', () => {
    const world = region();
    world.timeMs += day;
    const publicKey = publicOf('v0 again');
    ok(world, 'v0', { kind: 'validator.rotate', publicKey, address: '', possession: possession('v0', 'v0 again') });
    ok(world, 'v1', accusation(votes(1)));
    ok(world, 'v1', accusation(votes(2, 'v0 again'), 'v0', 'v0 again'));
  });

  it(`is kept for ${evidenceMax} heights at most`, () => {
    const world = region();
    while (world.height < evidenceMax + 2) world.commit([]);
    for (let height = 1; height <= evidenceMax; height++) ok(world, 'v1', accusation(votes(height)));
    expect(refused(world, 'v1', accusation(votes(evidenceMax + 1)))).toEqual(['LIMIT_EXCEEDED']);
  });
});
