/** What is left of an item that was used in part: `rest/<serial>` in the series' shard. */
import { type Infer, versioned } from '#core/format';
import { amountFormat, seriesShard } from '../ids.ts';
import { storedObject } from '../state/stored-object.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type Terms, valueMaxOf } from './terms.ts';

/** `rest/<serial>` in the series' shard. */
export const itemRestFormat = versioned('item-rest', 1, { bytesMax: 32 }, { amount: amountFormat });
/** A decoded rest. */
export type ItemRest = Infer<typeof itemRestFormat>;

const rests = storedObject(itemRestFormat);
const restKey = (serial: number): string => `rest/${serial}`;

/** What an item is still worth at most, base units. */
export function readRest(view: LedgerView, gcn: string, serial: number, terms: Terms): bigint {
  const full = valueMaxOf(terms);
  return terms.partial ? (rests.read(view, seriesShard(gcn), restKey(serial))?.amount ?? full) : full;
}

/** Writes what is left of an item. */
export function writeRest(tx: LedgerOverlay, gcn: string, serial: number, amount: bigint): void {
  rests.write(tx, seriesShard(gcn), restKey(serial), { amount });
}
