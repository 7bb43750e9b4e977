/**
 * Which cached lots list a serial, for codes that do not say their lot (Chinese drug codes never do): one sorted table a trade
 * item, made when it is first asked for, and again when one of its batches has grown.
 */
import { chunkItems } from '#ledger/state/nibbles';
import type { LedgerView } from '#ledger/state/view';
import { readBatch } from '#ledger/trace/batch';
import { readSerials } from '#ledger/trace/serial-list';

/** Most serials in all tables: 8 bytes each. */
export const serialsIndexedMax = 2_000_000;
/** Most lots of one trade item that are looked at. */
const lotsMax = 4_096;
/** A table's number is a hash of 32 bits times this, and the lot's place: exact in a double. */
const lotRoom = 65_536;

interface ItemTable {
  readonly lots: readonly string[];
  readonly counts: readonly number[];
  /** Ascending. */
  readonly numbers: Float64Array;
}

/** FNV-1a, 32 bits: spreads serials; a false hit is only a lot that is looked at in vain. */
function hashOf(serial: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < serial.length; at++) hash = Math.imul(hash ^ serial.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** See the head of the file. */
export class LotIndex {
  readonly #view: LedgerView;
  /** Lots of a trade item whose shards are held. */
  readonly #lotsOf: (tradeItem: string) => readonly string[];
  readonly #tables = new Map<string, ItemTable>();
  #indexed = 0;

  constructor(view: LedgerView, lotsOf: (tradeItem: string) => readonly string[]) {
    this.#view = view;
    this.#lotsOf = lotsOf;
  }

  /** Lots that list the serial, and seldom one that does not. Of more serials than the tables hold: every lot. */
  lotsListing(tradeItem: string, serial: string): readonly string[] {
    const lots = this.#lotsOf(tradeItem).slice(0, lotsMax);
    const counts = lots.map((lot) => readBatch(this.#view, { tradeItem, lot })?.serialCount ?? 0);
    if (counts.reduce((sum, count) => sum + count, 0) > serialsIndexedMax) return lots;
    const table = this.#tableOf(tradeItem, lots, counts);
    const { numbers } = table;
    const from = hashOf(serial) * lotRoom;
    let low = 0;
    let high = numbers.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((numbers[middle] as number) < from) low = middle + 1;
      else high = middle;
    }
    const found: string[] = [];
    for (let at = low; at < numbers.length && (numbers[at] as number) < from + lotRoom; at++) {
      found.push(table.lots[(numbers[at] as number) - from] as string);
    }
    return found;
  }

  #tableOf(tradeItem: string, lots: readonly string[], counts: readonly number[]): ItemTable {
    const known = this.#tables.get(tradeItem);
    const same = known?.lots.length === lots.length && lots.every((lot, at) => known.lots[at] === lot);
    const isCurrent = same && counts.every((count, at) => known.counts[at] === count);
    if (known !== undefined) {
      // The least recently asked for is the first to go.
      this.#tables.delete(tradeItem);
      if (isCurrent) {
        this.#tables.set(tradeItem, known);
        return known;
      }
      this.#indexed -= known.numbers.length;
    }
    const table = this.#build(tradeItem, lots, counts);
    this.#tables.set(tradeItem, table);
    this.#indexed += table.numbers.length;
    for (const [oldest, { numbers }] of this.#tables) {
      if (this.#indexed <= serialsIndexedMax || oldest === tradeItem) break;
      this.#tables.delete(oldest);
      this.#indexed -= numbers.length;
    }
    return table;
  }

  #build(tradeItem: string, lots: readonly string[], counts: readonly number[]): ItemTable {
    const numbers = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
    let filled = 0;
    for (const [place, lot] of lots.entries()) {
      const chunks = Math.ceil((counts[place] as number) / chunkItems);
      for (let chunk = 0; chunk < chunks; chunk++) {
        for (const serial of readSerials(this.#view, { tradeItem, lot }, chunk)) {
          if (filled < numbers.length) numbers[filled++] = hashOf(serial) * lotRoom + place;
        }
      }
    }
    return { lots, counts, numbers: numbers.subarray(0, filled).sort() };
  }
}
