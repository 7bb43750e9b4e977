import { expect, it } from 'vitest';
import { accountKey, accounts, readAccount } from '#ledger/accounts/account';
import { chargeItems, mintDayOf, readMinted, writeMinted } from '#ledger/accounts/mint-limit';
import { regionShard } from '#ledger/ids';
import { reasonsIn } from '#ledger/reasons';
import { StateOverlay } from '#ledger/state/state-overlay';
import { day, issuer, World } from './world.ts';

const midnight = 20_900 * day;

function limited(itemsPerDayMax: number | null): StateOverlay {
  const tx = new StateOverlay(World.open().state);
  const account = readAccount(tx, issuer);
  if (account === null) throw new Error('no issuer');
  accounts.write(tx, regionShard, accountKey(issuer), { ...account, itemsPerDayMax });
  return tx;
}
const charge = (tx: StateOverlay, count: number, timeMs: number): string[] =>
  reasonsIn(chargeItems(tx, issuer, count, timeMs));

it('A9: a day allows so many items and not one more, and the next UTC day as many again', () => {
  const tx = limited(100);
  expect(charge(tx, 60, midnight)).toEqual([]);
  expect(charge(tx, 41, midnight + day - 1)).toEqual(['MINT_LIMIT']);
  expect(charge(tx, 40, midnight + day - 1)).toEqual([]);
  expect(charge(tx, 1, midnight + day - 1)).toEqual(['MINT_LIMIT']);
  expect(charge(tx, 101, midnight + day)).toEqual(['MINT_LIMIT']);
  expect(charge(tx, 100, midnight + day)).toEqual([]);
});

it('A9: an account without a limit creates what it likes, one with the limit 0 nothing', () => {
  expect(charge(limited(null), 1_000_000, midnight)).toEqual([]);
  expect(charge(limited(0), 1, midnight)).toEqual(['MINT_LIMIT']);
});

it('A9: what is allowed on top counts on its day alone', () => {
  const tx = limited(10);
  const tomorrow = mintDayOf(midnight) + 1;
  writeMinted(tx, issuer, { ...readMinted(tx, issuer, tomorrow - 1), allowances: [{ day: tomorrow, extra: 5 }] });
  expect(charge(tx, 11, midnight)).toEqual(['MINT_LIMIT']);
  expect(charge(tx, 10, midnight)).toEqual([]);
  expect(charge(tx, 15, midnight + day)).toEqual([]);
  expect(charge(tx, 1, midnight + day)).toEqual(['MINT_LIMIT']);
  expect(charge(tx, 11, midnight + 2 * day)).toEqual(['MINT_LIMIT']);
  expect(readMinted(tx, issuer, tomorrow + 1).allowances).toEqual([]);
});
