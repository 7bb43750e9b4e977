/** The world with assets, a coupon series for holders, and what tests of the market look at. */
import { strict as assert } from 'node:assert';
import { readItemStatus } from '#ledger/coupons/item-status';
import { ownerOf } from '#ledger/coupons/owners';
import { readSeries } from '#ledger/coupons/series';
import type { Terms } from '#ledger/coupons/terms';
import { marketAuthor } from '#ledger/ids';
import type { Goods, Wanted } from '#ledger/market/goods';
import { type OpenSlot, openSlots, readMarket, readOffer, readOwnSlots } from '#ledger/market/market-book';
import type { Operation } from '#ledger/operation';
import type { Receipt } from '#ledger/receipt';
import { checkAssets } from './all-balances.ts';
import { ann, bob, cleo, openAssets } from './asset-world.ts';
import { baseTerms, day, gcn, issuer, type World } from './world.ts';

type Placing = Extract<Operation, { kind: 'offer.place' }>;

export const units = (asset: string, amount: bigint): Goods => ({ kind: 'units', asset, amount });
export const items = (...serials: number[]): Goods => ({ kind: 'items', gcn, serials });
export const anyUnits = (asset: string): Wanted => ({ kind: 'units', asset });
export const anyItem: Wanted = { kind: 'items', gcn };

/** An offer for a week; `price` is what it wants for what it gives. */
export function place(
  world: World,
  owner: string,
  [give, want, price]: readonly [Goods, Wanted, readonly [bigint, bigint]],
  more: Partial<Placing> = {},
): Placing {
  return {
    kind: 'offer.place',
    owner,
    give,
    want,
    price: { num: price[0], den: price[1] },
    wantMax: null,
    whole: false,
    goodUntilMs: world.timeMs + 7 * day,
    consent: null,
    ...more,
  };
}

/** Assets as in `openAssets`, and 20 coupons of 100 for holders, the first three of them ann's. */
export function openMarket(terms: { series?: Partial<Terms>; assets?: Parameters<typeof openAssets>[0] } = {}): World {
  const world = openAssets(terms.assets);
  world.all(issuer, [
    { kind: 'series.define', gcn, terms: { ...baseTerms, consent: 2, ...terms.series } },
    { kind: 'coupon.issue', gcn, firstSerial: 0, count: 20, keyCommitments: new Uint8Array(0) },
    ...[0, 1, 2].map((serial): Operation => ({ kind: 'coupon.transfer', gcn, serial, to: ann, consent: null })),
  ]);
  return world;
}

/** One empty block; the receipts of what matching moved, as text: `owner>owner amount asset, ...`. */
export function nextBlock(world: World): { readonly receipts: readonly Receipt[]; readonly told: string[] } {
  const { receipts } = world.commit([]);
  checkMarket(world);
  const names = new Map([
    [ann, 'ann'],
    [bob, 'bob'],
    [cleo, 'cleo'],
  ]);
  const name = (account: string | null): string => names.get(account ?? '') ?? account ?? '-';
  const paths = receipts.filter(({ author }) => author === marketAuthor);
  const told = paths.map(({ movements }) =>
    movements.map(({ asset, from, to, amount }) => `${name(from)}>${name(to)} ${amount} ${asset}`).join(', '),
  );
  return { receipts: paths, told };
}

const giving = (owner: string, asset: string, { offer }: OpenSlot): bigint =>
  offer.owner === owner && offer.give.kind === 'units' && offer.give.asset === asset ? offer.give.amount : 0n;

/** I9 to I11, where nothing but offers has promised anything. */
export function checkMarket(world: World): void {
  const { state } = world;
  const open = openSlots(state);
  const market = readMarket(state);
  checkAssets(state, (owner, asset) => open.reduce((sum, slot) => sum + giving(owner, asset, slot), 0n));
  assert.equal(market.openCount, open.length, 'open offers are counted');
  assert.equal(market.waitingCount, open.filter(({ offer }) => offer.placed === null).length, 'waiting ones too');
  for (const { offer } of open) assert.ok(offer.goodUntilMs >= market.nextExpiryMs, 'none ends unseen');
  const owners = new Set(open.map(({ offer }) => offer.owner));
  const listed = [...owners].flatMap((owner) => readOwnSlots(state, owner).map((slot) => ({ owner, slot })));
  assert.equal(listed.length, open.length, 'each is listed once');
  for (const { owner, slot } of listed) assert.equal(readOffer(state, slot)?.owner, owner, 'by its owner');
  const offered = open.flatMap(({ offer }) =>
    offer.give.kind === 'items' ? offer.give.serials.map((serial) => ({ serial, owner: offer.owner })) : [],
  );
  const count = readSeries(state, gcn)?.issuedCount ?? 0;
  for (let serial = 0; serial < count; serial++) {
    const by = offered.filter((one) => one.serial === serial);
    const isOnOffer = readItemStatus(state, gcn, serial) === 'offered';
    assert.equal(by.length, isOnOffer ? 1 : 0, `item ${serial} is on offer by one offer`);
    if (isOnOffer) assert.equal(by[0]?.owner, ownerOf(state, gcn, serial), 'of its owner');
  }
}
