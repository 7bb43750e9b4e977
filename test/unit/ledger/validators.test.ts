import { describe, expect, it } from 'vitest';
import { signMessage } from '#core/ed25519';
import { readAccount, roleOf } from '#ledger/accounts/account';
import { genesisState } from '#ledger/genesis-state';
import { authorKey, authorKeyOf } from '#ledger/journal/author-key';
import type { Operation } from '#ledger/operation';
import { readWishedValidators } from '#ledger/validators/validator-set';
import { possessionDomain, possessionMessage } from '#ledger/validators/voting-key';
import { chainId, day, issuer, publicOf, seedOf, World } from './world.ts';

const first = ['v1', 'v2', 'v3', 'v4'];

/** A region of v1 to v4 whose accounts sign with the keys of their names. */
function region(names = first): World {
  const validators = names.map((name) => ({ name, publicKey: publicOf(name) }));
  return new World(genesisState({ adminPublicKey: publicOf('admin'), region: 'test', validators }));
}

const proof = (name: string, key: string, chain = chainId): Uint8Array =>
  signMessage(seedOf(key), possessionDomain, possessionMessage(chain, name, publicOf(key)));
const join = (name: string, key = name, possession = proof(name, key)): Operation => ({
  kind: 'validator.join',
  name,
  publicKey: publicOf(key),
  address: `${name}.example:7000`,
  possession,
});
const leave = (name: string): Operation => ({ kind: 'validator.leave', name });
const rotate = (name: string, key: string, address = '', possession = proof(name, key)): Operation => ({
  kind: 'validator.rotate',
  publicKey: publicOf(key),
  address,
  possession,
});
/** A rotation that succeeds; the account's journal goes on under the new key. */
function rotated(world: World, name: string, epoch: number): void {
  expect(world.do(name, rotate(name, `${name}#${epoch}`)).outcome).toBe('applied');
  world.setEpoch(name, epoch);
}
const namesIn = (world: World): string[] => readWishedValidators(world.state).map(({ name }) => name);

describe('the wished set (SPEC W1)', () => {
  it('W1: the genesis wishes for its validators, and each has an account that its key speaks for', () => {
    const world = region();
    expect(readWishedValidators(world.state)).toEqual(
      first.map((name) => ({ name, publicKey: publicOf(name), address: '', sinceMs: 0 })),
    );
    for (const name of first) {
      const account = readAccount(world.state, name);
      expect(account && roleOf(account)).toBe('validator');
      expect(authorKey(world.state, name)?.publicKey).toEqual(publicOf(name));
    }
  });

  it('W1: a genesis that names one twice, gives two the same key, or calls one as the admin is called, makes no region', () => {
    const genesis = (name: string, key: string): unknown =>
      genesisState({
        adminPublicKey: publicOf('admin'),
        region: 'test',
        validators: [
          { name: 'v1', publicKey: publicOf('v1') },
          { name, publicKey: publicOf(key) },
        ],
      });
    expect(() => genesis('v1', 'v2')).toThrow('name to itself');
    expect(() => genesis('v2', 'v1')).toThrow('key to itself');
    expect(() => genesis('admin', 'v2')).toThrow();
  });
});

describe('validator.join (SPEC W2 and W3)', () => {
  it('W3: the admin adds one, with an account under its name', () => {
    const world = region();
    expect(world.do('admin', join('v5')).outcome).toBe('applied');
    expect(namesIn(world)).toEqual([...first, 'v5']);
    expect(readWishedValidators(world.state)[4]).toMatchObject({ address: 'v5.example:7000', sinceMs: world.timeMs });
    expect(authorKey(world.state, 'v5')?.publicKey).toEqual(publicOf('v5'));
    expect(world.do('admin', join('v5')).reasons).toEqual(['ALREADY_EXISTS']);
  });

  it('W3: nobody else adds one', () => {
    const world = region();
    expect(world.do('v1', join('v5')).reasons).toEqual(['NOT_AUTHORISED']);
  });

  it('W2: a key that its owner did not sign with for this name on this chain is refused', () => {
    const world = region();
    for (const possession of [proof('v6', 'v5'), proof('v5', 'v6'), proof('v5', 'v5', publicOf('other chain'))])
      expect(world.do('admin', join('v5', 'v5', possession)).reasons).toEqual(['CONSENT_INVALID']);
    expect(namesIn(world)).toEqual(first);
  });

  it("W2: another validator's key is refused, even after that one has gone", () => {
    const world = region([...first, 'v5']);
    expect(world.do('admin', join('v6', 'v5', proof('v6', 'v5'))).reasons).toEqual(['ALREADY_EXISTS']);
    world.all('admin', [leave('v5')]);
    expect(world.do('admin', join('v6', 'v5', proof('v6', 'v5'))).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('admin', join('v5')).outcome).toBe('applied');
  });

  it('W3: no account of another role or key, and no revoked one, becomes a validator', () => {
    const world = region();
    world.all('admin', [
      { kind: 'account.register', id: issuer, role: 0, publicKey: publicOf(issuer), name: 'I' },
      { kind: 'account.register', id: 'v5', role: 3, publicKey: publicOf('v5 office'), name: 'V5' },
      { kind: 'account.register', id: 'v6', role: 3, publicKey: publicOf('v6'), name: 'V6' },
      { kind: 'account.revoke', account: 'v6', approvals: [] },
    ]);
    expect(world.do('admin', join(issuer)).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('admin', join('v6')).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('admin', join('v5')).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('admin', join('v5', 'v5 office')).outcome).toBe('applied');
  });

  it('W3: sixteen are the most', () => {
    const names = Array.from({ length: 16 }, (_, index) => `v${index + 1}`);
    expect(region(names).do('admin', join('v17')).reasons).toEqual(['LIMIT_EXCEEDED']);
    expect(region(names.slice(1)).do('admin', join('v17')).outcome).toBe('applied');
  });
});

