import { describe, expect, it } from 'vitest';
import { act, ann, bob, define, done, earn, earnOf, has, no, openAssets, points } from './asset-world.ts';
import { day, issuer, storeA, storeB } from './world.ts';

const lane = `${storeB}/lane-1`;

describe('points that purchases earn (SPEC V7)', () => {
  it('V7: the member number is enough, and what is earned is rounded down', () => {
    const world = openAssets();
    expect(act(world, lane, earn(199n, { member: bob }))).toEqual(done(5n));
    expect(act(world, lane, earn(200n, { member: bob }))).toEqual(done(6n));
    expect(act(world, lane, earn(33n))).toEqual(done(0n));
    expect([has(world, bob, 'points'), has(world, ann, 'points')]).toEqual([1_011n, 1_000n]);
    expect(act(world, lane, earn(0n))).toEqual(no('BAD_OPERATION'));
    expect(act(world, lane, earn(100n, { asset: 'nothing' }))).toEqual(no('NO_SUCH_ASSET'));
    expect(act(world, lane, earn(100n, { asset: 'card' }))).toEqual(no('BAD_OPERATION'));
    expect(act(world, lane, earn(100n, { termsVersion: 2 }))).toEqual(no('BAD_OPERATION'));
    expect(act(world, lane, earn(100n, { member: `@${'0'.repeat(32)}` }))).toEqual(no('UNKNOWN_ACCOUNT'));
  });

  it('V7: only terminals of the merchants that the terms name', () => {
    const world = openAssets();
    expect(act(world, `${storeA}/lane-1`, earn(100n))).toEqual(no('NOT_ACCEPTED_HERE'));
    for (const author of ['merchant-c', issuer, ann])
      expect(act(world, author, earn(100n))).toEqual(no('NOT_AUTHORISED'));
  });

  it("V7: a merchant's terminals book no more in a day than the terms allow, however small the purchases", () => {
    const world = openAssets({ points: { earn: { ...earnOf, perDayMax: 100n, merchants: ['merchant-c', issuer] } } });
    let booked = 0n;
    for (let n = 0; n < 40; n++) booked += act(world, lane, earn(100n)).value;
    expect(booked).toBe(99n);
    expect(act(world, lane, earn(100n))).toEqual(no('MINT_LIMIT'));
    expect(act(world, lane, earn(2n ** 96n - 1n))).toEqual(no('MINT_LIMIT'));
    expect(act(world, `${storeA}/lane-1`, earn(3_333n))).toEqual(done(99n));
    world.timeMs += day;
    expect(act(world, lane, earn(3_333n))).toEqual(done(99n));
  });

  it('V7: terms superseded while a line was cut still hold for what happened before', () => {
    const world = openAssets();
    const before = world.timeMs;
    world.timeMs += day;
    const twice = { ...earnOf, num: 6 };
    world.all(issuer, [define('points', { ...points, version: 2, earn: twice })]);
    world.timeMs += day;
    expect(act(world, lane, earn(100n), { timeLowMs: before })).toEqual(done(3n));
    expect(act(world, lane, earn(100n), { timeLowMs: before + day + 1 })).toEqual(no('TERMS_SUPERSEDED'));
    expect(act(world, lane, earn(100n, { termsVersion: 2 }))).toEqual(done(6n));
  });
});
