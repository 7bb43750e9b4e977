/**
 * The bench of the ledger's state: tree updates, deltas, a snapshot, the memory of a till's trees, and what an operation costs on
 * a large state beside a small one. On this machine's temporary folder, which needs 4 GB for the full size.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HashedShard } from '#agent/shard-store/hashed-shard';
import { openShardStore, type ShardStore } from '#agent/shard-store/shard-store';
import { equalBytes } from '#core/bytes';
import { systemClock } from '#core/clock';
import { SeededEntropy, uniformInt } from '#core/entropy';
import { decode, encode } from '#core/format';
import { HASH_BYTES } from '#core/hash';
import { createLog } from '#core/log';
import { type ShardDelta, snapshotChunkFormat } from '#ledger/state/delta';
import { DenseTree } from '#ledger/state/dense-tree';
import { LedgerState } from '#ledger/state/ledger-state';
import type { CertifiedShard } from '#sync/light-client/certified-shard';
import { Checkpoints } from '#sync/validator/checkpoints';
import { StateTable } from '#sync/validator/state-table';
import { openStoreDatabase } from '#sync/validator/store-database';
import { type BenchRow, median } from './report.ts';

interface Settings {
  /** Objects of one shard: for trees, deltas and the snapshot. */
  readonly objects: number;
  readonly changedInBlock: number;
  readonly blocks: number;
  /** The same for deltas merged over a checkpoint. */
  readonly changedInMerged: number;
  readonly mergedBlocks: number;
  /** Objects of the small and the large state whose operations are compared. */
  readonly compared: readonly [number, number];
  readonly operationsInBlock: number;
  readonly operationBlocks: number;
}

const settings: Readonly<Record<'full' | 'small', Settings>> = {
  full: {
    objects: 1_000_000,
    changedInBlock: 5_000,
    blocks: 30,
    changedInMerged: 50_000,
    mergedBlocks: 7,
    compared: [10_000, 10_000_000],
    operationsInBlock: 1_000,
    operationBlocks: 40,
  },
  small: {
    objects: 20_000,
    changedInBlock: 500,
    blocks: 5,
    changedInMerged: 5_000,
    mergedBlocks: 3,
    compared: [2_000, 40_000],
    operationsInBlock: 200,
    operationBlocks: 6,
  },
};

const bars = {
  treeUs: 4,
  deltaLeavesPerSecond: 50_000,
  snapshotMs: 15_000,
  treeMiB: 40,
  costRatio: 2,
} as const;
const shard = 'b/04012345678901/BENCH';
const objectBytes = 64;
const drawnBytesMax = 65_536;
/** Objects that one block of the filling makes. */
const filledInBlock = 50_000;
const noReceipts = new Uint8Array(HASH_BYTES);
const keyOf = (n: number): string => `object/${n}`;

function timed<T>(work: () => T): { readonly result: T; readonly ms: number } {
  const startMs = systemClock.monotonicMs();
  const result = work();
  return { result, ms: systemClock.monotonicMs() - startMs };
}

function inFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'bizain-bench-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of any length; a draw of the seeded source is bounded. */
function drawBytes(draw: SeededEntropy, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += drawnBytesMax) bytes.set(draw.bytes(Math.min(drawnBytesMax, length - at)), at);
  return bytes;
}

/** Different slots below `count`, ascending. */
function drawSlots(draw: SeededEntropy, count: number, wanted: number): Uint32Array {
  const slots = new Set<number>();
  while (slots.size < wanted) slots.add(uniformInt(draw, count));
  return Uint32Array.from(slots).sort();
}

function fill(state: LedgerState, count: number): void {
  const draw = new SeededEntropy('objects');
  for (let first = 0; first < count; first += filledInBlock) {
    const overlay = state.overlay();
    const here = Math.min(filledInBlock, count - first);
    const bytes = drawBytes(draw, here * objectBytes);
    for (let at = 0; at < here; at++) {
      overlay.put(shard, keyOf(first + at), bytes.slice(at * objectBytes, (at + 1) * objectBytes));
    }
    state.commit(state.evaluate(overlay, 1));
  }
}

/** A state on SQLite as a validator holds it; without hot leaves every read is one of the file. */
function openTable(folder: string, name: string, hotBytes?: number) {
  const path = join(folder, name);
  const database = openStoreDatabase(path);
  return { state: LedgerState.open(new StateTable(database, path, hotBytes)), close: () => database.close() };
}

function certifiedOf(state: LedgerState, height: number): CertifiedShard {
  const root = state.shardRootOf(shard) ?? noReceipts;
  return { shard, height, timeMs: height, hasRoot: (computed) => equalBytes(computed, root) };
}

