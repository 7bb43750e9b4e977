/** The market's part of the ledger bench: how long one block of matching takes, on books of 20 assets. */
import { systemClock } from '#core/clock';
import { executeBlock } from '#ledger/execute';
import { marketAuthor } from '#ledger/ids';
import { matchOffers } from '#ledger/market/match-offers';
import { BenchMarket, placedOn, startMs } from './market-load.ts';
import { type BenchRow, median } from './report.ts';

const sizes = {
  full: { trials: 5, offers: 10_000, assets: 20, arriving: 1_000 },
  small: { trials: 1, offers: 200, assets: 8, arriving: 50 },
} as const;

const matchMsMax = 1_000;
const beacon = new Uint8Array(64);

/** The median time of some runs, and what the last of them answered. */
function timed(trials: number, run: () => number): { readonly ms: number; readonly paths: number } {
  const samples: number[] = [];
  let paths = 0;
  for (let trial = 0; trial < trials; trial++) {
    const start = systemClock.monotonicMs();
    paths = run();
    samples.push(systemClock.monotonicMs() - start);
  }
  return { ms: median(samples), paths };
}

/**
 * Rows of matching: offers around one price that all are new in one block; the same on the ledger, settled; and new offers
 * on a full book that cross it hardly and mostly.
 */
export async function marketRows(size: 'full' | 'small'): Promise<BenchRow[]> {
  const { trials, offers, assets, arriving } = sizes[size];
  const rows: BenchRow[] = [];
  const add = (name: string, run: () => number, floor?: number): void => {
    const { ms, paths } = timed(trials, run);
    const metric = `${name}, ${paths} paths`;
    rows.push({ metric, value: ms, unit: 'ms', better: 'lower', ...(floor === undefined ? {} : { floor }) });
  };
  const market = new BenchMarket(assets, 'one block');
  const arrived = Array.from({ length: offers }, (_, number) => market.offer(number, 90));
  const matchNew = (): number => matchOffers({ beacon, resting: [], arrived, nextPlaced: 0 }).fills.length;
  add(`matching ${offers} new offers over ${assets} assets`, matchNew, matchMsMax);
  const state = placedOn(arrived, assets);
  const block = { chainId: new Uint8Array(32), height: 2, timeMs: startMs, beacon, segments: [] };
  add(`block that matches and settles ${offers} new offers on the ledger`, () => {
    return executeBlock(state, block).receipts.filter(({ author }) => author === marketAuthor).length;
  });
  for (const [name, percentMin] of [
    ['quiet', 101],
    ['crossing', 80],
  ] as const) {
    const full = new BenchMarket(assets, name);
    const resting = Array.from({ length: offers }, (_, placed) => ({ ...full.offer(placed, 101), placed }));
    const fresh = Array.from({ length: arriving }, (_, number) => full.offer(offers + number, percentMin));
    const match = (): number => matchOffers({ beacon, resting, arrived: fresh, nextPlaced: offers }).fills.length;
    add(`matching ${arriving} ${name} offers with a book of ${offers}`, match, matchMsMax);
  }
  return rows;
}
