/** The market: offers of assets and coupon items, at prices that often meet, and their withdrawal. */
import { readItemStatus } from '#ledger/coupons/item-status';
import { readOwner } from '#ledger/coupons/owners';
import { readSeries } from '#ledger/coupons/series';
import { countOf, type Goods, type Wanted } from '#ledger/market/goods';
import { openSlots } from '#ledger/market/market-book';
import { marketAmountMax } from '#ledger/market/offer';
import type { marketOperations } from '#ledger/market/operations';
import { placingDebit } from '#ledger/market/place-offer';
import { withdrawalDebit } from '#ledger/market/withdraw-offer';
import { day } from '../../../unit/ledger/world.ts';
import { holders, series, token } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { act, type Moves, type Stage } from '../stage.ts';
import { debitConsent, takerFrom } from './words.ts';

/** What is traded, and what a unit of it is about worth. */
const traded = [
  { asset: 'points', worth: 4n },
  { asset: 'card', worth: 1n },
  { asset: 'flash', worth: 3n },
  { asset: token, worth: 1n },
] as const;
const itemWorth = 80n;

/** Items of the holders' series that are the owner's and free. */
function itemsOf({ state }: Stage, owner: string): number[] {
  const gcn = series.held;
  const count = readSeries(state, gcn)?.issuedCount ?? 0;
  return Array.from({ length: count }, (_, serial) => serial).filter(
    (serial) => readOwner(state, gcn, serial) === owner && readItemStatus(state, gcn, serial) === 'available',
  );
}

function someGoods(stage: Stage, dice: Dice, owner: string): { give: Goods; worth: bigint } {
  const mine = itemsOf(stage, owner);
  if (mine.length > 0 && dice.oneIn(2))
    return { give: { kind: 'items', gcn: series.held, serials: mine.slice(0, 1 + dice.below(2)) }, worth: itemWorth };
  const { asset, worth } = dice.pick(traded);
  return {
    give: { kind: 'units', asset, amount: dice.oneIn(20) ? dice.amount(9) : 20n + BigInt(dice.below(250)) },
    worth,
  };
}

function someWant(dice: Dice, give: Goods): { want: Wanted; worth: bigint } {
  if (dice.oneIn(4)) return { want: { kind: 'items', gcn: series.held }, worth: itemWorth };
  const others = traded.filter(({ asset }) => give.kind === 'items' || asset !== give.asset || dice.oneIn(20));
  const { asset, worth } = dice.pick(others);
  return { want: { kind: 'units', asset }, worth };
}

/** See the head of the file. */
export const marketMoves: Moves<keyof typeof marketOperations> = {
  'offer.place': (stage, dice) => {
    const owner = dice.oneIn(6) ? dice.pick(['merchant-c', 'issuer-x']) : dice.pick(holders);
    const { give, worth: given } = someGoods(stage, dice, owner);
    const { want, worth: wanted } = someWant(dice, give);
    const price = { num: given * BigInt(80 + dice.below(25)), den: wanted * 100n };
    const most = (countOf(give) * price.num + price.den - 1n) / price.den;
    const wantMax = dice.oneIn(3) && most <= marketAmountMax ? most : null;
    const goodUntilMs = stage.timeMs + dice.pick([day, 5 * day, 40 * day, 200 * day, dice.oneIn(8) ? 400 * day : day]);
    const placing = { give, want, price, wantMax, whole: dice.oneIn(6), goodUntilMs };
    const author = takerFrom(stage, dice, owner);
    const consent = debitConsent(stage, dice, { owner, what: placingDebit(placing), author });
    return act(author, { kind: 'offer.place', owner, ...placing, consent });
  },
  'offer.withdraw': (stage, dice) => {
    const open = dice.some(openSlots(stage.state))?.offer;
    const owner = open === undefined || dice.oneIn(10) ? dice.pick(holders) : open.owner;
    const offer = open?.id ?? { author: owner, epoch: 0, sequence: dice.below(3) };
    const author = takerFrom(stage, dice, owner);
    const consent = debitConsent(stage, dice, { owner, what: withdrawalDebit(offer), author });
    return act(author, { kind: 'offer.withdraw', owner, offer, consent });
  },
};
