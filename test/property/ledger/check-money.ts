/** Amounts: nothing is created or lost, what is locked is what is promised, and receipts tell every movement. */
import { strict as assert } from 'node:assert';
import { lockedOf, totalOf } from '#ledger/assets/balance';
import type { Receipt } from '#ledger/receipt';
import { rightOpen } from '#ledger/rights/right';
import { amountLeft } from '#ledger/rights/units-left';
import { type Books, balanceOf, parts, Sums } from './books.ts';

/** What owners have promised, by `<owner> <asset>`: open holds, escrows, covers, offers, calls. */
function promises({ files }: Books): Sums {
  const sums = new Sums();
  for (const { value } of files.opens.all())
    for (const open of value.items)
      if (open.kind === 'hold' && open.conflict === 0n) sums.add(`${open.owner} ${open.asset}`, open.value);
  for (const { value: right } of files.rights.all())
    if (right.status === rightOpen && right.grant.kind === 'amount')
      sums.add(`${right.grant.owner} ${right.grant.asset}`, amountLeft(right));
  for (const { shard, key, value } of files.members.all()) {
    // What an alliance settles in is the same in all versions that were ever in force.
    const version = files.alliances.get(shard, 'alliance')?.inForce[0]?.version;
    const settledIn = files.allianceTerms.get(shard, `terms/${version}`)?.terms.settlementAsset;
    sums.add(`${parts(key)[1]} ${settledIn}`, value.cover);
    sums.add(`${parts(key)[1]} biz`, value.bizCover);
  }
  for (const { value } of files.offers.all())
    if (value.offer !== null && value.offer.give.kind === 'units')
      sums.add(`${value.offer.owner} ${value.offer.give.asset}`, value.offer.give.amount);
  for (const { value } of files.calls.all())
    for (const { asset, amount } of value.call?.reserved ?? []) sums.add(`${value.call?.caller} ${asset}`, amount);
  return sums;
}

/** I9 and I10. */
export function checkMoney(books: Books): void {
  const { files } = books;
  const promised = promises(books);
  const totals = new Sums();
  for (const { key, value } of files.balances.all()) {
    const { owner, asset } = balanceOf(key);
    totals.add(asset, totalOf(value));
    const name = `${owner} ${asset}`;
    const locked = lockedOf(value);
    if (locked !== promised.of(name)) assert.equal(locked, promised.of(name), `I10: ${name} locks what is promised`);
    promised.byName.delete(name);
  }
  for (const [name, amount] of promised.byName) assert.equal(amount, 0n, `I10: ${name} is promised and locked`);
  for (const { shard, value } of files.assets.all()) {
    const asset = shard.slice(2);
    const sum = totals.of(asset);
    if (sum !== value.issued - value.burned) assert.equal(sum, value.issued - value.burned, `I9: ${asset} adds up`);
    totals.byName.delete(asset);
    const supplyMax = files.assetTerms.get(shard, `terms/${value.termsVersion}`)?.terms.supplyMax ?? null;
    assert.ok(supplyMax === null || value.issued <= supplyMax, `I9: ${asset} is within its supply`);
  }
  assert.equal(
    [...totals.byName].find(([, sum]) => sum !== 0n),
    undefined,
    'I9: nobody has what is not defined',
  );
}

/** What the movements of receipts say that each account has more than before, by `<account> <asset>`. */
function told(receipts: readonly Receipt[]): Sums {
  const sums = new Sums();
  for (const { movements } of receipts) {
    for (const { asset, from, to, amount } of movements) {
      // Coupon items are told by the name of their series' shard: they are in no balance.
      if (asset.includes('/')) continue;
      if (from !== null) sums.add(`${from} ${asset}`, -amount);
      if (to !== null) sums.add(`${to} ${asset}`, amount);
    }
  }
  return sums;
}

/** The movements of a block's receipts are the differences of balances that it made, account by account. */
export function checkMovements(books: Books, before: ReturnType<Books['take']>, receipts: readonly Receipt[]): void {
  const said = told(receipts);
  for (const [name, old] of before) {
    const { owner, asset } = balanceOf(old.key);
    const now = books.files.balances.byName.get(name);
    const difference = (now === undefined ? 0n : totalOf(now.value)) - totalOf(old.value);
    const moved = said.of(`${owner} ${asset}`);
    if (difference !== moved) assert.equal(moved, difference, `receipts explain what ${owner} has of ${asset}`);
    said.byName.delete(`${owner} ${asset}`);
  }
  for (const [name, sum] of said.byName) assert.equal(sum, 0n, `receipts move what ${name} did not`);
}
