import { describe, expect, it } from 'vitest';
import { openSlots } from '#ledger/market/market-book';
import { ann, card, define, issue, openAssets, pay } from '../../unit/ledger/asset-world.ts';
import { anyUnits, nextBlock, place, units } from '../../unit/ledger/market-world.ts';
import { issuer } from '../../unit/ledger/world.ts';

const much = 2n ** 95n;

describe('an issuer whose units go round in a circle', () => {
  it('M1, M7: trades on, however much one offer has taken in all', () => {
    const world = openAssets();
    const paper = { ...card, kind: 0, freezable: false, mintPerDayMax: 2n ** 96n - 1n };
    world.all(issuer, [define('paper', paper), issue('paper', issuer, much)]);
    world.all(ann, [place(world, ann, [units('points', 1_000n), anyUnits('paper'), [much, 1n]])]);
    nextBlock(world);
    for (let round = 0; round < 3; round++) {
      world.all(issuer, [place(world, issuer, [units('paper', much), anyUnits('points'), [1n, much]])]);
      expect(nextBlock(world).receipts).toHaveLength(1);
      world.all(ann, [pay('paper', ann, issuer, much)]);
    }
    expect(openSlots(world.state).map(({ offer }) => offer.give)).toEqual([units('points', 997n)]);
  });
});
