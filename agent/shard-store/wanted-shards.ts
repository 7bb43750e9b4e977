/**
 * Which shards a terminal keeps: the region's, its store's, the series and batches that its configuration names, and with all series
 * the alliances whose members take them.
 */
import { batchShard, regionShard, type ShardId, seriesShard, storeShard } from '#ledger/ids';
import { isReferenceShard, type Topics } from '#sync/wire/topics';

/**
 * `series` are GCNs of 13 digits, `batches` are written `<trade item>/<lot>`, or `00/<14 digits>` for logistics units. No store: an
 * office that only issues.
 */
export interface WantedShards {
  readonly store: string | null;
  readonly series: 'all' | readonly string[];
  readonly batches: 'all' | readonly string[];
  /** Series, alliances and batches: as every block changes them (default), or merged from checkpoint to checkpoint. */
  readonly reference?: 'block' | 'checkpoint';
}

function batchShardOf(batch: string): ShardId {
  const slash = batch.indexOf('/');
  return batchShard(batch.slice(0, slash), batch.slice(slash + 1));
}

/** The shards without which nothing can be judged. */
export function requiredShards(wanted: WantedShards): ShardId[] {
  return wanted.store === null ? [regionShard] : [regionShard, storeShard(wanted.store)];
}

/** Every shard that is wanted by name. */
export function namedShards(wanted: WantedShards): ShardId[] {
  const series = wanted.series === 'all' ? [] : wanted.series.map(seriesShard);
  const batches = wanted.batches === 'all' ? [] : wanted.batches.map(batchShardOf);
  return [...requiredShards(wanted), ...series, ...batches];
}

/** A test for wanted shards. */
export function wantedTest(wanted: WantedShards): (shard: ShardId) => boolean {
  const named = new Set(namedShards(wanted));
  return (shard) =>
    named.has(shard) ||
    (wanted.series === 'all' && (shard.startsWith('c/') || shard.startsWith('l/'))) ||
    (wanted.batches === 'all' && shard.startsWith('b/'));
}

/** Delta topics that cover the wanted shards and no others. */
export function deltaFilters(wanted: WantedShards, topics: Topics): string[] {
  const merged = wanted.reference === 'checkpoint';
  const kind = (letter: string): string => (merged ? topics.mergedKind(letter) : topics.deltaKind(letter));
  const filters = namedShards(wanted).map((shard) =>
    merged && isReferenceShard(shard) ? topics.merged(shard) : topics.delta(shard),
  );
  if (wanted.series === 'all') filters.push(kind('c'), kind('l'));
  if (wanted.batches === 'all') filters.push(kind('b'));
  return filters;
}
