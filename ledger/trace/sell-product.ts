/** `trace.sell`: a product left a store with a customer. A physical fact: recorded whatever else is true (SPEC T3). */
import { applied, conflicted, type Handler, refused, terminalOf } from '../effect.ts';
import { joinReasons, reason } from '../reasons.ts';
import { addProductBits, placeOfSerial, productBits, readBatch, readProductBits } from './batch.ts';
import { addCustodyBits, countCustody, custodyBits, readCustodyBits } from './custody.ts';
import { productFlags, soldFlags } from './product-flags.ts';

/** Rule T3. */
export const sellProduct: Handler<'trace.sell'> = (tx, by, { gtin, lot, serial }) => {
  const { store } = terminalOf(by);
  const batch = readBatch(tx, gtin, lot);
  if (batch === null) return refused(reason.NO_SUCH_BATCH);
  let flags = productFlags(batch, by);
  const place = placeOfSerial(tx, batch, serial);
  if (place === null) {
    countCustody(tx, store, batch, 'conflicted');
    return conflicted(joinReasons(flags, reason.NO_SUCH_SERIAL));
  }
  const bits = readProductBits(tx, batch, place);
  const here = readCustodyBits(tx, store, batch, place);
  if ((here & custodyBits.received) === 0) flags = joinReasons(flags, reason.NOT_RECEIVED);
  const again = soldFlags((bits & productBits.sold) !== 0, (here & custodyBits.sold) !== 0);
  if (again !== 0) {
    addProductBits(tx, batch, place, productBits.soldAgain);
    addCustodyBits(tx, store, batch, { place, bits: custodyBits.sold });
    countCustody(tx, store, batch, 'conflicted');
    return conflicted(joinReasons(flags, again));
  }
  addProductBits(tx, batch, place, productBits.sold);
  addCustodyBits(tx, store, batch, { place, bits: custodyBits.sold });
  countCustody(tx, store, batch, 'sold');
  return applied(0n, flags);
};
