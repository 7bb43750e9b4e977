/** Baskets: closed in whole or part, given back, voided, brought back later, spoken about. */
import { equalBytes } from '#core/bytes';
import { type OpenReservation, readOpen } from '#ledger/baskets/open-reservations';
import type { basketOperations, Capture } from '#ledger/baskets/operations';
import { reviewMessage } from '#ledger/baskets/review-basket';
import { readSale, type Sale, type SalePart } from '#ledger/baskets/sale';
import { readOwner } from '#ledger/coupons/owners';
import { needsPurchase } from '#ledger/coupons/purchase';
import { readTermsVersion } from '#ledger/coupons/series';
import type { OperationOf } from '#ledger/effect';
import { chainId } from '../../../unit/ledger/world.ts';
import { ann, lanes } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { type Act, act, type Moves, type Stage } from '../stage.ts';
import { hold } from './assets.ts';
import { purchaseAtClose, reserve, someBasket, someStore } from './coupons.ts';
import { keyConsent, speakerFor } from './words.ts';

interface OpenAt {
  readonly lane: string;
  readonly open: OpenReservation;
}

/** Everything that is open in any lane. */
function allOpen({ state }: Stage): OpenAt[] {
  return lanes.flatMap((lane) => {
    const [store = '', name = ''] = lane.split('/');
    return readOpen(state, store, name).map((open) => ({ lane, open }));
  });
}

/** Parts of an amount, on lines of the basket. */
function linesOf(dice: Dice, amount: bigint): Capture['lines'] {
  if (amount < 2n || dice.oneIn(2)) return [{ line: dice.below(3), amount }];
  const first = 1n + BigInt(dice.below(Number(amount > 1_000n ? 1_000n : amount) - 1));
  return [
    { line: 1, amount: first },
    { line: 2, amount: amount - first },
  ];
}

function captureOf({ state }: Stage, dice: Dice, open: OpenReservation): Capture {
  const reservation = open.sequence;
  if (open.kind === 'hold') {
    const amount = dice.oneIn(3) ? BigInt(dice.below(Number(open.value % 1_000n) + 2)) : open.value;
    return { reservation, purchase: null, lines: dice.oneIn(3) ? [] : linesOf(dice, amount) };
  }
  const terms = readTermsVersion(state, open.gcn, open.termsVersion);
  const asks = !open.isPriced && terms !== null && (needsPurchase(terms) || dice.oneIn(5));
  const purchase = asks && !dice.oneIn(12) ? purchaseAtClose(dice) : null;
  if (purchase !== null || dice.oneIn(2)) return { reservation, purchase, lines: [] };
  const amount = terms?.partial === true && dice.oneIn(2) ? open.value / 2n + 1n : open.value;
  return { reservation, purchase, lines: linesOf(dice, amount) };
}

/** A coupon or a hold, and at once the basket that closes with it. */
function saleAtOnce(stage: Stage, dice: Dice): readonly Act[] {
  const { author, operation, time } = dice.oneIn(3) ? hold(stage, dice) : reserve(stage, dice);
  if (operation.kind !== 'coupon.reserve' && operation.kind !== 'asset.hold') return [];
  const reservation = stage.next(author);
  const asks = operation.kind === 'coupon.reserve' && operation.purchase === null;
  const purchase = asks ? purchaseAtClose(dice) : null;
  const captures = [{ reservation, purchase, lines: [] }];
  const { basket } = operation;
  const closing = { kind: 'basket.capture', basket, captures, basketHash: new Uint8Array(32) } as const;
  return [{ author, operation, ...(time === undefined ? {} : { time }) }, act(author, closing)];
}

function capture(stage: Stage, dice: Dice): Act | readonly Act[] {
  const one = dice.some(allOpen(stage));
  if (one === null) {
    if (!dice.oneIn(8)) return saleAtOnce(stage, dice);
    const captures = [{ reservation: dice.below(4), purchase: null, lines: [] }];
    return act(dice.pick(lanes), {
      kind: 'basket.capture',
      basket: someBasket(dice),
      captures,
      basketHash: new Uint8Array(32),
    });
  }
  const { basket } = one.open;
  const inBasket = allOpen(stage).filter(({ lane, open }) => lane === one.lane && equalBytes(open.basket, basket));
  const taken = dice.oneIn(4) ? inBasket.filter(() => dice.oneIn(2)) : inBasket;
  const captures = (taken.length === 0 ? inBasket : taken).map(({ open }) => captureOf(stage, dice, open));
  if (dice.oneIn(20)) captures.push({ reservation: dice.below(9), purchase: null, lines: [] });
  return act(one.lane, { kind: 'basket.capture', basket, captures, basketHash: new Uint8Array(32) });
}

