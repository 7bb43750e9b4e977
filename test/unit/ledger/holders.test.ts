import { describe, expect, it } from 'vitest';
import { readHolder } from '#ledger/accounts/holder';
import { holderIdOf } from '#ledger/accounts/holder-id';
import { rebindDelayMs } from '#ledger/accounts/rebind-holder';
import { authorKey, authorKeyOf } from '#ledger/journal/author-key';
import type { Operation } from '#ledger/operation';
import { issuer, publicOf, seedOf, World } from './world.ts';

const holder = holderIdOf(seedOf('salt'), '4711');
const register = (key: string | null, id = holder): Operation => ({
  kind: 'holder.register',
  holder: id,
  publicKey: key === null ? null : publicOf(key),
});
const rebind = (key: string | null): Operation => ({
  kind: 'holder.rebind',
  holder,
  publicKey: key === null ? null : publicOf(key),
});
const keep: Operation = { kind: 'holder.keep' };

function withHolder(key: string | null): World {
  const world = World.open();
  world.all(issuer, [register(key)]);
  return world;
}

describe('holders (SPEC A12 to A14)', () => {
  it('A12: a pseudonym tells no two issuers that it is one member, nor two members apart by chance', () => {
    expect(holder).toMatch(/^@[0-9a-f]{32}$/);
    expect(holderIdOf(seedOf('salt'), '4711')).toBe(holder);
    const others = [holderIdOf(seedOf('other salt'), '4711'), holderIdOf(seedOf('salt'), '4712')];
    expect(new Set([holder, ...others]).size).toBe(3);
    // Salt and number have a border: what one ends with is not what the other begins with.
    expect(holderIdOf(new Uint8Array([1, 0x31]), '2')).not.toBe(holderIdOf(new Uint8Array([1]), '12'));
  });

  it('A12: an issuer registers a member once, with a key or without', () => {
    const world = withHolder(null);
    expect(world.do(issuer, register('phone')).reasons).toEqual(['ALREADY_EXISTS']);
    expect(world.do('issuer-x', register('phone')).reasons).toEqual(['ALREADY_EXISTS']);
    expect(authorKey(world.state, holder)).toBeNull();
    expect(readHolder(world.state, holder)).toMatchObject({ issuer, publicKey: null });
  });

  it('A13: a member without a key gets one at once, and speaks with it', () => {
    const world = withHolder(null);
    expect(world.do('issuer-x', rebind(holder)).reasons).toEqual(['NOT_AUTHORISED']);
    expect(world.do(issuer, rebind(`${holder}#1`)).outcome).toBe('applied');
    world.setEpoch(holder, 1);
    expect(world.do(holder, keep).reasons).toEqual(['BAD_OPERATION']);
    expect(world.do(holder, rebind('next phone')).outcome).toBe('applied');
    expect(authorKey(world.state, holder)).toMatchObject({ epoch: 2, publicKey: publicOf('next phone') });
    expect(authorKeyOf(world.state, holder, 1)?.publicKey).toEqual(publicOf(`${holder}#1`));
  });

  it('A13: an issuer takes a key away only by saying so twice, three days apart', () => {
    const world = withHolder(holder);
    expect(world.do(issuer, rebind(null)).outcome).toBe('applied');
    expect(authorKey(world.state, holder)?.epoch).toBe(0);
    world.timeMs += rebindDelayMs - 1;
    expect(world.do(issuer, rebind(null)).reasons).toEqual(['NOT_YET_VALID']);
    world.timeMs += 1;
    // A wish for another key waits anew.
    expect(world.copy().do(issuer, rebind('thief')).outcome).toBe('applied');
    expect(authorKey(world.state, holder)?.publicKey).toEqual(publicOf(holder));
    expect(world.do(issuer, rebind(null)).outcome).toBe('applied');
    expect(authorKey(world.state, holder)).toBeNull();
    expect(world.commit([world.segment(holder, [keep])]).skipped).toEqual([{ index: 0, reason: 'UNKNOWN_AUTHOR' }]);
  });

  it('A14: the holder objects in time, and the wait begins anew', () => {
    const world = withHolder(holder);
    world.all(issuer, [rebind('thief')]);
    world.timeMs += rebindDelayMs / 2;
    expect(world.do(holder, keep).outcome).toBe('applied');
    world.timeMs += rebindDelayMs;
    expect(world.do(issuer, rebind('thief')).outcome).toBe('applied');
    expect(authorKey(world.state, holder)?.publicKey).toEqual(publicOf(holder));
  });
});
