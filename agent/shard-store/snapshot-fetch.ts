/** Fetches one shard whole: chunks asked for a few ahead, installed in order, believed only when the root is the certified one. */
import type { ShardId } from '#ledger/ids';
import { type SnapshotChunk, snapshotChunkLeavesMax } from '#ledger/state/delta';
import type { CertifiedShard } from '#sync/light-client/certified-shard';
import type { LightClient } from '#sync/light-client/light-client';
import type { RegionLine } from '#sync/outbox/region-line';
import type { GatewayAnswer } from '#sync/wire/gateway-message';
import type { ShardStore } from './shard-store.ts';

/** Chunks asked for at a time. */
const chunksAhead = 4;
const chunkTimeoutMs = 10_000;
/** Largest shard that is fetched, in leaves. */
export const shardLeavesMax = 16_000_000;

/** `absent`: the region has no snapshot of it. `unanswered`: try again. `lie`: pieces that do not make the certified shard. */
export type FetchOutcome = 'installed' | 'absent' | 'unanswered' | 'lie' | 'full';

/** What a fetch works with. `only` keeps to one validator, so that a lying one cannot spoil every attempt. */
export interface SnapshotSource {
  readonly line: Pick<RegionLine, 'ask'>;
  readonly light: LightClient;
  readonly store: ShardStore;
  readonly only?: number;
}

interface FirstChunk {
  readonly certified: CertifiedShard;
  readonly chunk: SnapshotChunk;
  readonly chunkCount: number;
}

type SnapshotAnswer = Extract<GatewayAnswer, { kind: 'snapshot' }>;

async function askChunk(
  source: SnapshotSource,
  query: { readonly shard: ShardId; readonly height: number | null; readonly chunk: number },
): Promise<SnapshotAnswer | 'absent' | 'unanswered'> {
  const asked = await source.line.ask({ kind: 'snapshot', ...query }, chunkTimeoutMs, source.only);
  if (!asked.ok) return 'unanswered';
  if (asked.value.kind === 'snapshot') return asked.value;
  return asked.value.kind === 'none' && asked.value.reason === 'NOT_FOUND' ? 'absent' : 'unanswered';
}

async function firstChunk(
  source: SnapshotSource,
  shard: ShardId,
): Promise<FirstChunk | 'absent' | 'unanswered' | 'lie'> {
  const answer = await askChunk(source, { shard, height: null, chunk: 0 });
  if (typeof answer === 'string') return answer;
  const { chunk, chunkCount, lightBlock, proof } = answer;
  const plausible = chunk.shard === shard && chunk.height === lightBlock.header.height && chunk.firstSlot === 0;
  const { leafCount } = chunk;
  const counted = chunkCount <= leafCount && chunkCount >= Math.ceil(leafCount / snapshotChunkLeavesMax);
  if (!plausible || !counted || leafCount === 0 || leafCount > shardLeavesMax) return 'lie';
  const checked = source.light.checkShard(lightBlock, proof, shard);
  return checked.ok ? { certified: checked.value, chunk, chunkCount } : 'lie';
}

function leavesOf({ firstSlot, leaves }: SnapshotChunk) {
  return leaves.map(({ key, value }, at) => ({ slot: firstSlot + at, key, value }));
}

/** Fetches and installs a shard at a checkpoint height. Never rejects; the store is untouched unless `installed`. */
export async function fetchSnapshot(source: SnapshotSource, shard: ShardId): Promise<FetchOutcome> {
  const first = await firstChunk(source, shard);
  if (typeof first === 'string') return first;
  const { certified, chunkCount } = first;
  const { height, leafCount } = first.chunk;
  const held = source.store.heightOf(shard);
  if (held !== null && held >= height) return 'installed';
  const install = source.store.beginInstall(shard, leafCount);
  const ahead: Promise<SnapshotAnswer | 'absent' | 'unanswered'>[] = [];
  let asked = 1;
  const fill = (): void => {
    while (ahead.length < chunksAhead && asked < chunkCount)
      ahead.push(askChunk(source, { shard, height, chunk: asked++ }));
  };
  fill();
  let chunk = first.chunk;
  for (;;) {
    const fits = chunk.shard === shard && chunk.height === height && chunk.leafCount === leafCount;
    if (!fits || chunk.firstSlot !== install.nextSlot || !install.add(leavesOf(chunk))) {
      install.abandon();
      // A full store ends the install by itself and says so.
      return install.finish(certified) === 'full' ? 'full' : 'lie';
    }
    const next = ahead.shift();
    if (next === undefined) break;
    const answer = await next;
    if (typeof answer === 'string') {
      install.abandon();
      return 'unanswered';
    }
    chunk = answer.chunk;
    fill();
  }
  const outcome = install.finish(certified);
  return outcome === 'mismatch' ? 'lie' : outcome;
}
