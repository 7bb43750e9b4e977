/** Coupons: each item in one place, used once, within all limits. */
import { strict as assert } from 'node:assert';
import type { Sale, SalePart, SoldItem } from '#ledger/baskets/sale';
import { type ItemStatus, readItemStatus } from '#ledger/coupons/item-status';
import { ownerOf } from '#ledger/coupons/owners';
import { returnRule, type Terms, valueMaxOf } from '#ledger/coupons/terms';
import { type Right, rightMerged, rightOpen } from '#ledger/rights/right';
import { countSerials } from '#ledger/rights/serial-ranges';
import type { LedgerView } from '#ledger/state/view';
import { type Books, parts, Sums } from './books.ts';

/** Whether all of a part has come back. */
function isBack({ lines, returned }: Sale, at: number): boolean {
  const sum = (all: Sale['lines']): bigint =>
    all.reduce((total, one) => (one.part === at ? total + one.amount : total), 0n);
  return sum(lines) > 0n && sum(lines) === sum(returned);
}

/** A coupon that a sale has used, and that nothing has taken back since. */
export function isLive({ files }: Books, sale: Sale, at: number, part: SalePart): part is SoldItem & { kind: 'item' } {
  if (part.kind !== 'item' || part.conflict !== 0n || sale.isVoided) return false;
  const rule = files.terms.get(`c/${part.gcn}`, `terms/${part.termsVersion}`)?.terms.returnRule;
  return !(rule === returnRule.reinstate && isBack(sale, at));
}

interface Used {
  readonly store: string;
  readonly item: SoldItem;
}

function liveItems(books: Books): Used[] {
  const found: Used[] = [];
  for (const { shard, value: sale } of books.files.sales.all())
    for (const [at, part] of sale.parts.entries())
      if (isLive(books, sale, at, part)) found.push({ store: parts(shard)[1], item: part });
  return found;
}

interface Reserved {
  readonly store: string;
  readonly gcn: string;
  readonly serial: number;
  readonly isOwned: boolean;
  readonly rightId: string | null;
  readonly holder: string | null;
}

function reservedItems({ files }: Books): Reserved[] {
  const found: Reserved[] = [];
  for (const { shard, value } of files.opens.all())
    for (const open of value.items)
      if (open.kind === 'item' && open.conflict === 0n) found.push({ ...open, store: shard.slice(2) });
  return found;
}

/** Serials of a list, each of them once. */
function once(list: readonly number[], what: string): Set<number> {
  const all = new Set(list);
  assert.equal(all.size, list.length, what);
  return all;
}

function leasedSerials({ files }: Books, gcn: string): Set<number> {
  const list: number[] = [];
  for (const { value: right } of files.rights.all()) {
    if (right.status !== rightOpen || right.grant.kind !== 'lease' || right.grant.gcn !== gcn) continue;
    for (const { first, last } of right.grant.ranges)
      for (let serial = first; serial <= last; serial++) list.push(serial);
  }
  return once(list, `I3: an item of ${gcn} is in two open rights`);
}

function offeredSerials(books: Books, view: LedgerView, gcn: string): Set<number> {
  const list: number[] = [];
  for (const { value } of books.files.offers.all()) {
    const give = value.offer?.give;
    if (give?.kind !== 'items' || give.gcn !== gcn) continue;
    for (const serial of give.serials) {
      assert.equal(ownerOf(view, gcn, serial), value.offer?.owner, `I11: ${gcn} ${serial} is offered by its owner`);
      list.push(serial);
    }
  }
  return once(list, `I11: an item of ${gcn} is in two offers`);
}

const inLease: readonly ItemStatus[] = ['leased', 'reserved', 'redeemed', 'voided'];

/** I1 to I4 of a series with serials. */
function checkItems(
  books: Books,
  view: LedgerView,
  gcn: string,
  terms: Terms,
  all: { used: Used[]; open: Reserved[] },
): void {
  const issued = books.files.series.get(`c/${gcn}`, 'series')?.issuedCount ?? 0;
  const reserved = once(
    all.open.flatMap((one) => (one.gcn === gcn ? [one.serial] : [])),
    `I2: an item of ${gcn} is in two baskets`,
  );
  const leased = leasedSerials(books, gcn);
  const offered = offeredSerials(books, view, gcn);
  const uses = new Map<number, bigint[]>();
  for (const { item } of all.used)
    if (item.gcn === gcn) uses.set(item.serial, [...(uses.get(item.serial) ?? []), item.value]);
  for (let serial = 0; serial < issued; serial++) {
    const status = readItemStatus(view, gcn, serial);
    const name = `${gcn} ${serial} (${status})`;
    assert.ok(status !== null, `I1: ${name} has a status`);
    assert.equal(status === 'reserved', reserved.has(serial), `I2: ${name} is in a basket`);
    assert.equal(status === 'offered', offered.has(serial), `I11: ${name} is on offer`);
    assert.ok(leased.has(serial) ? inLease.includes(status) : status !== 'leased', `I3: ${name} and its lease`);
    const taken = uses.get(serial) ?? [];
    if (!terms.partial) {
      assert.equal(taken.length, status === 'redeemed' ? 1 : 0, `I4: ${name} was used ${taken.length} times`);
      continue;
    }
    const rest = books.files.rests.get(`c/${gcn}`, `rest/${serial}`)?.amount;
    const sum = taken.reduce((total, value) => total + value, 0n);
    if (rest === undefined) assert.equal(sum, 0n, `I4: ${name} was used`);
    else assert.ok(fullValues(books, gcn).has(rest + sum), `I4: ${name}: ${sum} was used and ${rest} is left`);
    if (rest === 0n) assert.ok(status !== 'available' && status !== 'leased', `I4: nothing is left of ${name}`);
  }
  assert.equal(readItemStatus(view, gcn, issued), null, `I1: nothing of ${gcn} exists that was not issued`);
}