/** Microseconds a leaf of updates in memory, leaf hashes given. */
function treeUs({ objects, changedInBlock, blocks }: Settings): number {
  const draw = new SeededEntropy('tree');
  const tree = new DenseTree();
  const all = Uint32Array.from({ length: objects }, (_, slot) => slot);
  tree.commit(tree.stage(objects, all, drawBytes(draw, objects * HASH_BYTES)));
  const samples: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const slots = drawSlots(draw, objects, changedInBlock);
    const hashes = draw.bytes(changedInBlock * HASH_BYTES);
    samples.push(timed(() => tree.commit(tree.stage(objects, slots, hashes))).ms);
  }
  return (median(samples) * 1_000) / changedInBlock;
}

/** Blocks that change random objects: their deltas, and what certifies the shard after each. */
function* changedBlocks(state: LedgerState, blocks: { first: number; count: number; changes: number }) {
  const draw = new SeededEntropy(`deltas from ${blocks.first}`);
  for (let height = blocks.first; height < blocks.first + blocks.count; height++) {
    const overlay = state.overlay();
    for (const slot of drawSlots(draw, state.leafCount(shard), blocks.changes)) {
      overlay.put(shard, keyOf(slot), draw.bytes(objectBytes));
    }
    const change = state.evaluate(overlay, height);
    state.commit(change);
    yield { delta: change.deltas[0] as ShardDelta, certified: certifiedOf(state, height) };
  }
}

interface SnapshotMs {
  readonly built: number;
  readonly loaded: number;
}

/** Every chunk encoded by a validator, decoded by a till and installed, the root compared. */
function loadSnapshot(state: LedgerState, store: ShardStore): SnapshotMs {
  const checkpoints = new Checkpoints(state);
  const certified = certifiedOf(state, 1);
  const total = { built: 0, loaded: 0 };
  // The checkpoint reads nothing of its block but the height.
  const lightBlock = { header: { height: 1 } } as Parameters<Checkpoints['take']>[0];
  checkpoints.take(lightBlock, noReceipts);
  const install = store.beginInstall(shard, state.leafCount(shard));
  for (let at = 0, count = 1; at < count; at++) {
    const built = timed(() => {
      const part = checkpoints.part(shard, null, at);
      if (part === undefined) throw new Error(`no chunk ${at}`);
      count = part.chunkCount;
      return encode(snapshotChunkFormat, part.chunk);
    });
    total.built += built.ms;
    const loaded = timed(() => {
      const chunk = decode(snapshotChunkFormat, built.result);
      if (!chunk.ok) throw new Error(chunk.reason);
      const { firstSlot, leaves } = chunk.value;
      return install.add(leaves.map(({ key, value }, index) => ({ slot: firstSlot + index, key, value })));
    });
    if (!loaded.result) throw new Error(`chunk ${at} was not taken`);
    total.loaded += loaded.ms;
  }
  const finished = timed(() => install.finish(certified));
  if (finished.result !== 'installed') throw new Error(finished.result);
  return { built: total.built, loaded: total.loaded + finished.ms };
}

interface Appliers {
  readonly state: LedgerState;
  readonly store: ShardStore;
  readonly bare: HashedShard;
}

/** Leaves a second, p50: compared and written by a till, and only compared, in memory. */
function applyDeltas(
  { state, store, bare }: Appliers,
  blocks: { first: number; count: number; changes: number },
): { readonly applied: number; readonly checked: number } {
  const [applied, checked]: [number[], number[]] = [[], []];
  for (const { delta, certified } of changedBlocks(state, blocks)) {
    const onFile = timed(() => store.apply(delta, certified));
    if (onFile.result !== 'applied') throw new Error(onFile.result);
    applied.push(onFile.ms);
    const inMemory = timed(() => {
      const staged = bare.stage(delta.leafCount, delta.leaves);
      if (staged === null || !certified.hasRoot(staged.root)) throw new Error('another root');
      staged.commit();
    });
    checked.push(inMemory.ms);
  }
  const perSecond = (samples: readonly number[]): number => (blocks.changes * 1_000) / median(samples);
  return { applied: perSecond(applied), checked: perSecond(checked) };
}

