/** Products: made, packed, moved, sold, brought back, called back. */

import type { LedgerView } from '#ledger/state/view';
import { readBatch } from '#ledger/trace/batch';
import { readUnit } from '#ledger/trace/logistics-unit';
import type { traceOperations } from '#ledger/trace/operations';
import { productBits } from '#ledger/trace/product-facts';
import { productFacts } from '#ledger/trace/read';
import { day } from '../../../unit/ledger/world.ts';
import { batches, brands, lanes, stores, units } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { type Act, act, type Moves, type Stage } from '../stage.ts';
import { someBasket } from './coupons.ts';

const serials = ['s0', 's1', 's2', 's3', 's4', 's5'] as const;
const newBatch = { tradeItem: 'own.maker.salt', lot: 'L9' } as const;

const someBatch = (dice: Dice) => (dice.oneIn(15) ? newBatch : dice.pick(batches));

function someProduct(dice: Dice) {
  const { tradeItem, lot } = dice.oneIn(3) ? someBatch(dice) : batches[0];
  return { tradeItem, lot, serial: dice.oneIn(10) ? 'x' : dice.pick(serials) };
}

function brandOf({ state }: Stage, batch: { readonly tradeItem: string; readonly lot: string }): string {
  return readBatch(state, batch)?.brand ?? 'maker';
}

function someTarget(dice: Dice) {
  if (dice.oneIn(3)) return { kind: 'unit', sscc: dice.pick(units) } as const;
  return { kind: 'product', ...someProduct(dice) } as const;
}

function contents(dice: Dice) {
  const chosen = dice.oneIn(4) ? [...batches.slice(0, 2)] : [dice.pick(batches)];
  const sorted = chosen.sort((a, b) => (`${a.tradeItem}/${a.lot}` < `${b.tradeItem}/${b.lot}` ? -1 : 1));
  const first = dice.below(serials.length);
  const some = serials.slice(first, first + 1 + dice.below(3));
  const listed = dice.oneIn(15) ? [...some, 'x'] : some;
  const products = sorted.map(({ tradeItem, lot }) => ({ tradeItem, lot, serials: listed }));
  const inner = dice.oneIn(3) ? [dice.pick(units)] : [];
  return { sscc: dice.pick(units), products: dice.oneIn(5) ? [] : products, units: inner };
}

/** By a store's lane or, if it may, by a brand. */
function packer(
  stage: Stage,
  dice: Dice,
  products: readonly { readonly tradeItem: string; readonly lot: string }[],
): string {
  const [first] = products;
  return dice.oneIn(3) && first !== undefined ? brandOf(stage, first) : dice.pick(lanes);
}

/** Status bits of a product of the first batch. */
function readProductBits(view: LedgerView, serial: string): number {
  return productFacts(view, null, { ...batches[0], serial })?.bits ?? 0;
}

const atTill = (dice: Dice, operation: Act['operation']): Act => ({ author: dice.pick(lanes), operation });

/** See the head of the file. */
export const traceMoves: Moves<keyof typeof traceOperations> = {
  'batch.commission': (stage, dice) => {
    const batch = dice.oneIn(4) ? dice.pick(batches) : { ...newBatch, lot: `N${dice.below(4)}` };
    const count = 1 + dice.below(6);
    const listed = serials.slice(0, count);
    return act(dice.oneIn(6) ? dice.pick(brands) : brandOf(stage, batch), {
      kind: 'batch.commission',
      ...batch,
      name: 'Salt',
      expiryMs: stage.timeMs + dice.below(90) * day,
      markets: dice.oneIn(3) ? ['DE', 'FR'] : [],
      serials: dice.oneIn(15) ? listed.toReversed() : listed,
      complete: dice.oneIn(2),
    });
  },
  'trace.receive': (_stage, dice) => atTill(dice, { kind: 'trace.receive', target: someTarget(dice) }),
  'trace.sell': (_stage, dice) => atTill(dice, { kind: 'trace.sell', ...someProduct(dice), basket: someBasket(dice) }),
  'batch.recall': (stage, dice) => {
    const batch = someBatch(dice);
    const listed = dice.oneIn(4) ? [] : dice.oneIn(8) ? ['x'] : [dice.pick(serials)];
    return act(brandOf(stage, batch), { kind: 'batch.recall', ...batch, reason: 'r', serials: listed });
  },
  'batch.append': (stage, dice) => {
    const batch = someBatch(dice);
    const count = readBatch(stage.state, batch)?.serialCount ?? 0;
    const added = [`t${count + 10}`, `t${count + 11}`].slice(0, dice.below(3));
    return act(brandOf(stage, batch), { kind: 'batch.append', ...batch, serials: added, complete: dice.oneIn(8) });
  },
  'trace.aggregate': (stage, dice) => {
    const packed = contents(dice);
    return act(packer(stage, dice, packed.products), { kind: 'trace.aggregate', ...packed });
  },
  'trace.disaggregate': (stage, dice) => {
    const known = units.filter((sscc) => readUnit(stage.state, sscc) !== null);
    const packed = { ...contents(dice), sscc: dice.some(known) ?? dice.pick(units) };
    const all = dice.oneIn(3) ? { products: [], units: [] } : {};
    return act(packer(stage, dice, packed.products), { kind: 'trace.disaggregate', ...packed, ...all });
  },
  'trace.ship': (_stage, dice) =>
    atTill(dice, { kind: 'trace.ship', target: someTarget(dice), to: dice.pick([...stores, null]) }),
  'trace.inspect': (_stage, dice) =>
    atTill(dice, { kind: 'trace.inspect', ...someProduct(dice), passed: dice.oneIn(2) }),
  'trace.return': ({ state }, dice) => {
    const sold = serials.filter((serial) => (readProductBits(state, serial) & productBits.sold) !== 0);
    const serial = dice.oneIn(4) ? null : dice.some(sold);
    return atTill(dice, { kind: 'trace.return', ...(serial === null ? someProduct(dice) : { ...batches[0], serial }) });
  },
  'trace.destroy': (_stage, dice) => atTill(dice, { kind: 'trace.destroy', ...someProduct(dice) }),
};