/** A sale and what names it. */
interface SoldAt {
  readonly of: Pick<OperationOf<'basket.return'>, 'store' | 'lane' | 'epoch' | 'capture' | 'period'>;
  readonly sale: Sale;
}

function allSales({ state }: Stage): SoldAt[] {
  const found: SoldAt[] = [];
  for (const shard of state.shardIds()) {
    const [, store = '', period = ''] = /^d\/(\d+)\/(\d+)$/.exec(shard) ?? [];
    if (store === '') continue;
    for (const { key } of state.leaves(shard)) {
      const [, lane = '', epoch = '', sequence = ''] = key.split('/');
      const of = { store, lane, epoch: Number(epoch), capture: Number(sequence), period: Number(period) };
      const sale = readSale(state, { ...of, sequence: of.capture }, of.period);
      if (sale !== null) found.push({ of, sale });
    }
  }
  return found;
}

const noSale = { store: '', lane: 'lane-1', epoch: 0, capture: 3, period: 0 };

/** Mostly a lane of the store that sold it. */
function tillOf(dice: Dice, store: string): string {
  return dice.oneIn(10) ? dice.pick(lanes) : dice.pick(lanes.filter((lane) => lane.startsWith(store)));
}

function returnedLines(dice: Dice, { lines, returned }: Sale): Sale['lines'] {
  const chosen = dice.oneIn(2) ? lines : lines.filter(() => dice.oneIn(2));
  return (chosen.length === 0 ? lines : chosen).map((line) => {
    const back = returned.find((one) => one.line === line.line && one.part === line.part)?.amount ?? 0n;
    const left = line.amount - (dice.oneIn(8) ? 0n : back);
    return { ...line, amount: dice.oneIn(3) && left > 1n ? left / 2n : left };
  });
}

/** Who could say something about a part of a sale. */
function buyerOf(stage: Stage, dice: Dice, part: SalePart | undefined): string {
  if (part === undefined) return ann;
  const holder = part.kind === 'hold' ? part.owner : (part.holder ?? readOwner(stage.state, part.gcn, part.serial));
  return holder === null ? dice.pick(lanes) : speakerFor(stage, holder);
}

/** See the head of the file. */
export const basketMoves: Moves<keyof typeof basketOperations> = {
  'basket.capture': capture,
  'basket.release': (stage, dice) => {
    const one = dice.some(allOpen(stage));
    const lane = one?.lane ?? dice.pick(lanes);
    const reservations = [one?.open.sequence ?? 2, ...(dice.oneIn(4) ? [dice.below(6)] : [])];
    return act(lane, { kind: 'basket.release', reservations });
  },
  'basket.void': (stage, dice) => {
    const sold = dice.oneIn(15) ? null : dice.some(allSales(stage));
    if (sold === null && !dice.oneIn(8)) return saleAtOnce(stage, dice);
    const { store, lane, epoch, capture: sequence } = sold?.of ?? { ...noSale, store: someStore(dice) };
    return act(tillOf(dice, store), { kind: 'basket.void', lane, epoch, capture: sequence, reason: 'r' });
  },
  'basket.return': (stage, dice) => {
    const sold = dice.oneIn(15) ? null : dice.some(allSales(stage));
    if (sold === null && !dice.oneIn(8)) return saleAtOnce(stage, dice);
    const of = sold?.of ?? { ...noSale, store: someStore(dice) };
    const lines = sold === null ? [{ line: 0, part: 0, amount: 1n }] : returnedLines(dice, sold.sale);
    return act(tillOf(dice, of.store), { kind: 'basket.return', ...of, lines: lines.slice(0, 64) });
  },
  'basket.review': (stage, dice) => {
    const sold = dice.some(allSales(stage));
    if (sold === null && !dice.oneIn(8)) return saleAtOnce(stage, dice);
    const of = sold?.of ?? { ...noSale, store: someStore(dice) };
    const at = dice.below((sold?.sale.parts.length ?? 1) + (dice.oneIn(10) ? 1 : 0));
    const part = sold?.sale.parts[at];
    const said = { rating: dice.below(6), textHash: null };
    const { capture: sequence, ...rest } = of;
    const bare = { kind: 'basket.review', ...of, part: at, ...said } as const;
    const message = reviewMessage(chainId, { ...rest, sequence }, said);
    const consent = part?.kind === 'item' ? keyConsent(dice, part, message) : null;
    return act(buyerOf(stage, dice, part), { ...bare, consent });
  },
};