/** What an item was worth at first, under any version. */
function fullValues({ files }: Books, gcn: string): Set<bigint> {
  const values = new Set<bigint>();
  for (const { shard, value } of files.terms.all()) if (shard === `c/${gcn}`) values.add(valueMaxOf(value.terms));
  return values;
}

/** Uses that a right keeps from the series' total; what was sold or is reserved of a closed one is counted there. */
function charged(right: Right, gcn: string): number {
  const { grant, status, lostCount } = right;
  if (status === rightMerged || grant.kind === 'budget' || grant.kind === 'amount' || grant.gcn !== gcn) return 0;
  if (status !== rightOpen) return lostCount;
  return grant.kind === 'uses' ? grant.count : countSerials(grant.ranges);
}

/** Whether a unit is an open right's, which keeps it from the total as long as it is open. */
function isCharged(
  { files }: Books,
  store: string,
  { isOwned, rightId }: Pick<SoldItem, 'isOwned' | 'rightId'>,
): boolean {
  const right = files.rights.get(`s/${store}`, `right/${rightId}`);
  const now = right?.status === rightMerged ? files.rights.get(`s/${store}`, `right/${right.parentId}`) : right;
  return isOwned && now?.status === rightOpen;
}

/** C12: the uses of a series with a total. */
function checkTotal(books: Books, gcn: string, all: { used: Used[]; open: Reserved[] }): void {
  const { files } = books;
  let uses = 0;
  for (const { value: right } of files.rights.all()) uses += charged(right, gcn);
  for (const { store, item } of all.used) if (item.gcn === gcn && !isCharged(books, store, item)) uses++;
  for (const one of all.open) if (one.gcn === gcn && !isCharged(books, one.store, one)) uses++;
  const counted = files.uses.get(`c/${gcn}`, 'uses')?.count ?? 0;
  assert.equal(counted, uses, `C12: ${gcn} counts its uses`);
  let most = 0;
  for (const { shard, value } of files.terms.all())
    if (shard === `c/${gcn}`) most = Math.max(most, value.terms.totalMax ?? 0);
  assert.ok(counted <= most, `C12: ${gcn} was used ${counted} times of ${most}`);
}

/** C12: the uses of each holder. */
function checkHolders({ files }: Books, all: { used: Used[]; open: Reserved[] }): void {
  const uses = new Sums();
  for (const { item } of all.used) if (item.holder !== null) uses.add(`uses/${item.gcn}/${item.holder}`, 1n);
  for (const { gcn, holder } of all.open) if (holder !== null) uses.add(`uses/${gcn}/${holder}`, 1n);
  for (const { key, value } of files.holderUses.all()) {
    assert.equal(BigInt(value.count), uses.of(key), `C12: ${key}`);
    uses.byName.delete(key);
    const [, gcn] = parts(key);
    let most = 0;
    for (const { shard, value: stored } of files.terms.all())
      if (shard === `c/${gcn}`) most = Math.max(most, stored.terms.perHolderMax ?? 0);
    assert.ok(value.count <= most, `C12: ${key}: ${value.count} of ${most}`);
  }
  assert.equal(uses.byName.size, 0, `C12: ${[...uses.byName.keys()].join()} is counted`);
}

/** I1 to I4, I11 and C12. */
export function checkCoupons(books: Books, view: LedgerView): void {
  const all = { used: liveItems(books), open: reservedItems(books) };
  for (const { shard, value } of books.files.series.all()) {
    const gcn = shard.slice(2);
    const terms = books.files.terms.get(shard, `terms/${value.termsVersion}`)?.terms;
    assert.ok(terms !== undefined, `${gcn} has terms`);
    if (!terms.open) checkItems(books, view, gcn, terms, all);
    if (terms.totalMax !== null) checkTotal(books, gcn, all);
  }
  checkHolders(books, all);
}