/** Snapshot, deltas and memory of a till, against a validator's state on SQLite. */
function tillRows(set: Settings): BenchRow[] {
  return inFolder((folder) => {
    const { state, close } = openTable(folder, 'validator.db');
    fill(state, set.objects);
    const log = createLog({ level: 'error', name: 'bench' });
    const store = openShardStore({ path: join(folder, 'shard.db'), log, clock: systemClock });
    const snapshot = loadSnapshot(state, store);
    const bare = new HashedShard(shard);
    bare.stage(set.objects, [...state.leaves(shard)])?.commit();
    const inBlocks = applyDeltas({ state, store, bare }, { first: 2, count: set.blocks, changes: set.changedInBlock });
    const merged = { first: 2 + set.blocks, count: set.mergedBlocks, changes: set.changedInMerged };
    const inMerged = applyDeltas({ state, store, bare }, merged);
    const { treeBytes } = store.size();
    store.close();
    close();
    const of = `${set.objects.toLocaleString('en-US')} objects`;
    const rate = { better: 'higher', floor: bars.deltaLeavesPerSecond } as const;
    const few = `deltas of ${set.changedInBlock.toLocaleString('en-US')} of ${of}`;
    const many = `deltas of ${set.changedInMerged.toLocaleString('en-US')} of ${of}`;
    return [
      row(`${few} checked in memory, p50`, inBlocks.checked, 'leaves/s', rate),
      row(`${few} applied to a till's file, p50`, inBlocks.applied, 'leaves/s', rate),
      row(`${many} checked in memory, p50`, inMerged.checked, 'leaves/s', rate),
      row(`${many} applied to a till's file, p50`, inMerged.applied, 'leaves/s', rate),
      row(`snapshot of ${of}: built by a validator`, snapshot.built, 'ms'),
      row(`snapshot of ${of}: verified and loaded by a till`, snapshot.loaded, 'ms'),
      row(`snapshot of ${of}`, snapshot.built + snapshot.loaded, 'ms', { floor: bars.snapshotMs }),
      row(`a till's tree memory, ${of}`, treeBytes / 2 ** 20, 'MiB', { floor: bars.treeMiB }),
    ];
  });
}

function row(
  metric: string,
  value: number,
  unit: string,
  limit: { readonly better?: 'higher'; readonly floor?: number } = {},
): BenchRow {
  const { better = 'lower', floor } = limit;
  return { metric, value, unit, better, ...(floor === undefined ? {} : { floor }) };
}

/** One block of reads and writes of random objects, from overlay to commit; microseconds an operation. */
function operationUs(state: LedgerState, draw: SeededEntropy, size: number, { operationsInBlock }: Settings): number {
  const slots = drawSlots(draw, size, operationsInBlock);
  const { ms } = timed(() => {
    const overlay = state.overlay();
    for (const slot of slots) {
      const key = keyOf(slot);
      const value = overlay.get(shard, key)?.slice();
      if (value === undefined) throw new Error(`no ${key}`);
      value[0] = ((value[0] as number) + 1) % 256;
      overlay.put(shard, key, value);
    }
    state.commit(state.evaluate(overlay, 2));
  });
  return (ms * 1_000) / operationsInBlock;
}

/** Both sizes block by block in turn, so that a machine that slows down is unfair to neither; p50 and mean of each. */
function operationCosts(folder: string, set: Settings, hotBytes?: number) {
  const tables = set.compared.map((size) => ({
    size,
    us: [] as number[],
    ...openTable(folder, `${size}.db`, hotBytes),
  }));
  for (const { state, size } of tables) if (state.leafCount(shard) === 0) fill(state, size);
  const draw = new SeededEntropy('operations');
  for (let block = 0; block < set.operationBlocks; block++) {
    for (const { state, size, us } of tables) us.push(operationUs(state, draw, size, set));
  }
  for (const { close } of tables) close();
  // The first quarter warms up caches.
  const settled = tables.map(({ us }) => us.slice(us.length / 4));
  return {
    p50: settled.map(median),
    mean: settled.map((us) => us.reduce((sum, value) => sum + value, 0) / us.length),
  };
}

/** Costs of an operation on both sizes: with the leaves in memory that a validator keeps, and with none on either side. */
function costRows(set: Settings): BenchRow[] {
  return inFolder((folder) => {
    const usual = operationCosts(folder, set);
    const cold = operationCosts(folder, set, 0);
    const rowsOf = (how: string, { p50, mean }: typeof usual): BenchRow[] =>
      set.compared.flatMap((size, at) => {
        const name = `read and write, ${size.toLocaleString('en-US')} objects on SQLite, ${how}`;
        return [
          row(`${name}, p50`, p50[at] ?? Number.NaN, 'us/operation'),
          row(`${name}, mean`, mean[at] ?? Number.NaN, 'us/operation'),
        ];
      });
    return [
      ...rowsOf('hot leaves in memory', usual),
      row('cost of an operation, large to small, hot leaves in memory, p50', ratio(usual.p50), 'ratio', {
        floor: bars.costRatio,
      }),
      row('cost of an operation, large to small, hot leaves in memory, mean', ratio(usual.mean), 'ratio'),
      ...rowsOf('no leaf in memory', cold),
      row('cost of an operation, large to small, no leaf in memory, p50', ratio(cold.p50), 'ratio'),
    ];
  });
}

const ratio = ([small, large]: readonly number[]): number => (large ?? Number.NaN) / (small ?? Number.NaN);

/** All rows of the state. The full size takes some minutes, most of them to make ten million objects. */
export async function stateRows(size: 'full' | 'small'): Promise<BenchRow[]> {
  const set = settings[size];
  const of = `${set.objects.toLocaleString('en-US')} leaves in blocks of ${set.changedInBlock.toLocaleString('en-US')}`;
  return [
    row(`tree update, ${of}, p50`, treeUs(set), 'us/leaf', { floor: bars.treeUs }),
    ...tillRows(set),
    ...costRows(set),
  ];
}
