/** One batch as one store (or its brand) sees and changes it: reads at once, writes all together at the end. */
import { readStore } from '../accounts/store.ts';
import { batchShard } from '../ids.ts';
import type { LedgerOverlay, LedgerView } from '../state/view.ts';
import { type Batch, type BatchKey, readBatch } from './batch.ts';
import {
  type Custody,
  type CustodyCount,
  custodyMarks,
  hereColumn,
  readCustodyCounts,
  writeCustody,
} from './custody.ts';
import { OpenChunks } from './open-chunks.ts';
import { type ProductFacts, productBits, salesCountMax } from './product-facts.ts';
import { addName, nextNumber } from './registers.ts';
import { placeOfSerial } from './serial-list.ts';

const lowBits = 15;
const nothing = { place: null, bits: 0, sales: 0, holder: 0, parent: 0, mine: false, here: 0 } as const;

/** See the head of the file. `store` is null for a brand, which has no custody. */
export class BatchSheet {
  readonly batch: Batch;
  readonly #view: LedgerView;
  readonly #store: string | null;
  readonly #columns: OpenChunks;
  readonly #marks: OpenChunks | null;
  readonly #market: string | null;
  readonly #before: Custody | null;
  #custody: Custody | null;

  private constructor(view: LedgerView, batch: Batch, store: string | null) {
    this.batch = batch;
    this.#view = view;
    this.#store = store;
    this.#columns = new OpenChunks(view, batchShard(batch.tradeItem, batch.lot));
    this.#marks = store === null ? null : custodyMarks(view, store, batch);
    this.#market = store === null ? null : (readStore(view, store)?.market ?? null);
    this.#before = store === null ? null : readCustodyCounts(view, store, batch);
    this.#custody = this.#before;
  }

  /** The sheet of a batch; null where the batch is unknown. */
  static open(view: LedgerView, key: BatchKey, store: string | null): BatchSheet | null {
    const batch = readBatch(view, key);
    return batch === null ? null : new BatchSheet(view, batch, store);
  }

  /** Place of a serial; null where the batch does not list it. */
  placeOf(serial: string): number | null {
    return placeOfSerial(this.#view, this.batch, serial);
  }

  /** What is known of the product at a place; of none for null. */
  facts(place: number | null): ProductFacts {
    const market = this.#market;
    if (place === null) return { batch: this.batch, market, ...nothing };
    const holder = this.#columns.word('at', place);
    return {
      batch: this.batch,
      place,
      bits: this.#bits(place),
      sales: this.#columns.nibble('sales', place),
      holder,
      parent: this.#columns.word('in', place),
      mine: holder !== 0 && holder === this.#custody?.holder,
      here: this.#marks?.nibble(hereColumn, place) ?? 0,
      market,
    };
  }

  /** Sets and clears `productBits`. */
  mark(place: number, set: number, clear = 0): void {
    const bits = (this.#bits(place) & ~clear) | set;
    this.#columns.setNibble('chunk', place, bits & lowBits);
    this.#columns.setNibble('more', place, bits >>> 4);
  }

  /** Sets and clears the store's own `custodyBits`. */
  markHere(place: number, set: number, clear = 0): void {
    const marks = this.#marks;
    if (marks !== null) marks.setNibble(hereColumn, place, (marks.nibble(hereColumn, place) & ~clear) | set);
  }

  /** Counts a sale of the product. */
  countSale(place: number): void {
    this.#columns.setNibble('sales', place, Math.min(salesCountMax, this.#columns.nibble('sales', place) + 1));
  }

  /** Makes the store the one holder. Past the last number of the register nobody is known to hold it. */
  takeCustody(place: number): void {
    if (this.#custody === null) return;
    if (this.#custody.holder === 0) {
      this.#custody = { ...this.#custody, holder: nextNumber(this.#view, this.batch, 'holders') ?? 0 };
    }
    this.#columns.setWord('at', place, this.#custody.holder);
  }

  /** Nobody on the ledger holds it. */
  endCustody(place: number): void {
    this.#columns.setWord('at', place, 0);
  }

  /** Puts it into the logistics unit of a number; 0 takes it out. */
  packInto(place: number, number: number): void {
    this.#columns.setWord('in', place, number);
  }

  /** Adds one to a count of the store. */
  count(name: CustodyCount): void {
    if (this.#custody !== null) this.#custody = { ...this.#custody, [name]: this.#custody[name] + 1 };
  }

  /** Writes what has changed. Nothing may be changed afterwards. */
  flush(tx: LedgerOverlay): void {
    this.#columns.flush(tx);
    this.#marks?.flush(tx);
    if (this.#store === null || this.#custody === null || this.#custody === this.#before) return;
    if (this.#custody.holder !== 0 && this.#before?.holder === 0) addName(tx, this.batch, 'holders', this.#store);
    writeCustody(tx, this.#store, this.batch, this.#custody);
  }

  #bits(place: number): number {
    return this.#columns.nibble('chunk', place) | (this.#columns.nibble('more', place) << 4);
  }
}

/** Whether the status has a bit of `productBits`. */
export function hasBit(facts: ProductFacts, bit: keyof typeof productBits): boolean {
  return (facts.bits & productBits[bit]) !== 0;
}
