import { describe, expect, it } from 'vitest';
import { LotIndex } from '#agent/verdict/lot-index';
import type { Operation } from '#ledger/operation';
import type { LedgerView } from '#ledger/state/view';
import { day, startMs, World } from '../ledger/world.ts';

const tradeItem = 'cn.drug.8123456';
const serialOf = (lot: number, n: number): string => String(7_000_000_000_000 + lot * 100_000 + n * 7);
const serialsOf = (lot: number, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, n) => serialOf(lot, from + n));
const commission = (lot: number, count: number): Operation => ({
  kind: 'batch.commission',
  tradeItem,
  lot: `D${lot}`,
  name: 'Pills',
  expiryMs: startMs + day,
  markets: [],
  serials: serialsOf(lot, count),
  complete: false,
});

/** A view that counts what is read through it. */
class CountedView implements LedgerView {
  reads = 0;
  readonly #view: LedgerView;

  constructor(view: LedgerView) {
    this.#view = view;
  }

  holds(shard: string): boolean {
    return this.#view.holds(shard);
  }

  get(shard: string, key: string): Uint8Array | undefined {
    if (key.startsWith('serials/')) this.reads++;
    return this.#view.get(shard, key);
  }
}

describe('the lots that list a serial', () => {
  it('are found among many, and none for what nobody lists', () => {
    const world = World.open();
    const lots = Array.from({ length: 40 }, (_, lot) => lot);
    world.all(
      'brand',
      lots.map((lot) => commission(lot, 60)),
    );
    const index = new LotIndex(world.state, () => lots.map((lot) => `D${lot}`));
    for (const lot of lots) {
      for (const n of [0, 31, 59]) expect(index.lotsListing(tradeItem, serialOf(lot, n))).toContain(`D${lot}`);
    }
    expect(index.lotsListing(tradeItem, serialOf(3, 60))).toEqual([]);
    expect(index.lotsListing('cn.drug.0000000', serialOf(3, 1))).toEqual([]);
  });

  it('are looked up without reading the lists again, until a batch has grown or another lot is held', () => {
    const world = World.open();
    world.all('brand', [commission(0, 1_500), commission(1, 10)]);
    const view = new CountedView(world.state);
    let held = ['D0', 'D1'];
    const index = new LotIndex(view, () => held);
    expect(index.lotsListing(tradeItem, serialOf(0, 1_400))).toEqual(['D0']);
    const { reads } = view;
    for (let n = 0; n < 100; n++) index.lotsListing(tradeItem, serialOf(1, n));
    expect(view.reads).toBe(reads);
    world.all('brand', [
      { kind: 'batch.append', tradeItem, lot: 'D1', serials: serialsOf(1, 5, 10), complete: true },
      commission(2, 3),
    ]);
    expect(index.lotsListing(tradeItem, serialOf(1, 12))).toEqual(['D1']);
    expect(index.lotsListing(tradeItem, serialOf(2, 1))).toEqual([]);
    held = ['D0', 'D1', 'D2'];
    expect(index.lotsListing(tradeItem, serialOf(2, 1))).toEqual(['D2']);
  });
});
