/** What must hold after every block of the workload. Throws with the rule and what is wrong. */
import { strict as assert } from 'node:assert';
import type { LedgerView } from '#ledger/state/view';
import { BatchSheet, hasBit } from '#ledger/trace/batch-sheet';
import { readCustodyCounts } from '#ledger/trace/custody';
import { Books } from './books.ts';
import { stores } from './cast.ts';
import { checkCoupons } from './check-coupons.ts';
import { checkMoney, checkMovements } from './check-money.ts';
import { checkRights } from './check-rights.ts';
import type { PlayedBlock, Stage } from './stage.ts';
import { Tally } from './tally.ts';

/** I6: each product that is sold has one clean sale that was not taken back. */
function checkTrace({ files }: Books, view: LedgerView): void {
  for (const { value: batch } of files.batches.all()) {
    const sheet = BatchSheet.open(view, batch, null);
    assert.ok(sheet !== null);
    let sold = 0;
    for (let place = 0; place < batch.serialCount; place++) if (hasBit(sheet.facts(place), 'sold')) sold++;
    const custodies = [...stores, '4055555000004'].map((store) => readCustodyCounts(view, store, batch));
    const kept = custodies.reduce((sum, custody) => sum + custody.sold - custody.returned, 0);
    assert.equal(sold, kept, `I6: ${batch.tradeItem} ${batch.lot}`);
  }
}

/** Watches one case. */
export class Auditor {
  readonly books: Books;
  readonly #tally = new Tally();

  constructor(opening: Books) {
    this.books = opening.copy();
  }

  /** Takes a block over and checks everything. */
  check(stage: Stage, block: PlayedBlock): void {
    const { books } = this;
    this.#tally.today = block.timeMs;
    this.#tally.take(stage, books, block);
    const before = books.take(block.change);
    checkMovements(books, before, block.receipts);
    checkMoney(books);
    checkCoupons(books, stage.state);
    checkRights(books);
    this.#tally.checkLimits(books);
    this.#tally.checkAlliance(books);
    if (block.change.deltas.some(({ shard }) => shard.startsWith('b/'))) checkTrace(books, stage.state);
  }
}

/** The books of the state that cases begin with. */
export const booksOf = (stage: Stage): Books => Books.of(stage.state);