describe('validator.leave (SPEC W4)', () => {
  it('W4: a validator goes by its own word or the admin’s, not by that of another', () => {
    const world = region([...first, 'v5', 'v6']);
    expect(world.do('v1', leave('v2')).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do('v1', leave('v1')).outcome).toBe('applied');
    expect(world.do('v1', leave('v1')).reasons).toEqual(['NOT_A_MEMBER']);
    expect(world.do('admin', leave('v2')).outcome).toBe('applied');
    expect(namesIn(world)).toEqual(['v3', 'v4', 'v5', 'v6']);
  });

  it('W4: four stay', () => {
    const world = region();
    expect(world.do('admin', leave('v1')).reasons).toEqual(['LIMIT_EXCEEDED']);
    expect(world.do('v1', leave('v1')).reasons).toEqual(['LIMIT_EXCEEDED']);
  });
});

describe('validator.rotate (SPEC W2 and W5)', () => {
  it('W5: a validator takes a new key in its place, for votes and journal alike', () => {
    const world = region();
    rotated(world, 'v2', 1);
    expect(namesIn(world)).toEqual(first);
    const renewed = { name: 'v2', publicKey: publicOf('v2#1'), address: '', sinceMs: world.timeMs };
    expect(readWishedValidators(world.state)[1]).toEqual(renewed);
    expect(readAccount(world.state, 'v2')).toMatchObject({ publicKey: publicOf('v2#1'), epoch: 1, version: 1 });
    expect(authorKeyOf(world.state, 'v2', 0)?.publicKey).toEqual(publicOf('v2'));
    world.timeMs += day;
    expect(world.do('v2', rotate('v2', 'v2')).outcome).toBe('applied');
  });

  it('W5: an address changes alone, and nothing changes for nothing', () => {
    const world = region();
    const [, before] = readWishedValidators(world.state);
    expect(world.do('v2', rotate('v2', 'v2', 'v2:7001')).outcome).toBe('applied');
    expect(readWishedValidators(world.state)[1]).toEqual({ ...before, address: 'v2:7001' });
    expect(readAccount(world.state, 'v2')?.epoch).toBe(0);
    expect(world.do('v2', rotate('v2', 'v2', 'v2:7001')).reasons).toEqual(['ALREADY_EXISTS']);
  });

  it('W5: a key that governors decide on stays theirs', () => {
    const world = region();
    const governors = ['g0', 'g1'].map(publicOf);
    world.all('admin', [
      {
        kind: 'account.govern',
        account: 'v2',
        governors,
        threshold: 2,
        itemsPerDayMax: null,
        version: 1,
        approvals: [],
      },
    ]);
    expect(world.do('v2', rotate('v2', 'v2 new')).outcome).toBe('applied');
    expect(readWishedValidators(world.state)[1]?.publicKey).toEqual(publicOf('v2 new'));
    expect(readAccount(world.state, 'v2')?.publicKey).toEqual(publicOf('v2'));
  });

  it('W5: one new key a day', () => {
    const world = region();
    rotated(world, 'v2', 1);
    expect(world.do('v2', rotate('v2', 'key 2')).reasons).toEqual(['LIMIT_EXCEEDED']);
    world.timeMs += day;
    expect(world.do('v2', rotate('v2', 'key 2')).outcome).toBe('applied');
  });

  it('W2: neither a key that it cannot sign with nor one of another', () => {
    const world = region();
    expect(world.do('v2', rotate('v2', 'new', '', proof('v3', 'new'))).reasons).toEqual(['CONSENT_INVALID']);
    expect(world.do('v2', rotate('v2', 'v3')).reasons).toEqual(['ALREADY_EXISTS']);
    world.do('v3', rotate('v3', 'v3 new'));
    expect(world.do('v2', rotate('v2', 'v3')).reasons).toEqual(['ALREADY_EXISTS']);
  });

  it('W5: who is not wished for has no key to rotate', () => {
    const world = region([...first, 'v5']);
    world.all('admin', [leave('v5')]);
    expect(world.do('v5', rotate('v5', 'new')).reasons).toEqual(['NOT_A_MEMBER']);
    expect(world.do('admin', rotate('admin', 'new')).reasons).toEqual(['NOT_AUTHORISED']);
  });

  it('W5: a lost key is replaced by the admin', () => {
    const world = region([...first, 'v5']);
    world.all('admin', [
      { kind: 'account.rekey', account: 'v2', publicKey: publicOf('v2 found'), approvals: [] },
      leave('v2'),
      join('v2', 'v2 found'),
    ]);
    expect(readWishedValidators(world.state).at(-1)).toMatchObject({ name: 'v2', publicKey: publicOf('v2 found') });
  });
});
