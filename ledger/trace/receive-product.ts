/** `trace.receive`: a product arrived in a store. A physical fact: recorded whatever else is true (SPEC T2, ARCHITECTURE D3). */
import { applied, conflicted, type Handler, refused, terminalOf } from '../effect.ts';
import { joinReasons, reason } from '../reasons.ts';
import { addProductBits, placeOfSerial, productBits, readBatch, readProductBits } from './batch.ts';
import { addCustodyBits, countCustody, custodyBits, readCustodyBits } from './custody.ts';
import { productFlags, soldFlags } from './product-flags.ts';

/** Rule T2. */
export const receiveProduct: Handler<'trace.receive'> = (tx, by, { gtin, lot, serial }) => {
  const { store } = terminalOf(by);
  const batch = readBatch(tx, gtin, lot);
  if (batch === null) return refused(reason.NO_SUCH_BATCH);
  const flags = productFlags(batch, by);
  const place = placeOfSerial(tx, batch, serial);
  if (place === null) {
    countCustody(tx, store, batch, 'conflicted');
    return conflicted(joinReasons(flags, reason.NO_SUCH_SERIAL));
  }
  const sold = (readProductBits(tx, batch, place) & productBits.sold) !== 0;
  const here = readCustodyBits(tx, store, batch, place);
  const soldHere = (here & custodyBits.sold) !== 0;
  addProductBits(tx, batch, place, productBits.received);
  // Scanned twice on arrival is still one arrival.
  if ((here & custodyBits.received) === 0) {
    addCustodyBits(tx, store, batch, { place, bits: custodyBits.received });
    countCustody(tx, store, batch, 'received');
  }
  return applied(0n, joinReasons(flags, soldFlags(sold, soldHere)));
};
