import { describe, expect, it } from 'vitest';
import { readAsset } from '#ledger/assets/asset';
import { lock, lockedOf, lotQuantumMs, readBalance, unlock } from '#ledger/assets/balance';
import type { Operation } from '#ledger/operation';
import { checkAssets } from './all-balances.ts';
import { act, ann, burn, cleo, done, expire, freeze, has, issue, no, openAssets, pay } from './asset-world.ts';
import { day, issuer } from './world.ts';

describe('freezing (SPEC V5)', () => {
  it('V5: the issuer freezes where the terms let it; the frozen account receives and cannot pay or burn', () => {
    const world = openAssets();
    expect(act(world, issuer, freeze(ann))).toEqual(no('NOT_AUTHORISED'));
    expect(act(world, issuer, freeze(ann, true, 'points'))).toEqual(no('NOT_AUTHORISED'));
    expect(act(world, 'issuer-x', freeze('nobody'))).toEqual(no('UNKNOWN_ACCOUNT'));
    expect(act(world, 'issuer-x', freeze(ann, true, 'nothing'))).toEqual(no('NO_SUCH_ASSET'));
    expect(act(world, 'issuer-x', freeze(ann))).toEqual(done(0n));
    expect(act(world, ann, pay('card', ann, cleo, 1n))).toEqual(no('FROZEN'));
    expect(act(world, ann, pay('card', ann, 'issuer-x', 9_000n))).toEqual(no('INSUFFICIENT_BALANCE', 'FROZEN'));
    expect(act(world, ann, burn('card', ann, 1n))).toEqual(no('FROZEN'));
    expect(act(world, ann, pay('points', ann, cleo, 1n))).toEqual(done(1n));
    expect(act(world, cleo, pay('card', cleo, ann, 50n))).toEqual(done(50n));
    expect(act(world, 'issuer-x', issue('card', ann, 50n))).toEqual(done(50n));
    expect(act(world, 'issuer-x', freeze(ann, false))).toEqual(done(0n));
    expect(act(world, ann, pay('card', ann, cleo, 5_100n))).toEqual(done(5_100n));
  });

  it('V5: an account can be frozen before it has anything', () => {
    const world = openAssets();
    act(world, 'issuer-x', freeze('merchant-d'));
    act(world, ann, pay('card', ann, 'merchant-d', 5n));
    expect(act(world, 'merchant-d', pay('card', 'merchant-d', ann, 5n))).toEqual(no('FROZEN'));
  });
});

describe('expiry (SPEC V6, V9)', () => {
  it('V2, V9: a lot counts to its last millisecond, at least as long as the terms say, and at most 30 days longer', () => {
    const world = openAssets();
    const end = readBalance(world.state, { owner: ann, asset: 'points' }).open.lots[0]?.expiryMs ?? 0;
    expect(end % lotQuantumMs).toBe(0);
    expect(end - world.timeMs).toBeGreaterThanOrEqual(360 * day);
    expect(end - world.timeMs).toBeLessThan(390 * day);
    world.timeMs = end;
    expect(act(world, ann, pay('points', ann, cleo, 400n))).toEqual(done(400n));
    expect(act(world, issuer, expire(ann, cleo))).toEqual(done(0n));
    world.timeMs++;
    expect(act(world, ann, pay('points', ann, cleo, 1n))).toEqual(no('INSUFFICIENT_BALANCE'));
    expect(act(world, 'issuer-x', expire(ann))).toEqual(no('NOT_AUTHORISED'));
    expect(act(world, issuer, { ...expire(ann), asset: 'nothing' } as Operation)).toEqual(no('NO_SUCH_ASSET'));
    expect(act(world, issuer, expire(ann, cleo, ann, 'nobody'))).toEqual(done(2_000n));
    expect(readAsset(world.state, 'points')).toMatchObject({ issued: 3_000n, burned: 2_000n });
  });

  it('V9: what expires first is paid first, and paying does not renew it', () => {
    const world = openAssets();
    world.timeMs += 180 * day;
    act(world, issuer, issue('points', ann, 500n));
    act(world, ann, pay('points', ann, cleo, 1_200n));
    world.timeMs += 220 * day;
    expect(has(world, ann, 'points')).toBe(300n);
    expect(has(world, cleo, 'points')).toBe(200n);
  });

  it('V6, V9: what is locked does not expire from under its promise, and comes back expired', () => {
    const world = openAssets();
    const of = { owner: ann, asset: 'points' };
    const change = (write: (tx: ReturnType<typeof world.state.overlay>) => void): void => {
      const tx = world.state.overlay();
      write(tx);
      world.state.commit(world.state.evaluate(tx, world.height));
    };
    change((tx) => expect(lock(tx, of, 600n, world.timeMs)).toBe(0n));
    world.timeMs += 400 * day;
    expect(act(world, issuer, expire(ann))).toEqual(done(400n));
    expect(lockedOf(readBalance(world.state, of))).toBe(600n);
    change((tx) => unlock(tx, of, 600n, world.timeMs));
    expect(has(world, ann, 'points')).toBe(0n);
    expect(act(world, issuer, expire(ann))).toEqual(done(600n));
    checkAssets(world.state);
  });

  it('V6: one operation names as many balances as a receipt has movements, and not one more', () => {
    const owners = Array.from({ length: 64 }, (_, n) => `@${n.toString(16).padStart(32, '0')}`);
    const world = openAssets();
    expect(act(world, issuer, expire(...owners))).toEqual(done(0n));
    expect(() => world.segment(issuer, [expire(...owners, ann)])).toThrow();
  });
});
