/** The operations on single products, and those that move a product or a whole logistics unit (SPEC T4 to T9). */
import type { Handler } from '../effect.ts';
import { moveUnit } from './move-unit.ts';
import { followDestroy, followInspect, followReceive, followReturn, followSell, followShip } from './product-acts.ts';
import { type FollowAct, recordAct } from './record-act.ts';

/** One product that is handled by itself is not in its box any more. */
const unpacked =
  (follow: FollowAct): FollowAct =>
  (product) => {
    product.sheet.packInto(product.place, 0);
    return follow(product);
  };

/** Rule T4. */
export const receiveProduct: Handler<'trace.receive'> = (tx, by, { target }) =>
  target.kind === 'unit'
    ? moveUnit(tx, by, { sscc: target.sscc, act: 'receive' }, followReceive)
    : recordAct(tx, by, { product: target, act: 'receive' }, unpacked(followReceive));

/** Rule T5. */
export const shipProduct: Handler<'trace.ship'> = (tx, by, { target }) =>
  target.kind === 'unit'
    ? moveUnit(tx, by, { sscc: target.sscc, act: 'ship' }, followShip)
    : recordAct(tx, by, { product: target, act: 'ship' }, unpacked(followShip));

/** Rule T6. */
export const sellProduct: Handler<'trace.sell'> = (tx, by, product) =>
  recordAct(tx, by, { product, act: 'sell' }, followSell);

/** Rule T7. */
export const returnProduct: Handler<'trace.return'> = (tx, by, product) =>
  recordAct(tx, by, { product, act: 'return' }, followReturn);

/** Rule T8. */
export const inspectProduct: Handler<'trace.inspect'> = (tx, by, product) =>
  recordAct(tx, by, { product, act: 'inspect' }, followInspect(product.passed));

/** Rule T9. */
export const destroyProduct: Handler<'trace.destroy'> = (tx, by, product) =>
  recordAct(tx, by, { product, act: 'destroy' }, followDestroy);
