/**
 * Throughput beside the size of the state: two regions that differ in nothing but the objects that their stores hold at the start,
 * kept busy in turn. The objects lie in the shards of sales, into which every redemption writes. Their files are built directly.
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CreatedRegion } from '#agent/office/region-setup';
import { systemClock } from '#core/clock';
import { SeededEntropy } from '#core/entropy';
import { genesisState } from '#ledger/genesis-state';
import { salesPeriodOf, salesShard } from '#ledger/ids';
import { receiptsRoot } from '#ledger/receipt';
import { History } from '#ledger/state/history';
import { LedgerState } from '#ledger/state/ledger-state';
import { resultRoot } from '#ledger/state/roots';
import { genesisChain } from '#sync/pbft/chain';
import { BlockStore } from '#sync/validator/block-store';
import { chainIdOf, type Genesis } from '#sync/wire/genesis';
import { storeOf } from './redemption.ts';
import { RegionHost } from './region-host.ts';
import { Terminals, type TerminalsSize } from './region-terminals.ts';
import { type SustainOptions, sustain } from './region-trials.ts';
import { type BenchRow, median } from './report.ts';
import type { Bench } from './run.ts';

/** What is compared. */
interface GrowthSize {
  readonly objects: readonly [number, number];
  readonly rounds: number;
  readonly terminals: TerminalsSize;
  readonly load: SustainOptions;
}

const objectBytes = 96;
const filledInBlock = 50_000;

/** Fills a state with objects of sales that no lane of the bench has made. */
function fill(state: LedgerState, count: number, stores: number): void {
  const draw = new SeededEntropy('objects');
  const period = salesPeriodOf(Math.floor(systemClock.wallMs()));
  for (let first = 0; first < count; first += filledInBlock) {
    const overlay = state.overlay();
    for (let n = first; n < Math.min(count, first + filledInBlock); n++)
      overlay.put(salesShard(storeOf(n % stores), period), `sale/lane-0/0/${n}`, draw.bytes(objectBytes));
    state.commit(state.evaluate(overlay, 0));
  }
}

/** The state directory of one validator as its genesis would have left it, had the genesis held these objects; then copied. */
function buildStores(
  created: CreatedRegion,
  genesis: Genesis,
  { objects, stores }: { objects: number; stores: number },
) {
  const folders = created.validators.map(({ configPath }) => join(dirname(configPath), 'state'));
  const [first, ...others] = folders.map((folder) => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return join(folder, 'validator.db');
  });
  if (first === undefined) return;
  const store = new BlockStore(first);
  const state = LedgerState.open(store.objects);
  fill(state, objects, stores);
  const plain = genesisState(genesis);
  const overlay = state.overlay();
  for (const shard of plain.shardIds()) {
    for (const { key, value } of plain.leaves(shard)) overlay.put(shard, key, value);
  }
  const change = state.evaluate(overlay, 0);
  const result = resultRoot(change.stateRoot, receiptsRoot([]));
  const { seed, timeMs, validators } = genesis;
  const chain = genesisChain({ seed, timeMs, validators, resultRoot: result, historyRoot: new History().root });
  store.begin(chainIdOf(genesis), change, { chain, silentUpTo: 0 });
  state.commit(change);
  store.close();
  for (const other of others) copyFileSync(first, other);
}

/** Operations a second on the smaller and the larger state, and their ratio. */
async function growthRows({ objects, rounds, terminals, load }: GrowthSize): Promise<BenchRow[]> {
  const hosts: RegionHost[] = [];
  try {
    const loads: Terminals[] = [];
    for (const count of objects) {
      const size = { objects: count, stores: terminals.stores };
      const host = await RegionHost.open((created, genesis) => buildStores(created, genesis, size));
      hosts.push(host);
      loads.push(await Terminals.open(host, terminals));
    }
    const rates = loads.map((): number[] => []);
    for (let round = 0; round < rounds; round++) {
      for (const [at, busy] of loads.entries()) rates[at]?.push((await sustain(busy, load)).perSecond);
    }
    for (const busy of loads) busy.close();
    const [small = Number.NaN, large = Number.NaN] = rates.map(median);
    const rowOf = (count: number, value: number): BenchRow => {
      const metric = `operations/s, ${count.toLocaleString('en-US')} objects in the state`;
      return { metric, value, unit: '1/s', better: 'higher' };
    };
    return [
      rowOf(objects[0], small),
      rowOf(objects[1], large),
      {
        metric: 'throughput of the large state to the small',
        value: large / small,
        unit: 'ratio',
        better: 'higher',
        floor: 0.85,
      },
    ];
  } finally {
    for (const host of hosts) await host.close();
  }
}

const sizes: Readonly<Record<'full' | 'small', GrowthSize>> = {
  full: {
    objects: [1_000_000, 10_000_000],
    rounds: 3,
    terminals: { stores: 8, lanesInStore: 8, series: 10, couponsInSeries: 100_000 },
    load: { entriesInSegment: 10, windowEntries: 6_000, warmSeconds: 5, seconds: 20 },
  },
  small: {
    objects: [1_000, 10_000],
    rounds: 1,
    terminals: { stores: 2, lanesInStore: 2, series: 1, couponsInSeries: 20_000 },
    load: { entriesInSegment: 10, windowEntries: 500, warmSeconds: 1, seconds: 2 },
  },
};

/** See the file's head. A bench of its own: building ten million objects takes longer than all that is measured elsewhere. */
export const growth: Bench = {
  settings: (size) => ({ validators: 4, objects: sizes[size].objects.join(' and '), rounds: sizes[size].rounds }),
  run: (size) => growthRows(sizes[size]),
};
