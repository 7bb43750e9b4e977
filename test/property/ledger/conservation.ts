/** What must hold of any state that the workload leads to. Throws with what is wrong. */
import { strict as assert } from 'node:assert';
import { type OpenReservation, readOpen } from '#ledger/baskets/open-reservations';
import { readItemStatus } from '#ledger/coupons/item-status';
import { readSeries } from '#ledger/coupons/series';
import { leaseCovers, rightOpen } from '#ledger/rights/right';
import { readOpenRightIds, readRight } from '#ledger/rights/right-book';
import type { LedgerView } from '#ledger/state/view';
import { readBatch } from '#ledger/trace/batch';
import { BatchSheet, hasBit } from '#ledger/trace/batch-sheet';
import { readCustodyCounts } from '#ledger/trace/custody';
import { gcn, gtin, lot } from '../../unit/ledger/world.ts';
import { rightIds, stores } from './workload.ts';

/** Sums over the receipts of captures so far, less those that were voided. */
export interface Tally {
  capturedValue: bigint;
}

const faceValue = 100n;

function openIn(view: LedgerView, store: string): readonly OpenReservation[] {
  return [...readOpen(view, store, 'lane-1'), ...readOpen(view, store, 'lane-2')];
}

function checkRights(view: LedgerView, owners: Map<number, string>): number {
  let spent = 0;
  const issuedCount = readSeries(view, gcn)?.issuedCount ?? 0;
  for (const store of stores) {
    const open = openIn(view, store);
    const openIds = rightIds.filter((id) => readRight(view, store, id)?.status === rightOpen);
    assert.deepEqual([...readOpenRightIds(view, store)].sort(), [...openIds].sort());
    for (const id of rightIds) {
      const right = readRight(view, store, id);
      if (right === null) continue;
      spent += right.spentCount;
      assert.equal(
        right.conflictedValue,
        faceValue * BigInt(right.conflictedCount),
        'conflicts are charged at face value',
      );
      if (right.grant.kind !== 'lease' || right.status !== rightOpen) continue;
      let redeemed = 0;
      let reserved = 0;
      for (let serial = 0; serial < issuedCount; serial++) {
        if (!leaseCovers(right, serial)) continue;
        assert.equal(owners.get(serial), undefined, `item ${serial} is in two open leases`);
        owners.set(serial, `${store} ${id}`);
        const status = readItemStatus(view, gcn, serial);
        assert.ok(
          status === 'leased' || status === 'reserved' || status === 'redeemed',
          `owned item ${serial} is ${status}`,
        );
        if (status === 'redeemed') redeemed++;
        if (status === 'reserved') reserved++;
      }
      assert.equal(redeemed, right.spentCount, `${id}: spent is what was redeemed under it`);
      assert.equal(reserved, open.filter((item) => item.rightId === id && item.conflict === 0n).length);
    }
  }
  return spent;
}

/** Checks conservation of coupons, rights and products. */
export function checkConservation(view: LedgerView, tally: Tally): void {
  const issuedCount = readSeries(view, gcn)?.issuedCount ?? 0;
  const open = stores.flatMap((store) => openIn(view, store));
  const holding = open.flatMap((item) => (item.kind === 'item' && item.conflict === 0n ? [item.serial] : []));
  assert.equal(new Set(holding).size, holding.length, 'an item is in one basket only');
  const owners = new Map<number, string>();
  const spent = checkRights(view, owners);
  const counts = { available: 0, leased: 0, reserved: 0, redeemed: 0, voided: 0, expired: 0, offered: 0 };
  for (let serial = 0; serial < issuedCount; serial++) {
    const status = readItemStatus(view, gcn, serial);
    assert.ok(status !== null, `issued item ${serial} has a status`);
    counts[status]++;
    if (status === 'leased') assert.ok(owners.has(serial), `leased item ${serial} belongs to an open right`);
    if (status === 'reserved') assert.ok(holding.includes(serial), `reserved item ${serial} is in a basket`);
  }
  assert.equal(readItemStatus(view, gcn, issuedCount), null, 'nothing exists beyond what was issued');
  assert.equal(counts.reserved, holding.length, 'a basket holds reserved items only');
  assert.equal(faceValue * BigInt(counts.redeemed), tally.capturedValue, 'each item was captured at most once');
  assert.ok(spent <= counts.redeemed, 'rights account for no more than was redeemed');

  const batch = readBatch(view, { tradeItem: gtin, lot });
  const sheet = BatchSheet.open(view, { tradeItem: gtin, lot }, null);
  assert.ok(batch !== null && sheet !== null);
  let sold = 0;
  for (let place = 0; place < batch.serialCount; place++) if (hasBit(sheet.facts(place), 'sold')) sold++;
  const custodies = stores.map((store) => readCustodyCounts(view, store, batch));
  const kept = custodies.reduce((sum, custody) => sum + custody.sold - custody.returned, 0);
  assert.equal(sold, kept, 'each product has one clean sale');
}
